"""Tables of one catalog, written and read by turns: without a server, and by Trino."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

import dq_core
from moltres import col, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moltres import Database
    from support.trino import TrinoServer

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may fetch it

COLUMNS = (
    "id BIGINT, n INTEGER, d DECIMAL(38, 5), f DOUBLE, b BOOLEAN, s VARCHAR, y VARBINARY, day DATE,"
    " at TIMESTAMP(6), zoned TIMESTAMP(6) WITH TIME ZONE, t TIME(6), u UUID, xs ARRAY(INTEGER)"
)
ROWS: list[dict[str, Any]] = [
    {
        "id": number,
        "n": 2**31 - 1 - number,
        "d": Decimal("123456789012345678901234567890123.45678") - number,
        "f": float("inf") if number == 2 else number / 3,
        "b": bool(number % 2),
        "s": f"ü\0{number}",
        "y": bytes([0, number]),
        "day": dt.date(1969, 12, 31) + dt.timedelta(days=number),
        "at": dt.datetime.fromisoformat("1969-12-31 23:59:59.999999") + dt.timedelta(days=number),
        "zoned": dt.datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number),
        "t": dt.time(23, 59, 59, 999999),
        "u": UUID(int=number),
        "xs": [number, None],
    }
    for number in range(6)
]
ROWS.append(dict.fromkeys(ROWS[0], None) | {"id": 6})

PLAIN = ("id", "n", "f", "b", "s", "y")
"""Columns that Trino hands over as they are."""


@pytest.fixture
def schema(iceberg_url: URL) -> str:
    """The schema of this test, in Trino and in the catalog."""
    return str(iceberg_url.database).partition("/")[2]


@pytest.fixture
def db(trino: TrinoServer, schema: str) -> Iterator[Database]:
    """The schema, without a server."""
    with connect(catalog_of(trino, schema)) as database:
        yield database


def catalog_of(trino: TrinoServer, schema: str) -> URL:
    query = {"warehouse": trino.warehouse, "catalog": "iceberg", "namespace": schema}
    return trino.catalog.set(drivername="iceberg+postgresql", query=query)


def asked(url: URL, statement: str) -> list[tuple[Any, ...]]:
    """What Trino answers."""
    connection = create_engine(url, poolclass=NullPool).raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()]  # also of DDL, which runs until its answer is read
    finally:
        connection.close()


def as_rows(database: Database, name: str = "t") -> list[dict[str, Any]]:
    return list(database.table(name).order_by("id").collect())


@pytest.mark.most_cases(3)
@pytest.mark.parametrize("partitions", ["", "day", "month(at)", "hour(zoned)", "bucket(s, 4)", "truncate(s, 2)"])
def test_trino_reads_what_is_written_to_its_tables(iceberg_url: URL, db: Database, partitions: str) -> None:
    partitioning = f" WITH (partitioning = ARRAY['{partitions}'])" if partitions else ""
    asked(iceberg_url, f"CREATE TABLE t ({COLUMNS}){partitioning}")
    assert db.write(ROWS).save_as_table("t", mode="append", run_key="first").rows_written == len(ROWS)
    assert db.write(ROWS).save_as_table("t", mode="append", run_key="first").skipped
    assert as_rows(db) == ROWS
    shown = asked(
        iceberg_url,
        "SELECT id, n, CAST(d AS VARCHAR), f, b, s, y, CAST(day AS VARCHAR), CAST(at AS VARCHAR),"
        " to_unixtime(zoned), CAST(t AS VARCHAR), CAST(u AS VARCHAR), xs FROM t ORDER BY id",
    )
    for found, row in zip(shown, ROWS, strict=True):
        assert [found[place] for place in (0, 1, 3, 4, 5, 6)] == [row[name] for name in PLAIN]
        if row["n"] is not None:
            assert Decimal(found[2]) == row["d"]
            assert found[7] == row["day"].isoformat()
            assert dt.datetime.fromisoformat(found[8]) == row["at"]
            assert found[9] == pytest.approx(row["zoned"].timestamp(), abs=1e-6)
            assert found[10:12] == (row["t"].isoformat(), str(row["u"]))
            assert list(found[12]) == row["xs"]


def test_rows_that_trino_changes_are_read_and_changed_again(trino: TrinoServer, iceberg_url: URL, db: Database) -> None:
    asked(iceberg_url, "CREATE TABLE t (id BIGINT, s VARCHAR, p INTEGER) WITH (partitioning = ARRAY['p'])")
    asked(iceberg_url, "INSERT INTO t SELECT n, CAST(n AS VARCHAR), n % 3 FROM UNNEST(sequence(1, 30)) AS x(n)")
    # Deletes by position: the files stay, and rows of them are gone.
    asked(iceberg_url, "DELETE FROM t WHERE id IN (3, 4)")
    asked(iceberg_url, "UPDATE t SET s = 'changed' WHERE id = 5")
    known = {n: str(n) for n in range(1, 31) if n not in (3, 4)} | {5: "changed"}
    assert {row["id"]: row["s"] for row in as_rows(db)} == known
    before = asked(iceberg_url, 'SELECT max(snapshot_id) FROM "t$snapshots"')
    assert before

    new = [{"id": 5, "s": "merged", "p": 2}, {"id": 31, "s": "new", "p": 1}]
    assert db.write(new).save_as_table("t", mode="merge", keys=["id"]).rows_updated == 1
    known |= {5: "merged", 31: "new"}
    assert dict(asked(iceberg_url, "SELECT id, s FROM t")) == known
    db.write([{"id": 40, "s": "alone", "p": 0}]).save_as_table("t", mode="overwrite_partitions", partition_by=["p"])
    known = {n: s for n, s in known.items() if n % 3 or n == 31} | {40: "alone"}
    assert dict(asked(iceberg_url, "SELECT id, s FROM t")) == known
    assert db.delete("t", where=col("p") == 1) == sum(n % 3 == 1 for n in known if n != 40)
    asked(iceberg_url, "DELETE FROM t WHERE p = 0")
    catalog = catalog_of(trino, str(db.engine.dialect.default_schema_name))
    report = dq_core.validate(catalog, [{"type": "in_set", "column": "p", "values": [2]}], table="t")
    assert report.passed
    assert report.total_rows == len(as_rows(db)) == sum(n % 3 == 2 for n in known)
    db.write([{"id": 1, "s": "all", "p": 7}]).save_as_table("t", mode="overwrite")
    assert asked(iceberg_url, "SELECT * FROM t") == [(1, "all", 7)]


def test_a_table_made_without_a_server_is_trinos_as_well(iceberg_url: URL, db: Database) -> None:
    rows = [{name: row[name] for name in ROWS[0] if name != "xs"} for row in ROWS]
    db.write(rows).save_as_table("made", run_key="made")
    assert asked(iceberg_url, "SELECT count(*), max(id), count(d) FROM made") == [(7, 6, 6)]
    asked(iceberg_url, "ALTER TABLE made RENAME COLUMN s TO words")
    asked(iceberg_url, "INSERT INTO made (id, words) VALUES (7, 'seven')")
    asked(iceberg_url, "DELETE FROM made WHERE id < 2")
    db.forget()
    assert [(row["id"], row["words"]) for row in as_rows(db, "made")] == [
        *((row["id"], row["s"]) for row in rows[2:]),
        (7, "seven"),
    ]
    assert db.write(rows).save_as_table("made", mode="append", run_key="made").skipped
    asked(iceberg_url, "DROP TABLE made")
    db.forget()
    assert db.tables() == []


def test_both_check_profile_and_load_a_table_of_the_other(trino: TrinoServer, iceberg_url: URL, db: Database) -> None:
    """By their own verbs: what one has recorded or rejected, the other sees in the same rows."""
    without, schema = db, str(db.engine.dialect.default_schema_name)
    rows = [{name: row[name] for name in PLAIN} for row in ROWS]
    rules = [{"type": "unique", "column": "id"}, {"type": "not_null", "column": "s"}, {"type": "row_count", "min": 8}]
    places = (iceberg_url, catalog_of(trino, schema))
    with connect(iceberg_url) as cluster:
        for name, maker, other in (("by_files", without, cluster), ("by_trino", cluster, without)):
            assert maker.write(rows).save_as_table(name, run_key="first").rows_written == len(rows)
            new = [{**rows[1], "id": 7, "s": "new"}]
            other.forget()
            for _ in range(2):
                written = other.write(new).save_as_table(name, mode="append", run_key="second").rows_written
                assert written == (0 if _ else 1)
            other.write([{**new[0], "n": 5}]).save_as_table(name, mode="merge", keys=["id"])
            for place in places:
                report = dq_core.validate(place, rules, table=name)
                assert [one.status for one in report.results] == ["passed", "failed", "passed"]
                assert report.total_rows == 8
                found = dq_core.profile(place, table=name)
                assert (found.row_count, found.column("n").min) == (8, 5)
                assert dq_core.learn(place, table=name).row_count == 8
            maker.forget()
            expected = [*rows, {**new[0], "n": 5}]
            assert as_rows(maker, name) == as_rows(other, name) == expected
            maker.write(rows[:2]).save_as_table(name, mode="overwrite")
            other.forget()
            assert as_rows(other, name) == rows[:2]


def test_branches_are_read_by_both(trino: TrinoServer, iceberg_url: URL, db: Database, schema: str) -> None:
    db.write([{"id": 1}]).save_as_table("t")
    store = trino.catalog.render_as_string(hide_password=False)
    catalog = SqlCatalog("iceberg", uri=store, warehouse=trino.warehouse)
    table = catalog.load_table((schema, "t"))
    current = table.current_snapshot()
    assert current is not None
    with table.manage_snapshots() as snapshots:
        snapshots.create_branch(current.snapshot_id, "audit")
    table.append(pa.table({"id": [2]}), branch="audit")
    catalog.engine.dispose()
    assert asked(iceberg_url, "SELECT id FROM t FOR VERSION AS OF 'audit' ORDER BY id") == [(1,), (2,)]
    assert asked(iceberg_url, "SELECT id FROM t") == [(1,)]
    assert db.table("t", as_of="audit").count() == 2
    # A write to main leaves the branch as it is.
    db.write([{"id": 3}]).save_as_table("t", mode="overwrite")
    assert (db.table("t", as_of="audit").count(), asked(iceberg_url, "SELECT id FROM t")) == (2, [(3,)])


def test_a_table_that_overwrite_partitions_makes_is_partitioned_for_trino(iceberg_url: URL, db: Database) -> None:
    rows = [{"id": number, "day": dt.date(2024, 1, 1 + number % 2)} for number in range(4)]
    db.write(rows).save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
    query = 'SELECT CAST(partition.day AS VARCHAR), record_count FROM "t$partitions" ORDER BY 1'
    assert asked(iceberg_url, query) == [("2024-01-01", 2), ("2024-01-02", 2)]
    asked(iceberg_url, "DELETE FROM t WHERE day = DATE '2024-01-01'")
    db.write([{**rows[1], "id": 9}]).save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
    assert [row["id"] for row in as_rows(db)] == [9]
