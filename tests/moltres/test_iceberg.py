"""What only Iceberg tables have: snapshots, keys in commits, conflicts, files, and what cannot be read."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import DoubleType, LongType, NestedField, StringType, TimestampType
from sqlalchemy import create_engine, text

import dq_core
from moltres import ETLPipeline, col, connect
from moltres.dialects.iceberg import files, loads, takeover
from moltres.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    MoltresError,
    QueryError,
    SchemaMismatchError,
    TransientQueryError,
    WriteError,
)
from moltres.handoff.reference import STAGE_PREFIX
from support.iceberg import append, catalog_in, catalog_url, load, opened, unreferenced
from support.shared import shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

    from moltres import Database

ROWS = [{"id": number, "name": f"n{number}"} for number in range(4)]


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return catalog_url(tmp_path)


@pytest.fixture
def db(url: URL) -> Iterator[Database]:
    with connect(url) as database:
        yield database


def ids(database: Database, **options: Any) -> list[int]:
    return sorted(database.table("t", **options).select("id").collect().column("id"))


# -- opening


def test_a_catalog_that_does_not_exist_is_made_by_the_first_write(url: URL, tmp_path: Path) -> None:
    with connect(url) as db:
        assert db.tables() == []
        assert not (tmp_path / "catalog.db").exists()
        db.write(ROWS).save_as_table("t")
        assert db.tables() == ["t"]


def test_a_catalog_that_was_removed_is_made_anew(db: Database, tmp_path: Path) -> None:
    db.write(ROWS).save_as_table("t")
    (tmp_path / "catalog.db").unlink()
    assert db.tables() == []
    db.write(ROWS).save_as_table("u")
    assert db.tables() == ["u"]


def test_an_engine_of_sqlalchemy_is_the_same_database(url: URL) -> None:
    engine = create_engine(url.update_query_dict({"namespace": "mart"}))
    try:
        with connect(engine) as db:
            db.write(ROWS).save_as_table("t", run_key="r")
            assert db.write(ROWS).save_as_table("t", mode="append", run_key="r").skipped
            assert db.update("t", {"name": "x"}, where=col("id") == 1) == 1
            assert db.table("mart.t").where(col("name") == "x").count() == 1
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO t VALUES (:id, 'y')"), {"id": 9})
    finally:
        engine.dispose()
    with connect(url) as db:
        assert sorted(db.table("mart.t").collect().column("id")) == [0, 1, 2, 3, 9]


def test_an_engine_of_sqlalchemy_refuses_the_same_urls() -> None:
    with pytest.raises(ConfigurationError, match="no warehouse"):
        create_engine("iceberg+sqlite:///catalog.db")


def test_a_catalog_is_made_by_many_writers_at_once(url: URL) -> None:
    start = Barrier(8)

    def opening() -> Any:
        opened_by = shared("iceberg.places").catalog_opener(url, core="moltres-core")
        start.wait()
        return opened_by(make=True)

    with ThreadPoolExecutor(8) as pool:
        catalogs = [one.result() for one in [pool.submit(opening) for _ in range(8)]]
    assert all(one.list_namespaces() == [] for one in catalogs)


def test_a_plan_names_the_snapshots(db: Database, url: URL) -> None:
    db.write(ROWS).save_as_table("t")
    before = load(url, "t").metadata.current_snapshot_id
    db.write(ROWS).save_as_table("t", mode="overwrite")
    after = load(url, "t").metadata.current_snapshot_id
    assert f"default.t: snapshot {after}\n" in db.table("t").explain()
    assert f"default.t: snapshot {before}\n" in db.table("t", as_of=before).explain()
    with db.engine.connect() as connection:
        mine = connect(connection)
        mine.write(ROWS).save_as_table("t", mode="append")
        assert "default.t: as this transaction has changed it\n" in mine.table("t").explain()
        connection.rollback()


def test_a_catalog_of_pyiceberg_is_a_database(url: URL) -> None:
    append(url, "t", pa.table({"id": [1, 2]}))
    with connect(opened(url)) as db:
        db.write([{"id": 3}]).save_as_table("t", mode="append")
        assert ids(db) == [1, 2, 3]
        assert repr(db) == "Database(iceberg://default)"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("iceberg+sqlite:///x.db", "no warehouse"),
        ("iceberg+sqlite:///x.db?warehouse=file:///w&py-io-impl=nosuch.IO", "py-io-impl must name a class"),
        ("iceberg+sqlite:///x.db?warehouse=file:///w&py-io-impl=pyiceberg.io.pyarrow.Nope", "not 'pyiceberg.io"),
        ("iceberg+sqlite:///x.db?warehouse=file:///w&py-io-impl=NoDots", "not 'NoDots'"),
        ("iceberg+mysql://h/d?warehouse=s3://b", "SQLite or PostgreSQL, not in 'mysql'"),
        ("iceberg://", "names no catalog"),
        ("iceberg+sqlite:///x.db?warehouse=flie:///w", "scheme 'flie'[\\s\\S]*Did you mean 'file'"),
        ("iceberg+sqlite:///x.db?warehouse=http://h/w", "scheme 'http'[\\s\\S]*Known are abfs, "),
    ],
)
def test_urls_that_name_no_catalog(given: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        connect(given)


def test_a_catalog_that_pyiceberg_does_not_know() -> None:
    with connect("iceberg://nowhere") as db, pytest.raises(ConfigurationError, match="nowhere"):
        db.tables()


def test_a_warehouse_that_cannot_be_made(tmp_path: Path) -> None:
    url = catalog_url(tmp_path).update_query_dict({"warehouse": "/proc/none"})
    with connect(url) as db, pytest.raises(MoltresError, match="/proc/none"):
        db.write([{"id": 1}]).save_as_table("t")


def test_a_database_of_a_catalog_that_does_not_answer_may_do_so_later(tmp_path: Path) -> None:
    url = catalog_url(tmp_path).set(drivername="iceberg+postgresql", host="127.0.0.1", port=9, database="none")
    with connect(url) as db, pytest.raises(DatabaseConnectionError):
        db.tables()
    with pytest.raises(dq_core.SourceConnectionError):
        dq_core.validate(url, [{"type": "not_null", "column": "id"}], table="t")


def test_a_catalog_behind_http_that_does_not_answer_may_do_so_later() -> None:
    url = "iceberg://prod?uri=http://127.0.0.1:9&type=rest"
    with connect(url) as db:
        for call in (lambda: db.table("t"), lambda: db.sql("SELECT 1 AS a").collect()):
            with pytest.raises(DatabaseConnectionError) as raised:
                call()
            assert raised.value.retryable
    with pytest.raises(dq_core.SourceConnectionError):
        dq_core.validate(url, [{"type": "not_null", "column": "id"}], table="t")


# -- snapshots


def test_any_snapshot_can_be_read(db: Database, url: URL) -> None:
    db.write([{"id": 1}]).save_as_table("t")
    first = load(url, "t").metadata.current_snapshot_id
    frame = db.table("t", as_of=first)
    moment = dt.datetime.now(dt.UTC)
    db.write([{"id": 2, "more": 1}]).save_as_table("t", mode="overwrite")
    with load(url, "t").manage_snapshots() as snapshots:
        snapshots.create_tag(first, "gold").create_branch(first, "audit")
    for as_of in (first, str(first), "gold", moment, moment.isoformat()):
        assert db.table("t", as_of=as_of).collect() == [{"id": 1}], as_of
    assert frame.collect() == [{"id": 1}]
    assert db.table("t", as_of="main").columns == ("id", "more")
    both = db.table("t").select("id").union(db.table("t", as_of="gold"))
    assert sorted(both.collect().column("id")) == [1, 2]


@pytest.mark.parametrize("as_of", [5, "nothing", dt.datetime(2024, 1, 1), True, "1999-01-01T00:00:00Z", ""])  # noqa: DTZ001
def test_snapshots_that_are_not_there(db: Database, as_of: Any) -> None:
    db.write([{"id": 1}]).save_as_table("t")
    with pytest.raises(ConfigurationError):
        db.table("t", as_of=as_of)


def test_other_databases_have_no_snapshots() -> None:
    with connect() as db:
        db.write([{"id": 1}]).save_as_table("t")
        with pytest.raises(ConfigurationError, match="as_of is not supported for duckdb"):
            db.table("t", as_of=1)


def test_a_transaction_sees_one_snapshot(db: Database, url: URL) -> None:
    db.write([{"id": 1}]).save_as_table("t")
    with db.connection() as connection, connect(url) as other:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 1
        other.write([{"id": 2}]).save_as_table("t", mode="append")
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 1
    assert ids(db) == [1, 2]


# -- keys


def test_a_thread_in_its_own_way_is_not_told_to_retry(db: Database, url: URL) -> None:
    """By another engine of the same catalog, whose file is the same place."""
    db.write([{"id": 1}]).save_as_table("t")

    def conflict() -> None:
        with connect(url) as other, db.transaction() as connection:
            connection.execute(text("DELETE FROM t"))
            other.write([{"id": 2}]).save_as_table("t", mode="overwrite")

    with pytest.raises(ConfigurationError, match="own transaction"):
        conflict()
    assert ids(db) == [2]


def test_a_key_outlives_its_snapshot(db: Database, url: URL) -> None:
    for number in range(3):
        db.write([{"id": number}]).save_as_table("t", mode="append", run_key=f"k{number}")
    table = load(url, "t")
    table.maintenance.expire_snapshots().older_than(dt.datetime.now() + dt.timedelta(days=1)).commit()  # noqa: DTZ005
    assert len(load(url, "t").metadata.snapshots) == 1
    for number in range(3):
        assert db.write([{"id": 9}]).save_as_table("t", mode="append", run_key=f"k{number}").skipped
    assert ids(db) == [0, 1, 2]


def test_a_load_that_was_rolled_back_is_done_again(db: Database, url: URL) -> None:
    db.write([{"id": 1}]).save_as_table("t", run_key="a")
    first = load(url, "t").metadata.current_snapshot_id
    db.write([{"id": 2}]).save_as_table("t", mode="append", run_key="b")
    with load(url, "t").manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(first)
    assert db.write([{"id": 2}]).save_as_table("t", mode="append", run_key="a").skipped
    assert not db.write([{"id": 2}]).save_as_table("t", mode="append", run_key="b").skipped
    assert ids(db) == [1, 2]


def test_a_key_without_rows_is_recorded(db: Database) -> None:
    db.write(ROWS).save_as_table("t")
    nothing = db.table("t").where(col("id") < 0)
    assert not nothing.write.save_as_table("t", mode="append", run_key="k").skipped
    assert db.write(ROWS).save_as_table("t", mode="append", run_key="k").skipped


def test_the_record_of_keys_is_bounded(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = append(url, "t", pa.table({"id": [1]})).metadata
    monkeypatch.setattr(loads, "KEPT", 3)
    for number in range(5):
        metadata.properties[loads.KEYS] = loads.with_key(metadata, f"k{number}", number)
    assert [loads.is_recorded(metadata, f"k{number}") for number in range(5)] == [False, False, True, True, True]


def at_once(*works: Any) -> list[MoltresError]:
    errors: list[MoltresError] = []
    start = Barrier(len(works))

    def run(work: Any) -> None:
        start.wait()
        try:
            work()
        except MoltresError as error:
            errors.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Writers of a file wait for each other; those of a server meet."""
    return catalog_in(request, tmp_path)


