"""How far a source was read: the values that a load records and the next one begins at."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .._shared.arguments import is_number
from .._shared.durations import parse_duration
from ..errors import ConfigurationError
from ..types.logical import logical_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy.types import TypeEngine

Lag: TypeAlias = dt.timedelta | int | Decimal

KINDS: Final = ("integer", "decimal", "date", "timestamp")
"""The types of a cursor: those whose values every database puts in the same order."""

_AHEAD: Final = dt.timedelta(hours=14)
"""The farthest that any time zone is ahead of UTC."""


@dataclass(frozen=True)
class Watermark:
    """How far a source was read.

    Attributes:
        value: The greatest value of the cursor that counts; None while there was no row.
        horizon: What the source said of its transactions, if it can tell.
        columns: The columns of the rows.
    """

    value: Any
    horizon: Mapping[str, int] | None = None
    columns: tuple[str, ...] = ()

    def to_json(self, source: str) -> str:
        """The record of it.

        Args:
            source: What people call the source.
        """
        said = {
            "source": source,
            "kind": None if self.value is None else _kind(self.value),
            "value": None if self.value is None else str(self.value),
            "horizon": self.horizon,
            "columns": list(self.columns),
        }
        return json.dumps(said, ensure_ascii=False)

    @classmethod
    def of_json(cls, text: str) -> Watermark:
        """What `to_json` has recorded."""
        said = json.loads(text)
        value = None if said["kind"] is None else _READERS[said["kind"]](said["value"])
        return cls(value, said["horizon"], tuple(said["columns"]))


def _kind(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return "timestamp"
    return {dt.date: "date", int: "integer", Decimal: "decimal"}[type(value)]


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "integer": int,
    "decimal": Decimal,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}


def plain_value(value: Any, name: str) -> Any:
    """A value of a cursor as it is recorded: instants in UTC.

    Args:
        value: The value; None of no row.
        name: The cursor.

    Raises:
        ConfigurationError: If it is of another type (a database that does not hold values to their types).
    """
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    if value is None or type(value) in (int, dt.date, dt.datetime) or (type(value) is Decimal and value.is_finite()):
        return value
    raise ConfigurationError(
        f"The cursor {name!r} has the value {value!r}, which has no place among the others.",
        suggestion="Filter such rows, or cast the column.",
    )


def capped(value: Any) -> Any:
    """A watermark that is not in the future: one row with a wrong clock must not hide those that follow."""
    now = dt.datetime.now(dt.UTC)
    if isinstance(value, dt.datetime):
        return min(value, now if value.tzinfo is not None else now.replace(tzinfo=None) + _AHEAD)
    return min(value, (now + _AHEAD).date()) if isinstance(value, dt.date) else value


def type_problem(name: str, type_: TypeEngine[Any]) -> str | None:
    """Why a column cannot be a cursor; None if it can."""
    kind = logical_type(type_)
    if kind.name in KINDS:
        return None
    return f"cursor={name!r} is {kind}; a cursor is a timestamp, a date, an integer or a decimal."


def lag_problems(lag: object) -> Iterator[str]:
    """What is wrong with a lag, whatever the type of the cursor."""
    lag = _number_of(lag)
    if lag is None or _is_zero(lag):
        return
    if is_number(lag):
        if isinstance(lag, float) or lag < 0:  # type: ignore[operator]
            yield f"lag must be a whole number or a Decimal of at least 0, or a duration, not {lag!r}."
        return
    try:
        parse_duration(lag)
    except ValueError as error:
        yield f"lag: {error}."


def _number_of(lag: Any) -> Any:
    """A number that was given as a string, as by a command or a template; everything else as it is."""
    return Decimal(lag) if isinstance(lag, str) and re.fullmatch(r"\d+(\.\d+)?", lag) else lag


def _is_zero(lag: object) -> bool:
    return lag == dt.timedelta() or (is_number(lag) and lag == 0)


def lag_for(type_: TypeEngine[Any], lag: Any, name: str) -> Lag:
    """A lag as what is subtracted from a cursor.

    Args:
        type_: The type of the cursor.
        lag: What the caller said, without problems.
        name: The cursor.

    Raises:
        ConfigurationError: If the cursor has numbers, and the lag is a duration; or if it has moments, and the lag is
            longer than any duration.
    """
    kind = logical_type(type_)
    moments, lag = kind.name in ("date", "timestamp"), _number_of(lag)
    if lag is None or _is_zero(lag):
        return dt.timedelta() if moments else 0
    if moments:
        try:
            return parse_duration(lag)
        except ValueError as error:  # of a number, which is one for a cursor of numbers
            raise ConfigurationError(f"lag: {error}.") from None
    if not is_number(lag):
        raise ConfigurationError(f"lag={lag!r}: the cursor {name!r} is {kind}, and its lag a number.")
    return Decimal(str(lag))


def lowered(value: Any, lag: Any) -> Any:
    """A watermark minus a lag; None if that is before every value."""
    try:
        if isinstance(value, dt.datetime):
            return value - lag
        if isinstance(value, dt.date):
            return value - dt.timedelta(days=math.ceil(lag / dt.timedelta(days=1)))
    except OverflowError:
        return None
    return value - math.ceil(lag) if isinstance(value, int) else Decimal(value) - lag


def continues(value: Any, type_: TypeEngine[Any]) -> bool:
    """Whether a recorded value can be compared with a cursor: its type can have changed since."""
    kind = logical_type(type_)
    if isinstance(value, dt.datetime):
        return kind.name == "timestamp" and kind.zoned is (value.tzinfo is not None)
    return kind.name == "date" if isinstance(value, dt.date) else kind.name in ("integer", "decimal")
