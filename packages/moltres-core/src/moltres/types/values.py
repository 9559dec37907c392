"""Whether a column of a type holds values as they are: asked where no database binds the values to the type."""

from __future__ import annotations

import datetime as dt
import struct
from collections import deque
from decimal import Context, Decimal, Inexact, InvalidOperation
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from itertools import repeat
from math import isinf, isnan
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .._shared.arguments import is_unicode
from .._shared.wording import repr_of
from . import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .logical import LogicalType, Within

_CLASSES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "decimal": (Decimal, int),
    "float": (float, int),
    "text": (str,),
    "binary": (bytes, bytearray, memoryview),
    "date": (dt.date,),
    "timestamp": (dt.datetime,),
    "time": (dt.time,),
    "interval": (dt.timedelta,),
    "uuid": (UUID,),
    "array": (list, tuple),
}
_ADDRESSES = (IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network)


def shown(value: Any) -> str:
    """A value and its type, for an error."""
    return f"{repr_of(value, 60)} ({type(value).__name__})"


def unfit(type_: LogicalType, values: Iterable[Any]) -> str | None:
    """Why a column of a type does not hold all values as they are.

    Args:
        type_: What the column can hold.
        values: Values of Python; None is NULL and fits everywhere.

    Returns:
        The first value that would be changed or refused, and why; None if there is none, or nobody knows.
    """
    if type_.within is not None:
        return _unfit_within(type_.within, values)
    if type_.name in {"unknown", "other"}:
        return None
    present = values if isinstance(values, tuple | list) else list(values)
    classes = set(map(type, present))
    if type(None) in classes:
        present = [value for value in present if value is not None]
        classes.discard(type(None))
    if type_.name == "json":
        return _unfit_documents(present)
    allowed = _CLASSES[type_.name]
    for cls in classes:
        if cls in allowed or (type_.name == "text" and cls in _ADDRESSES):
            continue
        # A bool is an int and a datetime a date, but not to a database.
        if (
            not issubclass(cls, allowed)
            or issubclass(cls, bool)
            or (type_.name == "date" and issubclass(cls, dt.datetime))
        ):
            wrong = next(value for value in present if type(value) is cls)
            return f"{shown(wrong)} is no {type_.name}"
    check = _CHECKS.get(type_.name)
    return None if check is None else check(type_, present)


def _first(values: Sequence[Any], wrong: Callable[[Any], bool], why: str) -> str | None:
    found = next((value for value in values if wrong(value)), None)
    return None if found is None else f"{shown(found)} {why}"


def _unfit_documents(values: Sequence[Any]) -> str | None:
    for value in values:
        try:
            documents.write(value)
        except ValueError as error:
            return str(error)
    return None


def _unfit_integers(type_: LogicalType, values: Sequence[int]) -> str | None:
    bits = type_.bits or 64
    unsigned = bits % 2 == 1  # one bit more than the column has, for the sign of what holds it
    if not values or (min(values) >= (0 if unsigned else -(2 ** (bits - 1))) and max(values) < 2 ** (bits - 1)):
        return None
    if unsigned and min(values) < 0:
        return _first(values, lambda value: value < 0, "is negative, and the column has no sign")
    return _first(
        values, lambda value: not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1), f"needs more than {bits} bits"
    )


def _unfit_decimals(type_: LogicalType, values: Sequence[Decimal | int]) -> str | None:
    if type_.scale is None:
        return None
    if _are_decimals(type_.precision or 0, type_.scale, values):
        return None
    scale, whole = type_.scale, (type_.precision or 0) - type_.scale
    limit = Decimal(10) ** whole

    def wrong(value: Decimal | int) -> bool:
        number = Decimal(value)
        if not number.is_finite():
            return False  # whether a column holds NaN and infinity is for the database to say
        _, digits, exponent = number.as_tuple()
        surplus = -int(exponent) - scale
        # Zeros at the end say nothing: only other digits would be lost.
        return (surplus > 0 and any(digits[-surplus:])) or number.copy_abs() >= limit

    return _first(values, wrong, f"does not fit decimal({type_.precision}, {type_.scale})")


def _are_decimals(precision: int, scale: int, values: Sequence[Decimal | int]) -> bool:
    """Whether all values are of so many digits; of any other, such as NaN, nothing is said."""
    if not 0 <= scale <= precision or precision < 1:
        return False
    context = Context(prec=precision, traps=[Inexact, InvalidOperation])
    try:
        deque(map(context.quantize, values, repeat(Decimal(1).scaleb(-scale))), maxlen=0)
    except (Inexact, InvalidOperation, TypeError):
        return False
    return True


def _unfit_floats(type_: LogicalType, values: Sequence[float]) -> str | None:
    if int in set(map(type, values)):
        found = _first(values, lambda value: type(value) is int and not _is_float(value), "is too long for a float")
        if found is not None:
            return found
    if type_.bits == 32:
        return _first(values, lambda value: not _is_short(float(value)), "has more digits than a float of 32 bits")
    return None


