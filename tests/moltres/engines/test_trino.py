"""Trino, on a server that the tests start: the suites for all dialects on Iceberg, what memory refuses, and retries."""

from __future__ import annotations

import datetime as dt
import os
import signal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Date, Numeric, event, text

from moltres import ETLPipeline, col, connect, hand_over, lit
from moltres.errors import ConfigurationError, QueryError, QueryTimeoutError, SchemaMismatchError, TransientQueryError
from moltres.handoff import Reference
from moltres.write import attempts
from support.dialect_conformance import Computing, receipt_faults
from support.dialect_conformance.all_or_nothing import AllOrNothing
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import NEW, OLD, rows, run
from support.dialect_conformance.handoff import HandOff
from support.dialect_conformance.incremental import IncrementalLoads
from support.dialect_conformance.merge import Merge
from support.dialect_conformance.missing_rows import MissingRows
from support.dialect_conformance.modes import Modes
from support.dialect_conformance.names import Names
from support.dialect_conformance.order import Order
from support.dialect_conformance.overwrite import Overwrite
from support.dialect_conformance.partitions import Partitions
from support.dialect_conformance.queries import Queries
from support.dialect_conformance.receipts import Receipts
from support.dialect_conformance.run_keys import RunKeys
from support.dialect_conformance.schema_changes import SchemaChanges
from support.dialect_conformance.sequences import Sequences
from support.dialect_conformance.statements import Statements
from support.dialect_conformance.targets import Targets
from support.dialect_conformance.transactions import Transactions
from support.dialect_conformance.values import Values
from support.dialect_conformance.waits import Waits
from support.kills import in_child
from support.stop_conformance import StopConformance
from support.trino_kills import chains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from moltres import Database
    from support.trino import TrinoServer

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may unpack it

FOREVER = (
    "SELECT count(*) AS a FROM UNNEST(sequence(1, 10000)) AS x (i), UNNEST(sequence(1, 10000)) AS y (i),"
    " UNNEST(sequence(1, 10000)) AS z (i) WHERE x.i * y.i + z.i <> 7"
    " HAVING count(*) > 1"  # without it Trino knows how many rows these are, and counts them without a look
)


class OnTrino(DialectSuite):
    """What the suites must know of Trino, whatever serves its tables."""

    slow = FOREVER
    some = "SELECT count(*) FROM UNNEST(sequence(1, 900))"
    examples = 2
    enough = 60
    counts_time = True
    longest_chain = 40  # each operand is a stage, of which a server takes 150 by default
    numbered = ()
    retyped = None
    fires_delete_actions = None
    refused_casts = frozenset({("number", Numeric), ("moment", Date)})  # with blanks around it, with a time behind it
    readings = (
        ("SELECT 'it''s :x' AS a", "it's :x"),
        (r"SELECT 'a\' AS a", "a\\"),
        (r"SELECT U&'\0041 :x' AS a", "A :x"),
        ('SELECT 1 AS "a :x"', 1),
        ("SELECT 1 AS a -- it's :x", 1),
        ("SELECT CAST(:one AS INTEGER) + 7 AS a", 8),
        ("SELECT ARRAY[1, 2, 3][:one] AS a", 1),
        ("SELECT 7 % 4 AS a", 3),
        ("SELECT reduce(ARRAY[1, 2], 0, (s, x) -> s + x, s -> s) AS a", 3),
    )


class OnIceberg(OnTrino):
    @pytest.fixture
    def url(self, iceberg_url: URL) -> URL:
        return iceberg_url

    @pytest.fixture
    def schema(self, trino: TrinoServer) -> Iterator[str]:
        with trino.schema("iceberg") as url:
            yield str(url.database).partition("/")[2]


