"""Casts as other databases do them: SQLite's own never fail, and know four types.

``CAST('2024-05-01' AS DATE)`` is 2024 there, ``CAST('12abc' AS INTEGER)`` is 12, ``CAST(1.7 AS INTEGER)`` is 1, and
``CAST('{}' AS JSON)`` is 0: the type only says which of the storage classes the value gets
(https://www.sqlite.org/lang_expr.html#castexpr). Here a value is converted as a whole, or the statement fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, and_, case, cast, func, literal_column, not_, or_, true
from sqlalchemy import types as sql

from ...types.logical import LogicalType, logical_type
from ..base.refusals import REFUSED, REFUSED_END
from ..sql.converted import FALSE_WORDS, TRUE_WORDS, require_meaning
from ..sql.moments import in_one_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..sql.converted import Converted

_MOST_DIGITS = 15
"""Of a number that a float gives back."""


class _Given(NamedTuple):
    """A value, its type, and that of the cast."""

    value: ColumnElement[Any]
    source: LogicalType
    target: LogicalType

    @property
    def text(self) -> ColumnElement[Any]:
        """The value without blanks around it, as a string may have them."""
        trimmed: ColumnElement[Any] = func.trim(self.value)
        return trimmed


_Forms: TypeAlias = "list[tuple[ColumnElement[bool], Any]]"
"""Conditions, and what the value is converted to under the first that holds."""


class _Casts:
    """Mixed into SQLAlchemy's compiler."""

    def visit_converted(self, element: Converted, **options: Any) -> str:
        if isinstance(element.type, sql.TypeDecorator):
            return str(self.visit_cast(element, **options))  # type: ignore[attr-defined]  # of the compiler
        given = _Given(element.clause, logical_type(element.clause.type), logical_type(element.type))
        require_meaning("SQLite", given.source, given.target)
        convert = _CONVERSIONS[given.target.name]
        converted = _or_refused(given, convert(given))
        length = getattr(element.type, "length", None)
        if given.target.name == "text" and length is not None:
            converted = func.substr(converted, _number(1), _number(length))
        return str(self.process(converted.self_group(), **options))  # type: ignore[attr-defined]  # as above


def with_casts(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for SQLite, with such casts.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"Casts{base.__name__}", (_Casts, base), {})


def _or_refused(given: _Given, forms: _Forms) -> ColumnElement[Any]:
    """The first form whose condition holds, NULL for NULL, or an error that says the value."""
    before, after = _text(f"{REFUSED}a cast of "), _text(f", which is no {given.target.name}{REFUSED_END}")
    # A path that is none is an error which repeats it.
    failure = func.json_extract(_text("{}"), before.op("||")(func.quote(given.value)).op("||")(after))
    return case((given.value.is_(None), None), *forms, else_=failure)


def _text(value: str) -> ColumnElement[str]:
    quoted = value.replace("'", "''")
    return literal_column(f"'{quoted}'", sql.String())


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), sql.BigInteger())


def _is(value: ColumnElement[Any], *classes: str) -> ColumnElement[bool]:
    return func.typeof(value).in_([_text(one) for one in classes])


