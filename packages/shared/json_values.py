"""Values as plain JSON, for reports, outputs and contexts: readable, with every digit, and never refused by a reader.

What has to come back as it was (rows between tasks) is encoded with marks instead, which is another decision.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import PurePath
from typing import Any
from uuid import UUID

from .durations import iso_duration
from .problems import NoJSONFormError

__all__ = ["non_finite", "plain"]

_DEEPEST = 100
_MOST_BITS = 3_300  # of an integer: readers of JSON, such as Jackson, refuse more than 1 000 digits
_PRINTED = (
    Decimal, UUID, PurePath, IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Form:
    longest: int | None
    printed: bool
    storable: bool


def plain(
    value: Any, name: str = "value", *, longest: int | None = None, printed: bool = False, storable: bool = False
) -> Any:
    """A value as JSON can hold it.

    Decimals become strings with all digits, NaN and the infinities ``"NaN"``, ``"Infinity"``, ``"-Infinity"``, dates,
    times and durations ISO 8601, bytes hexadecimal, enums their value, sets sorted lists, dataclasses and what has
    ``to_dict`` objects; numbers and arrays of NumPy and pandas become Python's, NaT and NA null. Lone surrogates, which
    UTF-8 cannot hold, become U+FFFD.

    Args:
        value: What to convert; mappings, lists, tuples and sets are converted in depth.
        name: What to call the value in an error.
        longest: Cut strings to so many characters, with an ellipsis.
        printed: Convert a value of any other type by ``str``, instead of refusing it.
        storable: Replace NUL characters, which databases refuse, by U+FFFD.

    Returns:
        None, bool, int, finite float, str, list and dict only.

    Raises:
        NoJSONFormError: A value of a type that has no form in JSON, named with its path; one nested 100 deep; keys or
            labels that would be one in JSON; an integer of more than about 1 000 digits.
    """
    return _plain(value, name, 0, _Form(longest, printed, storable))


def _plain(value: Any, path: str, depth: int, form: _Form) -> Any:  # noqa: C901, PLR0911, PLR0912 - a branch for each kind
    if depth > _DEEPEST:
        raise NoJSONFormError(f"{path} is nested more than {_DEEPEST} deep, or contains itself.")
    if type(value).__name__ in ("NaTType", "NAType"):  # of pandas; NaT calls itself a datetime
        return None
    match value:
        case Enum():
            return _plain(value.value, path, depth + 1, form)
        case None | bool():
            return value
        case int():
            return _integer(int(value), path, form)
        case float():
            return float(value) if math.isfinite(value) else non_finite(value)
        case str():
            return _string(value, form)
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return _duration(value)
        case bytes() | bytearray() | memoryview():
            shown = value if form.longest is None else bytes(value[: form.longest // 2 + 1])
            return _string("0x" + bytes(shown).hex(), form)
        case list() | tuple():
            return [_plain(item, f"{path}[{index}]", depth + 1, form) for index, item in enumerate(value)]
        case set() | frozenset():
            return sorted((_plain(item, path, depth + 1, form) for item in value), key=repr)
    if isinstance(value, _PRINTED):
        return _string(str(value), form)
    if callable(getattr(value, "to_dict", None)) and _has_unique_labels(value, path, form):
        return _plain(value.to_dict(), path, depth + 1, form)
    if isinstance(value, Mapping):
        return _object(value.items(), path, depth, form)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return _object(fields, path, depth, form)
    if type(value).__module__.partition(".")[0] in ("numpy", "pandas"):
        return _plain(_scientific(value), path, depth + 1, form)
    if form.printed:
        return _string(str(value), form)
    raise NoJSONFormError(
        f"{path} is of type {type(value).__module__}.{type(value).__qualname__}, which has no form in JSON.",
        suggestion="Give numbers, strings, dates, lists or mappings.",
    )


def _duration(value: Any) -> str:
    """A duration in ISO 8601; a Timedelta of pandas may have nanoseconds."""
    return str(value.isoformat()) if getattr(value, "nanoseconds", 0) else iso_duration(value)


def _integer(value: int, path: str, form: _Form) -> int | str:
    if value.bit_length() <= _MOST_BITS:
        return value
    if form.printed:
        return _string(hex(value), form)
    raise NoJSONFormError(
        f"{path} is an integer of more digits than readers of JSON take.", suggestion="Give a string."
    )


def _object(items: Iterable[tuple[Any, Any]], path: str, depth: int, form: _Form) -> dict[str, Any]:
    """The items of a mapping, of which two may have one key in JSON, as 1 and "1": printed, such a key is its repr."""
    made: dict[str, Any] = {}
    for key, item in items:
        name = _key(key, form)
        if name in made:
            if not form.printed:
                raise NoJSONFormError(f"{path} has several keys that are {name!r} in JSON.")
            name = _string(repr(key), form)
        made[name] = _plain(item, f"{path}.{key}", depth + 1, form)
    return made


def _has_unique_labels(value: Any, path: str, form: _Form) -> bool:
    """Whether the dict of a frame or series of pandas has all of its rows: one label has one of them there."""
    if all(getattr(axis, "is_unique", True) for axis in getattr(value, "axes", None) or ()):
        return True
    if form.printed:
        return False
    raise NoJSONFormError(
        f"{path} has rows or columns of the same label, of which JSON would have one.",
        suggestion="Give to_dict('records'), or reset_index() first.",
    )


def _key(key: Any, form: _Form) -> str:
    return _string(str(key.value if isinstance(key, Enum) else key), form)


def _scientific(value: Any) -> Any:
    """A scalar or array of NumPy or pandas as a value of Python; nanoseconds, which Python lacks, as a string."""
    if getattr(getattr(value, "dtype", None), "kind", "") in "mM":
        return [str(item) for item in value] if getattr(value, "ndim", 0) else str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def _string(value: str, form: _Form) -> str:
    if form.longest is not None and len(value) > form.longest:
        value = value[: form.longest] + "…"
    if form.storable:
        value = value.replace("\0", "\ufffd")
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def non_finite(value: float) -> str:
    """How NaN and the infinities are written."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