def test_two_runs_with_one_key_commit_once(any_url: URL) -> None:
    url = any_url
    with connect(url) as one, connect(url) as two:
        one.write([{"id": 0}]).save_as_table("t")
        for number in range(8):
            key, rows = f"k{number}", [{"id": number + 1}]
            works = [lambda db=db: db.write(rows).save_as_table("t", mode="append", run_key=key) for db in (one, two)]  # noqa: B023
            assert all(error.retryable for error in at_once(*works))
            assert [one.write(rows).save_as_table("t", mode="append", run_key=key).skipped] == [True]
        assert ids(one) == list(range(9))


# -- conflicts


def test_rows_that_are_added_at_once_are_all_there(any_url: URL) -> None:
    url = any_url
    with connect(url) as db:
        db.write([{"id": 0}]).save_as_table("t")

        def work(number: int) -> None:
            with connect(url) as own:
                own.write([{"id": number}]).save_as_table("t", mode="append")

        assert at_once(*(lambda number=number: work(number) for number in range(1, 5))) == []
        assert ids(db) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("mode", "options"),
    [("merge", {"keys": ["id"]}), ("overwrite", {}), ("overwrite_partitions", {"partition_by": ["id"]})],
)
def test_what_replaces_rows_begins_anew_after_a_concurrent_commit(any_url: URL, mode: Any, options: Any) -> None:
    url = any_url
    with connect(url) as db, connect(url) as other:
        db.write(ROWS).save_as_table("t")

        def batches() -> Iterator[list[dict[str, Any]]]:
            yield [{"id": 1, "name": "new"}]
            added = other.write([{"id": 9, "name": "other"}])
            # In a thread of its own: who is in the way of their own write is told so, and need not try again.
            assert at_once(lambda: added.save_as_table("t", mode="append")) == []
            yield [{"id": 2, "name": "new"}]

        with db.connection() as connection:
            before = connection.execute(text("SELECT count(*) FROM t")).scalar()
        with pytest.raises(TransientQueryError) as caught:
            db.write(batches()).save_as_table("t", mode=mode, **options)
        assert caught.value.retryable
        assert ids(db) == [0, 1, 2, 3, 9]
        assert before == 4
    assert unreferenced(url) == set()


