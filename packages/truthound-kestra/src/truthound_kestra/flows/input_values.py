"""Values of inputs: which of them Kestra reads as they are given. It would read others as something else in silence."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from dq_core.adapters import is_number, is_whole, listing, plain_number, repr_of
from truthound_kestra.flows.expressions import holds_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Limits", "pattern_problem", "value_problem"]

_INTEGER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MOST: Final = 2**31 - 1
# What the parsers of java.time take, as far as Python can tell.
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?", re.ASCII)
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.IGNORECASE | re.ASCII
)
_DURATION: Final = re.compile(
    r"[-+]?P(?=.)([-+]?\d+D)?(T(?=.)([-+]?\d+H)?([-+]?\d+M)?([-+]?\d+([.,]\d{0,9})?S)?)?", re.IGNORECASE | re.ASCII
)
_URI: Final = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*:([^\s%<>"{}|\\^`]|%[0-9A-Fa-f]{2})+""")
_EMAIL: Final = re.compile(r"[a-zA-Z0-9_!#$%&’*+/=?`{|}~^.-]+@[a-zA-Z0-9.-]+")  # noqa: RUF001 - as Kestra writes it
# What regular expressions have in Java and not in Python, or with another meaning.
_JAVA_ONLY: Final = re.compile(r"\(\?<[A-Za-z]|\\[pPQERhHvVXzGk]|.\(\?[a-zA-Z-]+[):]|&&|\[[^\]]*\[")
# What they have in Python and not in Java: there, a brace begins a quantifier, and some groups do not exist.
_PYTHON_ONLY: Final = re.compile(r"\(\?[P#(a]|\{(?!\d+(,\d*)?\})")
_LITERAL: Final = re.compile(r"\\N\{[^}]*\}|\\.|\[\^?\]?(\\.|[^\]\\])*\]", re.DOTALL)
_FILE: Final = ("nsfile://", "file://", "kestra://")


@dataclass(frozen=True)
class Limits:
    """What Kestra holds a value of an input against, besides its type.

    Attributes:
        values: The values of a SELECT or MULTISELECT; empty if any is taken.
        least: The smallest number.
        most: The largest number.
        pattern: The regular expression that a string must match, as Java reads it.
    """

    values: Sequence[str] = ()
    least: float | None = None
    most: float | None = None
    pattern: str | None = None

    def problem(self, kind: str, value: Any) -> str | None:
        """Why Kestra does not take a value of a type; None if it does. What contains an expression is not judged."""
        if holds_expression(value):
            return None
        if kind in ("SELECT", "MULTISELECT"):
            return self._choice_problem(_items(value) if kind == "MULTISELECT" else [value])
        if kind in ("INT", "FLOAT"):
            return self._number_problem(float(value))
        return self._string_problem(value) if isinstance(value, str) else None

    def _choice_problem(self, given: Sequence[Any]) -> str | None:
        wrong = [one for one in given if not (isinstance(one, str) and (holds_expression(one) or one in self.values))]
        return f"{repr_of(wrong[0], 40)} is none of {listing(self.values)}" if wrong and self.values else None

    def _number_problem(self, number: float) -> str | None:
        if self.least is not None and number < self.least:
            return f"it is less than min {self.least!r}"
        return f"it is greater than max {self.most!r}" if self.most is not None and number > self.most else None

    def _string_problem(self, text: str) -> str | None:
        if self.pattern is None or _JAVA_ONLY.search(self.pattern) or pattern_problem(self.pattern):
            return None  # a pattern that is none is told with the validator
        return None if re.fullmatch(self.pattern, text) else "it does not match the validator"


def pattern_problem(pattern: str) -> str | None:
    """Why a pattern is no regular expression, as far as Python can tell; None if it is one."""
    try:
        if _JAVA_ONLY.search(pattern):
            return None
        re.compile(pattern)
    except re.error as error:
        return str(error)
    found = _PYTHON_ONLY.search(_LITERAL.sub("", pattern))
    return None if found is None else f"Java does not read {found[0]!r} there"


def value_problem(kind: str, value: Any, item_type: str | None = None) -> str | None:
    """Why an execution would not start with a value, or would get another one; None if it gets this one.

    What contains an expression is not judged.

    Args:
        kind: Type of the input, as every version of Kestra calls it.
        value: The value.
        item_type: Type of the items of an ARRAY.
    """
    if holds_expression(value):
        return None
    reader = _READERS.get(kind)
    if kind == "ARRAY":
        return _array_problem(value, item_type)
    try:
        if reader is not None:
            reader(value)
    except ValueError as error:
        return str(error)
    return None