class TestIceberg(OnIceberg, Values, Modes, Overwrite, Merge, Partitions, RunKeys, Sequences, AllOrNothing, Statements):
    """What is written; of each test one case: every statement takes its time."""

    most_cases = 1

    def test_a_copy_within_the_database_cuts_no_blanks(self, db: Database) -> None:  # type: ignore[override]
        """Strings of Iceberg have no length: one case says it."""
        super().test_a_copy_within_the_database_cuts_no_blanks(db, "ab  ", "VARCHAR(3)", "append", {})

    @pytest.mark.parametrize(
        ("asked", "options"),
        [
            ("cursor", {"mode": "append", "cursor": "id"}),
            ("mode='scd2'", {"mode": "scd2", "keys": ["id"]}),
            ("rejects", {"mode": "append", "rejects": "table"}),
            ("delete_missing", {"mode": "merge", "keys": ["id"], "delete_missing": "hard"}),
            ("on_schema_change", {"mode": "append", "on_schema_change": "ignore"}),
        ],
    )
    def test_what_takes_several_statements_is_refused(self, db: Database, asked: str, options: Any) -> None:
        with pytest.raises(ConfigurationError, match=f"commits each statement: {asked} is not supported"):
            db.write([{"id": 1}]).save_as_table("t", **options)
        assert db.tables() == []

    @pytest.mark.parametrize("road", ["update", "append"])
    def test_no_assignment_cuts_or_fills_a_string(self, db: Database, road: str) -> None:  # type: ignore[override]
        """As above: one case for each statement. Strings with a length are for the tables in memory."""
        super().test_no_assignment_cuts_or_fills_a_string(db, "VARCHAR(5)", road)

    def test_an_overwrite_with_values_of_another_type_takes_their_type(self, db: Database) -> None:
        for old, new in ((True, 0.1), (1, 1.5), (0.1, True), ("x", 1), (dt.date(2024, 1, 1), "x")):
            db.write([{"id": 1, "x": old}]).save_as_table("t", mode="overwrite")
            db.write([{"id": 1, "x": new}]).save_as_table("t", mode="overwrite")
            found = rows(db)[0]["x"]
            assert (found, type(found)) == (new, type(new))


class OnMemory(OnTrino):
    plans_name_tables = False  # it numbers them

    @pytest.fixture
    def url(self, trino_memory_url: URL) -> URL:
        return trino_memory_url

    @pytest.fixture
    def schema(self, trino: TrinoServer) -> Iterator[str]:
        with trino.schema("memory") as url:
            yield str(url.database).partition("/")[2]

    def test_too_many_set_operations_are_refused_with_a_hint(self, db: Database) -> None:
        db.write([{"n": 1}, {"n": 2}]).save_as_table("t")
        frame = part = db.table("t")
        for _ in range(170):
            frame = frame.union(part)
        with pytest.raises(QueryError, match="too large or too deeply nested for the database") as raised:
            frame.count()
        assert "save_as_table()" in str(raised.value.suggestion)


class TestComputingOnIceberg(OnIceberg, Names, Computing):
    """Its statements take three times as long as those in memory."""

    most_cases = 1
    quarters = frozenset({0})


class TestComputingInMemory(OnMemory, Names, Computing):
    most_cases = 1
    quarters = frozenset({1, 2, 3})


class TestIcebergToo(
    OnIceberg,
    Transactions,
    Queries,
    Order,
    Targets,
    Waits,
    HandOff,
    IncrementalLoads,
    MissingRows,
    SchemaChanges,
    Receipts,
):
    """The other suites, of which some cases say it: every statement takes its time."""

    most_cases = 1
    faults = receipt_faults.TRINO


class TestMemory(
    OnMemory,
    Values,
    Modes,
    Overwrite,
    Merge,
    Partitions,
    RunKeys,
    AllOrNothing,
    Statements,
    Transactions,
    Queries,
    Order,
    Targets,
    Waits,
    HandOff,
    IncrementalLoads,
    MissingRows,
    SchemaChanges,
    Receipts,
):
    """What the connector cannot do is refused by name."""

    most_cases = 1
    quarters = frozenset({0, 2})


class TestStopped(StopConformance):
    slow = FOREVER
    every = 6
    commits_each_statement = True

    @pytest.fixture
    def url(self, iceberg_url: URL) -> URL:
        return iceberg_url


@pytest.fixture
def db(iceberg_url: URL) -> Iterator[Database]:
    with connect(iceberg_url) as database:
        yield database


@pytest.fixture
def memory(trino_memory_url: URL) -> Iterator[Database]:
    with connect(trino_memory_url) as database:
        yield database


def snapshots(db: Database, table: str = "t") -> list[Any]:
    with db.connection() as connection:
        return list(connection.execute(text(f'SELECT snapshot_id FROM "{table}$snapshots"')).scalars())


