"""Values on their way into a column, one by one: strings as the values that they write, or why there is none."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from .._shared.moments import is_finer
from ..types.foreign import as_python
from ..types.values import float_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..types.logical import LogicalType

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False}


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _float(text: str) -> float:
    found = float_of(text) if _NUMBER.fullmatch(text) else None
    if found is None:
        raise ValueError
    return found


def _no_finer(text: str) -> str:
    if is_finer(text):
        raise ValueError
    return text


READERS: Final[dict[str, Callable[[str], Any]]] = {
    "integer": _whole,
    "decimal": _decimal,
    "float": _float,
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "date": dt.date.fromisoformat,
    "timestamp": lambda text: dt.datetime.fromisoformat(_no_finer(text)),
    "time": lambda text: dt.time.fromisoformat(_no_finer(text)),
    "uuid": UUID,
}
"""By family of types: what a string stands for there."""


def converted(kind: LogicalType, values: Sequence[Any]) -> tuple[list[Any], dict[int, str]]:
    """Values as a column of a type takes them.

    Args:
        kind: What the column holds.
        values: The values, of any source.

    Returns:
        The values, with None in the place of those that cannot be converted, and why, by their place.
    """
    faults: dict[int, str] = {}
    try:
        plain = list(as_python(values))
    except (TypeError, ValueError):
        plain = list(values)
        for place, value in enumerate(values):
            try:
                (plain[place],) = as_python([value])
            except (TypeError, ValueError) as error:
                plain[place], faults[place] = None, str(error)
    read = READERS.get(kind.name)
    if read is not None and str in set(map(type, plain)):
        for place, value in enumerate(plain):
            if type(value) is not str:
                continue
            try:
                plain[place] = read(value)
            except (ValueError, KeyError, InvalidOperation, OverflowError):
                plain[place], faults[place] = None, f"{shown(value)} is no {kind.name}"
    if kind.name == "float":
        plain = [float(value) if type(value) is int and _is_exact(value) else value for value in plain]
    return plain, faults


def _is_exact(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False