# -- files


SPEC = PartitionSpec(
    PartitionField(2, 1000, DayTransform(), "at_day"),
    PartitionField(1, 1001, BucketTransform(3), "id_bucket"),
    PartitionField(3, 1002, TruncateTransform(1), "name_trunc"),
    PartitionField(3, 1003, IdentityTransform(), "name"),
)
SCHEMA = Schema(
    NestedField(1, "id", LongType()), NestedField(2, "at", TimestampType()), NestedField(3, "name", StringType())
)


def test_partitions_and_properties_stay(db: Database, url: URL) -> None:
    catalog = opened(url)
    catalog.create_namespace("default")
    made = catalog.create_table(("default", "t"), SCHEMA, partition_spec=SPEC, properties={"owner": "me"})
    rows = [
        {"id": number, "at": dt.datetime(2024, 1, 1 + number % 2), "name": f"{'ab'[number % 2]}{number}"}  # noqa: DTZ001
        for number in range(6)
    ] + [{"id": None, "at": None, "name": None}]
    db.write(rows).save_as_table("t", mode="append")
    db.write(rows).save_as_table("t", mode="overwrite")
    db.write([{**rows[0], "name": "a0"}]).save_as_table("t", mode="merge", keys=["id"])
    table = load(url, "t")
    assert (table.metadata.table_uuid, table.properties["owner"]) == (made.metadata.table_uuid, "me")
    files = table.inspect.files().to_pylist()
    assert sum(one["record_count"] for one in files) == len(rows)
    assert all(one["partition"]["name"] is None or one["partition"]["name"][0] == one["partition"]["name_trunc"]
               for one in files)  # fmt: skip
    read = table.scan().to_arrow().to_pylist()
    assert sorted(read, key=str) == sorted(rows, key=str)
    # PyIceberg leaves out the files of other partitions, by what their manifests say.
    assert len(list(table.scan("id = 3").plan_files())) == 1
    with pytest.raises(ConfigurationError, match="partitioned by"):
        db.write([{"id": 1}]).save_as_table("t", mode="overwrite")