# -- one commit


MODES_OF_A_TABLE: tuple[tuple[Any, dict[str, Any]], ...] = (
    ("append", {}),
    ("overwrite", {}),
    ("merge", {"keys": ["id"]}),
    ("overwrite_partitions", {"partition_by": ["id"]}),
)


@pytest.mark.parametrize(("mode", "options"), MODES_OF_A_TABLE)
def test_a_write_is_one_snapshot(db: Database, mode: Any, options: Any) -> None:
    db.write(OLD).save_as_table("t")
    before = snapshots(db)
    assert len(before) == 1
    db.write(NEW).save_as_table("t", mode=mode, **options)
    assert len(snapshots(db)) == len(before) + 1


@pytest.mark.parametrize("declared", ["", " NOT NULL"])
def test_an_overwrite_keeps_what_the_table_declares(db: Database, declared: str) -> None:
    run(
        db, f"CREATE TABLE t (id BIGINT{declared}, p INTEGER) WITH (partitioning = ARRAY['p'], sorted_by = ARRAY['id'])"
    )
    db.write([{"p": 1, "id": 1}, {"p": 2, "id": 2}]).save_as_table("t", mode="append")
    with db.connection() as connection:
        before = connection.execute(text("SHOW CREATE TABLE t")).scalar_one()
        db.write([{"p": 3, "id": 3}]).save_as_table("t", mode="overwrite")
        assert connection.execute(text("SHOW CREATE TABLE t")).scalar_one() == before
    assert rows(db) == [{"id": 3, "p": 3}]
    with pytest.raises(ConfigurationError, match=r"partitioned|NOT NULL"):
        db.write([{"id": 1}]).save_as_table("t", mode="overwrite")


# -- retries of a load


def killed(work: Callable[[], None]) -> None:
    """Run work in a process that dies of it."""
    child, pipe = in_child(work)
    _, status = os.waitpid(child, 0)
    os.close(pipe)
    assert os.WIFSIGNALED(status), status


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("when", "mode", "options"),
    [
        ("recorded", "append", {}),  # before the statement, so whatever the mode
        ("committed", "append", {}),
        ("committed", "overwrite", {}),
        ("committed", "merge", {"keys": ["id"]}),
        ("committed", "overwrite_partitions", {"partition_by": ["id"]}),
    ],
)
def test_a_client_that_dies_is_retried_once(
    iceberg_url: URL, monkeypatch: pytest.MonkeyPatch, when: str, mode: Any, options: Any
) -> None:
    with connect(iceberg_url) as db:
        db.write(OLD).save_as_table("t")

        def work() -> None:
            begin = attempts.Attempts.begin

            def recorded(self: attempts.Attempts, query: str) -> None:
                begin(self, query)
                die()

            if when == "recorded":
                monkeypatch.setattr(attempts.Attempts, "begin", recorded)
            else:
                monkeypatch.setattr(attempts.Attempts, "finish", lambda *_: die())
            with connect(iceberg_url) as mine:
                mine.write(NEW).save_as_table("t", mode=mode, run_key="r", **options)

        killed(work)
        assert (rows(db) == OLD) == (when == "recorded")
        result = db.write(NEW).save_as_table("t", mode=mode, run_key="r", **options)
        assert result.skipped == (when == "committed")
        after = rows(db)
        assert len(after) == {"append": 5, "overwrite": 2, "merge": 4, "overwrite_partitions": 4}[mode]
        assert db.write(NEW).save_as_table("t", mode=mode, run_key="r", **options).skipped
        assert sorted(map(repr, rows(db))) == sorted(map(repr, after))


def test_a_load_that_is_killed_again_and_again_is_there_once(iceberg_url: URL) -> None:
    """At random moments: the client, its query in the server, the answer. See benchmarks/kills.py for hundreds."""
    with chains(iceberg_url, seed=1) as killing:
        for _ in killing.run(["append"], 1):
            continue
        assert sum(tally.kills for tally in killing.tallies.values()) >= 3
        assert [fault for tally in killing.tallies.values() for fault in [*tally.wrong, *tally.left_over]] == []


