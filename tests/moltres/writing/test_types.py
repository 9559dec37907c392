# ruff: noqa: DTZ001 - time stamps without a zone are what some of these tests are about
"""Values come back equal, from wherever to wherever, or the write refuses and names the column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from moltres import Database, Records, connect
from moltres.errors import ConfigurationError, QueryError, SchemaMismatchError
from moltres.types.logical import logical_type
from support.database_facts import facts_of
from support.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

TOKYO = dt.timezone(dt.timedelta(hours=9))

# Two values of each kind, and NULL: what every one of the three databases holds.
VALUES: dict[str, tuple[Any, Any]] = {
    "boolean": (True, False),
    "integer": (2**63 - 1, -(2**63)),
    "decimal": (Decimal("12345.67"), Decimal("-0.1")),
    "float": (0.1, -1e300),
    "infinity": (float("inf"), float("-inf")),
    "text": ("", "Ünïcode 'quoted' \"twice\"\n\\N \\ , ;\t🦆"),
    "binary": (b"", bytes(range(256))),
    "date": (dt.date(1, 1, 1), dt.date(9999, 12, 31)),
    "time": (dt.time(0, 0), dt.time(23, 59, 59, 999999)),
    "timestamp": (dt.datetime(2024, 2, 29, 23, 59, 59, 123456), dt.datetime(1969, 12, 31)),
    "instant": (dt.datetime(2024, 2, 29, 9, 0, 0, 1, tzinfo=TOKYO), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
    "uuid": (UUID("12345678-1234-5678-1234-567812345678"), UUID(int=0)),
    "json": ({"a": [1, 2.5, None], "b": {"c": "é"}}, {}),
}
ROWS = [
    {"id": 0, **{name: pair[0] for name, pair in VALUES.items()}},
    {"id": 1, **{name: pair[1] for name, pair in VALUES.items()}},
    {"id": 2, **dict.fromkeys(VALUES)},
]


class Moment(dt.datetime):
    """A moment that subtracts in a way of its own, as those of Pendulum do, which Airflow gives."""

    def __sub__(self, other: Any) -> Any:
        raise AttributeError("_to_microseconds")


class Length(dt.timedelta):
    """A length that divides in a way of its own."""

    def __floordiv__(self, other: Any) -> Any:
        raise AttributeError("_to_microseconds")


def collected(db: Database, table: str = "t") -> list[dict[str, Any]]:
    return [dict(row) for row in db.table(table).order_by("id").collect()]


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert found == expected
    kinds = [{name: type(value) for name, value in row.items()} for row in found]
    wanted = [{name: type(value) for name, value in row.items()} for row in expected]
    assert kinds == wanted
    for row in found:
        assert row["instant"] is None or row["instant"].tzinfo is not None


def test_python_values_come_back(db: Database) -> None:
    db.write(ROWS).save_as_table("t")
    assert_same(collected(db), ROWS)


def test_python_values_come_back_without_pyarrow(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moltres.dialects.duckdb.dialect.find_spec", lambda _: None)
    db.write(ROWS).save_as_table("t")
    assert_same(collected(db), ROWS)


@pytest.fixture
def other(other_url: URL) -> Iterator[Database]:
    """A second database of each kind."""
    with connect(other_url) as database:
        yield database


def test_a_table_moves_between_databases_and_back(db: Database, other: Database) -> None:
    db.write(ROWS).save_as_table("t")
    moved = other.write(db.table("t")).save_as_table("t", batch_rows=2)
    assert moved.rows_written == 3
    assert_same(collected(other), ROWS)
    db.write(other.table("t")).save_as_table("t", mode="overwrite", batch_rows=1)
    assert_same(collected(db), ROWS)
    kinds = [{name: logical_type(type_).name for name, type_ in one.table("t").schema.items()} for one in (db, other)]
    assert kinds[0] == kinds[1]


def test_a_copy_within_the_database_keeps_the_types(db: Database) -> None:
    db.write(ROWS).save_as_table("t")
    db.table("t").write.save_as_table("copy")
    assert_same(collected(db, "copy"), ROWS)
    assert {n: repr(t) for n, t in db.table("copy").schema.items()} == {
        n: repr(t) for n, t in db.table("t").schema.items()
    }


def test_records_keep_the_types_that_they_know(db: Database, other: Database) -> None:
    db.write(ROWS).save_as_table("t")
    nobody = db.table("t").where(db.table("t").statement.selected_columns.id < 0).collect()
    other.write(nobody).save_as_table("t")
    other.write(ROWS).save_as_table("t", mode="append")
    assert_same(collected(other), ROWS)


ARROW = {
    "int8": pa.array([1, -128, None], pa.int8()),
    "uint64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "float32": pa.array([0.5, -2.0, None], pa.float32()),
    "dictionary": pa.array(["a", "b", None]).dictionary_encode(),
    "large": pa.array(["x", "", None], pa.large_string()),
    "view": pa.array(["x", "", None], pa.string_view()),
    "fixed": pa.array([b"ab", b"cd", None], pa.binary(2)),
    "decimal256": pa.array([Decimal("1.25"), Decimal(-3), None], pa.decimal256(12, 2)),
    "nanoseconds": pa.array([1_000, 2_000_000, None], pa.timestamp("ns")),
    "seconds": pa.array([1, 2, None], pa.timestamp("s", tz="Europe/Berlin")),
    "date64": pa.array([86_400_000, 0, None], pa.date64()),
    "time32": pa.array([1, 86_399, None], pa.time32("s")),
    "struct": pa.array([{"a": 1}, {"a": None}, None]),
    "null": pa.nulls(3),
}


def test_arrow_types_come_back(db: Database) -> None:
    table = pa.table({"id": [0, 1, 2], **ARROW})
    if not facts_of(db.engine).long_numbers:
        with pytest.raises(SchemaMismatchError, match="'uint64': SQLite keeps numbers as floats"):
            db.write(table).save_as_table("t")
        table = table.drop_columns(["uint64"])
    assert db.write(table).save_as_table("t", batch_rows=2).rows_written == 3
    expected = table.to_pylist()
    for row in expected:
        stamp = row["nanoseconds"]
        row["nanoseconds"] = None if stamp is None else stamp.to_pydatetime()
    assert collected(db) == expected


@pytest.mark.parametrize(
    "wrap",
    [
        lambda table: table,
        lambda table: table.to_batches()[0],
        lambda table: table.to_reader(),
        pl.from_arrow,
        lambda table: pl.from_arrow(table).lazy(),
        lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
        lambda table: table.to_pandas(),
        lambda table: Records.from_dicts(table.to_pylist()),
        lambda table: table.to_pylist(),
        lambda table: iter(table.to_pylist()),
        lambda table: iter([table.slice(0, 1), table.slice(1)]),
        lambda table: (batch.to_pylist() for batch in table.to_batches(max_chunksize=1)),
        lambda table: iter([table.slice(0, 1).to_pandas(), pl.from_arrow(table.slice(1))]),
        lambda table: iter([table.slice(0, 1), table.slice(1).select(["when", "name", "id"]).to_pylist()]),
    ],
)
def test_every_form_of_data(db: Database, wrap: Callable[[pa.Table], Any]) -> None:
    rows = [
        {"id": 1, "name": "x", "when": dt.datetime(2024, 1, 1)},
        {"id": 2, "name": None, "when": None},
        {"id": 3, "name": "", "when": dt.datetime(2024, 1, 2, 3, 4, 5, 6)},
    ]
    table = pa.Table.from_pylist(rows, pa.schema({"id": pa.int64(), "name": pa.string(), "when": pa.timestamp("us")}))
    assert db.write(wrap(table)).save_as_table("t", batch_rows=2).rows_written == 3
    assert collected(db) == rows


def test_numbers_of_several_kinds_in_one_column(db: Database) -> None:
    db.write([{"id": 1, "f": 1, "d": 1}, {"id": 2, "f": 2.5, "d": Decimal("0.125")}]).save_as_table("t")
    assert [(row["f"], row["d"]) for row in collected(db)] == [(1.0, 1), (2.5, Decimal("0.125"))]
    db.write([{"id": 3, "f": 7, "d": 2}]).save_as_table("t", mode="append")
    assert collected(db)[2] == {"id": 3, "f": 7.0, "d": 2}
    with pytest.raises(SchemaMismatchError, match="'f' has integers too long"):
        db.write([{"id": 4, "f": 2**53 + 1, "d": 0}]).save_as_table("t", mode="append")


def test_integers_beyond_64_bits(db: Database) -> None:
    rows = [{"id": 1, "n": 10**30}, {"id": 2, "n": -5}]
    if not facts_of(db.engine).long_numbers:
        with pytest.raises(SchemaMismatchError, match="'n': SQLite keeps numbers as floats"):
            db.write([{"id": 1, "n": 10**30 + 1}]).save_as_table("t")
    else:
        db.write(rows).save_as_table("t")
        assert collected(db) == rows


def test_nan_is_not_null(db: Database) -> None:
    nan = [{"id": 1, "x": float("nan")}, {"id": 2, "x": None}]
    if not db.dialect.capabilities.nan:
        with pytest.raises(SchemaMismatchError, match="'x': SQLite would store NaN as NULL"):
            db.write(nan).save_as_table("t")
        assert db.tables() == []
        return
    db.write(nan).save_as_table("t")
    first, second = (row["x"] for row in collected(db))
    assert first != first
    assert second is None
    db.write(pl.DataFrame({"id": [3], "x": [float("nan")]})).save_as_table("t", mode="append")
    assert collected(db)[2]["x"] is not None


def test_long_decimals_are_exact_or_refused(db: Database) -> None:
    long = Decimal("12345678901234567890.123456789")
    if not facts_of(db.engine).long_numbers:
        with pytest.raises(SchemaMismatchError, match="'d': SQLite keeps numbers as floats"):
            db.write([{"id": 1, "d": long}]).save_as_table("t")
    else:
        db.write([{"id": 1, "d": long}]).save_as_table("t")
        assert collected(db) == [{"id": 1, "d": long}]


def test_types_that_the_source_does_not_tell(sqlite_url: Any, other: Database) -> None:
    with connect(sqlite_url) as db:
        db.write([{"id": number} for number in range(5)]).save_as_table("t")
        frame = db.sql("SELECT id + 0 AS id, 'x' || id AS name, max(1, 2) AS two, NULL AS blank FROM t")
        other.write(frame).save_as_table("copy", batch_rows=2)
        assert collected(other, "copy")[4] == {"id": 4, "name": "x4", "two": 2, "blank": None}
        mixed = db.sql("SELECT id, CASE WHEN id < 3 THEN id + 0 ELSE 'text' END AS v FROM t ORDER BY id")
        with pytest.raises(SchemaMismatchError, match="'v'"):
            other.write(mixed).save_as_table("mixed", batch_rows=2)


def test_decimals_without_limit_where_there_must_be_one(postgresql_url: Any, duckdb_url: Any) -> None:
    with connect(postgresql_url) as source, connect(duckdb_url) as target:
        query = "SELECT 1 AS id, CAST(:d AS numeric) AS d"
        target.write(source.sql(query, d="1.0000000001")).save_as_table("t")
        assert collected(target) == [{"id": 1, "d": Decimal("1.0000000001")}]
        with pytest.raises(SchemaMismatchError, match="'d'"):
            target.write(source.sql(query, d="1.00000000001")).save_as_table("t", mode="append")
        assert target.table("t").count() == 1


def test_nanoseconds_are_not_cut_off(db: Database) -> None:
    with pytest.raises(SchemaMismatchError, match="'when'"):
        db.write(pa.table({"when": pa.array([1], pa.timestamp("ns"))})).save_as_table("t")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1, "x"], "values of several types: int, str"),
        ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], "with and without a time zone"),
        ([1.5, Decimal(1)], "values of several types: Decimal, float"),
        ([{1, 2}], "a value of type set"),
        ([object()], "a value of type object"),
    ],
)
def test_columns_of_no_one_type(db: Database, values: list[Any], said: str) -> None:
    with pytest.raises(SchemaMismatchError, match=said):
        db.write([{"ok": 1, "bad": value} for value in values]).save_as_table("t")
    assert db.tables() == []


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("DATE", dt.datetime(2024, 1, 1, 12)),
        ("INTEGER", 1.5),
        ("INTEGER", True),
        ("NUMERIC(10, 2)", Decimal("1.255")),
        ("DOUBLE PRECISION", Decimal("1.5")),
        ("TIMESTAMP", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        ("BOOLEAN", 1),
        ("VARCHAR(10)", 1),
    ],
)
def test_what_the_target_would_change_is_refused(db: Database, declared: str, value: Any) -> None:
    with db.transaction() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t (x {declared})")
    with pytest.raises(SchemaMismatchError, match="column 'x' is"):
        db.write([{"x": value}]).save_as_table("t", mode="append")


def test_what_a_database_has_no_type_for_is_refused(sqlite_url: Any) -> None:
    with connect(sqlite_url) as db, pytest.raises(SchemaMismatchError, match="column 'x' is interval"):
        db.write([{"x": dt.timedelta(days=1)}]).save_as_table("t")


def test_intervals_and_lists_where_there_are_such(postgresql_url: Any, duckdb_url: Any) -> None:
    with connect(postgresql_url) as one, connect(duckdb_url) as two:
        rows = [{"id": 1, "i": dt.timedelta(days=1, microseconds=5), "l": [1, 2]}, {"id": 2, "i": None, "l": None}]
        table = pa.table({"id": [1, 2], "i": [rows[0]["i"], None], "l": [rows[0]["l"], None]})
        one.write(table).save_as_table("t")
        assert collected(one) == rows
        two.write(one.table("t")).save_as_table("t")
        assert collected(two) == rows
        one.write(two.table("t")).save_as_table("t", mode="overwrite")
        assert collected(one) == rows


NAMES = [
    "id",
    "with space",
    'double "quote"',
    "single 'quote'",
    "select",
    "Ünï",
    "UPPER",
    "per%cent",
    "co:lon",
    "a.b",
    "q?",
    "(x)",
    "back\\slash",
    "%(n)s",
]


def test_columns_of_any_name(db: Database, other: Database) -> None:
    rows = [dict.fromkeys(NAMES, number) for number in range(3)]
    db.write(rows).save_as_table('my "table"')
    other.write(db.table('my "table"')).save_as_table("order")
    assert collected(other, "order") == rows
    other.table("order").write.save_as_table("order", mode="overwrite")
    other.write(rows).save_as_table("order", mode="merge", keys=["select", "with space"])
    other.write(rows).save_as_table("order", mode="overwrite_partitions", partition_by=['double "quote"', "per%cent"])
    assert collected(other, "order") == rows


@pytest.mark.most_cases(4)
def test_a_thousand_columns(db: Database, other: Database) -> None:
    rows = [{"id": number, **{f"c{column}": number * column for column in range(999)}} for number in range(3)]
    db.write(rows).save_as_table("wide")
    other.write(db.table("wide")).save_as_table("wide")
    other.table("wide").write.save_as_table("wide", mode="overwrite")
    assert collected(other, "wide") == rows


def test_a_column_that_stands_twice(db: Database) -> None:
    with pytest.raises(Exception, match="Duplicate column names"):
        db.write(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])).save_as_table("t")
    assert db.tables() == []


def test_the_index_of_a_pandas_frame(db: Database) -> None:
    """Levels with names are columns in front, numbers of rows none, and anything else is refused."""

    def written(frame: Any) -> list[dict[str, Any]]:
        db.write(frame).save_as_table("t", mode="overwrite")
        return list(db.table("t").order_by("v").collect())

    grouped = pd.DataFrame({"g": ["a", "b"], "h": [1, 2], "v": [3, 4]})
    rows = [{"g": "a", "h": 1, "v": 3}, {"g": "b", "h": 2, "v": 4}]
    for keys in (["g"], ["g", "h"]):
        assert [list(row) for row in written(grouped.groupby(keys).sum())] == [["g", "h", "v"]] * 2
        assert written(grouped.groupby(keys).sum()) == rows
    assert written(grouped.sort_values("v", ascending=False)[lambda frame: frame.v < 4]) == rows[:1]
    assert written(iter([grouped.iloc[:1].set_index("g"), grouped.iloc[1:].set_index("g")])) == rows
    for index in (
        pd.Index(["x", "y"]), pd.Index([1.5, 2.5]), pd.date_range("2024-01-01", periods=2),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None]),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match=r"reset_index\(\)"):
            written(pd.DataFrame({"v": [1, 2]}, index=index))
    assert written(grouped) == rows


@pytest.mark.parametrize("moment", [VALUES["timestamp"], VALUES["instant"]], ids=["timestamp", "instant"])
def test_moments_of_other_libraries_are_moments(db: Database, moment: tuple[dt.datetime, dt.datetime]) -> None:
    own = [Moment.combine(one.date(), one.timetz()) for one in moment]
    for table, values in (("t", own), ("plain", moment)):
        db.write([{"id": number, "at": one} for number, one in enumerate(values)]).save_as_table(table)
    assert collected(db) == collected(db, "plain")


def test_lengths_of_other_libraries_have_the_same_fingerprint() -> None:
    own, plain = Length(days=1, microseconds=5), dt.timedelta(days=1, microseconds=5)
    canonical = shared("fingerprints.fingerprint").canonical
    assert canonical(own, "time") == canonical(plain, "time")


def test_names_that_differ_in_case_only_are_no_table_that_another_makes(tmp_path: Path) -> None:
    db = connect(f"duckdb:///{tmp_path / 'x.db'}")
    with db, pytest.raises(QueryError, match="Column with name") as refused:
        db.write([{"a": 1, "A": 2}]).save_as_table("t")
    assert not refused.value.retryable
