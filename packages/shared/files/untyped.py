"""Values of files that declare no types: how a string is read as a number, a date, a boolean, in SQL of DuckDB.

A file of CSV or JSON says nothing about types, so each value is read as what a rule needs, and what cannot be read so
is a value that breaks the rule. Where all values of a column can be read as one type, the column has that type as well,
for what needs a whole column: SQL of users, statistics, profiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import sqlalchemy as sa

from ..infer import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement

__all__ = [
    "DOUBLE_DIGITS", "NUMBER", "ZONED", "Typing", "Written",
    "digits_of", "first_measures", "identity", "is_like", "measures", "read", "string_of", "text_of",
    "typing_at_first", "typing_of", "with_seconds",
]  # fmt: skip

_WHOLE = "[+-]?[0-9]+"
_PLAIN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
_FINITE = rf"({_PLAIN})([eE][+-]?[0-9]+)?"
NUMBER = rf"{_PLAIN}([eE][+-]?[0-9]+)?|[+-]?([iI]nf|[iI]nfinity)|NaN|nan"
#: Numbers that are written as databases write them; ``007`` and ``+1`` are strings with a number in them.
_USUAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|-?([iI]nf|[iI]nfinity)|NaN|nan"
#: Of these, whose digits fit into 64 bits, decimals are exact whatever the column has besides.
_SHORT = r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?"
#: What begins with a letter and can be read as a number or a boolean.
_NO_WORDS = ("inf", "infinity", "nan", "true", "false")
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# DuckDB reads 24:00 as well, as the next day.
_HOUR, _MINUTE = "([01][0-9]|2[0-3])", "[0-5][0-9]"
_CLOCK = rf"{_HOUR}:{_MINUTE}(:{_MINUTE}(\.[0-9]{{1,6}}0*)?)?"
_ZONE = f"(Z|[+-]{_HOUR}(:?{_MINUTE})?)"
ZONED = rf"{_DATE}[T ]{_CLOCK}{_ZONE}"
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
#: Doubles hold every decimal of so many digits, decimals of DuckDB so many.
DOUBLE_DIGITS, _MOST_DIGITS = 15, 38
#: Between these, doubles have all their digits.
_LEAST_DOUBLE, _MOST_DOUBLE = 2.3e-308, 1.7e308


class Written(Protocol):
    """How a file holds a column."""

    @property
    def form(self) -> str:
        """``csv`` for text, ``json`` for tokens of JSON (strings within quotes)."""

    @property
    def number(self) -> str | None:
        """The type that holds all numbers of the column exactly; None if no type does."""

    @property
    def decimal_mark(self) -> str:
        """What stands before the fraction of a number."""


class _Anyhow(NamedTuple):
    form: str
    number: str | None
    decimal_mark: str


class Typing(NamedTuple):
    """What all values of a column have in common.

    Attributes:
        number: The type that holds all its numbers exactly; None if no type does.
        whole: The type that all values can be read as, and its family; None if there is none.
    """

    number: str | None
    whole: tuple[str, str] | None


def text_of(raw: ColumnElement[Any], form: str) -> ColumnElement[Any]:
    """A value as people read it: JSON's strings without quotes."""
    return raw if form == "csv" else sa.case((_is_string(raw), _content(raw)), else_=raw)


def _is_string(raw: ColumnElement[Any]) -> ColumnElement[bool]:
    return sa.func.starts_with(raw, '"', type_=sa.Boolean())