def test_a_client_that_stood_still_while_another_retried_changes_nothing(
    iceberg_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = attempts.Attempts.begin
    with connect(iceberg_url) as slow, connect(iceberg_url) as retry:
        slow.write(OLD).save_as_table("t")

        def overtaken(self: attempts.Attempts, query: str) -> None:
            begin(self, query)
            monkeypatch.setattr(attempts.Attempts, "begin", begin)
            retry.write(NEW).save_as_table("t", mode="append", run_key="r")

        monkeypatch.setattr(attempts.Attempts, "begin", overtaken)
        with pytest.raises(TransientQueryError):
            slow.write(NEW).save_as_table("t", mode="append", run_key="r")
        assert len(rows(slow)) == 5
        assert slow.write(NEW).save_as_table("t", mode="append", run_key="r").skipped


# -- rows from elsewhere


@pytest.mark.parametrize("by", ["files", "statements"])
def test_many_rows_come_by_files_or_by_few_statements(trino: TrinoServer, iceberg_url: URL, by: str) -> None:
    pytest.importorskip("pyarrow")
    stage = trino.folder / "stage"
    folder = {"stage_uri": stage, "stage_location": f"local://{stage}"} if by == "files" else {}
    data = [{"id": number, "s": f"it's {number}", "d": dt.date(2024, 1, 1)} for number in range(25_000)]
    with connect(iceberg_url, **folder) as db:
        sent: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        assert db.write(data).save_as_table("t", batch_rows=5000).rows_written == 25_000
        assert len(sent) < 30
        assert db.tables() == ["t"]
        assert db.table("t").where(col("id") == 24_999).first() == data[-1]
        assert len(snapshots(db)) == 1
        for mode, options in MODES_OF_A_TABLE:
            before = len(snapshots(db))
            db.write(data).save_as_table("t", mode=mode, batch_rows=5000, **options)
            assert len(snapshots(db)) == before + 1, mode
            assert db.table("t").count() == (50_000 if mode == "append" else 25_000), mode
        assert not stage.exists() or list(stage.iterdir()) == []


def test_a_folder_is_for_databases_that_take_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="stage_uri is not supported for duckdb"):
        connect("duckdb://", stage_uri=tmp_path)
    with pytest.raises(ConfigurationError, match="requires stage_uri"):
        connect("trino://me@nowhere/iceberg/s", stage_location="s3://bucket/x")


# -- pipelines and hand-overs


def test_a_pipeline_with_checks_publishes_once_and_hands_over_by_table(db: Database) -> None:
    db.write([{"id": number, "v": number * 2} for number in range(50)]).save_as_table("source")
    pipeline = ETLPipeline(
        lambda: db.table("source").where(col("id") < 40),
        lambda frame: frame.select("id", w=col("v") + 1),
        lambda frame: frame.write.save_as_table("target", mode="append", run_key="r"),
        checks=[{"type": "not_null", "column": "id"}, {"type": "unique", "column": "id"}],
    )
    for _ in range(2):
        assert pipeline.execute().report.overall_status == "passed"
        assert db.table("target").count() == 40
    reference = hand_over(db.table("target"), name="handed", mode="table")
    assert isinstance(reference, Reference)
    assert reference.fingerprint is not None
    assert db.table(reference.location).count() == reference.row_count == 40


# -- what Trino cannot do


def test_writes_in_a_transaction_of_the_caller_are_refused(db: Database) -> None:
    with pytest.raises(ConfigurationError, match="commits each statement"), db.transaction():
        raise AssertionError
    with db.engine.connect() as connection, pytest.raises(ConfigurationError, match="commits each statement"):
        connect(connection).write(OLD).save_as_table("t")
    assert db.tables() == []


