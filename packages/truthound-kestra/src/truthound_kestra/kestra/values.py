"""Any value as plain JSON values: what Kestra's output protocol, YAML and reports can hold."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from truthound_kestra.errors import OutputError
from truthound_kestra.kestra.durations import iso_duration

__all__ = ["plain"]

_DEEPEST = 100


def plain(value: Any, name: str = "value") -> Any:
    """A value as JSON can hold it.

    NaN and the infinities become text (``"NaN"``, ``"Infinity"``, ``"-Infinity"``: Kestra drops a whole line that holds
    the bare words), decimals text with all digits, dates and times ISO 8601, durations ISO 8601, bytes hexadecimal,
    enums their value, dataclasses and anything with ``to_dict`` an object. NUL characters and lone surrogates, which
    databases behind Kestra refuse, become U+FFFD.

    Args:
        value: What to convert; mappings, lists, tuples and sets are converted in depth.
        name: What to call the value in an error.

    Returns:
        None, bool, int, finite float, str, list and dict only.

    Raises:
        OutputError: A value of a kind that has no form in JSON, named with its path.
    """
    return _plain(value, name, 0)


def _plain(value: Any, path: str, depth: int) -> Any:  # noqa: C901, PLR0911, PLR0912 - a branch for each kind of value
    if depth > _DEEPEST:
        raise OutputError(f"{path} is nested more than {_DEEPEST} deep, or contains itself.")
    if type(value).__name__ in ("NaTType", "NAType"):  # of pandas; NaT calls itself a datetime
        return None
    match value:
        case Enum():
            return _plain(value.value, path, depth + 1)
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else _non_finite(value)
        case str():
            return _text(value)
        case Decimal() | UUID() | PurePath():
            return _text(str(value))
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            seconds = value.total_seconds()
            return iso_duration(seconds) if seconds >= 0 else "-" + iso_duration(-seconds)
        case bytes() | bytearray() | memoryview():
            return "0x" + bytes(value).hex()
        case list() | tuple():
            return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
        case set() | frozenset():
            return sorted((_plain(item, path, depth + 1) for item in value), key=repr)
    if callable(getattr(value, "to_dict", None)):
        return _plain(value.to_dict(), path, depth + 1)
    if isinstance(value, Mapping):
        return {_text(str(_key(key))): _plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {key: _plain(item, f"{path}.{key}", depth + 1) for key, item in fields.items()}
    if type(value).__module__.partition(".")[0] in ("numpy", "pandas"):
        return _plain(_scientific(value), path, depth + 1)
    raise OutputError(
        f"{path} is of type {type(value).__module__}.{type(value).__qualname__}, which has no form in JSON.",
        suggestion="Send numbers, text, dates, lists or dicts; anything else belongs into a file (outputFiles).",
    )


def _key(key: Any) -> Any:
    return key.value if isinstance(key, Enum) else key


def _scientific(value: Any) -> Any:
    """A scalar or array of numpy or pandas as a value of Python."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def _text(value: str) -> str:
    value = value.replace("\0", "\ufffd")
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
