"""Failing rows in quarantine: all of them, nothing else, in one transaction."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_core import RuleError, SourceError, ValidationTimeoutError
from dq_core.quarantine import quarantine
from dq_core.relation.dialects import dialect_for
from support.database_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = sa.Table(
    "people", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("age", sa.Integer), sa.Column("email", sa.Text)
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "age": 30, "email": "a@x.org"},
    {"id": 2, "age": -4, "email": None},
    {"id": 3, "age": None, "email": "a@x.org"},
    {"id": 4, "age": 50, "email": "b@x.org"},
]
RULES: list[dict[str, Any]] = [
    {"type": "not_null", "column": "email"},
    {"type": "in_range", "column": "age", "min": 0},
    {"type": "unique", "column": "email"},
    {"type": "row_count", "min": 1},
]


@pytest.fixture
def people(engine: sa.Engine) -> sa.Engine:
    """The four rows in a database of each kind."""
    with engine.begin() as connection:
        PEOPLE.create(connection)
        connection.execute(PEOPLE.insert(), ROWS)
    return engine


def read(engine: sa.Engine, table: str = "bad_people") -> dict[int, list[str]]:
    """The names of the failed checks for each id."""
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT id, failed_checks FROM {table} ORDER BY id")).all()
    return {number: json.loads(names) for number, names in rows}


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


BAD = {1: ["unique_email"], 2: ["not_null_email", "in_range_age"], 3: ["unique_email"]}


def test_failing_rows_get_the_names_of_their_checks(people: sa.Engine) -> None:
    done = quarantine(people, RULES, table="people", to="bad_people")
    assert read(people) == BAD
    assert (done.total_rows, done.passed_rows, done.quarantined_rows) == (4, 1, 3)
    assert dict(done.failed_rows) == {"not_null_email": 1, "in_range_age": 1, "unique_email": 2}
    assert done.not_applied == ("row_count",)
    assert (done.target, done.column) == ("bad_people", "failed_checks")


def test_all_columns_come_with_their_types(people: sa.Engine) -> None:
    quarantine(people, RULES, table="people", to="bad_people")
    with people.connect() as connection:
        rows = connection.execute(sa.text("SELECT id, age, email FROM bad_people ORDER BY id")).all()
    assert [row._asdict() for row in rows] == ROWS[:3]


def test_replace_leaves_one_quarantine_and_append_adds(people: sa.Engine) -> None:
    for mode, expected in (("replace", 3), ("replace", 3), ("append", 6)):
        quarantine(people, RULES, table="people", to="bad_people", mode=mode)
        with people.connect() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM bad_people")).scalar_one() == expected


def test_a_query_and_its_parameters(people: sa.Engine) -> None:
    query = sa.select(PEOPLE).where(PEOPLE.c.id > sa.bindparam("least", 1))
    done = quarantine(people, RULES[:2], query=query, to="bad_people")
    assert (done.total_rows, read(people)) == (3, {2: ["not_null_email", "in_range_age"]})


def test_a_source_that_reads_the_target_costs_no_row(people: sa.Engine) -> None:
    quarantine(people, RULES, table="people", to="bad_people")
    with suppress(SourceError):
        quarantine(people, RULES, query="SELECT id, age, email FROM bad_people", to="bad_people")
    assert read(people) == BAD


def test_nothing_fails(people: sa.Engine) -> None:
    done = quarantine(people, [{"type": "not_null", "column": "id"}], table="people", to="bad_people")
    assert (done.passed_rows, done.quarantined_rows, read(people)) == (4, 0, {})


def test_a_threshold_that_is_met_saves_no_row(people: sa.Engine) -> None:
    rule = {"type": "not_null", "column": "email", "threshold": 0.5}
    assert quarantine(people, [rule], table="people", to="bad_people").quarantined_rows == 1


def test_lesser_severities_are_not_applied_unless_asked_for(people: sa.Engine) -> None:
    rules = [RULES[0], {**RULES[1], "severity": "warning"}]
    done = quarantine(people, rules, table="people", to="bad_people")
    assert (read(people), done.not_applied) == ({2: ["not_null_email"]}, ("in_range_age",))
    quarantine(people, rules, table="people", to="bad_people", min_severity="info")
    assert read(people) == {2: ["not_null_email", "in_range_age"]}


def test_names_that_clash_step_aside(engine: sa.Engine) -> None:
    columns = [sa.Column(name, sa.Integer) for name in ("id", "failed_0", "FAILED_CHECKS", "select")]
    with engine.begin() as connection:
        odd = sa.Table("odd table", sa.MetaData(), *columns)
        odd.create(connection)
        connection.execute(odd.insert(), [{"id": 1, "failed_0": 7, "FAILED_CHECKS": 8}])
    rules = [{"type": "not_null", "column": "select", "name": 'it\'s "so" 100%'}] * 2
    done = quarantine(engine, rules, table="odd table", to="odd rows")
    assert done.column == "failed_checks_"
    with engine.connect() as connection:
        (row,) = connection.execute(sa.text('SELECT * FROM "odd rows"')).all()
    assert tuple(row[:4]) == (1, 7, 8, None)
    assert json.loads(row[4]) == ['it\'s "so" 100%', 'it\'s "so" 100%#2']


@contextmanager
def rows_that_vanish(engine: sa.Engine) -> Iterator[None]:
    """The source loses its rows after they were counted and before the failing ones are written."""

    def vanish(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT INTO", "COPY")):
            cursor.execute("DELETE FROM people")

    sa.event.listen(engine, "before_cursor_execute", vanish)
    yield
    sa.event.remove(engine, "before_cursor_execute", vanish)


def test_halves_that_do_not_add_up_are_an_error_and_leave_what_was_there(people: sa.Engine, tmp_path: Path) -> None:
    quarantine(people, RULES, table="people", to="bad_people")
    targets = ["bad_people", "never_made"]
    if dialect_for(people.dialect).writes_parquet:
        targets.append(str(tmp_path / "never_made.parquet"))
    for target in targets:
        with rows_that_vanish(people), pytest.raises(SourceError, match="changed during the run"):
            quarantine(people, RULES[:1], table="people", to=target)
    assert read(people) == BAD
    assert "never_made" not in tables(people)
    assert list(tmp_path.glob("*.parquet")) == []


def test_a_transaction_of_the_caller_stays_the_callers(people: sa.Engine) -> None:
    with people.connect() as connection:
        with connection.begin() as transaction:
            quarantine(connection, RULES, table="people", to="bad_people")
            transaction.rollback()
        assert "bad_people" not in tables(people)
        quarantine(connection, RULES, table="people", to="bad_people")
    assert read(people) == BAD


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "replce"}, "Did you mean 'replace'?"),
        ({"min_severity": "eror"}, "Did you mean 'error'?"),
        ({"column": ""}, "column must be"),
        ({"to": "people"}, "that table itself"),
        ({"to": "others"}, "exists with other columns"),
        ({"to": "no/such/folder/bad.parquet"}, "The folder .* does not exist"),
        ({"to": "bad.parquet", "mode": "append"}, "cannot be appended"),
    ],
)
def test_wrong_arguments_change_nothing(people: sa.Engine, options: dict[str, str], said: str) -> None:
    with people.begin() as connection:
        connection.execute(sa.text("CREATE TABLE others (id INTEGER)"))
    with pytest.raises(RuleError, match=said):
        quarantine(people, RULES, table="people", **{"to": "bad_people", **options})
    assert tables(people) == {"people", "others"}


def test_wrong_rules_change_nothing(people: sa.Engine) -> None:
    with pytest.raises(RuleError, match="Did you mean 'email'"):
        quarantine(people, [{"type": "not_null", "column": "emial"}], table="people", to="bad_people")
    with pytest.raises(RuleError, match="No check is about rows"):
        quarantine(people, [{"type": "row_count", "min": 1}], table="people", to="bad_people")
    assert tables(people) == {"people"}


def test_rows_that_cannot_be_evaluated_are_an_error(people: sa.Engine) -> None:
    rule = {"type": "expression", "sql": "no_such_function(age) > 1"}
    with pytest.raises(RuleError, match="no_such_function"):
        quarantine(people, [rule], table="people", to="bad_people")
    assert tables(people) == {"people"}


def test_rows_of_a_file_go_to_a_parquet_file(tmp_path: Path) -> None:
    source, target = tmp_path / "people.parquet", tmp_path / "bad.parquet"
    duckdb.execute(f"COPY (SELECT i AS id, i - 1 AS age, DATE '2026-01-01' AS d FROM range(4) t(i)) TO '{source}'")
    target.write_text("what an earlier run left")
    done = quarantine(source, [{"type": "in_range", "column": "age", "min": 0}], to=target)
    assert duckdb.sql(f"SELECT id, age, d::VARCHAR, failed_checks FROM '{target}'").fetchall() == [
        (0, -1, "2026-01-01", '["in_range_age"]')
    ]
    assert (done.passed_rows, done.quarantined_rows) == (3, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.parquet", "people.parquet"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("12345678901234567891::HUGEINT", "DECIMAL(38,0)"), ("12345678901234567891::UHUGEINT", "DECIMAL(38,0)"),
        ("[12345678901234567891::HUGEINT]", "DECIMAL(38,0)[]"), ("'12:00:00+02'::TIMETZ", "VARCHAR"),
        ("{'a b': 12345678901234567891::HUGEINT, 'c': 1}", 'STRUCT("a b" DECIMAL(38,0), c INTEGER)'),
        ("MAP {'k': [INTERVAL '1 month 1.5 ms']}", "MAP(VARCHAR, VARCHAR[])"), ("INTERVAL '1 microsecond'", "VARCHAR"),
        ("'x'::UNION(i INTEGER, t VARCHAR)", "VARCHAR"), ("'2024-01-01 00:00:00.000000001'::TIMESTAMP_NS", None),
        ("18446744073709551615::UBIGINT", None), ("1.10::DECIMAL(5,2)", None), ("'{\"a\": 1.10}'::JSON", None),
    ],
)  # fmt: skip
def test_a_parquet_file_has_the_values(tmp_path: Path, value: str, kind: str | None) -> None:
    """For DuckDB's own, 128-bit integers are floats, times of zones UTC and intervals have milliseconds."""
    path, target = tmp_path / "a.duckdb", tmp_path / "bad.parquet"
    with duckdb.connect(str(path)) as raw:
        raw.execute(f"CREATE TABLE t AS SELECT 1 AS id, {value} AS v")
        (want,) = raw.execute("SELECT (v::VARCHAR, typeof(v)) FROM t").fetchall()
    quarantine(f"duckdb:///{path}", [{"type": "null", "column": "id"}], table="t", to=target)
    (found,) = duckdb.sql(f"SELECT (v::VARCHAR, typeof(v)) FROM '{target}'").fetchall()
    assert found == want if kind is None else found[0] == (want[0][0], kind)


