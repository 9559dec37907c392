"""MariaDB: what its own meaning of text, patterns, times and transactions would make wrong."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from dq_core import DataQualityError, RuleError, Suite, ValidationTimeoutError, compare, learn, profile, validate
from dq_core.history import History
from dq_core.quarantine import quarantine
from support.statement_kills import killed_behind_each_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

#: Texts that collations of MariaDB take as equal or order in another way than code points.
TEXTS = [
    "a", "A", "a ", "a  ", " a", "\u00e4", "\u00c4", "e", "\u00e9", "\u00c9", "e\u0301", "ss", "\u00df", "", " ",
    "\t", "z", "Z", "\uffff", "\U0001f600", "i", "\u0130", "\u0131", "K", "\u212a", "x" * 2000 + "a",
    "x" * 2000 + "b",
]  # fmt: skip
COLLATIONS = ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "latin1_swedish_ci", "utf8mb3_general_ci"]


@pytest.fixture
def engine(mariadb_url: sa.URL) -> Iterator[sa.Engine]:
    engine = sa.create_engine(mariadb_url)
    yield engine
    engine.dispose()


def make(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("kind", ["VARCHAR(4000)"])
@pytest.mark.parametrize("collation", COLLATIONS)
def test_text_means_what_it_means_for_rows(engine: sa.Engine, collation: str, kind: str) -> None:
    charset = collation.partition("_")[0]
    last = {"utf8mb4": "\U0010ffff", "utf8mb3": "\uffff", "latin1": "\xff"}[charset]
    able = [text for text in TEXTS if max(text, default="") <= last]
    drawn = random.Random(collation)
    values = [*able, *drawn.choices(able, k=10), None]
    rows = [{"id": number, "x": text} for number, text in enumerate(values)]
    make(engine, f"CREATE TABLE t (id INT, x {kind} CHARACTER SET {charset} COLLATE {collation})")
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (:id, :x)"), rows)
    rules: list[dict[str, Any]] = [
        {"type": "unique", "column": "x"},
        {"type": "distinct_count", "column": "x", "min": 1},
    ]
    for text in able:
        rules += [
            {"type": "in_set", "column": "x", "values": [text]},
            {"type": "not_in_set", "column": "x", "values": [text, "A"]},
            {"type": "in_range", "column": "x", "min": text},
            {"type": "in_range", "column": "x", "max": text, "strict_max": True},
        ]
    for pattern in (r"^\w", r"\ba\b", "(?i)^[a-k]$", r"\s$", "^.$", "\u00e9"):
        rules.append({"type": "regex", "column": "x", "pattern": pattern})
    rules.append({"type": "length", "column": "x", "max": 1})
    for source, options in ((engine, {"table": "t"}), (engine, {"query": "SELECT x, id FROM t"})):
        there, here = validate(source, rules, samples=99, **options), validate(rows, rules, samples=99)
        for found, expected, rule in zip(there.results, here.results, rules, strict=True):
            assert (found.status, found.failed_rows, found.observed) == (
                expected.status, expected.failed_rows, expected.observed,
            ), rule  # fmt: skip
            assert {one["id"] for one in found.samples} == {one["id"] for one in expected.samples}


def test_locks_of_a_transaction_that_a_query_has_begun_stay(engine: sa.Engine) -> None:
    make(engine, "CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1)")
    single = sa.create_engine(engine.url, poolclass=StaticPool)
    rules = [{"type": "not_null", "column": "id"}]
    with single.connect() as connection:
        connection.exec_driver_sql("SELECT id FROM t FOR UPDATE")
        for attempt in (lambda: validate(single, rules, table="t"), lambda: profile(single, table="t")):
            with pytest.raises(DataQualityError, match="one connection"):
                attempt()
        assert validate(connection, rules, table="t")
        assert connection.exec_driver_sql("SELECT @@in_transaction").scalar_one() == 1
        connection.rollback()
        assert validate(single, rules, table="t")
    single.dispose()


def test_keys_profiles_and_learned_suites(engine: sa.Engine) -> None:
    make(
        engine,
        "CREATE TABLE t (code VARCHAR(20))",
        "INSERT INTO t VALUES ('AB1'), ('ab1'), ('zz')",
        "CREATE TABLE p (code VARCHAR(20) CHARACTER SET latin1)",
        "INSERT INTO p VALUES ('AB1'), ('ZZ')",
        "CREATE TABLE l (code VARCHAR(20))",
        "INSERT INTO l VALUES " + ",".join(["('AB')", "('ab')", "('zz')"] * 20),
    )
    rule = {"type": "foreign_key", "column": "code", "references": {"table": "p", "column": "code"}}
    assert validate(engine, [rule], table="t").results[0].failed_rows == 2
    assert profile(engine, table="l").column("code").distinct_count == 3
    (values,) = [one.values for one in learn(engine, table="l").suite.checks if one.kind == "in_set"]
    assert set(values) == {"AB", "ab", "zz"}


def test_means_keep_their_digits(engine: sa.Engine) -> None:
    make(engine, "CREATE TABLE t (n INT, d DECIMAL(10, 2))", "INSERT INTO t VALUES (1, 0.01), (2, 0.02), (2, 0.02)")
    rules = [{"type": "statistic", "column": column, "statistic": "mean", "min": 0} for column in "nd"]
    means = [float(result.observed) for result in validate(engine, rules, table="t").results]
    assert means == pytest.approx([5 / 3, 0.05 / 3], rel=1e-12)


def test_what_is_beyond_a_double_is_an_error_and_no_0(engine: sa.Engine) -> None:
    make(engine, "CREATE TABLE t (x DOUBLE)", "INSERT INTO t VALUES (1.7e308), (1.7e308)")
    names = ("mean", "sum", "median", "max")
    rules = [{"type": "statistic", "column": "x", "statistic": name, "min": -1} for name in names]
    results = validate(engine, rules, table="t").results
    assert [(one.status, one.observed) for one in results] == [*[("error", None)] * 3, ("passed", 1.7e308)]
    assert "out of range" in results[0].message
    (note,) = profile(engine, table="t").column("x").notes
    assert note.startswith("mean: ")


def test_float_keeps_all_its_digits(engine: sa.Engine) -> None:
    """The server sends six of them."""
    make(engine, "CREATE TABLE t (x FLOAT)", "INSERT INTO t VALUES (16777215), (0.1)")
    rules = [
        {"type": "statistic", "column": "x", "statistic": "max", "max": 16777215},
        {"type": "in_set", "column": "x", "values": [16777215, 0.1]},
        {"type": "in_range", "column": "x", "max": 16777214},
    ]
    results = validate(engine, rules, table="t").results
    assert [(one.status, one.failed_rows, one.observed) for one in results] == [
        ("passed", None, 16777215), ("failed", 1, 0.5), ("failed", 1, 0.5),
    ]  # fmt: skip
    assert profile(engine, table="t").column("x").max == 16777215


def test_the_server_stops_at_the_time_limit_and_all_settings_are_put_back(engine: sa.Engine) -> None:
    make(engine, "CREATE TABLE w (id INT)", "INSERT INTO w VALUES " + ",".join(f"({i})" for i in range(500)))
    slow = "SELECT a.id FROM w a, w b, w c, w d WHERE sha2(concat(a.id, b.id, c.id, d.id), 512) <> 'x'"
    settings = sa.text(
        "SELECT @@max_statement_time, @@time_zone, @@div_precision_increment, @@max_error_count, @@tx_read_only"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("SET max_statement_time = 77, time_zone = '+02:00'")
        before = connection.execute(settings).one()
        with pytest.raises(ValidationTimeoutError):
            validate(connection, [{"type": "not_null", "column": "id"}], query=slow, timeout_seconds=0.5)
        assert connection.execute(settings).one() == before
        running = (
            "SELECT info FROM information_schema.processlist WHERE info LIKE '%sha2(concat%' AND id <> connection_id()"
        )
        assert connection.execute(sa.text(running)).all() == []
    with pytest.raises(ValidationTimeoutError):
        validate(engine, [{"type": "not_null", "column": "id"}], query=slow, timeout_seconds=0.5)


def test_a_session_that_gives_less_than_a_query_asks_for(engine: sa.Engine, mariadb_url: sa.URL) -> None:
    """Samples, profiles, keys that differ and rows that are set aside are whole, whatever limit of rows there is."""
    for name, odd in (("t", 0), ("other", 1)):
        values = ", ".join(f"({number}, 'v{number % 7 if number % 60 else odd}')" for number in range(200))
        make(engine, f"CREATE TABLE {name} (id INT, s VARCHAR(9))", f"INSERT INTO {name} VALUES {values}")
    limited = sa.create_engine(mariadb_url, connect_args={"init_command": "SET sql_select_limit=2"})
    rules = [{"type": "in_set", "column": "s", "values": ["v1"]}, {"type": "unique", "column": "s"}]
    assert [len(one.samples) for one in validate(limited, rules, table="t").results] == [5, 5]
    assert [len(one.top_values) for one in profile(limited, table="t").columns] == [10, 7]
    found = compare((limited, "t"), (limited, "other"), ["id"])
    assert (found.changed, len(found.samples)) == (4, 4)
    assert quarantine(limited, rules[:1], to="bad", table="t").quarantined_rows == 172
    limited.dispose()


def test_a_session_that_quotes_names_otherwise(engine: sa.Engine, mariadb_url: sa.URL) -> None:
    """Documents are compared by what they mean."""
    make(engine, "CREATE TABLE t (doc JSON)", """INSERT INTO t VALUES ('{"a": 1, "b": 2}'), ('{"b": 2, "a": 1.0}')""")
    quoting = sa.create_engine(mariadb_url, connect_args={"init_command": "SET sql_mode='ANSI_QUOTES'"})
    failed = [validate(one, [{"type": "unique", "column": "doc"}], table="t") for one in (engine, quoting)]
    assert [report.results[0].failed_rows for report in failed] == [2, 2]
    quoting.dispose()


@pytest.mark.parametrize("charset", ["latin1", "utf8"])
def test_a_session_that_lacks_characters(engine: sa.Engine, mariadb_url: sa.URL, charset: str) -> None:
    make(engine, "CREATE TABLE t (id INT, s VARCHAR(9) CHARSET utf8mb4)", "INSERT INTO t VALUES (1, '日🚀')")
    lacking = sa.create_engine(mariadb_url.update_query_dict({"charset": charset}))
    report = validate(lacking, [{"type": "in_set", "column": "s", "values": ["日🚀"]}], table="t")
    assert report.passed
    (found,) = validate(lacking, [{"type": "in_set", "column": "s", "values": ["x"]}], table="t").results
    assert [sample["s"] for sample in found.samples] == ["日🚀"]
    lacking.dispose()


@pytest.mark.parametrize("locked", ["w", "bad"])
def test_quarantine_ends_when_the_source_or_the_target_is_locked(engine: sa.Engine, locked: str) -> None:
    make(engine, "CREATE TABLE w (id INT)", "CREATE TABLE bad (id INT, failed_checks LONGTEXT)")
    with engine.connect() as other:
        other.exec_driver_sql(f"LOCK TABLES {locked} WRITE")
        try:
            with pytest.raises(ValidationTimeoutError):
                quarantine(engine, [{"type": "not_null", "column": "id"}], table="w", to="bad", timeout_seconds=0.5)
        finally:
            other.exec_driver_sql("UNLOCK TABLES")


@pytest.mark.parametrize("kind", ["regex", "not_regex"])
def test_a_pattern_that_is_given_up_is_an_error_of_its_check(engine: sa.Engine, kind: str) -> None:
    make(engine, "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES (CONCAT(REPEAT('a', 40), 'b'))")
    rules = [{"type": kind, "column": "x", "pattern": "^(a+)+$"}, {"type": "not_null", "column": "x"}]
    given_up, other = validate(engine, rules, table="t").results
    assert (given_up.status, other.status) == ("error", "passed")
    assert "match limit" in given_up.message


@pytest.mark.parametrize(
    "sql",
    [
        "code = 0",
        "flag = 'true'",
        "CAST(number AS SIGNED) > 0",
        "CAST(id - 2 AS UNSIGNED) >= 0",
        "code < DATE '2024-01-01'",
    ],
)
def test_a_value_that_the_server_changes_is_an_error_of_its_check(engine: sa.Engine, sql: str) -> None:
    make(
        engine,
        "CREATE TABLE t (id INT, flag BOOLEAN, code VARCHAR(9), number DOUBLE)",
        "INSERT INTO t VALUES (1, TRUE, 'abc', 1), (2, FALSE, '5', 1e30)",
    )
    rules = [{"type": "expression", "sql": sql}, {"type": "not_null", "column": "id"}]
    silent = sa.create_engine(engine.url, connect_args={"init_command": "SET sql_notes = 0, max_error_count = 0"})
    for given in (engine, silent):
        report = validate(given, rules, table="t")
        assert [result.status for result in report.results] == ["error", "passed"]
        assert re.search("Truncated|overflow|Cast to|Incorrect", report.results[0].message)
    silent.dispose()


def test_types_that_only_it_has(engine: sa.Engine) -> None:
    make(
        engine,
        "CREATE TABLE t (e ENUM('new', 'paid'), s SET('a', 'b'), i INET6, y YEAR, b BIT(4), o BOOLEAN, u UUID,"
        " r VARBINARY(5), j JSON)",
        "INSERT INTO t VALUES "
        + ", ".join(["('new', 'a,b', '::1', 2024, 5, 1, '182bf09a-e90d-11f1-bbd2-02fc00000001', 'x', '{}')"] * 30),
    )
    rules = [
        {"type": "in_set", "column": "e", "values": ["new"]},
        {"type": "regex", "column": "s", "pattern": "^a,b$"},
        {"type": "in_set", "column": "i", "values": ["::1"]},
        {"type": "in_range", "column": "y", "min": 2024, "max": 2024},
        {"type": "in_range", "column": "b", "min": 5, "max": 5},
        {"type": "in_set", "column": "o", "values": [True]},
        {"type": "type", "column": "o", "dtype": "boolean"},
        {"type": "regex", "column": "u", "pattern": "^182b"},
    ]
    for options in ({"table": "t"}, {"query": "SELECT * FROM t"}):
        assert [one.status for one in validate(engine, rules, **options).results] == ["passed"] * len(rules)
    assert learn(engine, table="t")(engine, table="t").passed
    with pytest.raises(RuleError, match="r"):
        validate(engine, [{"type": "regex", "column": "r", "pattern": "x"}], query="SELECT r FROM t")


def test_failing_rows_are_set_aside_by_code_points(engine: sa.Engine) -> None:
    make(engine, "CREATE TABLE t (id INT, code VARCHAR(20))", "INSERT INTO t VALUES (1, 'AB'), (2, 'ab'), (3, 'ab ')")
    rule = {"type": "in_set", "column": "code", "values": ["AB"]}
    done = quarantine(engine, [rule], table="t", to="bad")
    assert (done.passed_rows, done.quarantined_rows) == (1, 2)
    with engine.connect() as connection:
        assert sorted(connection.exec_driver_sql("SELECT id, code FROM bad").all()) == [(2, "ab"), (3, "ab ")]
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("INSERT INTO t VALUES (4, 'x')")
        with pytest.raises(RuleError, match="would commit your transaction"):
            quarantine(connection, [rule], table="t", to="worse")
    assert sa.inspect(engine).get_table_names() == ["bad", "t"]


def test_nothing_is_left_of_a_quarantine_that_fails(engine: sa.Engine) -> None:
    make(engine, "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES (CONCAT(REPEAT('a', 40), 'b'))")
    with pytest.raises(Exception, match="match limit"):
        quarantine(engine, [{"type": "regex", "column": "x", "pattern": "^(a+)+$"}], table="t", to="bad")
    assert sa.inspect(engine).get_table_names() == ["t"]


def test_a_quarantine_that_is_killed_behind_any_statement_can_run_again(engine: sa.Engine, mariadb_url: sa.URL) -> None:
    make(engine, "CREATE TABLE t (x INT)", "INSERT INTO t VALUES (1), (NULL)")
    rules = [{"type": "not_null", "column": "x"}]
    kills = []
    for statements in killed_behind_each_statement(lambda: quarantine(mariadb_url, rules, table="t", to="bad")):
        kills.append(statements)
        assert quarantine(mariadb_url, rules, table="t", to="bad").quarantined_rows == 1
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT * FROM bad").all() == [(None, '["not_null_x"]')]
        assert sa.inspect(engine).get_table_names() == ["bad", "t"]
        make(engine, "DROP TABLE bad")
    assert len(kills) > 5


@pytest.mark.parametrize(("dtype", "failed"), [("json", ["l"]), ("text", []), ("longtext", [])])
def test_a_column_that_is_declared_as_json_is_json_and_text(engine: sa.Engine, dtype: str, failed: list[str]) -> None:
    make(engine, "CREATE TABLE t (`j``1` JSON, l LONGTEXT)", "INSERT INTO t VALUES ('{\"a\": 1}', '1')")
    rules = [{"type": "type", "column": name, "dtype": dtype} for name in ("j`1", "l")]
    assert [one.column for one in validate(engine, rules, table="t").results if not one] == failed
    (result,) = validate(engine, [{"type": "schema", "columns": {"j`1": dtype, "l": "text"}}], table="t").results
    assert result.passed
    assert validate(engine, [{"type": "regex", "column": "j`1", "pattern": "a"}], table="t")


def test_what_is_learned_of_documents_passes_on_their_table(engine: sa.Engine) -> None:
    documents = ['{"a": 1}', '{"a":1.0}', '{ "a":1 }', "[]"]
    values = ", ".join(f"({number}, '{documents[number % 4]}')" for number in range(80))
    make(engine, "CREATE TABLE t (id INT, j JSON)", f"INSERT INTO t VALUES {values}")
    learned = learn(engine, table="t")
    assert {rule.type for rule in learned if rule.column == "j"} >= {"not_null", "type"}
    assert learned(engine, table="t").passed


@pytest.mark.parametrize(
    ("declared", "family"),
    [
        ("VARCHAR(9) COMPRESSED", "text"),
        ("TEXT COMPRESSED", "text"),
        ("BLOB COMPRESSED", "binary"),
        ("ENUM('a /* b */', 'B')", "text"),
        ("INT(5) ZEROFILL", "integer"),
        ("DOUBLE ZEROFILL", "float"),
        ("DECIMAL(5, 2) ZEROFILL", "decimal"),
    ],
)
def test_how_a_column_is_stored_is_no_part_of_its_type(engine: sa.Engine, declared: str, family: str) -> None:
    make(engine, f"CREATE TABLE t (x {declared})", "INSERT INTO t VALUES (NULL)")
    assert profile(engine, table="t").column("x").family == family
    if family == "text":
        make(engine, "INSERT INTO t VALUES ('B')")
        (result,) = validate(engine, [{"type": "in_set", "column": "x", "values": ["b"]}], table="t").results
        assert (result.failed_rows, result.considered_rows) == (1, 1)


def test_history_tells_suites_apart_by_case(engine: sa.Engine, mariadb_url: sa.URL) -> None:
    history = History(mariadb_url)
    suite = Suite([{"type": "not_null", "column": "a"}])
    for name, run in (("s", "r1"), ("S", "R1"), ("s ", "r1 ")):
        history.record(suite([{"a": 1}]), suite=name, run_id=run)
    with engine.connect() as connection:
        suites = connection.exec_driver_sql("SELECT suite FROM dq_runs").scalars().all()
    assert sorted(suites) == ["S", "s", "s "]
