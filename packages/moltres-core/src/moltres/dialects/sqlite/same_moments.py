"""Moments in a database that keeps them as text, wherever they are grouped, sorted or compared: in one form.

Where one column is looked up by another, the other is brought into the form of the first, whose index serves; or the
statement fails, if that one has several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal_column,
    not_,
    null,
    select,
)
from sqlalchemy import types as sql
from sqlalchemy.sql.elements import Grouping, Label, Over, TypeCoerce
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import ScalarSelect

from ...types.logical import logical_type
from ..base.refusals import unread
from ..sql.moments import as_text, in_one_form
from ..sql.passing import passes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["comparable", "is_moment", "like_stored"]


class _InOneForm(Grouping[Any]):
    """A moment in one form."""

    inherit_cache = True


def is_moment(element: Any) -> bool:
    """Whether an expression is a date with time, or a time, without a zone."""
    kind = logical_type(element.type)
    return kind.name in ("timestamp", "time") and not kind.zoned


def comparable(element: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression whose values are equal, and in order, as strings if they are as moments; any other is returned.

    Args:
        element: A column or an expression on columns.
    """
    if not is_moment(element) or _has_form(element):
        return element
    if isinstance(element, Label):
        return comparable(element.element).label(element.name)
    if isinstance(element, BindParameter) and element.callable is None and not element.expanding:
        form = as_text(element.value)
        if form is None:
            return element
        formed = _InOneForm(BindParameter(None, form, type_=sql.String(), unique=True))
        formed.type = element.type
        return formed
    if isinstance(element, ScalarSelect):
        (column,) = element.element.subquery().c
        return select(comparable(column)).scalar_subquery()
    return _InOneForm(in_one_form(element, logical_type(element.type).name))


def _has_form(element: Any) -> bool:
    """Whether all values of an expression are in one form already."""
    match element:
        case _InOneForm():
            return True
        case Label() | Over():
            return _has_form(element.element)
        case TypeCoerce():
            return _has_form(element.typed_expression)
        case ScalarSelect():
            return all(map(_has_form, element.element.selected_columns))
        case FunctionElement() if passes(element):
            return all(_has_form(one) for one in element.clauses if is_moment(one))
    source = getattr(element, "table", None)
    return isinstance(source, Subquery) and _passes_form(source, element)


def _passes_form(source: Subquery, element: Any) -> bool:
    """Whether all values of a column of a subquery are in one form already."""
    queries = source.element.selects if isinstance(source.element, CompoundSelect) else [source.element]
    place = next((n for n, column in enumerate(source.c) if column is element), None)
    return place is not None and all(
        isinstance(query, Select) and _has_form(list(query.selected_columns)[place]) for query in queries
    )


_OF_THE_FORM = (10, 16, 19, 26)
"""How long the moments of a column are that others can be written like: a day, its minutes, seconds, microseconds."""
_OF_TIMES = (5, 8, 15)


def like_stored(value: ColumnElement[Any], column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value as a column would store it, so that the two are compared as strings, and by an index of the column.

    Args:
        value: A moment in any form.
        column: A column of a table or subquery, whose moments must be of one form when the statement runs, or as
            `datetime.isoformat` writes them; the statement fails otherwise.
    """
    if not is_moment(value) or not is_moment(column):
        return value
    if _has_form(column):
        return comparable(value)
    lengths, filler = (
        (_OF_THE_FORM, "0000-00-00 00:00:00.000000")
        if logical_type(column.type).name == "timestamp"
        else (_OF_TIMES, "00:00:00.000000")
    )
    whole = func.substr(
        value.op("||")(func.substr(_text(filler), func.length(value) + _number(1))), _number(1), _number(len(filler))
    )
    whole = func.replace(whole, _T, _BLANK)
    forms = {}
    for length in lengths:
        rest = func.rtrim(func.substr(whole, _number(length + 1)), literal_column("'0:. '"))
        cut = func.substr(whole, _number(1), _number(length))
        form = whole if length == lengths[-1] else case((rest == _text(""), cut), else_=whole)
        forms[_text(f" {length}")] = form
        forms[_text(f"T{length}")] = func.replace(form, _BLANK, _T)
    own = case(forms, value=_form_of(column, lengths), else_=value)
    return _InOneForm(case((_is_plain(value, lengths[-1]), own), else_=value))


def _form_of(column: ColumnElement[Any], lengths: tuple[int, ...]) -> ColumnElement[Any]:
    """The form of all moments of a column, from the whole of it: what is between day and time, and the length."""
    name = str(getattr(column, "key", column))
    between = literal_column("''") if lengths is _OF_TIMES else func.substr(column, _number(11), _number(1))
    without, with_digits = lengths[-2:]
    zero = case((func.substr(column, _number(without + 1)) == _text(".000000"), _number(1)), else_=_number(0))
    found = (
        select(between.label("between"), func.length(column).label("length"), zero.label("zero"))
        .where(_is_plain(column, lengths[-1]))
        .subquery()
    )
    least, most = func.min(found.c.length), func.max(found.c.length)
    shown = case((func.max(found.c.between) == _T, _T), else_=_BLANK)
    others = func.max(case((found.c.length.in_([_number(without), _number(with_digits)]), 0), else_=1))
    mixed = and_(least == _number(without), others == _number(0), func.max(found.c.zero) == _number(0))
    reason = "has moments in several forms of text, by which no row can be looked up: write them in one form"
    failure = func.json_extract(_text("{}"), _text(unread(name, reason)))
    form = case(
        (func.count() == _number(0), null()),
        (func.min(found.c.between) != func.max(found.c.between), failure),
        (and_(least == most, least.in_([_number(length) for length in lengths])), shown.op("||")(least)),
        (mixed, shown.op("||")(_number(without))),
        else_=failure,
    )
    return select(form).select_from(found).scalar_subquery()


def _is_plain(value: ColumnElement[Any], most: int) -> ColumnElement[bool]:
    """Whether a value is text without a zone, as moments are, and no longer than these."""
    clock = func.substr(value, _number(12 if most > _OF_TIMES[-1] else 1))
    odd: ColumnElement[bool] = func.glob(_text("*[^0-9:.]*"), clock, type_=sql.Boolean())
    return and_(func.typeof(value) == _text("text"), func.length(value) <= _number(most), not_(odd))


def _text(value: str) -> ColumnElement[str]:
    quoted = value.replace("'", "''")
    return literal_column(f"'{quoted}'", sql.String())


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), sql.BigInteger())


_T, _BLANK = _text("T"), _text(" ")