def _array_problem(value: Any, item_type: str | None) -> str | None:
    if isinstance(value, str):
        try:
            value = _json(value)
        except ValueError as error:
            return str(error)
    if not isinstance(value, list | tuple):
        return "it must be a list"
    problems = (value_problem(str(item_type), item) for item in value)
    return next((f"{repr_of(item, 40)}: {found}" for item, found in zip(value, problems, strict=True) if found), None)


def _items(value: Any) -> Sequence[Any]:
    """The items of a list, which may be written as JSON."""
    items = _json(value)
    if isinstance(items, list | tuple):
        return items
    raise ValueError("it must be a list")


def _text(value: Any) -> None:
    # Kestra writes a number with an exponent as Java does (1.0E16), and a list or a mapping as Java prints it.
    if isinstance(value, list | tuple | Mapping) or (is_number(value) and "e" in repr(plain_number(value))):
        raise ValueError("write it as a string")


def _int(value: Any) -> None:
    number = int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value
    if not is_whole(number, least=-_MOST - 1, most=_MOST):
        raise ValueError(f"an INT of Kestra is a whole number from {-_MOST - 1} to {_MOST}")


def _float(value: Any) -> None:
    number = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else value
    if not is_number(number):
        raise ValueError("it must be a finite number")
    number = float(plain_number(number))
    kept, seen = _single(number)
    if number not in (kept, seen):
        raise ValueError(f"a FLOAT of Kestra has 32 bits, which make it {seen!r}; use a STRING")


def _single(number: float) -> tuple[float, float]:
    """The number that 32 bits keep of another, and the shortest one of the same bits, which is how it is written."""
    bits = _bits(number)
    if bits is None:
        infinite = math.copysign(math.inf, number)
        return infinite, infinite
    kept = struct.unpack("f", bits)[0]
    shorter = (float(f"{kept:.{digits}g}") for digits in range(1, 10))
    return kept, next(short for short in shorter if _bits(short) == bits)


def _bits(number: float) -> bytes | None:
    try:
        return struct.pack("f", number)
    except OverflowError:
        return None


def _bool(value: Any) -> None:
    if not isinstance(value, bool) and not (isinstance(value, str) and value.lower() in ("true", "false")):
        raise ValueError("Kestra takes whatever is not true for false")


def _date(value: Any) -> None:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return
    dt.date.fromisoformat(_matching(_DATE, value, "2024-02-29"))


def _instant(value: Any) -> None:
    example = "2024-02-29T10:00:00Z, with a zone and at most microseconds"
    written = value.isoformat() if isinstance(value, dt.datetime) else value
    dt.datetime.fromisoformat(_matching(_INSTANT, written, example).upper())


def _time(value: Any) -> None:
    dt.time.fromisoformat(_matching(_TIME, value, "10:11:12")[:8])


def _matching(pattern: re.Pattern[str], value: Any, example: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"write it as in {example}")
    return value


def _json(value: Any) -> Any:
    return json.loads(value, parse_constant=_no_json) if isinstance(value, str) else value


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _yaml(value: Any) -> None:
    try:
        if isinstance(value, str) and yaml.compose(value, Loader=yaml.SafeLoader) is None:
            raise ValueError("it is empty")
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {error}".replace("\n", " ")) from None


def _file(value: Any) -> None:
    if not isinstance(value, str) or not value.startswith(_FILE):
        raise ValueError("a file is given as the URI of a namespace file, as in nsfile:///users.csv")


_READERS: Final[dict[str, Callable[[Any], object]]] = {
    "STRING": _text,
    "INT": _int,
    "FLOAT": _float,
    "BOOL": _bool,
    "DATE": _date,
    "DATETIME": _instant,
    "TIME": _time,
    "DURATION": lambda value: _matching(_DURATION, value, "PT1H30M"),
    "JSON": _json,
    "YAML": _yaml,
    "URI": lambda value: _matching(_URI, value, "https://example.org/a%20b"),
    "EMAIL": lambda value: _matching(_EMAIL, value, "name@example.org"),
    "FILE": _file,
    "MULTISELECT": _items,
}