@pytest.mark.parametrize("streamed", [True, False])
def test_new_tables_are_partitioned_by_what_partitions_are_overwritten_by(
    db: Database, url: URL, *, streamed: bool
) -> None:
    rows = [
        {"id": number, "day": dt.date(2024, 1, 1 + number % 2), "kind": "ab"[number % 2] if number else None, "f": 0.5}
        for number in range(6)
    ]
    data: Any = rows
    if not streamed:
        db.write(rows).save_as_table("source")
        data = db.table("source")
    db.write(data).save_as_table("t", mode="overwrite_partitions", partition_by=["day", "kind"], run_key="k")
    table = load(url, "t")
    assert [one.name for one in table.spec().fields] == ["day", "kind"]
    assert len(table.inspect.files()) == 3
    db.write([{**rows[1], "id": 7}]).save_as_table("t", mode="overwrite_partitions", partition_by=["day", "kind"])
    assert sorted(ids(db)) == [0, 2, 4, 7]
    assert sorted(load(url, "t").scan().to_arrow().column("id").to_pylist()) == [0, 2, 4, 7]
    # Floating-point numbers make no partitions; the rows are the same.
    db.write(rows).save_as_table("u", mode="overwrite_partitions", partition_by=["f"])
    assert load(url, "u").spec().is_unpartitioned()
    assert db.table("u").count() == 6