def _is_float(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def float_of(text: str) -> float | None:
    """The float that the digits of a number say; None if there is none but infinity, or 0 for what is not 0."""
    found = float(text)
    digits = text.lower().partition("e")[0]
    return None if isinf(found) or (not found and any(digit in digits for digit in "123456789")) else found


def _is_short(value: float) -> bool:
    """Whether a float is one of 32 bits, or the shortest decimal form of one, which is how databases write them."""
    if isnan(value):
        return True
    try:
        (short,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return False
    return short == value or any(float(f"{short:.{digits}g}") == value for digits in _digits(short))


def shortest(value: float) -> float:
    """The shortest decimal form of a float of 32 bits, which is how databases write it."""
    return next((found for n in _digits(value) if _rounds_to(found := float(f"{value:.{n}g}"), value)), value)


def _digits(short: float) -> range:
    """How many digits the shortest decimal form of a float of 32 bits may have: fewer than usual next to 0."""
    return range(6 if abs(short) >= _LEAST_NORMAL else 1, 10)


_LEAST_NORMAL = 2.0**-126


def _rounds_to(found: float, value: float) -> bool:
    try:
        return bool(struct.unpack("f", struct.pack("f", found))[0] == value)
    except OverflowError:
        return False


def _unfit_texts(type_: LogicalType, values: Sequence[Any]) -> str | None:
    try:
        ("".join(values) if set(map(type, values)) <= {str} else "".join(map(str, values))).encode()
    except UnicodeEncodeError:
        return _first(
            values, lambda value: not is_unicode(str(value)), "has half of a surrogate pair, which is no text"
        )
    if type_.length is None:
        return None
    if type_.padded:
        return _first(
            values,
            lambda value: len(value) != type_.length,
            f"is not of {type_.length} characters: a column of fixed length fills up or cuts off blanks",
        )
    return _first(values, lambda value: len(value) > (type_.length or 0), f"is longer than {type_.length} characters")


def _unfit_moments(type_: LogicalType, values: Sequence[dt.datetime | dt.time]) -> str | None:
    why = "has no time zone" if type_.zoned else "has a time zone"
    right = not type_.zoned and set(map(attrgetter("tzinfo"), values)) <= {None}
    found = None if right else _first(values, lambda value: (value.tzinfo is None) is type_.zoned, why)
    if found is not None or type_.scale is None or type_.scale >= 6:
        return found
    unit = 10 ** (6 - type_.scale)
    return _first(
        values, lambda value: value.microsecond % unit, f"has more than {type_.scale} digits after the second"
    )


def _unfit_intervals(type_: LogicalType, values: Sequence[dt.timedelta]) -> str | None:
    if type_.precision is None:
        return None
    unit = dt.timedelta(microseconds=type_.precision)
    return _first(values, lambda value: bool(value % unit), f"is no multiple of {unit}, the unit of the column")


_FORMS: dict[str, Any] = {"list": (list, tuple), "map": (dict,), "struct": (dict,)}


def _unfit_within(within: Within, values: Iterable[Any]) -> str | None:
    """The same for values that have parts, of which each is looked at."""
    kinds = dict(within.parts)
    value: Any
    for value in values:
        if value is None:
            continue
        if within.kind == "union":
            reasons = [_unfit_part(kind, value) for kind in kinds.values()]
            reason = None if None in reasons else f"{shown(value)} is none of its members"
        elif not isinstance(value, _FORMS[within.kind]):
            reason = f"{shown(value)} is no {within.kind}"
        elif within.kind == "struct" and value.keys() != kinds.keys():
            reason = f"{shown(value)} has not the fields {', '.join(map(repr, kinds))}"
        else:
            if within.kind == "struct":
                given = value.items()
            elif within.kind == "map":
                given = [*(("key", key) for key in value), *(("value", one) for one in value.values())]
            else:
                given = ((name, item) for item in value for name in kinds)
            reason = next((why for name, one in given if (why := _unfit_part(kinds[name], one))), None)
        if reason is not None:
            return reason
    return None


def _unfit_part(type_: LogicalType, value: Any) -> str | None:
    # Within others a database reads a string as the document that it writes.
    is_text = type_.name == "json" and type_.within is None and isinstance(value, str)
    return f"{shown(value)} is no json" if is_text else unfit(type_, [value])


def _unfit_arrays(type_: LogicalType, values: Sequence[Sequence[Any]]) -> str | None:
    return None if type_.item is None else unfit(type_.item, [item for value in values for item in value])


_CHECKS: dict[str, Callable[[LogicalType, Sequence[Any]], str | None]] = {
    "integer": _unfit_integers,
    "decimal": _unfit_decimals,
    "float": _unfit_floats,
    "text": _unfit_texts,
    "timestamp": _unfit_moments,
    "time": _unfit_moments,
    "interval": _unfit_intervals,
    "array": _unfit_arrays,
}
