"""Types that SQLite has no storage class for, kept so that values come back equal, or refused one by one."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import types as sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

_WHOLE = 2**63
"""SQLite's integers reach up to here."""


def store_decimal(value: Any) -> int | float | None:
    """A number as SQLite stores it.

    Raises:
        ValueError: If it would not come back equal.
    """
    if value is None:
        return None
    number = Decimal(value)
    if number.is_finite():
        if number == number.to_integral_value() and -_WHOLE <= number < _WHOLE:
            return int(number)
        stored = float(number)
        if Decimal(repr(stored)) == number:
            return stored
    raise ValueError(f"SQLite keeps numbers as floats and cannot give back {value} exactly")


def _load_decimal(value: Any) -> Decimal | None:
    # Every decimal of 15 digits is given back by its float; the digits behind are only what SQLite's sums leave there.
    return None if value is None else Decimal(f"{value:.15g}" if isinstance(value, float) else value)


class ExactNumeric(sql.Numeric[Decimal]):
    """NUMERIC whose values come back equal; a number of more than the 15 digits a float holds is refused."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - SQLAlchemy's signature
        """What turns a Decimal into what SQLite stores."""
        return store_decimal

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - as above
        """What turns a stored number back."""
        return _load_decimal


def _store_float(value: Any) -> float | None:
    if value is not None and math.isnan(value):
        raise ValueError("SQLite would store NaN as NULL")
    return value  # type: ignore[no-any-return]


class FloatWithoutNaN(sql.Double[float]):
    """DOUBLE; NaN, which SQLite would silently turn into NULL, is refused."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - SQLAlchemy's signature
        """What refuses NaN."""
        return _store_float


class _Text(sql.UserDefinedType[Any]):
    """A value that is kept as text which no affinity turns into a number."""

    cache_ok = True
    spec: str
    store: staticmethod[[Any], str]
    load: staticmethod[[str], Any]
    generic: staticmethod[[], TypeEngine[Any]]

    def get_col_spec(self, **_: Any) -> str:
        return self.spec

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:  # noqa: ARG002 - SQLAlchemy's signature
        return self.generic()

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - SQLAlchemy's signature
        return lambda value: None if value is None else self.store(value)

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - as above
        return lambda value: None if value is None else self.load(value)


def _store_instant(value: dt.datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    # All in UTC, so that the order of the strings is the order of the instants.
    try:
        return value.astimezone(dt.UTC).isoformat(" ", timespec="microseconds")
    except OverflowError:
        raise ValueError(f"{value} is in no year of UTC from 1 to 9999") from None


class Instant(_Text):
    """TIMESTAMP WITH TIME ZONE, as ISO text in UTC."""

    cache_ok = True
    spec = "TIMESTAMP WITH TIME ZONE"
    store = staticmethod(_store_instant)
    load = staticmethod(dt.datetime.fromisoformat)
    generic = staticmethod(lambda: sql.DateTime(timezone=True))


class UuidText(_Text):
    """UUID, as text with dashes: without them some would be numbers."""

    cache_ok = True
    spec = "UUID"
    store = staticmethod(lambda value: str(value if isinstance(value, UUID) else UUID(value)))
    load = staticmethod(UUID)
    generic = staticmethod(sql.Uuid)
