"""Values that are put into one column, by a set operation or an expression: equal, or refused by name."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import JSON

from moltres import col, func, lit, when
from moltres.errors import MoltresError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from moltres import Database, DataFrame

MOMENT = dt.datetime(2024, 5, 1, 10)  # noqa: DTZ001 - a column without a zone
ROW: dict[str, Any] = {
    "c_int": 7, "c_dec": Decimal("1.25"), "c_float": 0.5, "c_text": "1", "c_date": MOMENT.date(), "c_ts": MOMENT,
    "c_time": MOMENT.time(), "c_bool": True, "c_json": [1], "c_bytes": b"\xff\x00", "c_uuid": UUID(int=7),
}  # fmt: skip
ALIKE = [{"c_int", "c_dec", "c_float"}, {"c_date", "c_ts"}]
"""Columns that go together; of the others none with another."""

COMBINED: dict[str, Callable[[DataFrame, str, str], DataFrame]] = {
    "union": lambda t, a, b: t.select(x=col(a)).union(t.select(x=col(b))),
    "union_all": lambda t, a, b: t.select(x=col(a)).union_all(t.select(x=col(b))),
    "intersect": lambda t, a, b: t.select(x=col(a)).intersect(t.select(x=col(b))),
    "except_": lambda t, a, b: t.select(x=col(a)).except_(t.select(x=col(b))),
    "coalesce": lambda t, a, b: t.select(x=func.coalesce(col(a), col(b))),
    "case": lambda t, a, b: t.select(x=when(col("c_int") > 100, col(a)).otherwise(col(b))),
}


def _expected(operation: str, one: Any, other: Any) -> list[Any]:
    if isinstance(one, dt.date) and isinstance(other, dt.date) and type(one) is not type(other):
        one, other = (
            value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time()) for value in (one, other)
        )
    return {"intersect": [], "except_": [one], "coalesce": [one], "case": [other]}.get(operation, [one, other])


def _found(frame: Callable[[], DataFrame]) -> tuple[str | None, list[Any]]:
    """The error, or the values."""
    try:
        return None, list(frame().collect().column("x"))
    except MoltresError as error:
        return str(error), []


class Together(DialectSuite):
    """What PostgreSQL refuses is refused everywhere."""

    @pytest.fixture
    def table(self, db: Database) -> DataFrame:
        documents = db.dialect.column_type(JSON()) is not None
        row = {name: value for name, value in ROW.items() if documents or name != "c_json"}
        db.write([row]).save_as_table("t")
        return db.table("t")

    @pytest.mark.parametrize("operation", COMBINED)
    def test_columns_of_two_types(self, table: DataFrame, operation: str) -> None:
        for one, other in itertools.permutations(table.columns, 2):
            alike = any({one, other} <= group for group in ALIKE)
            said, found = _found(partial(COMBINED[operation], table, one, other))
            if said is not None:
                assert not alike or "c_date" in (one, other), said
                named = {"x", one, other} if operation in {"coalesce", "case"} else {"x"}
                assert any(name in said for name in named), said
                continue
            assert alike, (one, other, found)
            expected = _expected(operation, ROW[one], ROW[other])
            assert sorted(found) == sorted(expected), (one, other)

    @pytest.mark.parametrize("name", ["lag", "lead", "max", "min"])
    def test_a_function_that_gives_either_of_two_types(self, db: Database, table: DataFrame, name: str) -> None:
        """Rows that a window does not have get a default; SQLite takes the greatest of several arguments."""
        windowed = name in {"lag", "lead"}
        if not windowed and db.dialect.capabilities.enforces_types:
            return
        for one, other in itertools.permutations(table.columns, 2):
            if not any({one, other} <= group for group in ALIKE):
                function = getattr(func, name)
                made = function(col(one), 1, col(other)).over(order_by=col("c_int")) if windowed else None
                with pytest.raises(MoltresError):
                    table.select(x=function(col(one), col(other)) if made is None else made).collect()

    @pytest.mark.parametrize("operation", ["coalesce", "case"])
    def test_columns_of_a_query_in_sql(self, db: Database, table: DataFrame, operation: str) -> None:
        names = [name for name in table.columns if name not in {"c_bool", "c_json", "c_uuid"}]
        frame = db.sql(f"SELECT {', '.join(names)} FROM t")
        for one, other in itertools.permutations(names, 2):
            said, found = _found(partial(COMBINED[operation], frame, one, other))
            if said is None:
                assert found == _expected(operation, ROW[one], ROW[other]), (one, other)
                assert type(found[0]) in {type(ROW[name]) for name in {one, other}} | {float, Decimal}, (one, other)
            else:
                assert not {one, other} <= ALIKE[0], said

    def test_the_text_of_a_query_is_no_way_around(self, db: Database, table: DataFrame) -> None:
        del table
        number, text = (db.sql(f"SELECT {name} AS x FROM t") for name in ("c_int", "c_text"))
        said, found = _found(lambda: number.union_all(text))
        assert (said is not None and "x" in said) or found == [7, "1"], "values of their own types stay what they are"

    @pytest.mark.parametrize("name", [name for name in ROW if name not in {"c_json", "c_uuid"}])
    def test_a_value_beside_a_column_keeps_its_type(self, table: DataFrame, name: str) -> None:
        value = ROW[name]
        found = table.select(
            alone=lit(value),
            either=func.coalesce(col(name), lit(value)),
            case=when(col("c_int") > 100, col(name)).otherwise(lit(value)),
        ).collect()
        assert found == [{"alone": value, "either": value, "case": value}]
        assert {type(one) for row in found for one in row.values()} == {type(value)}
