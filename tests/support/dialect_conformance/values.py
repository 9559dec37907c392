"""Values come back as they were, or are refused."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import types as sql
from sqlalchemy.exc import DBAPIError

from moltres import Records, col, func, hand_over, lit, pick_up
from moltres.errors import ConfigurationError, HandoffError, MoltresError, SchemaMismatchError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import rows, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database


class Shown(str):
    """A string that is shown as another."""

    __slots__ = ()

    def __str__(self) -> str:
        return "another"


INSTANT = dt.datetime(2024, 2, 29, 9, 0, 0, 1, tzinfo=dt.timezone(dt.timedelta(hours=9)))
VALUES: list[tuple[sql.TypeEngine[Any], Any]] = [
    (sql.Boolean(), True),
    (sql.BigInteger(), -(2**63)),
    (sql.Numeric(20, 4), Decimal("-1234567.1250")),
    (sql.Double(), 0.1),
    (sql.Text(), "Ünï 'quoted' \"twice\" \\ 🦆\n"),
    (sql.LargeBinary(), bytes(range(256))),
    (sql.Date(), dt.date(2024, 2, 29)),
    (sql.Time(), dt.time(23, 59, 59, 999999)),
    (sql.DateTime(), dt.datetime(2024, 2, 29, 23, 59, 59, 123456)),  # noqa: DTZ001 - without a zone, for once
    (sql.DateTime(timezone=True), INSTANT),
    (sql.Interval(), dt.timedelta(days=1, microseconds=5)),
    (sql.Uuid(), UUID("12345678-1234-5678-1234-567812345678")),
    (sql.JSON(), {"a": [1, None, "é"]}),
]
MIXED: list[Any] = [
    2**53 + 1,
    Decimal("1.005"),
    0.1,
    True,
    "5",
    dt.date(2024, 2, 29),
    dt.datetime(2024, 2, 29, 10, 0, 0, 5),  # noqa: DTZ001 - as above
    dt.time(10),
    UUID("12345678-1234-5678-1234-567812345678"),
]
"""Values of which databases make one another."""


ARRIVING: list[tuple[str, Callable[[], Any], Any]] = [
    ("UUIDs of pandas", lambda: pd.DataFrame({"x": [UUID(int=5), None]}), UUID(int=5)),
    ("UUIDs of Arrow", lambda: pa.table({"x": pa.array([UUID(int=5).bytes, None], pa.uuid())}), UUID(int=5)),
    ("JSON of Arrow", lambda: pa.table({"x": pa.array(['{"a": 1}', None], pa.json_())}), {"a": 1}),
    ("booleans of Arrow", lambda: pa.table({"x": pa.array([1, None], pa.bool8())}), True),
    ("sparse numbers", lambda: pd.DataFrame({"x": pd.arrays.SparseArray([7])}), 7),
    ("a series of Polars", lambda: pl.Series("x", [7]), 7),
    ("128 bits of Polars", lambda: pl.DataFrame({"x": pl.Series([2**100], dtype=pl.Int128)}), 2**100),
    ("strings of a class", lambda: pd.DataFrame({"x": pd.Series([Shown("a"), None], dtype=object)}), "a"),
    ("a relation of DuckDB", lambda: duckdb.sql("SELECT 7 AS x"), 7),
]
"""Rows with one value beside NULL in a column ``x``."""

FOREIGN: dict[str, Callable[[], Any]] = {
    "periods": lambda: pd.DataFrame({"x": pd.period_range("2024-01", periods=1, freq="M")}),
    "objects of Polars": lambda: pl.DataFrame({"x": pl.Series([object()], dtype=pl.Object)}),
    "a column twice": lambda: pd.DataFrame([[1, 2]], columns=["x", "x"]),
    "an unknown zone": lambda: pa.table({"x": pa.array([0], pa.timestamp("us", "Nowhere/Land"))}),
    "bytes that are no characters": lambda: pa.table({"x": pa.array([b"\xff"]).view(pa.string())}),
    "such bytes in lists": lambda: pa.table({"x": pa.array([[b"\xff"]]).view(pa.list_(pa.string()))}),
    "days of no year": lambda: pa.table({"x": pa.array([[[10**7]]], pa.list_(pa.list_(pa.date32())))}),
    "bits of DuckDB": lambda: duckdb.sql("SELECT '101'::BIT AS x"),
    "times with a zone in lists of DuckDB": lambda: duckdb.sql("SELECT ['10:00:00+02'::TIMETZ] AS x"),
    "variants of DuckDB": lambda: duckdb.sql("SELECT 1::VARIANT AS x"),
}


class Values(DialectSuite):
    """One value of each type, NaN, lists, and names of any kind."""

    @pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda given: type(given).__name__)
    def test_a_value_comes_back_or_is_refused(self, db: Database, type_: sql.TypeEngine[Any], value: Any) -> None:
        data = [{"id": 1, "x": value}, {"id": 2, "x": None}]
        if db.dialect.column_type(type_) is None:
            with pytest.raises(SchemaMismatchError, match="column 'x'"):
                db.write(data).save_as_table("t")
            assert db.tables() == []
            return
        db.write(data).save_as_table("t")
        assert rows(db) == data
        assert type(rows(db)[0]["x"]) is type(value)
        db.write(data).save_as_table("t", mode="overwrite")
        db.table("t").write.save_as_table("u")
        assert rows(db, "u") == data

    @pytest.mark.parametrize("first", MIXED, ids=repr)
    def test_a_value_on_its_way_to_another_type_is_equal_or_refused(self, db: Database, first: Any) -> None:
        """From a query in SQL, of which few databases tell the types, and by parts that several tasks handed over."""
        others = [value for value in MIXED if type(value) is not type(first)]
        others = others[: None if os.environ.get("EVERY_CASE") else self.most_cases]
        db.write([{"x": first}]).save_as_table("t")
        db.write([{f"x{number}": other for number, other in enumerate(others)}]).save_as_table("u")
        of_first = hand_over(db.table("t"), name="t", mode="table")
        for number, other in enumerate(others):
            named = db.table("u").select(x=col(f"x{number}"))
            with suppress(HandoffError):
                parts = [of_first, hand_over(named, name=f"u{number}", mode="table")]
                found = pick_up(db, parts).collect().column("x")
                assert first in found
                assert other in found
            computed = db.table("u").select(x=func.coalesce(col(f"x{number}"), col(f"x{number}")))
            for given in (db.sql(f"SELECT x{number} AS x FROM u"), computed):
                (said,) = given.collect().column("x")
                there = db.table("t").collect().column("x")
                with suppress(MoltresError):
                    given.write.save_as_table("t", mode="append")
                    found = db.table("t").collect().column("x")
                    assert first in found
                    assert found.count(said) == there.count(said) + 1

    def test_none_is_null_also_in_a_column_of_json(self, db: Database) -> None:
        if db.dialect.column_type(sql.JSON()) is None:
            pytest.skip("It has no column for JSON.")
        db.write([{"id": 1, "x": {}}]).save_as_table("t")
        db.insert("t", [{"id": 2, "x": None}, {"id": 3, "x": [1]}])
        db.update("t", {"x": None}, where=col("id") == 1)
        assert db.table("t").where(col("x").is_(None)).order_by("id").select("id").collect() == [{"id": 1}, {"id": 2}]

    @pytest.mark.parametrize(("mode", "options"), [("append", {}), ("merge", {"keys": ["id"]}), ("overwrite", {})])
    @pytest.mark.parametrize("narrow", ["VARCHAR(3)", "CHAR(3)"])
    @pytest.mark.parametrize("value", ["ab  ", "a ", "", "abcd"])
    def test_a_copy_within_the_database_cuts_no_blanks(
        self, db: Database, value: str, narrow: str, mode: Any, options: Any
    ) -> None:
        run(db, "CREATE TABLE t (id BIGINT, s VARCHAR(10))")
        try:
            run(db, f"CREATE TABLE u (id BIGINT, s {narrow})", "INSERT INTO u VALUES (1, 'abc')")
        except DBAPIError:
            pytest.skip(f"this database has no {narrow}")
        run(db, "INSERT INTO t VALUES (1, :value), (2, NULL)", value=value)
        try:
            db.table("t").write.save_as_table("u", mode=mode, **options)
        except MoltresError:
            assert rows(db, "u") == [{"id": 1, "s": "abc"}]
        else:
            assert {"id": 1, "s": value} in rows(db, "u")
            assert {"id": 2, "s": None} in rows(db, "u")

    @pytest.mark.parametrize("narrow", ["VARCHAR(5)", "CHAR(5)"])
    @pytest.mark.parametrize("road", ["update", "append", "value", "literal", "insert"])
    def test_no_assignment_cuts_or_fills_a_string(self, db: Database, narrow: str, road: str) -> None:
        changed = []
        for value in ("abc", "abc  ", "abcde", "abcde ", "abcdef", "", " "):
            run(db, "DROP TABLE IF EXISTS u")
            try:
                run(db, f"CREATE TABLE u (id BIGINT, x VARCHAR(9), s {narrow})")
            except DBAPIError:
                pytest.skip(f"this database has no {narrow}")
            run(db, "INSERT INTO u VALUES (1, :value, 'abcde')", value=value)
            whole = col("x") + ""  # of a type whose length nobody knows
            wanted = value
            try:
                match road:
                    case "update":
                        db.update("u", {"s": whole}, where=col("id") == 1)
                    case "value":
                        db.update("u", {"s": value}, where=col("id") == 1)
                    case "literal":
                        db.update("u", {"s": lit(value)}, where=col("id") == 1)
                    case "insert":
                        db.insert("u", {"id": 2, "s": value})
                    case "append":
                        db.table("u").select(id=col("id") + 1, s=whole).write.save_as_table("u", mode="append")
            except ConfigurationError:
                raise
            except MoltresError as error:
                wanted = "abcde" if "'s'" in str(error) else str(error)
            if {row["s"] for row in rows(db, "u")} - {"abcde"} != {wanted} - {"abcde"}:
                changed.append((value, wanted, rows(db, "u")))
        assert changed == []

    def test_the_blanks_of_a_column_of_fixed_length_are_copied_as_they_are_read(self, db: Database) -> None:
        try:
            run(db, "CREATE TABLE t (id BIGINT, s CHAR(5))", "CREATE TABLE u (id BIGINT, s VARCHAR(9))")
        except DBAPIError:
            pytest.skip("this database has no CHAR(5)")
        run(db, "INSERT INTO t VALUES (1, 'ab'), (2, '')")
        db.table("t").write.save_as_table("u", mode="append")
        db.table("t").write.save_as_table("new")
        assert rows(db, "u") == rows(db, "t") == rows(db, "new")

    @pytest.mark.parametrize("columns", ["nf", "nd", "na", "ha", "fh"])
    def test_a_column_is_assigned_to_one_that_holds_its_values(self, db: Database, columns: str) -> None:
        """A database rounds, cuts or converts without an error: a time of day becomes that of today, 1.6 becomes 2."""
        target, source = columns
        stored = {"id": 1, "n": 1, "f": 1.6, "d": Decimal("1.25"), "a": dt.date(2024, 1, 31), "h": dt.time(10, 30)}
        db.write([stored]).save_as_table("t")
        assert db.update("t", {source: col(source)}, where=lit(True)) == 1
        with pytest.raises(SchemaMismatchError, match=f"column '{target}': it holds .*, and '{source}' is "):
            db.update("t", {target: col(source)}, where=lit(True))
        assert rows(db) == [stored]

    @pytest.mark.parametrize("column", ["BIGINT", "DATE", "DOUBLE PRECISION", "DECIMAL(5,2)"])
    def test_values_of_insert_and_update_are_equal_or_refused(self, db: Database, column: str) -> None:
        run(db, f"CREATE TABLE t (id BIGINT, x {column})")
        values = [1, 1.5, 2**70, True, "1", "x", "2024-01-31", Decimal("1.25"), Decimal("1.255"), dt.date(2024, 1, 31)]
        values += ["1.5", "1e2", "9" * 5000, "1e999", "-1e-999", "1e-2", "1e99999999"]
        values += [dt.datetime(2024, 1, 31, 5), np.int64(2), np.datetime64("20000-01-01"), np.timedelta64(5, "ns")]  # noqa: DTZ001
        values += [pd.NaT, pd.Period("2024-01"), pd.Timestamp("2024-01-01T00:00:00.000000001"), object(), {1}]
        if self.most_cases is not None:
            values = values[::3]
        wrong: list[Any] = []
        there = [0]
        db.insert("t", {"id": 0, "x": None})
        for number, value in enumerate(values, start=1):
            taken = []
            for row, change in (
                (0, lambda value=value: db.update("t", {"x": value}, where=col("id") == 0)),
                (number, lambda value=value, number=number: db.insert("t", {"id": number, "x": value})),
            ):
                try:
                    change()
                except MoltresError as error:
                    if "'x'" not in str(error):
                        if isinstance(error, ConfigurationError):  # what the database cannot do, whatever the value
                            raise
                        wrong.append((value, str(error)))
                else:
                    taken.append(row)
            there += [row for row in taken if row]
            found = [row["x"] for row in rows(db) if row["id"] in taken and row["x"] is not None] if taken else []
            if any(not _is(value, one) for one in found):
                wrong.append((value, found))
        assert [row["id"] for row in rows(db)] == there
        assert wrong == []

    @pytest.mark.parametrize("made", ARRIVING, ids=[name for name, _, _ in ARRIVING])
    def test_values_of_libraries_arrive(self, db: Database, made: tuple[str, Callable[[], Any], Any]) -> None:
        _, make, expected = made
        try:
            db.write(make()).save_as_table("t")
        except SchemaMismatchError as error:
            assert "'x'" in str(error)  # noqa: PT017 - what a database has no type for
            assert db.tables() == []
            return
        (found,) = db.table("t").where(col("x").is_not(None)).collect().column("x")
        assert found == expected or str(found) == str(expected)

    @pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
    def test_values_of_libraries_that_no_column_holds_are_refused(self, db: Database, make: Callable[[], Any]) -> None:
        with pytest.raises(MoltresError, match="'x'"):
            db.write(make()).save_as_table("t")
        assert db.tables() == []

    def test_decimals_with_room_for_more_digits_than_the_column_has(self, db: Database) -> None:
        def wide(value: str) -> pa.Table:
            return pa.table({"x": pa.array([Decimal(value)], pa.decimal256(50, 0))})

        db.write([{"x": Decimal("1.50")}]).save_as_table("t")
        db.write(wide("2")).save_as_table("t", mode="append")
        with pytest.raises(MoltresError, match=r"column '?x"):
            db.write(wide("9" * 40)).save_as_table("t", mode="append")
        assert sorted(db.table("t").collect().column("x")) == [Decimal("1.5"), 2]

    def test_scalars_of_numpy_and_pandas_in_rows_are_those_of_python(self, db: Database) -> None:
        there = {"i": np.int64(5), "b": np.bool_(True), "f": np.float64(1.5), "at": pd.Timestamp("2024-01-01")}
        db.write([there, dict.fromkeys(there) | {"at": pd.NaT}]).save_as_table("t")
        assert db.table("t").order_by("i", nulls="last").collect() == [
            {"i": 5, "b": True, "f": 1.5, "at": dt.datetime.fromisoformat("2024-01-01")},
            dict.fromkeys(there),
        ]

    def test_nan(self, db: Database) -> None:
        data = [{"id": 1, "x": float("nan")}]
        if db.dialect.capabilities.nan:
            db.write(data).save_as_table("t")
            assert repr(rows(db)[0]["x"]) == "nan"
        else:
            with pytest.raises(SchemaMismatchError, match="'x'"):
                db.write(data).save_as_table("t")

    def test_lists(self, db: Database) -> None:
        data = pa.table({"id": [1, 2], "x": [[1, 2], None]})
        if db.dialect.capabilities.arrays:
            db.write(data).save_as_table("t")
            assert [row["x"] for row in rows(db)] == [[1, 2], None]
        else:
            with pytest.raises(SchemaMismatchError, match="'x' is array"):
                db.write(data).save_as_table("t")

    @pytest.mark.parametrize("value", [[[1], [2]], [[1, None]], [[]], [[], []], [[1], []], [[1], [1, 2]], [[1], None]])
    def test_a_list_of_lists_is_equal_or_refused(self, db: Database, value: list[Any]) -> None:
        data = pa.table({"id": [1], "x": pa.array([value], pa.list_(pa.list_(pa.int32())))})
        types = {"id": sql.Integer(), "x": sql.ARRAY(sql.Integer(), dimensions=2)}
        for form in (data, Records([(1, value)], list(types), types)):
            found = None
            with suppress(SchemaMismatchError):
                db.write(form).save_as_table("t", mode="overwrite")
                found = rows(db)[0]["x"]
            assert found in (value, None)

    def test_names_of_any_kind(self, db: Database) -> None:
        upper = "UPPER" if db.dialect.capabilities.keeps_case else "upper"
        names = ["id", "with space", 'double "quote"', "select", upper, "per%cent", "co:lon", "%(n)s"]
        data = [dict.fromkeys(names, number) for number in range(3)]
        db.write(data).save_as_table("order")
        db.write(data).save_as_table("order", mode="merge", keys=["select", "with space"])
        db.table("order").write.save_as_table("order", mode="overwrite")
        assert rows(db, "order") == data


def _is(value: Any, found: Any) -> bool:
    """Whether what a column holds is a value, or what a string says."""
    if isinstance(value, str):
        return value == str(found) if isinstance(found, dt.date) else Decimal(value) == Decimal(str(found))
    return type(found) not in {bool, dt.datetime} and bool(
        found == (value.item() if isinstance(value, np.number) else value)
    )