def test_memory_adds_rows_and_refuses_by_name_what_it_cannot(memory: Database) -> None:
    memory.write(OLD).save_as_table("t")
    memory.write(NEW).save_as_table("t", mode="append")
    assert len(rows(memory)) == 5
    for mode, options in (
        ("overwrite", {}),
        ("merge", {"keys": ["id"]}),
        ("overwrite_partitions", {"partition_by": ["n"]}),
    ):
        with pytest.raises(ConfigurationError, match=r"\(memory\) cannot change or replace rows"):
            memory.write(NEW).save_as_table("t", mode=mode, **options)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="keeps no snapshots"):
        memory.write(NEW).save_as_table("t", mode="append", run_key="r")
    for change in (
        lambda: memory.update("t", {"n": 1}, where=col("id") == 1),
        lambda: memory.delete("t", where=col("id") == 1),
    ):
        with pytest.raises(ConfigurationError, match=r"cannot (update|delete) rows"):
            change()
    with pytest.raises(OSError, match="gone"):
        memory.write(_broken()).save_as_table("u")
    with pytest.raises(QueryError, match="Division by zero"):
        memory.sql("SELECT 1 / (i - 3) AS x FROM UNNEST(sequence(1, 5)) AS s (i)").write.save_as_table("u")
    assert len(rows(memory)) == 5
    assert memory.tables() == ["t"]


@pytest.mark.parametrize("narrow", ["VARCHAR(5)", "CHAR(5)"])
@pytest.mark.parametrize("road", ["append", "insert"])
def test_memory_cuts_or_fills_no_string(memory: Database, narrow: str, road: str) -> None:
    """Its strings have lengths."""
    Values().test_no_assignment_cuts_or_fills_a_string(memory, narrow, road)


def test_memory_copies_the_blanks_of_a_char(memory: Database) -> None:
    Values().test_the_blanks_of_a_column_of_fixed_length_are_copied_as_they_are_read(memory)
    run(memory, "CREATE TABLE longer (id BIGINT, s CHAR(7))")
    with pytest.raises(SchemaMismatchError, match="'s'"):
        memory.table("t").write.save_as_table("longer", mode="append")


def _broken() -> Iterator[dict[str, Any]]:
    yield {"id": 1}
    raise OSError("the source is gone")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("TIMESTAMP '2024-01-01 00:00:00.123456789'", "more digits than Python's microseconds"),
        ("TIME '00:00:00.123456789'", "more digits than Python's microseconds"),
        ("INTERVAL '2' MONTH", "no value in Python"),
        ("ARRAY[TIMESTAMP '2024-01-01 00:00:00.123456789']", "more digits than Python's microseconds"),
        ("MAP(ARRAY['a'], ARRAY[ROW(TIME '00:00:00.123456789')])", "more digits than Python's microseconds"),
        ("ROW(INTERVAL '2' MONTH)", "no value in Python"),
        ("CAST(ROW(1, 2) AS ROW(a INTEGER, a INTEGER))", "the field 'a' more than once"),
        ("TIMESTAMP '2024-10-27 02:30:00 Europe/Berlin'", "is there twice in Europe/Berlin"),
        ("ARRAY[ROW(TIMESTAMP '2024-10-27 02:30:00 Europe/Berlin')]", "is there twice in Europe/Berlin"),
    ],
)
def test_what_the_driver_would_round_is_refused(db: Database, value: str, why: str) -> None:
    with pytest.raises(SchemaMismatchError, match=why):
        db.sql(f"SELECT {value} AS x").collect()


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (
            "ARRAY[ROW(1, ARRAY[ROW('y')])]",
            'ARRAY(ROW("a (""b, " INTEGER, c ARRAY(ROW(time VARCHAR))))',
            [{'a ("b, ': 1, "c": [{"time": "y"}]}],
        ),
        (
            "ROW(DATE '2024-01-01', INTERVAL '1' DAY)",
            'ROW("date" DATE, "interval" INTERVAL DAY TO SECOND)',
            {"date": dt.date(2024, 1, 1), "interval": dt.timedelta(days=1)},
        ),
        (
            "ARRAY[json_parse('null'), json_parse('\"null\"'), json_parse('[1]'), NULL]",
            "ARRAY(JSON)",
            [None, "null", [1], None],
        ),
        (
            "MAP(ARRAY[1], ARRAY[ROW(json_parse('{\"b\": null}'))])",
            "MAP(INTEGER, ROW(j JSON))",
            {1: {"j": {"b": None}}},
        ),
        (
            "ROW(1, ROW(2, INTERVAL '1' DAY))",
            "ROW(INTEGER, ROW(INTEGER, INTERVAL DAY TO SECOND))",
            [1, [2, dt.timedelta(days=1)]],
        ),
    ],
)
def test_values_within_others_are_what_they_are_alone(db: Database, value: str, type_: str, expected: Any) -> None:
    assert db.sql(f"SELECT CAST({value} AS {type_}) AS x").collect() == [{"x": expected}]