def test_too_many_partitions_are_refused(db: Database, url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.MOST_PARTITIONS == 10_000  # so many files take a minute
    monkeypatch.setattr(files, "MOST_PARTITIONS", 60)
    with connect() as source:
        rows = source.sql("SELECT range AS id FROM range(61)")
        with pytest.raises(WriteError, match="more than 60 partitions"):
            db.write(rows).save_as_table("t", mode="overwrite_partitions", partition_by=["id"])
    assert db.tables() == []
    assert unreferenced(url) == set()


# -- write, audit, publish


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize(
    ("mode", "options", "expected"),
    [
        ("append", {}, [0, 1, 2, 3, 3, 4]),
        ("merge", {"keys": ["id"]}, [0, 1, 2, 3, 4]),
        ("overwrite", {}, [3, 4]),
        ("overwrite_partitions", {"partition_by": ["id"]}, [0, 1, 2, 3, 4]),
    ],
)
def test_a_transaction_is_checked_as_it_will_be_published(
    db: Database, url: URL, mode: Any, options: dict[str, Any], expected: list[int], *, passes: bool
) -> None:
    db.write(ROWS).save_as_table("t")
    before = load(url, "t").metadata
    new = [{"id": 3, "name": "new"}, {"id": 4, "name": "new"}]
    rules = [{"type": "row_count", "min": len(expected), "max": len(expected) if passes else 99}]
    rules += [] if passes else [{"type": "in_set", "column": "name", "values": ["nothing"]}]

    def audited() -> None:
        with db.transaction() as connection:
            audit = connect(connection)
            audit.write(new).save_as_table("t", mode=mode, run_key="k", **options)
            assert ids(db) == [0, 1, 2, 3]  # all others see the old rows
            assert ids(audit) == expected
            dq_core.validate(connection, rules, table="t").raise_if_failed()

    if passes:
        audited()
        assert ids(db) == expected
        assert load(url, "t").metadata.current_snapshot().parent_snapshot_id == before.current_snapshot_id  # type: ignore[union-attr]
        assert db.write(new).save_as_table("t", mode="append", run_key="k").skipped
    else:
        with pytest.raises(dq_core.DataQualityError):
            audited()
        assert load(url, "t").metadata == before
    assert unreferenced(url) == set()


def test_a_merge_rewrites_only_files_with_such_rows(db: Database, url: URL) -> None:
    for start in (0, 100, 200):
        db.write([{"id": start + n, "v": 0} for n in range(50)]).save_as_table("t", mode="append")
    before = {task.file.file_path for task in load(url, "t").scan().plan_files()}
    db.write([{"id": 105, "v": 1}, {"id": 900, "v": 1}]).save_as_table("t", mode="merge", keys=["id"])
    assert len(before & {task.file.file_path for task in load(url, "t").scan().plan_files()}) == 2
    assert db.delete("t", where=col("id") >= 200) == 51
    assert db.update("t", {"v": 5}, where=col("id") == 3) == 1
    assert db.table("t").count() == 100


def test_files_are_of_bounded_size(db: Database, url: URL) -> None:
    append(url, "t", pa.table({"id": [0]}), properties={"write.target-file-size-bytes": "200000"})
    db.sql("SELECT hash(range)::BIGINT AS id FROM range(400000)")
    with connect() as source:
        rows = source.sql("SELECT (hash(range) % 1000000000)::BIGINT AS id FROM range(400000)")
        db.write(rows).save_as_table("t", mode="append")
    sizes = [task.file.file_size_in_bytes for task in load(url, "t").scan().plan_files()]
    assert len(sizes) >= 4
    assert db.table("t").count() == 400_001


def test_a_failed_write_leaves_no_file(db: Database, url: URL) -> None:
    db.write(ROWS).save_as_table("t")

    def broken() -> Iterator[list[dict[str, Any]]]:
        yield ROWS
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        db.write(broken()).save_as_table("t", mode="append")
    with db.connection() as connection:
        connection.execute(text("INSERT INTO t VALUES (7, 'x')"))
    assert ids(db) == [0, 1, 2, 3]
    assert unreferenced(url) == set()


def test_files_without_field_ids_are_read_by_name(db: Database, url: URL, tmp_path: Path) -> None:
    with connect() as local:
        given = local.sql("SELECT 'x' || range AS name, range AS id FROM range(3)")
        given.write.parquet(tmp_path / "given.parquet")
    table = append(url, "t", pa.table({"id": pa.array([7]), "name": ["own"]}))
    table.add_files([(tmp_path / "given.parquet").as_uri()])
    with load(url, "t").update_schema() as schema:
        schema.add_column("more", LongType())
    expected = [(0, "x0", None), (1, "x1", None), (2, "x2", None), (7, "own", None)]
    assert db.table("t").order_by("id").collect().rows == expected
    db.write([{"id": 1, "name": "new", "more": 5}]).save_as_table("t", mode="merge", keys=["id"])
    assert db.table("t").order_by("id").collect().rows == [expected[0], (1, "new", 5), *expected[2:]]


def test_a_column_of_such_files_that_duckdb_takes_for_the_name_of_a_file(
    db: Database, url: URL, tmp_path: Path
) -> None:
    with connect() as local:
        local.sql("SELECT 'x' AS filename, 1 AS id").write.parquet(tmp_path / "given.parquet")
    table = append(url, "t", pa.table({"filename": ["own"], "id": pa.array([7])}))
    table.add_files([(tmp_path / "given.parquet").as_uri()])
    assert db.table("t").where(col("filename") == "x").collect() == [{"filename": "x", "id": 1}]
    with pytest.raises(MoltresError, match="'filename' of files without field ids"):
        db.delete("t", where=col("filename") == "x")


def test_columns_that_have_changed_are_read_by_their_ids(db: Database, url: URL) -> None:
    append(url, "t", pa.table({"a": pa.array([1], pa.int32()), "b": ["x"], "f": pa.array([1.5], pa.float32())}))
    with load(url, "t").update_schema() as schema:
        schema.rename_column("b", "c").update_column("a", LongType()).update_column("f", DoubleType())
    with load(url, "t").update_schema() as schema:
        schema.add_column("b", StringType())
    db.write([{"a": 2**40, "c": "y", "f": 0.1, "b": "z"}]).save_as_table("t", mode="append")
    assert db.table("t").select("a", "b", "c", "f").order_by("a").collect().rows == [
        (1, None, "x", 1.5),
        (2**40, "z", "y", 0.1),
    ]


# -- publishing what was staged


def test_what_was_staged_and_checked_is_published_without_a_copy(db: Database, url: URL) -> None:
    assert takeover.STAGED == STAGE_PREFIX
    db.write(ROWS).save_as_table("source")
    staged: list[set[str]] = []

    def check(frame: Any) -> bool:
        [name] = [one for one in db.tables() if one.startswith(STAGE_PREFIX)]
        staged.append({task.file.file_path for task in load(url, name).scan().plan_files()})
        return frame.count() > 0

    for mode in ("append", "append", "overwrite"):
        pipeline = ETLPipeline(
            lambda: db.table("source").with_columns(id=col("id") + 1),
            load=lambda frame, mode=mode: frame.write.save_as_table("t", mode=mode),
            validate=check,
        )
        pipeline.execute()
        assert staged[-1] <= {task.file.file_path for task in load(url, "t").scan().plan_files()}
    assert db.tables() == ["source", "t"]
    assert ids(db) == [1, 2, 3, 4]
    db.write([{"id": 1, "name": "m"}]).save_as_table("t", mode="merge", keys=["id"])
    assert ids(db) == [1, 2, 3, 4]


# -- what is refused


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE n (id INTEGER PRIMARY KEY)", "no keys"),
        ("CREATE TABLE n (id INTEGER DEFAULT 7)", "no keys, defaults or checks"),
        ("CREATE VIEW n AS SELECT 1", "holds no view"),
        ("CREATE INDEX n ON t (id)", "holds no index"),
        ("ALTER TABLE t ADD COLUMN x INTEGER", "ALTER TABLE is not supported"),
        ("CREATE OR REPLACE TABLE t (id INTEGER)", "CREATE OR REPLACE"),
    ],
)
def test_statements_that_a_catalog_cannot_keep(db: Database, statement: str, said: str) -> None:
    db.write(ROWS).save_as_table("t")
    with pytest.raises(ConfigurationError, match=said), db.transaction() as connection:
        connection.execute(text(statement))
    assert db.tables() == ["t"]


@pytest.mark.parametrize("value", [{"a": 1}, dt.timedelta(1), dt.time(1, tzinfo=dt.UTC)])
def test_values_that_iceberg_does_not_hold(db: Database, value: Any) -> None:
    with pytest.raises(SchemaMismatchError, match="column 'x'"):
        db.write([{"x": value}]).save_as_table("t")
    assert db.tables() == []


def test_a_file_that_is_gone_is_told(db: Database, url: URL) -> None:
    db.write(ROWS).save_as_table("t")
    for task in load(url, "t").scan().plan_files():
        Path(task.file.file_path.removeprefix("file://")).unlink()
    with pytest.raises(QueryError):
        db.table("t").collect()


def test_the_password_of_a_catalog_is_nowhere(tmp_path: Path) -> None:
    secret = uuid4().hex
    given = f"iceberg+postgresql://u:{secret}@127.0.0.1:1/d?warehouse={tmp_path.as_uri()}&s3.secret-access-key={secret}"
    with connect(given) as db:
        assert secret not in repr(db)
        with pytest.raises(MoltresError) as caught:
            db.tables()
    assert caught.value.retryable
    assert secret not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {caught.value.context}"