def test_arrays_that_are_null_go_to_a_parquet_file(tmp_path: Path) -> None:
    source = pl.DataFrame({"id": [1, 2, 3], "x": pl.Series([[1, 2], None, [3, 4]], dtype=pl.Array(pl.Int8, 2))})
    quarantine(source, [{"type": "in_range", "column": "id", "min": 4}], to=tmp_path / "bad.parquet")
    assert pq.read_table(tmp_path / "bad.parquet").column("x").to_pylist() == [[1, 2], None, [3, 4]]


def test_long_integers_and_mixed_values_go_to_a_parquet_file(tmp_path: Path) -> None:
    rows = [{"id": 12345678901234567891, "age": 34}, {"id": 1, "age": "unknown"}, {"id": 2, "age": -5}]
    (tmp_path / "a.csv").write_text("id,age\n12345678901234567891,34\n1,unknown\n2,-5\n")
    for source in (rows, tmp_path / "a.csv"):
        quarantine(source, [{"type": "in_range", "column": "age", "min": 100}], to=tmp_path / "bad.parquet")
        found = duckdb.sql(f"SELECT id::VARCHAR, age FROM '{tmp_path}/bad.parquet' ORDER BY id").fetchall()
        assert found == [("1", "unknown"), ("2", "-5"), ("12345678901234567891", "34")]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "bad.parquet"
    target.write_text("what an earlier run left")
    with pytest.raises(SourceError):
        quarantine(ROWS, [{"type": "expression", "sql": "CAST(email AS INTEGER) > 1"}], to=target)
    assert target.read_text() == "what an earlier run left"
    assert list(tmp_path.iterdir()) == [target]


