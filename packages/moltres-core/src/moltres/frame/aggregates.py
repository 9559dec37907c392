"""Which columns an aggregation names without aggregating them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnClause, ColumnElement
from sqlalchemy.sql.elements import FunctionFilter, Over, WithinGroup
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A function that nobody here knows may be an aggregate of the database, or of the user: it is taken for one. SQLite and
# MariaDB compute one of these for any row of a group; the others refuse the statement.
_SCALAR = frozenset(
    [
        "abs",
        "acos",
        "ascii",
        "asin",
        "atan",
        "atan2",
        "cast",
        "ceil",
        "ceiling",
        "char",
        "char_length",
        "character_length",
        "coalesce",
        "concat",
        "concat_ws",
        "cos",
        "date",
        "date_add",
        "date_format",
        "date_part",
        "date_trunc",
        "datediff",
        "datetime",
        "day",
        "dayofweek",
        "degrees",
        "exp",
        "extract",
        "floor",
        "format",
        "greatest",
        "hex",
        "hour",
        "if",
        "ifnull",
        "iif",
        "initcap",
        "instr",
        "julianday",
        "left",
        "length",
        "least",
        "ln",
        "locate",
        "log",
        "log10",
        "log2",
        "lower",
        "lpad",
        "ltrim",
        "minute",
        "mod",
        "month",
        "nullif",
        "octet_length",
        "pi",
        "position",
        "pow",
        "power",
        "printf",
        "quote",
        "radians",
        "regexp_replace",
        "repeat",
        "replace",
        "reverse",
        "right",
        "round",
        "rpad",
        "rtrim",
        "second",
        "sign",
        "sin",
        "sqrt",
        "strftime",
        "strpos",
        "substr",
        "substring",
        "tan",
        "time",
        "timediff",
        "timestamp",
        "to_char",
        "trim",
        "trunc",
        "truncate",
        "typeof",
        "unhex",
        "unicode",
        "unixepoch",
        "upper",
        "week",
        "year",
    ]
)
_SCALAR_OF_SEVERAL = frozenset({"max", "min"})
"""Aggregates of one argument, and in SQLite functions of a row of several."""


def bare_columns(expression: ColumnElement[Any], keys: Sequence[ColumnElement[Any]]) -> list[str]:
    """The columns that are neither a key nor inside of an aggregate.

    Args:
        expression: What to compute for each group.
        keys: The expressions that the rows are grouped by.
    """
    return list(dict.fromkeys(_bare([expression], keys)))


def _bare(elements: Iterable[Any], keys: Sequence[ColumnElement[Any]]) -> Iterator[str]:
    for element in elements:
        if isinstance(element, SelectBase) or _is_aggregate(element) or any(key.compare(element) for key in keys):
            continue
        if isinstance(element, Over):
            # Its function is given groups, not rows: sum(sum(x)).over() is one, sum(x).over() is none.
            yield from _bare(_given_to(element), keys)
            continue
        if isinstance(element, ColumnClause):
            if not element.is_literal:
                yield str(element.key)
            continue
        yield from _bare(element.get_children(), keys)


def _given_to(over: Over[Any]) -> Iterator[Any]:
    inner: Any = over.element
    yield from (part for part in over.get_children() if part is not inner)
    while isinstance(inner, FunctionFilter | WithinGroup):
        yield from (part for part in inner.get_children() if not isinstance(part, FunctionElement))
        inner = inner.func if isinstance(inner, FunctionFilter) else inner.element
    yield from inner.get_children()


def _is_aggregate(element: Any) -> bool:
    if not isinstance(element, FunctionElement):
        return type(element).__name__ in {"FunctionFilter", "WithinGroup", "AggregateOrderBy", "aggregate_order_by"}
    name = str(getattr(element, "name", "")).lower()
    if name in _SCALAR_OF_SEVERAL:
        return len(list(element.clauses)) < 2
    return name not in _SCALAR
