"""What is special about Trino: snapshots, one commit per statement, connectors, types, patterns, time limits."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import RuleError, SourceAccessError, SourceError, ValidationTimeoutError, learn, profile, validate
from dq_core.checks import KINDS
from dq_core.history import History
from dq_core.quarantine import quarantine
from dq_core.run.reader import Deadline, Reader
from dq_core.run.sampling import hashed_rows
from dq_core.sources import open_source
from support.check_conformance import run_sql, store
from support.database_facts import FACTS
from support.trino import TrinoServer

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]
_names = itertools.count(1)


@pytest.fixture
def iceberg(shared_trino_iceberg_url: sa.URL) -> Iterator[sa.Engine]:
    """One schema of Iceberg tables for all tests, whose names differ."""
    engine = sa.create_engine(shared_trino_iceberg_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def memory(trino: TrinoServer) -> Iterator[sa.Engine]:
    """One schema of the memory connector."""
    with trino.schema("memory") as url:
        engine = sa.create_engine(url)
        yield engine
        engine.dispose()


def made(engine: sa.Engine, select: str) -> str:
    """A table of the rows of a SELECT."""
    name = f"t_{next(_names)}"
    _run(engine, f"CREATE TABLE {name} AS {select}")
    return name


def _run(engine: sa.Engine, *statements: str) -> None:
    with engine.connect() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
            if result.returns_rows:
                result.all()


def _tables(engine: sa.Engine, name: str) -> list[str]:
    return sorted(table for table in sa.inspect(engine).get_table_names() if table.startswith(name))


def _numbers(rows: int) -> str:
    return f"SELECT i AS id, i % 7 AS x FROM UNNEST(sequence(0, {rows - 1})) AS n(i)"


# Every kind, on both connectors: the same engine, so one table for the rules of all kinds

COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "n": (sa.BigInteger(), [1, 2, 2, None]),
    "s": (sa.Text(), ["a", "B", "a\u00e9\U0001f600", None]),
    "f": (sa.Double(), [1.5, float("nan"), float("inf"), None]),
}
OF_EACH: list[tuple[dict[str, Any], list[int] | None]] = [
    ({"type": "not_null", "column": "n"}, [3]), ({"type": "null", "column": "n"}, [0, 1, 2]),
    ({"type": "completeness", "column": "n"}, [3]), ({"type": "unique", "column": "n"}, [1, 2]),
    ({"type": "unique", "columns": ["n", "s"]}, []), ({"type": "in_range", "column": "f", "max": 2}, [1, 2]),
    ({"type": "in_range", "column": "s", "min": "a"}, [1]), ({"type": "not_in_set", "column": "n", "values": [1]}, [0]),
    ({"type": "in_set", "column": "s", "values": ["a", "b"]}, [1, 2]),
    ({"type": "regex", "column": "s", "pattern": "^a"}, [1]),
    ({"type": "not_regex", "column": "s", "pattern": "a"}, [0, 2]), ({"type": "length", "column": "s", "max": 2}, [2]),
    ({"type": "type", "column": "n", "dtype": "integer"}, []), ({"type": "row_count", "min": 5}, None),
    ({"type": "distinct_count", "column": "n", "min": 3}, None), ({"type": "expression", "sql": "n < 2"}, [1, 2]),
    ({"type": "statistic", "column": "n", "statistic": "median", "max": 1}, None),
    ({"type": "statistic", "column": "n", "statistic": "stddev", "max": 0.5}, None),
    ({"type": "schema", "columns": {"n": "text"}}, None), ({"type": "freshness", "column": "d", "max_age": "1d"}, None),
    ({"type": "custom", "function": lambda rows: len(rows) == 5, "check_name": "five"}, None),
]  # fmt: skip


@pytest.mark.parametrize("connector", ["iceberg", "memory"])
def test_every_kind(request: pytest.FixtureRequest, connector: str) -> None:
    engine: sa.Engine = request.getfixturevalue(connector)
    rows = [
        {"id": place, "d": "2024-01-01"} | {name: values[place] for name, (_, values) in COLUMNS.items()}
        for place in range(4)
    ]
    store(
        engine, "of_each", rows, {"id": sa.Integer(), "d": sa.Text(), **{n: kind for n, (kind, _) in COLUMNS.items()}}
    )
    keys = store(engine, "keys", [{"n": 2}], {"n": sa.BigInteger()})
    view = "SELECT id, n, s, f, date(d) AS d FROM of_each"
    foreign = {"type": "foreign_key", "column": "n", "references": {"table": keys, "columns": ["n"]}}
    others = [{"id": place, "n": COLUMNS["n"][1][place]} for place in range(4)]
    same = {"type": "same_rows", "source": others, "columns": ["id", "n"], "keys": ["id"]}
    changed = {**same, "source": [{**others[0], "n": 7}, *others[1:]], "name": "changed"}
    rules = [*OF_EACH, (foreign, [0]), (same, []), (changed, None)]
    report = validate(engine, [rule for rule, _ in rules], query=view, samples=9)
    for (rule, failing), result in zip(rules, report.results, strict=True):
        assert result.status == ("passed" if failing == [] else "failed"), (rule, result.message)
        if failing:
            assert sorted(row["id"] for row in result.samples) == failing, rule
            assert sorted(row[0] for row in run_sql(engine, str(result.sql))) == failing, rule
    assert report.results[-1].observed == {"missing": 0, "extra": 0, "changed": 1}
    assert {rule["type"] for rule, _ in rules} == {
        cls.kind for cls in KINDS.values() if cls.__module__.startswith("dq_core.")
    }


# Types

TYPES = {
    "a1": "TINYINT '1'", "a2": "SMALLINT '2'", "a3": "REAL '1.5'", "a4": "DECIMAL '12345678901234567890123456789.123'",
    "a5": "CAST('ab' AS CHAR(5))", "a6": "X'00ff'", "a7": "UUID '00000001-0000-4000-8000-000000000001'",
    "a8": "IPADDRESS '10.0.0.1'", "a9": "JSON '{\"a\": 1}'", "b1": "ARRAY[1, NULL]", "b2": "MAP(ARRAY['k'], ARRAY[1])",
    "b3": "CAST(ROW(1, 'x') AS ROW(id INTEGER, \"a b\" VARCHAR))", "b4": "INTERVAL '1' DAY", "b5": "INTERVAL '2' MONTH",
    "b6": "TIME '10:00:00.123456789'", "b7": "TIME '10:00:00+01:00'", "b8": "TIMESTAMP '2024-01-01 10:00:00.123456789'",
    "b9": "TIMESTAMP '2024-01-01 10:00:00 Europe/Berlin'", "c1": "DATE '20000-01-01'",
    "c2": "TIMESTAMP '-0044-03-15 00:00:00'",
    "c3": "approx_set(1)", "c4": "ARRAY[X'00']", "c5": "true", "c6": "DATE '2024-01-01'", "c7": "infinity()",
}  # fmt: skip
#: Rules that fit a type, and pass.
FITTING: dict[str, list[dict[str, Any]]] = {
    "a3": [{"type": "in_range", "min": 1, "max": 2}], "a4": [{"type": "in_range", "min": 10**28}],
    "a5": [{"type": "in_set", "values": ["ab"]}, {"type": "length", "max": 2}],
    "a6": [{"type": "in_set", "values": [b"\x00\xff"]}],
    "a7": [{"type": "in_set", "values": ["00000001-0000-4000-8000-000000000001"]}],
    "a8": [{"type": "in_set", "values": ["10.0.0.1"]}, {"type": "regex", "pattern": "^10"}],
    "b6": [{"type": "in_range", "max": "10:00:00.123457"}], "b7": [{"type": "in_set", "values": ["09:00:00+00:00"]}],
    "b8": [{"type": "in_range", "min": "2024-01-01T10:00:00.123456", "max": "2024-01-01T10:00:00.123457"}],
    "b9": [{"type": "in_set", "values": ["2024-01-01T09:00:00Z"]}], "c1": [{"type": "in_range", "min": "2024-01-01"}],
}  # fmt: skip
WITHOUT_RULES = ("c3", "c4")


def test_every_type_is_read_or_refused(memory: sa.Engine) -> None:
    values = ", ".join(f"{value} AS {name}" for name, value in TYPES.items() if name != "c3")
    nulls = ", ".join(["NULL"] * (len(TYPES) - 1))
    table = made(memory, f"SELECT i AS id, {values} FROM UNNEST(sequence(1, 39)) AS n(i)")
    _run(memory, f"INSERT INTO {table} SELECT 40, {nulls}")
    query = f"SELECT *, (SELECT approx_set(id) FROM {table}) AS c3 FROM {table}"
    with pytest.raises(RuleError) as refused:
        validate(memory, [{"type": "not_null", "column": name} for name in WITHOUT_RULES], query=query)
    assert [
        f"the column '{name}' cannot be checked" in problem
        for name, problem in zip(WITHOUT_RULES, refused.value.problems, strict=True)
    ] == [True, True]
    readable = [name for name in TYPES if name not in WITHOUT_RULES]
    fitting = [{**rule, "column": name} for name, rules in FITTING.items() for rule in rules]
    nulls_only = [{"type": "not_null", "column": name} for name in readable]
    report = validate(memory, [*fitting, *nulls_only], table=table, samples=5)
    assert [one.status for one in report.results[: len(fitting)]] == ["passed"] * len(fitting), report.to_text()
    assert [one.failed_rows for one in report.results[len(fitting) :]] == [1] * len(nulls_only)
    keys = [{"type": "unique", "column": name} for name in ("a5", "a9", "b2", "b3", "b9")]
    repeated = validate(memory, keys, table=table, samples=2)
    assert {(one.failed_rows, len(one.samples)) for one in repeated.results} == {(39, 2)}
    assert repeated.results[0].samples[0]["c1"].endswith("20000-01-01")
    some = ["id", "a4", "a8", "b1", "b9", "c2"]
    found = profile(memory, table=table, columns=some)
    assert {one.null_count for one in found.columns} == {0, 1}
    assert found.column("a8").distinct_count == 1
    assert found.column("c2").max.startswith("-0044-03-15")
    assert learn(memory, table=table, columns=["a8", "b9"])(memory, table=table).passed


# Snapshots and samples


def test_statements_of_a_validation_see_one_snapshot(iceberg: sa.Engine) -> None:
    table = made(iceberg, _numbers(10))
    done: list[str] = []

    def meddle(progress: Any) -> None:
        if not done:
            _run(iceberg, f"DELETE FROM {table} WHERE id > 3")
            done.append(progress.message)

    rules = [{"type": "unique", "column": "x"}, {"type": "in_range", "column": "x", "max": 0}]
    report = validate(iceberg, rules, table=table, on_progress=meddle, samples=20)
    assert [one.failed_rows for one in report.results] == [6, 8]
    assert [len(one.samples) for one in report.results] == [6, 8]
    assert validate(iceberg, rules, table=table).total_rows == 4


def test_an_error_ends_no_other_rule(iceberg: sa.Engine) -> None:
    table = made(iceberg, _numbers(10))
    rules = [
        {"type": "expression", "sql": "10 / (id - 5) < 99"},
        {"type": "unique", "column": "id"},
        {"type": "row_count", "min": 11},
    ]
    report = validate(iceberg, rules, table=table)
    assert [one.status for one in report.results] == ["error", "passed", "failed"]
    assert "Division by zero (DIVISION_BY_ZERO)" in report.results[0].message


@pytest.mark.parametrize("query", [None, "SELECT twice, t FROM {}"])
def test_a_row_has_one_lot_in_every_statement(iceberg: sa.Engine, query: str | None) -> None:
    table = made(iceberg, "SELECT i AS n, i % 3 AS t, i / 2 AS twice FROM UNNEST(sequence(0, 4999)) AS n(i)")
    given = {"table": table} if query is None else {"query": query.format(table)}
    with open_source(iceberg, **given) as opened:
        drawn = hashed_rows(Reader(opened, Deadline(None)), opened.relation, 3)
        row = [*(drawn.relation[name] for name in opened.relation.columns), drawn.row_hash]

        def lots(*conditions: Any) -> list[tuple[int, ...]]:
            return sorted(map(tuple, opened.connection.execute(drawn.relation.select(*row).where(*conditions))))

        everything = lots()
        assert everything == lots()
        assert lots(drawn.relation["t"] == 1) == [one for one in everything if one[0 if query is None else 1] % 3 == 1]
        sample = drawn.sample(0.25)
        assert 1100 < len(opened.connection.execute(sample.select(sample["t"])).all()) < 1400
    # Rows that are equal draw lots of their own.
    assert len({one[-1] for one in everything}) > 4990


# Writing: every statement commits


def test_failing_rows_are_published_by_one_commit(iceberg: sa.Engine) -> None:
    table = made(iceberg, _numbers(20))
    rule = {"type": "in_range", "column": "id", "max": 9}
    bad = f"{table}_bad"
    for mode, rows in (("replace", 10), ("replace", 10), ("append", 20)):
        done = quarantine(iceberg, [rule], table=table, to=bad, mode=mode)
        assert (done.passed_rows, done.quarantined_rows, done.total_rows) == (10, 10, 20)
        assert run_sql(iceberg, f"SELECT count(*), count(DISTINCT id), min(failed_checks) FROM {bad}") == [
            (rows, 10, '["in_range_id"]')
        ]
    # Made and renamed, replaced, appended to: one snapshot each.
    assert run_sql(iceberg, f'SELECT count(*) FROM "{bad}$snapshots"') in ([(3,)], [(2,)])
    assert _tables(iceberg, table) == [table, bad]


def test_nothing_is_left_of_a_quarantine_that_fails(iceberg: sa.Engine, memory: sa.Engine) -> None:
    table = made(iceberg, _numbers(10))
    with pytest.raises(SourceError, match="DIVISION_BY_ZERO"):
        quarantine(iceberg, [{"type": "expression", "sql": "10 / (id - 5) < 99"}], table=table, to=f"{table}_bad")
    assert _tables(iceberg, table) == [table]
    table = made(memory, _numbers(10))
    rule = {"type": "in_range", "column": "id", "max": 4}
    for mode in ("replace", "append"):
        assert quarantine(memory, [rule], table=table, to=f"{table}_bad", mode=mode).quarantined_rows == 5
    with pytest.raises(RuleError, match="replaces no table in one commit"):
        quarantine(memory, [rule], table=table, to=f"{table}_bad")
    assert run_sql(memory, f"SELECT count(*) FROM {table}_bad") == [(10,)]
    assert _tables(memory, table) == [table, f"{table}_bad"]


def test_a_history_records_a_run_once(iceberg: sa.Engine, memory: sa.Engine) -> None:
    prefix = f"h{next(_names)}_"
    history = History(iceberg, prefix=prefix)
    reports = [
        validate([{"a": 1}] * rows, [{"type": "not_null", "column": "a"}, {"type": "row_count", "max": 9}])
        for rows in (3, 4)
    ]
    for run, report in zip(("r1", "r2", "r2"), (*reports, reports[1]), strict=True):
        assert history.record(report, suite="s", run_id=run) == run
    assert [point.value for point in history.points("total_rows", suite="s")] == [3.0, 4.0]
    assert [point.started_at.isoformat() for point in history.points("row_count", suite="s")] == [
        report.started_at.partition("+")[0] for report in reports
    ]
    assert history.drift(reports[0], suite="s")[0].metric == "total_rows"
    with pytest.raises(SourceError, match=r"NOT_SUPPORTED|not support"):
        History(memory, prefix=prefix).record(reports[0], suite="s", run_id="r1")


# Time, patterns, names


def test_the_engine_ends_what_takes_too_long(memory: sa.Engine) -> None:
    table = made(memory, _numbers(3))
    started = time.monotonic()
    with pytest.raises(ValidationTimeoutError):
        validate(memory, [{"type": "expression", "sql": FACTS["trino"].slow}], table=table, timeout_seconds=2)
    assert time.monotonic() - started < 20
    with memory.connect() as connection:
        ((_, limit, default, *_),) = connection.exec_driver_sql("SHOW SESSION LIKE 'query_max_run_time'").all()
        assert limit == default
        running = (
            "SELECT count(*) FROM system.runtime.queries WHERE state = 'RUNNING' AND query LIKE '%sequence(1, 10000)%'"
        )
        assert connection.exec_driver_sql(f"{running} AND query NOT LIKE '%runtime%'").all() == [(0,)]


def test_a_pattern_that_backtracks_is_refused_by_its_rule_alone(memory: sa.Engine) -> None:
    table = made(memory, "SELECT 1 AS id, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' AS s")
    rules = [{"type": "regex", "column": "s", "pattern": pattern} for pattern in ("(a+)+$", r"a\b!", "^(a|b)+!$")]
    report = validate(memory, rules, table=table)
    assert [one.status for one in report.results] == ["error", "passed", "passed"]
    assert "could take exponential time on this server" in report.results[0].message
    assert "regex-library=RE2J" in report.results[0].message


def test_tables_of_other_catalogs_and_names_in_capitals(trino: TrinoServer, iceberg: sa.Engine) -> None:
    rule = {"type": "foreign_key", "column": "regionkey", "references": {"table": "region", "columns": ["regionkey"]}}
    rules = [{"type": "row_count", "min": 25, "max": 25}, rule]
    for url, options in (
        (trino.url("tpch", "tiny"), {"table": "NATION"}),
        (trino.url("tpch"), {"table": "tiny.nation"}),
        (trino.url("iceberg"), {"table": "tpch.tiny.nation"}),
        (trino.url("iceberg"), {"table": "nation", "schema": "tpch.tiny"}),
    ):
        assert validate(url, rules, **options).passed
    for url in (trino.url("tpch"), trino.url("tpch").set(database=None)):
        with pytest.raises(SourceError, match="'nation' does not exist"):
            validate(url, rules, table="nation")
    table = made(iceberg, "SELECT * FROM tpch.tiny.nation")
    elsewhere = {**rule, "references": {"table": "tpch.tiny.region", "columns": ["regionkey"]}}
    assert validate(iceberg, [elsewhere], table=table).passed


def test_tables_of_metadata(trino: TrinoServer, iceberg: sa.Engine) -> None:
    name = made(iceberg, "SELECT 1 AS id")
    rules = [{"type": "row_count", "min": 1, "max": 1}, {"type": "not_null", "column": "snapshot_id"}]
    assert validate(iceberg, rules, table=f"{name}$snapshots").passed
    with iceberg.connect() as connection:
        assert validate(connection, rules, table=f"{name}$snapshots").passed
    assert profile(iceberg, table=f"{name}$files").row_count == 1


def test_nothing_is_asked_twice(trino: TrinoServer) -> None:
    """The columns of both tables and all SQL of rules in one query, and all that is counted in another."""
    engine = sa.create_engine(trino.url("tpch", "tiny"))
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    rules = [
        {"type": "unique", "column": "nationkey"},
        {"type": "unique", "columns": ["regionkey"], "where": "nationkey < 2"},
        {"type": "expression", "sql": "nationkey < 24"},
        {"type": "foreign_key", "column": "regionkey", "references": {"table": "region", "columns": ["regionkey"]}},
        {"type": "not_null", "column": "name"},
    ]
    report = validate(engine, rules, table="nation", samples=0)
    assert [one.failed_rows for one in report.results] == [0, 0, 1, 0, 0]
    assert report.statements == 1
    assert len(asked) == 2, asked
    engine.dispose()


SUPPLIER: dict[str, Any] = {
    "type": "foreign_key",
    "column": "nationkey",
    "references": {"table": "supplier", "columns": ["nationkey"]},
}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("acctbal > 0", "acctbal"),
        ("supplier.suppkey = 1", "supplier"),
        ("nationkey) IS NULL OR EXISTS (SELECT 1", "cannot be evaluated"),
        ("true) OR (true", "cannot be evaluated"),
        ("true) UNION ALL (SELECT 1 FROM nation WHERE true", "cannot be evaluated"),
        ("true)) AS t, (SELECT count(*) FROM (SELECT 1 FROM nation WHERE true", "cannot be evaluated"),
        ("nationkey", "cannot be evaluated"),
        ("nationkey = 'x'", "cannot be evaluated"),
        ("true -- ", None),
        ("name <> ')'", None),
    ],
)
def test_a_fragment_beside_other_tables_is_judged_as_by_itself(
    trino: TrinoServer, sql: str, reason: str | None
) -> None:
    """What is asked with it lends it no column, and closes nothing that it leaves open."""
    url = trino.url("tpch", "tiny")
    rule = {"type": "expression", "sql": sql}
    if reason is None:
        assert validate(url, [SUPPLIER, rule], table="nation").passed
        return
    for rules in ([rule], [SUPPLIER, rule], [SUPPLIER, rule, {"type": "expression", "sql": "nationkey >= 0"}]):
        with pytest.raises(RuleError, match=re.escape(reason)) as caught:
            validate(url, rules, table="nation")
        assert "nationkey >= 0" not in str(caught.value)


def test_many_tables_and_fragments_are_asked_in_few_queries(trino: TrinoServer) -> None:
    engine = sa.create_engine(trino.url("tpch", "tiny"))
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    keys = {"region": "regionkey", "nation": "nationkey", "supplier": "suppkey", "customer": "custkey"}
    references = [
        {"type": "foreign_key", "column": "nationkey", "references": {"table": table, "columns": [key]}, "name": table}
        for table, key in keys.items()
    ]
    expressions = [{"type": "expression", "sql": f"nationkey >= {number}", "name": f"{number}"} for number in range(30)]
    report = validate(engine, [*references, *expressions], table="nation", samples=0)
    found = [one.failed_rows for one in report.results]
    assert found == [20, 0, 1, 1, *range(25), *[25] * 5]
    # All tables with the first fragments, the other fragments in two queries, and the scan.
    assert len(asked) == 4, [one[:80] for one in asked]
    missing = {"type": "foreign_key", "column": "name", "references": {"table": "nowhere", "columns": ["id"]}}
    with pytest.raises(RuleError, match="nowhere") as caught:
        validate(engine, [*references, missing, {"type": "expression", "sql": "nationkey >"}], table="nation")
    assert "nationkey >" in str(caught.value)
    engine.dispose()


def test_a_table_that_is_missing_ends_no_transaction_of_the_caller(iceberg: sa.Engine) -> None:
    rules = [{"type": "row_count", "min": 1}]
    elsewhere = {"type": "foreign_key", "column": "id", "references": {"table": "nowhere", "columns": ["id"]}}
    table = made(iceberg, _numbers(3))
    with pytest.raises(SourceError, match="Did you mean"):
        validate(iceberg, rules, table=f"{table}x")
    with pytest.raises(RuleError, match="nowhere"):
        validate(iceberg, [elsewhere], table=table)
    with iceberg.connect().execution_options(isolation_level="SERIALIZABLE") as connection, connection.begin():
        count = sa.text(f"SELECT count(*) FROM {table}")
        assert connection.execute(count).scalar_one() == 3
        _run(iceberg, f"INSERT INTO {table} SELECT 9 AS id, 9 AS x")
        with pytest.raises(SourceError):
            validate(connection, rules, table="nowhere")
        with pytest.raises(RuleError, match="nowhere"):
            validate(connection, [elsewhere], table=table)
        assert connection.execute(count).scalar_one() == 3


#: What the engine takes for an expression within parentheses only, or alone only, or in neither place.
NO_EXPRESSION = [
    "nationkey, regionkey", "SELECT true", "VALUES true", "TABLE nation", "true, true", "true LIMIT 1",
    "true ORDER BY 1", "true UNION ALL SELECT 1", "true) OR (true", "true GROUP BY 1", "x -> x", "true AS x", "1",
    "name", "nope > 1", "count(*) > 1", "row_number() OVER () > 1", "'", "/*", "true -- ' \n)", "(true",
    "nationkey = (SELECT r.regionkey FROM region r WHERE r.regionkey < nation.regionkey LIMIT 1)",
]  # fmt: skip


def test_each_fragment_is_judged_by_itself(trino: TrinoServer) -> None:
    """All of them are asked about in one query, beside sound ones before and after them."""
    sound = ["true", "name = 'it''s' -- )", "/* ( */ nationkey > 1", "nationkey IN (SELECT regionkey FROM region)"]
    sqls = [*sound, *NO_EXPRESSION, *(f"{sql} AND {sql}" for sql in sound)]
    with pytest.raises(RuleError) as refused:
        validate(trino.url("tpch", "tiny"), [{"type": "expression", "sql": sql} for sql in sqls], table="nation")
    blamed = {sql for sql in sqls if any(f"sql {sql!r} cannot be evaluated" in one for one in refused.value.problems)}
    # A comment that runs to the end of a line makes another fragment of what follows it.
    assert blamed - {f"{sound[1]} AND {sound[1]}"} == set(NO_EXPRESSION)


def test_what_is_wrong_with_a_session_is_an_error_of_connecting(trino: TrinoServer) -> None:
    wrong = {"session_properties": '{"query_max_run_time": "1nope"}'}
    with pytest.raises(SourceAccessError, match=r"Cannot connect to.*INVALID_SESSION_PROPERTY"):
        validate(trino.url("tpch", "tiny").set(query=wrong), [{"type": "row_count", "min": 1}], table="nation")


def test_a_password_is_shown_nowhere(trino: TrinoServer) -> None:
    """A password means TLS, which this port does not speak."""
    url = trino.url("tpch", "tiny").set(password="s3cret", query={"access_token": "t0ken"})
    with pytest.raises(SourceAccessError, match="SSL") as refused:
        validate(url, [{"type": "row_count", "min": 1}], table="nation")
    assert "s3cret" not in str(refused.value)
    assert "t0ken" not in str(refused.value)
