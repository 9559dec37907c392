"""Values of Python beside columns: compared as the database compares a literal with the column, on every database."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from itertools import product
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import JSON, Integer, select, tuple_
from sqlalchemy import column as column_of
from sqlalchemy import table as sql_table

from moltres import col, func, lit, when
from moltres.errors import ConfigurationError, MoltresError, QueryError
from support.dialect_conformance.base import DialectSuite
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database, DataFrame


def _at_midnight(value: Any) -> Any:
    return dt.datetime.combine(value, dt.time()) if type(value) is dt.date else value


DAYS = [dt.date(2023, 12, 31), dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
MOMENTS = [dt.datetime.fromisoformat(text) for text in ("2023-12-31 23:59:59", "2024-01-01", "2024-01-01 10:00")]
DAYS_AND_MOMENTS: list[dict[str, Any]] = [
    {"id": number, "d": day, "ts": moment} for number, (day, moment) in enumerate(product(DAYS, MOMENTS))
]

KEY = UUID("00000000-0000-4000-8000-0000000000ab")
SMALL: dict[str, Any] = {
    "n": 2, "x": Decimal("2.50"), "f": 2.5, "s": "2", "b": False, "d": dt.date(2023, 5, 1),
    "ts": dt.datetime.fromisoformat("2023-05-01 10:00:00"), "u": UUID(int=1),
}  # fmt: skip
LARGE: dict[str, Any] = {
    "n": 10, "x": Decimal("10.25"), "f": 10.25, "s": "10", "b": True, "d": dt.date(2024, 5, 1),
    "ts": dt.datetime.fromisoformat("2024-05-01 10:00:00.500000"), "u": KEY,
}  # fmt: skip

# A string that is the larger value, in the form of SQL literals.
LARGER = {
    "n": "10", "x": "10.25", "f": "10.25", "b": "true", "d": "2024-05-01", "ts": "2024-05-01 10:00:00.500000",
    "u": str(KEY),
}  # fmt: skip

# Lists whose first value is of another type than one behind it.
MIXED: list[tuple[str, list[Any]]] = [
    ("f", [1, 2.5]), ("f", [2, Decimal("2.5")]), ("x", [1, Decimal("2.50")]), ("x", [Decimal(7), Decimal("2.5")]),
    ("n", [7, 1.5]), ("n", [Decimal("2.5"), 2]), ("ts", [dt.date(2023, 1, 1), SMALL["ts"]]),
    ("ts", [dt.date(2023, 5, 1), SMALL["ts"]]),
]  # fmt: skip


# As each is in the small row.
SCALARS: dict[str, Any] = {
    "n": np.int64(2), "f": np.float64(2.5), "b": np.bool_(False), "s": np.str_("2"), "d": np.datetime64("2023-05-01"),
    "ts": pd.Timestamp("2023-05-01 10:00"),
}  # fmt: skip


# With integers that the column does not hold: how many of two rows, of 2 and 10, a condition keeps.
LARGE_INTEGERS: dict[str, tuple[Any, int]] = {
    "less": (col("n") < 2**40, 2), "equal": (col("n") == 2**40, 0), "not": (~(col("n") == -(2**31) - 1), 2),
    "in": (col("n").in_([2, 2**40]), 1), "not in": (col("n").not_in([2, 2**40]), 1),
    "between": (col("n").between(0, 2**33), 2), "sum": (col("n") + 2**31 > 0, 2),
    "beyond 64 bits": (col("wide") < 2**70, 2), "as large as none": (col("wide") == 2**63, 0),
    "in beyond 64 bits": (col("wide").in_([2, 2**70]), 1),
}  # fmt: skip


class Binds(DialectSuite):
    """Strings, lists, documents, moments beside columns of every type.

    Attributes:
        compared: Types of this database, each with a literal, a condition on the column ``x`` that compares it with
            ``:given``, and a string for this.
    """

    compared: tuple[tuple[str, str, str, str], ...] = ()

    @pytest.fixture
    def pairs(self, db: Database) -> DataFrame:
        db.write([SMALL, LARGE]).save_as_table("pairs")
        return db.table("pairs")

    def test_an_integer_that_its_column_does_not_hold(self, db: Database) -> None:
        """Also beside counts, which SQLAlchemy takes for an INTEGER."""
        run(db, "CREATE TABLE t (n INTEGER, wide BIGINT)", "INSERT INTO t VALUES (2, 2), (10, 10)")
        frame = db.table("t")
        counts = frame.group_by("n").agg(wide=func.count())
        found = {name: frame.where(condition).count() for name, (condition, _) in LARGE_INTEGERS.items()}
        assert found == {name: kept for name, (_, kept) in LARGE_INTEGERS.items()}
        assert counts.where(col("wide") < 2**40).count() == 2
        assert db.from_select(select(frame.statement.subquery()).where(column_of("n", Integer) < 2**40)).count() == 2

    @pytest.mark.parametrize("compare", [eq, ne, lt, le, gt, ge])
    def test_a_day_is_its_midnight_beside_moments(self, db: Database, compare: Callable[[Any, Any], Any]) -> None:
        db.write(DAYS_AND_MOMENTS).save_as_table("t")
        frame = db.table("t")
        for left, right in product(("d", "ts", *DAYS[1:2], *MOMENTS[1:]), repeat=2):
            if not isinstance(left, str) and not isinstance(right, str):
                continue
            sides = [col(one) if isinstance(one, str) else lit(one) for one in (left, right)]
            expected = [
                row["id"]
                for row in DAYS_AND_MOMENTS
                if compare(*(_at_midnight(row[one] if isinstance(one, str) else one) for one in (left, right)))
            ]
            for condition in (compare(*sides), compare(func.coalesce(sides[0], sides[0]), sides[1])):
                assert sorted(frame.where(condition).collect().column("id")) == expected, str(condition)

    def test_a_day_is_its_midnight_in_lists_joins_and_changes(self, db: Database) -> None:
        db.write(DAYS_AND_MOMENTS).save_as_table("t")
        frame = db.table("t")
        for condition, expected in (
            (col("d").in_([MOMENTS[1], DAYS[2]]), [row["id"] for row in DAYS_AND_MOMENTS if row["d"] > DAYS[0]]),
            (col("d").between(MOMENTS[2], col("ts")), []),
            (col("ts").between(col("d"), DAYS[2]), [0, 1, 2, 4, 5]),
            (col("ts").in_([col("d"), MOMENTS[2]]), [2, 4, 5, 8]),
        ):
            assert sorted(frame.where(condition).collect().column("id")) == expected, str(condition)
        pairs = [
            (left["id"], right["id"])
            for left, right in product(DAYS_AND_MOMENTS, repeat=2)
            if right["ts"] == _at_midnight(left["d"])
        ]
        other = frame.select(day=col("ts"), other=col("id"))
        for joined in (
            frame.join(other, on=[("d", "day")]),
            frame.join(other, on=col("d") == col("day")),
            frame.select("id", day=col("d")).join(other, on="day"),
        ):
            assert sorted(joined.select("id", "other").collect().rows) == pairs
        largest = frame.group_by("d").agg(last=func.max(col("ts")))
        assert largest.where(col("d") > col("last")).collect().column("d") == [DAYS[2]]
        assert db.delete("t", where=col("d") >= MOMENTS[1]) == 6

    @pytest.mark.parametrize("column", sorted(LARGER))
    def test_a_string_is_compared_as_the_type_of_the_column(self, db: Database, pairs: DataFrame, column: str) -> None:
        text = LARGER[column]
        larger = [{"n": 10}]
        for condition in (col(column) == text, col(column) >= text, col(column).in_([text]), lit(text) <= col(column)):
            assert pairs.where(condition).select("n").collect() == larger, str(condition)
        assert pairs.where(col(column).between(text, text)).select("n").collect() == larger
        assert pairs.where(col(column) != text).select("n").collect() == [{"n": 2}]
        assert pairs.where(col(column) < lit(text)).select("n").collect() == [{"n": 2}]
        assert pairs.limit(2).where(col(column) == text).select("n").collect() == larger
        joined = pairs.join(pairs.select(other=col("n")), on=(col("n") == col("other")) & (col(column) == text))
        assert joined.select("n").collect() == larger
        assert db.update("pairs", {"s": "found"}, where=col(column) == text) == 1
        assert db.delete("pairs", where=col(column) < text) == 1

    @pytest.mark.parametrize("form", ["2023-05-01 10:00", "2023-05-01T10:00:00", "2023-05-01 10:00:00.000"])
    def test_a_moment_is_found_in_whatever_form_it_is_written(self, pairs: DataFrame, form: str) -> None:
        for condition in (col("ts") == form, col("ts").in_([form]), col("ts") <= form, ~(col("ts") > form)):
            assert pairs.where(condition).select("n").collect() == [{"n": 2}], str(condition)

    def test_a_whole_decimal_keeps_its_digits(self, db: Database) -> None:
        db.write([{"n": 2**53 + 1}]).save_as_table("numbers")
        numbers = db.table("numbers")
        assert numbers.where(col("n") == Decimal(2**53 + 1)).count() == 1
        assert numbers.where(col("n") == Decimal(2**53)).count() == 0

    def test_no_value_beside_sql_is_null(self, db: Database, pairs: DataFrame) -> None:
        query = "SELECT n FROM pairs WHERE (:n IS NULL OR n = :n) AND COALESCE(:m, 10) = n"
        assert db.sql(query, n=None, m=None).collect() == [{"n": 10}]
        assert db.sql("SELECT n FROM pairs WHERE n = :n OR n IN :ns", n=None, ns=[2, None]).collect() == [{"n": 2}]

    @pytest.mark.parametrize("column", sorted({"n", "x", "f", "d", "u"}))
    def test_a_string_beside_sql_is_compared_as_the_type_of_the_column(
        self, db: Database, pairs: DataFrame, column: str
    ) -> None:
        for sql in (f"{column} = :value", f"{column} >= :value", f":value <= {column}", f"{column} IN :value"):
            value: Any = [LARGER[column]] if "IN" in sql else LARGER[column]
            query = f"SELECT n FROM pairs WHERE {sql}"
            if db.dialect.capabilities.untyped_literals:
                assert db.sql(query, value=value).collect() == [{"n": 10}], sql
            else:
                with pytest.raises(QueryError, match=r"varchar"):
                    db.sql(query, value=value).collect()

    def test_a_string_beside_sql_is_compared_as_a_type_of_this_database(self, db: Database) -> None:
        for number, (declared, literal, condition, given) in enumerate(self.compared):
            run(db, f"CREATE TABLE t{number} (n INTEGER, x {declared})", f"INSERT INTO t{number} VALUES (1, {literal})")
            found = db.sql(f"SELECT n FROM t{number} WHERE {condition}", given=given)
            assert found.collect() == [{"n": 1}], condition

    @pytest.mark.parametrize("column", sorted(LARGE))
    def test_a_value_beside_sql_is_that_value(self, db: Database, pairs: DataFrame, column: str) -> None:
        query = f"SELECT n FROM pairs WHERE {column} = :value"
        assert db.sql(query, value=LARGE[column]).collect() == [{"n": 10}]

    @pytest.mark.parametrize("form", ["IN :ns", "in(:ns)", "IN ( :ns )", "IN /* these */ :ns"])
    def test_a_list_is_its_items(self, db: Database, pairs: DataFrame, form: str) -> None:
        query = f"SELECT n FROM pairs WHERE n {form} ORDER BY n"
        for items in ([2, 10, 11], (2, 10), {2, 10}, range(2, 11)):
            assert db.sql(query, ns=items).collect().column("n") == [2, 10], items
        assert db.sql(query, ns=[]).collect() == []
        negated = query.replace("n IN", "n NOT IN").replace("n in", "n NOT in")
        assert db.sql(negated, ns=[]).collect().column("n") == [2, 10]
        assert db.sql(negated, ns=[2]).collect().column("n") == [10]
        found = db.sql(query.replace("WHERE n", "WHERE s"), ns=["2", "x'y\\z"]).collect()
        assert found.column("n") == [2]

    def test_an_empty_list_of_any_column(self, db: Database, pairs: DataFrame) -> None:
        for column in LARGE:
            assert db.sql(f"SELECT n FROM pairs WHERE {column} IN :none", none=[]).collect() == []
            assert db.sql(f"SELECT n FROM pairs WHERE NOT {column} IN :none", none=()).count() == 2
            assert pairs.where(col(column).in_([])).count() == 0

    def test_several_values_in_one_query(self, db: Database, pairs: DataFrame) -> None:
        query = "SELECT :s AS s, n FROM pairs WHERE d >= :d AND n IN :ns AND s = :s AND b = :b"
        day = "2024-01-01" if db.dialect.capabilities.untyped_literals else dt.date(2024, 1, 1)
        assert db.sql(query, s="10", d=day, ns=[10], b=True).collect() == [{"s": "10", "n": 10}]

    @pytest.mark.parametrize("text", ["", "it's", "a\\'b\\", "%s %% :x ?", "日本\n😀", "E'x'", "$$", "--", "/*"])
    def test_a_text_comes_back(self, db: Database, text: str) -> None:
        assert db.sql("SELECT :x AS a, :y AS b", x=text, y=text * 2).collect() == [{"a": text, "b": text * 2}]

    def test_a_document_is_json(self, db: Database) -> None:
        document = {"a": 1, "it's": ["x\\", None]}
        if db.dialect.column_type(JSON()) is None:
            return  # what it refuses to store it need not compare
        db.write([{"j": document}]).save_as_table("j")
        sent = db.sql("SELECT :j AS j FROM j", j=document).collect()[0]["j"]
        assert (json.loads(sent) if isinstance(sent, str) else sent) == document

    def test_a_moment_with_a_zone_keeps_it_or_is_refused(self, db: Database) -> None:
        zoned = dt.datetime(2024, 5, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=5)))
        db.write([{"ts": dt.datetime.fromisoformat("2024-05-01 10:00:00")}]).save_as_table("t")
        if db.dialect.capabilities.binds_types:
            return  # it has a type of its own for these
        with pytest.raises(ConfigurationError, match="zone"):
            db.table("t").where(col("ts") == zoned)
        try:
            found = db.sql("SELECT :x AS x", x=zoned).collect()[0]["x"]
        except ConfigurationError as error:
            said = str(error)
        else:
            assert dt.datetime.fromisoformat(found) == zoned
            return
        assert ":x" in said

    def test_what_cannot_be_sent_is_named(self, db: Database) -> None:
        with pytest.raises(ConfigurationError, match=":what"):
            db.sql("SELECT :what AS a, :n AS b", what=object(), n=1)

    def test_a_string_that_is_no_value_of_the_type(self, db: Database, pairs: DataFrame) -> None:
        try:
            found = pairs.where(col("n") == "none").collect()
        except MoltresError:
            return
        assert found == []

    @pytest.mark.parametrize(("name", "values"), MIXED, ids=str)
    @pytest.mark.parametrize("negated", [False, True])
    def test_each_value_of_a_list_keeps_its_type(
        self, db: Database, name: str, values: list[Any], *, negated: bool
    ) -> None:
        db.write([SMALL, LARGE]).save_as_table("t")
        column = col(name)
        found = db.table("t").where(column.not_in(values) if negated else column.in_(values)).collect().column("n")
        wanted = [_at_midnight(value) if name == "ts" else value for value in values]
        assert found == [row["n"] for row in (SMALL, LARGE) if (row[name] in wanted) is not negated]
        if name in ("n", "x", "f"):
            pairs = tuple_(col("n"), column).in_([(9, values[0]), (2, values[1])])
            assert db.table("t").where(pairs).count() == (1 if SMALL[name] == values[1] else 0)

    @pytest.mark.parametrize("name", ["n", "x", "s", "d", "ts", "u"])
    def test_rows_in_a_list_are_compared_column_by_column(self, pairs: DataFrame, name: str) -> None:
        columns = tuple_(col("n"), col(name))
        forms = [LARGE[name]] if name in ("n", "s") else [LARGE[name], LARGER[name]]
        for form in forms:
            given = [(2, form), (10, form), (10, None)]
            assert pairs.where(columns.in_(given)).select("n").collect() == [{"n": 10}]
            assert pairs.where(columns.not_in(given[:2])).select("n").collect() == [{"n": 2}]
            assert pairs.where(columns.not_in([(10, None)])).select("n").collect() == [{"n": 2}]

    @pytest.mark.parametrize("name", SCALARS)
    def test_scalars_of_numpy_and_pandas_are_those_of_python(self, db: Database, pairs: DataFrame, name: str) -> None:
        scalar, column = SCALARS[name], col(name)
        for condition in (column == scalar, column.in_([scalar]), column.between(scalar, scalar), scalar == column):
            assert pairs.where(condition).select("n").collect() == [{"n": 2}], condition
        assert pairs.where(column != scalar).select("n").collect() == [{"n": 10}]
        for value in (lit(scalar), when(col("n") == 2, scalar).otherwise(column), func.coalesce(None, scalar, column)):
            (found,) = pairs.where(col("n") == 2).select(found=value).collect().column("found")
            assert (found, type(found) is bool) == (SMALL[name], name == "b"), value
        if name in ("n", "f"):
            (found,) = pairs.where(col("n") == 2).select(found=col("n") + scalar).collect().column("found")
            assert found == 2 + SMALL[name]
        table = sql_table("pairs", column_of("n"), column_of(name))
        assert db.from_select(select(table.c.n).where(table.c[name] == scalar)).count() == 1
        assert db.delete("pairs", where=column == scalar) == 1

    def test_what_scalars_of_pandas_say(self, pairs: DataFrame) -> None:
        values = pairs.where(col("n") == 2).select("n", a=lit(pd.NA), b=lit(pd.NaT)).collect()
        assert values == [{"n": 2, "a": None, "b": None}]
        for several in (pd.Series([2, 3]), pd.Index([2]), np.array([2, 7])):
            assert pairs.where(col("n").in_(several)).count() == 1
        with pytest.raises(ConfigurationError, match="nanoseconds"):
            pairs.where(col("ts") == pd.Timestamp("2024-01-01T00:00:00.000000001"))