def _like(value: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    return func.glob(_text(pattern), value, type_=sql.Boolean())


def _unsigned(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A trimmed string without one sign."""
    return case((_like(text, "[-+]*"), func.substr(text, _number(2))), else_=text)


def _bare(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """An unsigned number without the zeros that it begins with, as JSON writes one."""
    rest = func.ltrim(_unsigned(text), _text("0"))
    return case((or_(rest == _text(""), _like(rest, "[.eE]*")), _text("0").op("||")(rest)), else_=rest)


def _says_integer(text: ColumnElement[Any]) -> ColumnElement[bool]:
    body, bare = _unsigned(text), _bare(text)
    most = _text(str(2**63 - 1))
    digits = and_(body != _text(""), not_(_like(body, "*[^0-9]*")))
    return and_(digits, or_(func.length(bare) < _number(19), and_(func.length(bare) == _number(19), bare <= most)))


def _says_number(text: ColumnElement[Any]) -> ColumnElement[bool]:
    body, bare = _unsigned(text), _bare(text)
    plain = and_(_like(body, "[.0-9]*"), not_(_like(body, "*[^0-9.eE+-]*")), func.json_valid(bare, type_=sql.Boolean()))
    return and_(plain, func.abs(cast(text, sql.REAL)) <= literal_column("1.7976931348623157e308"))


def _significant(text: ColumnElement[Any]) -> ColumnElement[int]:
    """The digits of a number in a string, but those of an exponent."""
    body = func.lower(_unsigned(text))
    mantissa = func.substr(body, _number(1), func.instr(body.op("||")(_text("e")), _text("e")) - _number(1))
    digits: ColumnElement[int] = func.length(func.ltrim(func.replace(mantissa, _text("."), _text("")), _text("0")))
    return digits


def _to_integer(given: _Given) -> _Forms:
    value, text = given.value, given.text
    fits = and_(_is(value, "real"), func.abs(value) < literal_column("9.2e18"))
    return [
        (_is(value, "integer"), value),
        (fits, cast(func.round(value), sql.BigInteger)),
        (and_(_is(value, "text"), _says_integer(text)), cast(text, sql.BigInteger)),
    ]


def _to_float(given: _Given) -> _Forms:
    value, text = given.value, given.text
    return [
        (_is(value, "integer", "real"), cast(value, sql.REAL)),
        (and_(_is(value, "text"), _says_number(text)), cast(text, sql.REAL)),
    ]


def _to_decimal(given: _Given) -> _Forms:
    value, text, (precision, scale) = given.value, given.text, (given.target.precision, given.target.scale)
    of_text = cast(text, sql.Numeric)
    exact = or_(_says_integer(text), _significant(text) <= _number(_MOST_DIGITS))
    forms = []
    for number, condition in (
        (value, _is(value, "integer", "real")),
        (of_text, and_(_is(value, "text"), _says_number(text), exact)),
    ):
        rounded: ColumnElement[Any] = number
        fits: ColumnElement[bool] = true()
        if scale is not None:
            rounded = case((_is(number, "integer"), number), else_=func.round(number, _number(max(scale, 0))))
            if precision is not None:
                fits = func.abs(rounded) < literal_column(f"1e{precision - scale}")
        forms.append((and_(condition, fits), rounded))
    return forms


def _to_boolean(given: _Given) -> _Forms:
    value, word = given.value, func.lower(given.text)
    zero, one = _number(0), _number(1)
    return [
        (_is(value, "integer", "real"), case((value == zero, zero), else_=one)),
        (and_(_is(value, "text"), word.in_([_text(one) for one in TRUE_WORDS])), one),
        (and_(_is(value, "text"), word.in_([_text(one) for one in FALSE_WORDS])), zero),
    ]


def _written(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A float with the fewest digits that give it back, of which SQLite's own cast writes 15."""
    short, longer, longest = (cast(value, sql.Text), *(func.printf(_text(f"%!.{most}g"), value) for most in (16, 17)))
    same = [(cast(form, sql.REAL) == value, form) for form in (short, longer)]
    return case((not_(_is(value, "real")), short), *same, else_=longest)


def _to_text(given: _Given) -> _Forms:
    value, source = given.value, given.source
    if source.name == "boolean":
        value = case((value == _number(1), _text("true")), (value == _number(0), _text("false")), else_=value)
    elif source.name in {"timestamp", "time"} and not source.zoned:
        value = in_one_form(value, source.name)
    elif source.name == "float":
        value = _written(value)
    return [(true(), cast(value, sql.Text))]


def _is_day(text: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a string begins with a day that there is; SQLite itself takes February 31 for March 2."""
    day = func.substr(text, _number(1), _number(10))
    return and_(_like(text, "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"), func.date(day, _text("+0 days")) == day)


def _is_moment(text: ColumnElement[Any]) -> ColumnElement[bool]:
    rest = func.substr(text, _number(11))
    clock = and_(_like(rest, "[ T][0-9][0-9]:[0-9][0-9]*"), not_(_like(rest, "*[Z+-]*")))
    return and_(_is_day(text), or_(rest == _text(""), and_(clock, func.datetime(text).is_not(None))))


def _is_time(text: ColumnElement[Any]) -> ColumnElement[bool]:
    plain = and_(_like(text, "[0-9][0-9]:[0-9][0-9]*"), not_(_like(text, "*[Z+-]*")))
    return and_(plain, func.time(text).is_not(None))


def _to_date(given: _Given) -> _Forms:
    day = func.substr(given.text, _number(1), _number(10))
    return [(and_(_is(given.value, "text"), _is_moment(given.text)), day)]


def _to_timestamp(given: _Given) -> _Forms:
    if given.target.zoned:
        return [(true(), given.value)]
    return [(and_(_is(given.value, "text"), _is_moment(given.text)), in_one_form(given.text, "timestamp"))]


def _to_time(given: _Given) -> _Forms:
    text = given.text
    if given.source.name == "timestamp":
        clock = func.substr(in_one_form(text, "timestamp"), _number(12))
        return [(and_(_is(given.value, "text"), _is_moment(text)), clock)]
    return [(and_(_is(given.value, "text"), _is_time(text)), in_one_form(text, "time"))]


def _to_json(given: _Given) -> _Forms:
    return [(and_(_is(given.value, "text"), func.json_valid(given.value, type_=sql.Boolean())), given.value)]


def _to_binary(given: _Given) -> _Forms:
    return [(_is(given.value, "text", "blob"), cast(given.value, sql.BLOB))]


def _to_uuid(given: _Given) -> _Forms:
    """A string must be written as the column has it: in lower case, with hyphens."""
    hexadecimal = "[0-9a-f]"
    pattern = "-".join(hexadecimal * digits for digits in (8, 4, 4, 4, 12))
    return [(_like(given.value, pattern), given.value)]


_CONVERSIONS: dict[str, Callable[[_Given], _Forms]] = {
    "integer": _to_integer,
    "float": _to_float,
    "decimal": _to_decimal,
    "boolean": _to_boolean,
    "text": _to_text,
    "date": _to_date,
    "timestamp": _to_timestamp,
    "time": _to_time,
    "json": _to_json,
    "binary": _to_binary,
    "uuid": _to_uuid,
}
"""By the type of a cast, how it converts."""