def _content(raw: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.json_extract_string(raw, "$", type_=sa.Text())


def string_of(raw: ColumnElement[Any], form: str) -> ColumnElement[Any]:
    """The text of a value; NULL for a value of JSON that is no string."""
    return raw if form == "csv" else sa.case((_is_string(raw), _content(raw)))


def digits_of(raw: ColumnElement[Any], form: str, decimal_mark: str) -> ColumnElement[Any]:
    """A value as a number is written in SQL."""
    if form == "json":
        return raw
    trimmed = sa.func.trim(raw, type_=sa.Text())
    if decimal_mark == ".":
        return trimmed
    # A point is no decimal mark then: what has one is no number.
    return sa.case((~sa.func.contains(trimmed, "."), sa.func.replace(trimmed, decimal_mark, ".")))


def is_like(value: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Whether a whole string has a form."""
    return sa.func.regexp_full_match(value, pattern, type_=sa.Boolean())


def _tried(value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    return sa.func.try_cast(value.op("AS")(sa.literal_column(type_name)))


def read(raw: ColumnElement[Any], how: Written, family: str) -> ColumnElement[Any]:
    """The value as one of a family; NULL if it cannot be read as one.

    Args:
        raw: The column as the file holds it.
        how: How the file holds it.
        family: The family; numbers of all kinds count as one, and so do dates and timestamps (as timestamps in UTC).
    """
    form, string = how.form, string_of(raw, how.form)
    digits = digits_of(raw, form, how.decimal_mark)
    if family in NUMBERS:
        pattern = {"integer": _WHOLE}.get(family, NUMBER)
        return sa.case((is_like(digits, pattern), _tried(digits, how.number or "DOUBLE")))
    if family in ("date", "datetime"):
        return _moment(string, _DATE if family == "date" else rf"{_DATE}([T ]{_CLOCK})?")
    if family == "text":
        return string
    condition: ColumnElement[bool]
    match family:
        case "boolean":
            condition, value = sa.func.lower(digits).in_(["true", "false"]), _tried(digits, "BOOLEAN")
        case "time":
            condition, value = is_like(string, _CLOCK), _tried(string, "TIME")
        case "uuid":
            condition, value = is_like(string, _UUID), _tried(string, "UUID")
        case "list" | "struct" | "json" if form == "json":
            starts = {"list": ["["], "struct": ["{"]}.get(family, ["[", "{"])
            condition, value = sa.func.substr(raw, 1, 1).in_(starts), raw
        case _:
            return sa.null()
    return sa.case((condition, value))


def with_seconds(string: ColumnElement[Any]) -> ColumnElement[Any]:
    """A moment with a zone as DuckDB reads it: ``10:00Z`` without seconds is none to it."""
    return sa.func.regexp_replace(string, "([T ][0-9]{2}:[0-9]{2})(Z|[+-][0-9:]+)$", r"\1:00\2", type_=sa.Text())


def identity(raw: ColumnElement[Any], how: Written) -> ColumnElement[Any]:
    """What two values that are equal have in common: JSON's numbers have no zeros behind their fraction."""
    if how.form == "csv" or how.number is None:
        return raw
    number = sa.cast(read(raw, how, "decimal"), sa.Text())
    shortest = sa.func.rtrim(sa.func.rtrim(number, "0", type_=sa.Text()), ".", type_=sa.Text())
    return sa.func.coalesce(sa.case((sa.func.contains(number, "."), shortest), else_=number), raw)


def _moment(string: ColumnElement[Any], pattern: str) -> ColumnElement[Any]:
    """A timestamp in UTC without a zone."""
    zoned = sa.func.timezone("UTC", _tried(with_seconds(string), "TIMESTAMPTZ"))
    plain = (is_like(string, pattern), _tried(string, "TIMESTAMP"))
    return sa.case(plain) if pattern == _DATE else sa.case(plain, (is_like(string, pattern[:-1] + _ZONE), zoned))


def measures(raw: ColumnElement[Any], form: str, decimal_mark: str) -> Iterator[tuple[str, ColumnElement[Any]]]:
    """The aggregates that `typing_of` needs."""
    how = _Anyhow(form, "DOUBLE", decimal_mark)
    digits, string = digits_of(raw, form, decimal_mark), string_of(raw, form)
    plain = is_like(digits, _PLAIN)

    def number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return sa.func.count(sa.case((condition, 1)))

    shift = sa.func.coalesce(_tried(sa.func.regexp_extract(digits, "[eE]([+-]?[0-9]+)$", 1), "INTEGER"), 0)
    finite = is_like(digits, _FINITE)

    def most(pattern: str, shifted: ColumnElement[int]) -> ColumnElement[int]:
        length = sa.func.length(sa.func.regexp_extract(digits, pattern, 1)) + shifted
        return sa.func.max(sa.case((finite, sa.func.greatest(length, 0))))

    yield "known", sa.func.count(raw)
    yield "whole", number_of(is_like(digits, _WHOLE))
    yield "plain", number_of(plain)
    yield "number", number_of(is_like(digits, NUMBER))
    yield "usual", number_of(is_like(digits, _USUAL))
    yield "digits", most("^[+-]?0*([0-9]*)", shift)
    yield "scale", most(r"\.([0-9]*)", -shift)
    yield "double", number_of(_is_double(digits))
    yield "boolean", sa.func.count(read(raw, how, "boolean"))
    yield "date", sa.func.count(read(raw, how, "date"))
    yield "datetime", sa.func.count(read(raw, how, "datetime"))
    yield "time", sa.func.count(read(raw, how, "time"))
    if form == "json":
        yield "string", sa.func.count(string)
        yield "nested", sa.func.count(read(raw, how, "json"))


def first_measures(raw: ColumnElement[Any], form: str, decimal_mark: str) -> Iterator[tuple[str, ColumnElement[Any]]]:
    """The aggregates that `typing_at_first` needs: a tenth of the work of `measures`."""
    digits = digits_of(raw, form, decimal_mark)
    point = sa.func.strpos(digits, ".", type_=sa.Integer())
    fraction = sa.case((point > 0, sa.func.length(digits, type_=sa.Integer()) - point), else_=0)
    unsigned = sa.func.ltrim(digits, "-", type_=sa.Text())
    whole = sa.func.length(unsigned, type_=sa.Integer()) - fraction - sa.case((point > 0, 1), else_=0)
    yield "known", sa.func.count(raw)
    yield "short", sa.func.count(sa.case((is_like(digits, _SHORT), 1)))
    if form == "csv":
        # What begins with a letter is no number, date or time.
        word = (digits >= "A") & sa.func.lower(digits).not_in(_NO_WORDS)
        yield "words", sa.func.count(sa.case((word, 1)))
    # The zero before a point, or alone, is no digit.
    yield "digits", sa.func.max(sa.case((sa.func.starts_with(unsigned, "0", type_=sa.Boolean()), 0), else_=whole))
    yield "scale", sa.func.max(fraction)


def typing_at_first(measured: Mapping[str, Any]) -> Typing | None:
    """What the values of a column have in common if all are short numbers, or words; None to be looked at more closely.

    Args:
        measured: What `first_measures` gave.
    """
    known = int(measured["known"])
    if measured.get("words", 0) == known or not known:
        return Typing("BIGINT", None)
    if measured["short"] < known:
        return None
    number = _exact_type(int(measured["digits"]), int(measured["scale"]))
    return Typing(number, (number, "decimal" if measured["scale"] else "integer"))


def _is_double(digits: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a number is a double in decimals: with few digits, or the fewest that tell it from others."""
    double = _tried(digits, "DOUBLE")
    found, own = _significant(digits), _significant(sa.cast(double, sa.Text()))
    size = sa.func.abs(double)
    usual = (size >= _LEAST_DOUBLE) & (size <= _MOST_DOUBLE)
    short = (sa.func.length(found) <= DOUBLE_DIGITS) & (usual | (found == ""))
    return is_like(digits, NUMBER) & double.is_not(None) & (short | (found == own) | ~is_like(digits, _FINITE))


def _significant(digits: ColumnElement[Any]) -> ColumnElement[Any]:
    """The digits of a number without the zeros around them."""
    mantissa = sa.func.regexp_extract(digits, "^[^eE]*")
    return sa.func.trim(sa.func.regexp_replace(mantissa, "[^0-9]", "", "g"), "0", type_=sa.Text())


def typing_of(measured: Mapping[str, Any], form: str, wanted: str | None = None) -> Typing:
    """What the values of a column have in common.

    Args:
        measured: What `measures` gave.
        form: "csv" or "json".
        wanted: The family that the values are to be read as, if all of them can be.
    """
    known = int(measured["known"])
    number = _number_type(measured)
    if not known or wanted == "text":
        return Typing(number, None)
    usual = measured["number" if wanted in NUMBERS else "usual"]
    if usual == known and (number == "DOUBLE" or (number is not None and measured["plain"] == known)):
        family = "float" if number == "DOUBLE" else "decimal" if number.startswith("DECIMAL") else "integer"
        return Typing(number, (number, family))
    for family, type_name in (
        ("boolean", "BOOLEAN"), ("date", "DATE"), ("datetime", "TIMESTAMP"), ("time", "TIME"),
    ):  # fmt: skip
        if measured[family] == known:
            return Typing(number, (type_name, family))
    if form == "csv" or measured["string"] == known:
        return Typing(number, None)
    return Typing(number, ("JSON", "json") if measured["nested"] == known else None)


def _number_type(measured: Mapping[str, Any]) -> str | None:
    digits, scale = int(measured["digits"] or 0), int(measured["scale"] or 0)
    if measured["number"] > measured["plain"]:
        if measured["double"] == measured["number"]:
            return "DOUBLE"
        # Infinity and NaN are no values of it, and so in no range.
        return f"DECIMAL({_MOST_DIGITS},{_MOST_DIGITS - digits})" if digits + scale <= _MOST_DIGITS else None
    return _exact_type(digits, scale) if not scale or digits + scale <= _MOST_DIGITS else None


def _exact_type(digits: int, scale: int) -> str:
    if not scale:
        return "BIGINT" if digits <= 18 else "HUGEINT" if digits <= _MOST_DIGITS else "BIGNUM"
    return f"DECIMAL({digits + scale},{scale})"
