"""Tables of Iceberg as other engines leave them: read as the format says, or refused by name."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pytest
import sqlalchemy as sa
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import BucketTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import DateType, DecimalType, DoubleType, LongType, NestedField, StringType

import dq_core
from moltres import col, connect
from moltres.errors import ConfigurationError, TableNotFoundError
from support.iceberg import append, catalog_url, load, opened, unreferenced
from support.iceberg_deletes import delete_by_equality, delete_by_position, delete_by_vector, upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL

    from moltres import Database

WRITES: list[tuple[str, dict[str, Any]]] = [
    ("append", {}),
    ("overwrite", {}),
    ("merge", {"keys": ["id"]}),
    ("overwrite_partitions", {"partition_by": ["id"]}),
]


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return catalog_url(tmp_path)


@pytest.fixture
def db(url: URL) -> Iterator[Database]:
    with connect(url) as database:
        yield database


def files(url: URL) -> list[str]:
    """The data files of the table, by their first rows."""
    tasks = load(url, "t").scan().plan_files()
    return [task.file.file_path for task in sorted(tasks, key=lambda one: (one.file.lower_bounds or {})[1])]


def two_files(url: URL) -> list[str]:
    """Fill a table by two files of five rows: 0 to 4 and 10 to 14."""
    for start in (0, 10):
        ids = list(range(start, start + 5))
        append(url, "t", pa.table({"id": ids, "s": [f"s{one}" for one in ids]}))
    return files(url)


def ids(database: Database, **options: Any) -> list[int]:
    return sorted(database.table("t", **options).select("id").collect().column("id"))


def short(path: str) -> str:
    """A path as engines on Hadoop write it."""
    return path.replace("file:///", "file:/")


# -- deleted rows


def _by_position(url: URL, rows: dict[str, list[int]]) -> None:
    delete_by_position(url, "t", rows)


def _by_short_path(url: URL, rows: dict[str, list[int]]) -> None:
    delete_by_position(url, "t", rows, as_path=short)


def _by_vector(url: URL, rows: dict[str, list[int]]) -> None:
    upgrade(url, "t")
    delete_by_vector(url, "t", rows)


@pytest.mark.parametrize("delete", [_by_position, _by_short_path, _by_vector])
def test_deleted_rows_are_left_out(url: URL, db: Database, delete: Callable[[URL, dict[str, list[int]]], None]) -> None:
    first, second = two_files(url)
    before = load(url, "t").metadata.current_snapshot_id
    delete(url, {first: [0, 1], second: [4]})
    assert ids(db) == [2, 3, 4, 10, 11, 12, 13]
    assert ids(db, as_of=before) == [*range(5), *range(10, 15)]
    report = dq_core.validate(url, [{"type": "in_range", "column": "id", "min": 2, "max": 13}], table="t")
    assert (report.passed, report.total_rows) == (True, 7)


def test_further_vectors_take_more_rows(url: URL, db: Database) -> None:
    first, second = two_files(url)
    upgrade(url, "t")
    delete_by_vector(url, "t", {first: [0], second: [0]})
    between = load(url, "t").metadata.current_snapshot_id
    delete_by_vector(url, "t", {first: [0, 1]})
    assert ids(db) == [2, 3, 4, 11, 12, 13, 14]
    assert ids(db, as_of=between) == [1, 2, 3, 4, 11, 12, 13, 14]


@pytest.mark.parametrize(("mode", "options"), WRITES)
def test_rows_that_were_deleted_stay_deleted_after_a_write(
    url: URL, db: Database, mode: Any, options: dict[str, Any]
) -> None:
    first, second = two_files(url)
    delete_by_position(url, "t", {first: [0, 1], second: [4]})
    left = {2, 3, 4, 10, 11, 12, 13}
    db.write([{"id": 3, "s": "new"}]).save_as_table("t", mode=mode, **options)
    expected = {"append": [*left, 3], "overwrite": [3]}.get(mode, [*left])
    assert ids(db) == sorted(expected)
    assert sorted(load(url, "t").scan().to_arrow().column("id").to_pylist()) == sorted(expected)
    assert db.table("t").where(col("s") == "new").count() == 1
    assert unreferenced(url) == set()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda blob: blob[:-5] + bytes([blob[-5] ^ 1]) + blob[-4:],
        lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]),
        lambda blob: blob[:4] + b"magi" + blob[8:],
        lambda _: b"",
    ],
    ids=["bitmap", "checksum", "magic", "empty"],
)
def test_damaged_vectors_are_refused(url: URL, db: Database, spoil: Callable[[bytes], bytes]) -> None:
    first, _ = two_files(url)
    upgrade(url, "t")
    delete_by_vector(url, "t", {first: [0, 1]}, spoil=spoil)
    with pytest.raises(ConfigurationError, match=r"deletion vectors in .* are damaged"):
        ids(db)


def test_deletes_by_equality_are_refused(url: URL, db: Database) -> None:
    two_files(url)
    before = load(url, "t").metadata.current_snapshot_id
    delete_by_equality(url, "t", pa.table({"id": [1]}))
    for read in (
        lambda: ids(db),
        lambda: db.write([{"id": 1, "s": "x"}]).save_as_table("t", mode="append"),
        lambda: dq_core.validate(url, [{"type": "not_null", "column": "id"}], table="t"),
    ):
        with pytest.raises((ConfigurationError, dq_core.DataQualityError), match="equality deletes"):
            read()
    assert len(ids(db, as_of=before)) == 10


@pytest.mark.parametrize(("mode", "options"), WRITES)
def test_tables_of_version_3_are_read_only(url: URL, db: Database, mode: Any, options: dict[str, Any]) -> None:
    two_files(url)
    upgrade(url, "t")
    with pytest.raises(ConfigurationError, match="format version 3, which PyIceberg reads and does not write"):
        db.write([{"id": 3, "s": "new"}]).save_as_table("t", mode=mode, **options)
    assert len(ids(db)) == 10
    assert unreferenced(url) == set()


# -- columns


def test_columns_are_renamed_reordered_dropped_added_and_widened(url: URL, db: Database) -> None:
    rows = {
        "i": pa.array([2**31 - 1], pa.int32()),
        "f": pa.array([0.5], pa.float32()),
        "d": pa.array([Decimal("1.25")], pa.decimal128(5, 2)),
        "s": ["old"],
        "gone": ["x"],
    }
    append(url, "t", pa.table(rows))
    with load(url, "t").update_schema() as schema:
        schema.update_column("i", LongType()).update_column("f", DoubleType()).update_column("d", DecimalType(20, 2))
        schema.rename_column("s", "words").delete_column("gone")
    with load(url, "t").update_schema() as schema:
        schema.move_first("words").add_column("gone", LongType()).add_column("s", StringType())
    with load(url, "t").update_schema() as schema:
        schema.move_after("s", "words")
    new = {"words": "new", "s": "second", "i": 2**40, "f": 1e300, "d": Decimal("123456789012345678.99"), "gone": 7}
    db.write([new]).save_as_table("t", mode="append")
    found = db.table("t").order_by("i").collect()
    assert found.columns == ("words", "s", "i", "f", "d", "gone")
    assert found == [
        {"words": "old", "s": None, "i": 2**31 - 1, "f": 0.5, "d": Decimal("1.25"), "gone": None},
        new,
    ]
    assert load(url, "t").scan().to_arrow().sort_by("i").to_pylist() == list(found)


def test_snapshots_keep_the_columns_that_they_were_written_with(url: URL, db: Database) -> None:
    append(url, "t", pa.table({"id": [1], "a": ["x"]}))
    first = load(url, "t").metadata.current_snapshot_id
    assert first is not None
    with load(url, "t").manage_snapshots() as snapshots:
        snapshots.create_tag(first, "gold").create_branch(first, "audit")
    with load(url, "t").update_schema() as schema:
        schema.rename_column("a", "b").add_column("c", LongType())
    # A branch has the columns of the table, a snapshot and a tag those of their time.
    for as_of in ("main", "audit"):
        assert db.table("t", as_of=as_of).collect() == [{"id": 1, "b": "x", "c": None}], as_of
        assert len(dq_core.profile(url, table="t", as_of=as_of).columns) == 3
    for as_of in (first, "gold"):
        assert db.table("t", as_of=as_of).collect() == [{"id": 1, "a": "x"}], as_of
    db.write([{"id": 2, "b": "y", "c": 3}]).save_as_table("t", mode="append")
    assert db.table("t", as_of="audit").collect() == [{"id": 1, "b": "x", "c": None}]
    assert db.table("t", as_of="main").count() == 2
    both = db.table("t", as_of="main").select("id", "b").union(db.table("t", as_of="gold").rename({"a": "b"}))
    assert sorted(both.collect().column("b")) == ["x", "y"]


DEFAULTS: dict[str, tuple[str, Any, Any]] = {
    "i": ("int", 7, 7),
    "s": ("string", "2024-01-01", "2024-01-01"),
    "b": ("boolean", True, True),
    "f": ("double", 0.1, 0.1),
    "d": ("decimal(9, 2)", "1.50", Decimal("1.50")),
    "day": ("date", "2024-02-29", dt.date(2024, 2, 29)),
    "at": ("timestamp", "2024-02-29T12:00:00.000001", dt.datetime(2024, 2, 29, 12, 0, 0, 1)),  # noqa: DTZ001
    "zoned": ("timestamptz", "2024-02-29T12:00:00+00:00", dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)),
    "u": ("uuid", str(UUID(int=5)), UUID(int=5)),
    "y": ("binary", "00ff", b"\0\xff"),
    "t": ("time", "23:59:59.999999", dt.time(23, 59, 59, 999999)),
}


def test_columns_that_files_lack_have_their_defaults(url: URL, db: Database) -> None:
    table = append(url, "t", pa.table({"id": [1]}))
    old = json.loads(Path(table.metadata_location.removeprefix("file://")).read_text())
    fields = [
        {"id": place, "name": name, "type": type_, "required": False, "initial-default": value, "write-default": value}
        for place, (name, (type_, value, _)) in enumerate(DEFAULTS.items(), start=2)
    ]
    schema = {"type": "struct", "schema-id": 1, "fields": [*old["schemas"][0]["fields"], *fields]}
    upgrade(url, "t", schemas=[old["schemas"][0], schema], **{"current-schema-id": 1, "last-column-id": 99})
    assert db.table("t").collect() == [{"id": 1, **{name: value for name, (_, _, value) in DEFAULTS.items()}}]


def test_nested_columns_that_have_changed_are_refused(url: URL, db: Database) -> None:
    append(url, "t", pa.table({"id": [1], "p": [{"x": 1}]}))
    with load(url, "t").update_schema() as schema:
        schema.rename_column("p.x", "y")
    with pytest.raises(ConfigurationError, match="the fields within 'p' have changed"):
        ids(db)


def test_columns_that_differ_only_in_case_are_refused(url: URL, db: Database) -> None:
    append(url, "t", pa.table({"id": [1], "ID": [2]}))
    with pytest.raises(ConfigurationError, match="'id' and 'ID' differ only in upper and lower case"):
        ids(db)


# -- files that were added as they are


def added(url: URL, folder: Path) -> None:
    """A table with one file of its own, and one that was added and has no field ids."""
    with connect() as local:
        local.sql("SELECT 'x' || range AS name, range AS id FROM range(2)").write.parquet(folder / "given.parquet")
    append(url, "t", pa.table({"id": [7], "name": ["own"]})).add_files([(folder / "given.parquet").as_uri()])


def test_files_without_field_ids_are_read_by_mapped_names(url: URL, db: Database, tmp_path: Path) -> None:
    added(url, tmp_path)
    with load(url, "t").update_schema() as schema:
        schema.rename_column("name", "title")
    assert db.table("t").order_by("id").collect().rows == [(0, "x0"), (1, "x1"), (7, "own")]
    with load(url, "t").update_schema() as schema:
        schema.add_column("name", StringType())  # PyIceberg lets the name in old files mean the new column
    found = db.table("t", as_of="main").order_by("id").collect()
    assert list(found) == load(url, "t").scan().to_arrow().sort_by("id").to_pylist()


def test_files_without_field_ids_and_without_a_mapping_are_refused(url: URL, db: Database, tmp_path: Path) -> None:
    added(url, tmp_path)
    with load(url, "t").transaction() as transaction:
        transaction.remove_properties("schema.name-mapping.default")
    with pytest.raises(ConfigurationError, match=r"no field ids, and the table has no schema\.name-mapping"):
        ids(db)


# -- layouts


def test_partitions_and_order_change_while_files_stay(url: URL, db: Database) -> None:
    catalog = opened(url)
    catalog.create_namespace("default")
    schema = Schema(
        NestedField(1, "id", LongType()), NestedField(2, "s", StringType()), NestedField(3, "day", DateType())
    )
    order = SortOrder(SortField(2, IdentityTransform()))
    catalog.create_table(("default", "t"), schema, sort_order=order)
    days = [dt.date(1969, 12, 31), dt.date(2024, 2, 29), None]
    rows = [{"id": place, "s": f"s{place}", "day": days[place % 3]} for place in range(9)]
    db.write(rows[:3]).save_as_table("t", mode="append")
    with load(url, "t").update_spec() as spec:
        spec.add_field("day", IdentityTransform(), "by_day")
    db.write(rows[3:6]).save_as_table("t", mode="append")
    with load(url, "t").update_spec() as spec:
        spec.remove_field("by_day").add_field("id", BucketTransform(2), "b").add_field("s", TruncateTransform(1), "c")
    db.write(rows[6:]).save_as_table("t", mode="append")
    assert list(db.table("t").order_by("id").collect()) == rows
    assert db.delete("t", where=col("id") == 4) == 1
    db.write([{**rows[1], "s": "merged"}]).save_as_table("t", mode="merge", keys=["id"])
    db.write([{**rows[2], "id": 20}]).save_as_table("t", mode="overwrite_partitions", partition_by=["day"])
    expected = [{**rows[1], "s": "merged"}, rows[0], rows[3], rows[6], rows[7], {**rows[2], "id": 20}]
    expected = sorted(expected, key=lambda row: row["id"])
    assert list(db.table("t").order_by("id").collect()) == expected
    assert load(url, "t").scan().to_arrow().sort_by("id").to_pylist() == expected


def test_a_table_without_snapshots(url: URL, db: Database) -> None:
    append(url, "t", pa.table({"id": pa.array([], pa.int64())}))
    assert db.table("t").collect() == []
    assert dq_core.validate(url, [{"type": "not_null", "column": "id"}], table="t").total_rows == 0
    with pytest.raises(ConfigurationError, match="no branch or tag"):
        db.table("t", as_of="main")
    db.write([{"id": 1}]).save_as_table("t", mode="merge", keys=["id"])
    assert ids(db) == ids(db, as_of="main") == [1]


def test_a_table_that_others_have_dropped_is_gone(url: URL, db: Database) -> None:
    append(url, "t", pa.table({"id": [1]}))
    assert ids(db) == [1]
    opened(url).drop_table(("default", "t"))  # its files stay
    for read in (lambda: db.table("t").collect(), lambda: db.sql("SELECT * FROM t").collect()):
        with pytest.raises(TableNotFoundError):
            read()
    with pytest.raises(dq_core.errors.DataQualityError, match="does not exist"):
        dq_core.validate(db.engine, [{"type": "not_null", "column": "id"}], table="t")
    for number in (2, 3):
        db.write([{"id": number}]).save_as_table("t", mode="error_if_exists")
        assert ids(db) == [number]
        with db.transaction() as connection:
            connection.execute(sa.text("DROP TABLE t"))


@pytest.mark.parametrize(
    "use",
    [
        lambda connection: connect(connection).table("t").collect(),
        lambda connection: connect(connection).sql("SELECT * FROM t").collect(),
        lambda connection: connect(connection).write([{"id": 2}]).save_as_table("t", mode="append"),
        lambda connection: dq_core.validate(connection, [{"type": "not_null", "column": "id"}], table="t"),
    ],
)
def test_a_table_that_is_dropped_after_the_tables_were_listed(
    url: URL, db: Database, use: Callable[[sa.Connection], object]
) -> None:
    append(url, "t", pa.table({"id": [1]}))
    with db.engine.connect() as connection:
        assert connect(connection).tables() == ["t"]
        opened(url).drop_table(("default", "t"))
        with pytest.raises((TableNotFoundError, dq_core.errors.DataQualityError), match="not exist"):
            use(connection)


def test_very_many_small_files(url: URL, db: Database) -> None:
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "p", LongType()))
    catalog = opened(url)
    catalog.create_namespace("default")
    catalog.create_table(("default", "t"), schema)
    with load(url, "t").update_spec() as spec:
        spec.add_identity("p")
    rows = [{"id": number, "p": number % 400} for number in range(800)]
    db.write(rows).save_as_table("t", mode="append")
    assert len(files(url)) == 400
    assert ids(db) == list(range(800))
    assert db.update("t", {"id": -1}, where=col("p") == 7) == 2
    assert db.table("t").where(col("id") == -1).count() == 2