def test_rows_of_frames_need_a_file_and_rows_of_other_databases_a_table(sqlite_url: sa.URL, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="parquet"):
        quarantine(ROWS, RULES, to="bad_people")
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        PEOPLE.create(connection)
    with pytest.raises(RuleError, match="name of a table"):
        quarantine(engine, RULES, table="people", to=tmp_path / "bad.parquet")
    engine.dispose()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.none() | st.integers(-3, 3), st.none() | st.sampled_from("ab")), min_size=1, max_size=20))
def test_the_halves_are_those_of_plain_python(tmp_path: Path, values: list[tuple[int | None, str | None]]) -> None:
    emails = [email for _, email in values]
    expected = {}
    for number, (age, email) in enumerate(values):
        names = ["not_null_email"] if email is None else []
        names += ["in_range_age"] if age is not None and age < 0 else []
        names += ["unique_email"] if email is not None and emails.count(email) > 1 else []
        if names:
            expected[number] = names
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        PEOPLE.create(connection)
        rows = [{"id": number, "age": age, "email": email} for number, (age, email) in enumerate(values)]
        connection.execute(PEOPLE.insert(), rows)
    done = quarantine(engine, RULES, table="people", to="bad_people")
    assert read(engine) == expected
    assert (done.total_rows, done.quarantined_rows) == (len(values), len(expected))
    engine.dispose()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("seconds", [0.2, 0.000001])
