"""Casts in frames: the value that every database gives, or an error."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Date, DateTime, Double, Integer, LargeBinary, Numeric, String, Time, cast

from moltres import col
from moltres.errors import MoltresError
from support.dialect_conformance.base import DialectSuite

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from moltres import Database

ROW: dict[str, Any] = {
    "id": 1, "word": "12abc", "whole": "-0012", "number": " 12.50", "yes": "true", "day": "2024-01-31",
    "no_day": "2024-02-31", "moment": "2024-01-31 10:30:00.5", "clock": "10:30", "nothing": "",
    "n": 300, "big": 2**40, "f": 1.7, "minus": -2.25, "x": Decimal("12345.678"), "b": True, "none": None,
    "d": dt.date(2024, 1, 31), "ts": dt.datetime.fromisoformat("2024-01-31 10:30:00.500000"),
}  # fmt: skip
WRONG = object()
"""No value: it is an error."""
CASTS: list[tuple[str, TypeEngine[Any], Any]] = [
    *((name, Integer(), WRONG) for name in ("word", "yes", "day", "moment", "nothing")),
    ("whole", Integer(), -12),
    ("f", Integer(), 2),
    ("minus", Integer(), -2),
    ("x", Integer(), 12346),
    ("b", Integer(), 1),
    *((name, Integer(), WRONG) for name in ("d", "ts")),
    *((name, Double(), WRONG) for name in ("word", "yes", "day", "nothing", "d")),
    ("number", Double(), 12.5),
    ("n", Double(), 300.0),
    ("x", Double(), 12345.678),
    *((name, Numeric(10, 2), WRONG) for name in ("word", "day", "nothing")),
    ("number", Numeric(10, 1), Decimal("12.5")),
    ("x", Numeric(10, 1), Decimal("12345.7")),
    ("x", Numeric(6, 2), WRONG),
    ("n", Numeric(6, 2), Decimal(300)),
    ("big", Numeric(6, 2), WRONG),
    *((name, Boolean(), WRONG) for name in ("word", "day", "nothing", "d")),
    ("yes", Boolean(), True),
    ("n", Boolean(), True),
    *((name, Date(), WRONG) for name in ("word", "whole", "no_day", "nothing", "n", "f", "b")),
    ("day", Date(), dt.date(2024, 1, 31)),
    ("moment", Date(), dt.date(2024, 1, 31)),
    ("ts", Date(), dt.date(2024, 1, 31)),
    ("d", Date(), dt.date(2024, 1, 31)),
    *((name, DateTime(), WRONG) for name in ("word", "no_day", "clock", "n")),
    ("day", DateTime(), dt.datetime.fromisoformat("2024-01-31")),
    ("moment", DateTime(), dt.datetime.fromisoformat("2024-01-31 10:30:00.500000")),
    ("ts", DateTime(), dt.datetime.fromisoformat("2024-01-31 10:30:00.500000")),
    ("d", DateTime(), dt.datetime.fromisoformat("2024-01-31")),
    ("ts", Time(), dt.time(10, 30, 0, 500_000)),
    ("clock", Time(), dt.time(10, 30)),
    *((name, Time(), WRONG) for name in ("word", "no_day")),
    ("n", String(), "300"),
    ("d", String(), "2024-01-31"),
    ("b", String(), "true"),
    ("word", String(3), "12a"),
    ("word", LargeBinary(), b"12abc"),
    *(("none", type_, None) for type_ in (Integer(), Double(), Date(), Boolean(), String())),
]


TYPES = list(dict.fromkeys(str(type_) for _, type_, _ in CASTS))


class Casts(DialectSuite):
    """From every type to every other."""

    @pytest.mark.parametrize("to", TYPES)
    def test_a_cast_gives_the_value_or_an_error(self, db: Database, to: str) -> None:
        db.write([ROW]).save_as_table("t")
        frame = db.table("t")
        for name, type_, expected in [case for case in CASTS if str(case[1]) == to]:
            wanted = cast(col(name), type_)
            try:
                (found,) = frame.select(x=wanted).collect().column("x")
            except MoltresError:
                assert expected is WRONG or (name, type(type_)) in self.refused_casts, (name, to)
                continue
            assert expected is not WRONG, (name, to, found)
            assert (type(found), found) == (type(expected), expected), (name, to)
            if expected is not None:
                assert frame.where(wanted == expected).count() == 1, (name, to)
                assert frame.where(wanted != expected).count() == 0, (name, to)
