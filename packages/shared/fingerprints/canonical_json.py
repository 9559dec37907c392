r"""The canonical form of a JSON document: two documents have the same one if they mean the same.

1. No white space between tokens; objects by their keys, in the order of the code points of what stands between the
   quotes in this form. Of a key that an object says twice, the last value counts.
2. Numbers by value, exactly, in scientific form: ``1.5E0`` for 1.50, ``1.0E2`` for 100, ``0.0E0`` for every zero.
3. Strings with every escape resolved but that of the quote and of the backslash: ``"é"`` for ``"\u00e9"``.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from math import isfinite
from typing import Any, Final

__all__ = ["canonical_json", "document_of", "scientific"]

_ZERO: Final = "0.0E0"
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]\.[0-9]+E-?[0-9]+', re.DOTALL)
_PLAIN: Final = range(-7, 21)
"""The exponents of numbers that are shown without one."""


def canonical_json(value: Any) -> str | None:
    """The canonical form of a document.

    Args:
        value: JSON as a string; or a document in types of Python that is no string, with numbers that are finite.

    Returns:
        None if it is no JSON, has halves of characters that UTF-8 does not know, or is nested more deeply than Python
        reads.
    """
    try:
        found = _written(_decoder.decode(value) if isinstance(value, str) else value)
        found.encode()
    except (ValueError, RecursionError):
        return None
    return found


def document_of(form: str) -> str:
    """A document as JSON that people read: numbers without an exponent where they are short, strings with escapes.

    Args:
        form: Its canonical form.
    """
    return _TOKEN.sub(lambda found: _shown(found[0]), form)


def _shown(token: str) -> str:
    if token.startswith('"'):
        return json.dumps(json.loads(token, strict=False), ensure_ascii=False)
    exponent = int(token.partition("E")[2])
    if exponent not in _PLAIN:
        return token
    digits = format(Decimal(token), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def scientific(digits: str) -> str:
    """A number of JSON in scientific form.

    Args:
        digits: The number as JSON has it.
    """
    mantissa, _, power = digits.lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    every = whole + fraction
    significant = every.lstrip("0")
    exponent = len(whole) - 1 - (len(every) - len(significant)) + int(power or "0")
    significant = significant.rstrip("0")
    return f"{sign}{significant[0]}.{significant[1:] or '0'}E{exponent}" if significant else _ZERO


class _Number(str):
    """A number in its canonical form."""

    __slots__ = ()


def _number(digits: str) -> _Number:
    return _Number(scientific(digits))


def _constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


_decoder = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_constant)


def _written(value: Any) -> str:
    match value:
        case _Number():
            return value
        case str():
            return f'"{_escaped(value)}"'
        case dict():
            pairs = sorted((_escaped(key), _written(item)) for key, item in value.items())
            return "{" + ",".join(f'"{key}":{item}' for key, item in pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int() | Decimal() | float() if isfinite(value):
            return scientific(str(value))
        case _:
            raise ValueError(f"JSON has no form for {type(value).__name__}")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