def test_a_time_limit_leaves_nothing(engine: sa.Engine, seconds: float) -> None:
    with engine.begin() as connection:
        PEOPLE.create(connection)
        connection.execute(sa.insert(PEOPLE), ROWS)
    rules, forever = [{"type": "not_null", "column": "c"}], facts_of(engine).forever
    with pytest.raises(ValidationTimeoutError):
        quarantine(engine, rules, query=forever, to="bad", timeout_seconds=seconds)
    assert sa.inspect(engine).get_table_names() == ["people"]
    assert quarantine(engine, RULES, table="people", to="bad", timeout_seconds=60).quarantined_rows == 3


@pytest.mark.timeout(60)
def test_a_time_limit_ends_the_wait_for_a_lock(sqlite_url: sa.URL) -> None:
    engine = sa.create_engine(sqlite_url, connect_args={"timeout": 120})
    with engine.begin() as connection:
        PEOPLE.create(connection)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(ValidationTimeoutError):
            quarantine(engine, RULES, table="people", to="bad", timeout_seconds=0.3)
    engine.dispose()


def test_a_time_limit_must_be_a_number_of_seconds() -> None:
    with pytest.raises(RuleError, match="timeout_seconds"):
        quarantine([{"a": 1}], RULES, to="bad.parquet", timeout_seconds=-1)


KILLED = """
import os, signal, sys
from dq_core.quarantine import quarantine, write

write._assert_sums = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
quarantine([{"a": None}], [{"type": "not_null", "column": "a"}], to=sys.argv[1])
"""


def test_the_next_call_removes_the_draft_of_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=120)
    assert (done.returncode, len(list(tmp_path.iterdir()))) == (-signal.SIGKILL, 1)
    quarantine([{"a": None}], [{"type": "not_null", "column": "a"}], to=path)
    assert list(tmp_path.iterdir()) == [path]