def test_moments_are_strings_with_the_types_that_the_driver_calls_legacy(iceberg_url: URL) -> None:
    with connect(iceberg_url.update_query_dict({"legacy_primitive_types": "true"})) as db:
        said = "2024-10-27 02:30:00 Europe/Berlin"
        assert db.sql(f"SELECT TIMESTAMP '{said}' AS x").collect() == [{"x": said}]


def test_rows_and_maps_are_json_elsewhere_and_stay_within_their_table(db: Database, tmp_path: Path) -> None:
    run(db, "CREATE TABLE t (id BIGINT, r ROW(x INTEGER, y VARCHAR), m MAP(VARCHAR, DATE), a ARRAY(ROW(x DOUBLE)))")
    given = "1, ROW(1, 'a'), MAP(ARRAY['k'], ARRAY[NULL]), ARRAY[ROW(1.5), NULL]"
    run(db, f"INSERT INTO t VALUES ({given}), (2, NULL, NULL, NULL)")
    expected = [
        {"id": 1, "r": {"x": 1, "y": "a"}, "m": {"k": None}, "a": [{"x": 1.5}, None]},
        {"id": 2, "r": None, "m": None, "a": None},
    ]
    assert rows(db) == expected
    with connect(f"duckdb:///{tmp_path}/other.duckdb") as other:
        other.write(db.table("t")).save_as_table("t")
        assert rows(other) == expected
        other.write(db.table("t").where(col("id") > 2)).save_as_table("none")
        assert repr(other.reflect("none").c.r.type) == "JSON()"
    db.table("t").write.save_as_table("t", mode="overwrite")
    assert rows(db) == expected
    for name in ("r", "m", "a"):
        with pytest.raises(SchemaMismatchError, match=f"column '{name}'"):
            db.table("t").select("id", name).write.save_as_table("u")
        with pytest.raises(SchemaMismatchError, match=f"column '{name}': a ROW or MAP"):
            db.write([{"id": 3, name: expected[0][name]}]).save_as_table("t", mode="append")
    db.write([{"id": 3}]).save_as_table("t", mode="append")
    assert len(rows(db)) == 3


def test_division_and_truth(db: Database) -> None:
    frame = db.sql("SELECT 7 AS a, 2 AS b, true AS t")
    assert frame.select(x=col("a") / col("b"), y=col("t").is_(True)).collect() == [{"x": 3.5, "y": True}]


def test_names_in_upper_case_are_refused(db: Database) -> None:
    for row, table in (({"Id": 1}, "t"), ({"id": 1}, "T")):
        with pytest.raises(ConfigurationError, match="would keep the name"):
            db.write([row]).save_as_table(table)


def test_a_limit_of_the_session_holds_as_well(db: Database) -> None:
    with db.engine.connect() as connection:
        mine = connect(connection)
        assert mine.sql("SELECT 1 AS a").collect() == [{"a": 1}]
        connection.exec_driver_sql("SET SESSION query_max_execution_time = '300ms'")
        with pytest.raises(QueryTimeoutError):
            mine.sql(FOREVER).collect(query_timeout=60)
        connection.exec_driver_sql("RESET SESSION query_max_execution_time")
        assert mine.sql("SELECT 1 AS a").collect() == [{"a": 1}]


def test_a_moment_is_the_same_in_whatever_zone_it_is_given(db: Database) -> None:
    """The driver writes the name of a zone, in which two hours have one name when clocks go back."""
    first = dt.datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    hours = [first, first.replace(fold=1)]
    instants = [hour.astimezone(dt.UTC) for hour in hours]
    db.write([{"id": 0, "at": instants[0]}, {"id": 1, "at": instants[1]}]).save_as_table("t")
    for number, hour in enumerate(hours):
        assert db.table("t").where(col("at") == hour).collect().column("id") == [number]
        assert db.table("t").where(col("at").in_([hour])).collect().column("id") == [number]
        assert db.sql("SELECT id FROM t WHERE at = :at", at=hour).collect().column("id") == [number]
        assert db.table("t").limit(1).select(at=lit(hour)).collect().column("at") == [instants[number]]
