"""What a frame is made of, and how it is wrapped into a subquery when a verb cannot be added to its SELECT."""

from __future__ import annotations

import enum
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, SelectBase, case, select
from sqlalchemy.sql.elements import Label, Over
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from ..errors import ColumnNotFoundError, listing
from .expressions import bind, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..database import Database
    from .dataframe import DataFrame


class Seal(enum.Flag):
    """What in a SELECT keeps further verbs from being added to it. A SELECT without any of these is open."""

    OPEN = 0
    OFFSET = enum.auto()
    """Has an OFFSET, but no LIMIT yet."""
    LIMIT = enum.auto()
    WINDOW = enum.auto()
    """Computes window functions: a WHERE would take rows out of their windows."""
    CLOSED = enum.auto()
    """Has DISTINCT, GROUP BY or aggregates."""


CUT = Seal.OFFSET | Seal.LIMIT


class Order(NamedTuple):
    """One key of an ORDER BY."""

    element: ColumnElement[Any]
    descending: bool = False
    nulls: str = "last"

    def clauses(self, database: Database) -> Iterable[ColumnElement[Any]]:
        """The key in SQL; two clauses where the database has no NULLS FIRST."""
        key = self.element.desc() if self.descending else self.element.asc()
        if database.engine.dialect.name in {"mysql", "mariadb"}:
            is_null = case((self.element.is_(None), 1), else_=0)
            return (is_null.desc() if self.nulls == "first" else is_null.asc(), key)
        return (key.nulls_first() if self.nulls == "first" else key.nulls_last(),)


# A column that is computed from computed columns repeats their expressions. Beyond so many elements the frame is
# wrapped instead: expressions would grow without bound, and databases (SQLite: 1000 levels) limit their depth.
_INLINED = 100

# Each call of these gives another value, so a column computed by one must not be repeated.
_VOLATILE = frozenset(
    {"clock_timestamp", "gen_random_uuid", "newid", "nextval", "rand", "random", "randomblob", "setseed", "timeofday"}
    | {"uuid", "uuid_generate_v4", "uuidv4", "uuidv7"}
)

# Functions that turn many rows into one, in any of our databases; a SELECT of them alone has one row.
_AGGREGATES = frozenset(
    {
        "any_value",
        "approx_count_distinct",
        "approx_distinct",
        "approx_quantile",
        "arg_max",
        "arg_min",
        "array_agg",
        "avg",
    }
    | {"bit_and", "bit_or", "bit_xor", "bitstring_agg", "bool_and", "bool_or", "corr", "count", "count_if", "covar_pop"}
    | {"covar_samp", "entropy", "every", "first", "group_concat", "histogram", "json_agg", "json_group_array"}
    | {"json_group_object", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "kurtosis", "last", "list", "listagg"}
    | {
        "mad",
        "max",
        "max_by",
        "mean",
        "median",
        "min",
        "min_by",
        "mode",
        "percentile_cont",
        "percentile_disc",
        "product",
    }
    | {"quantile", "quantile_cont", "quantile_disc", "regr_slope", "skewness", "std", "stddev", "stddev_pop"}
    | {"stddev_samp", "string_agg", "sum", "total", "var_pop", "var_samp", "variance", "xmlagg"}
)


def has_window(element: ColumnElement[Any]) -> bool:
    """Whether a window function stands in the expression."""
    return any(isinstance(part, Over) for part in iterate(element))


def has_aggregate(element: Any) -> bool:
    """Whether an aggregate stands in the expression outside of a window and of subqueries."""
    if isinstance(element, Over | SelectBase):
        return False
    if isinstance(element, FunctionElement) and getattr(element, "name", "").lower() in _AGGREGATES:
        return len(element.clauses) < 2 or element.name.lower() not in {
            "max",
            "min",
        }  # SQLite's max(a, b) is of one row
    return any(map(has_aggregate, element.get_children()))


def _volatile(element: ColumnElement[Any]) -> bool:
    return any(
        isinstance(part, FunctionElement) and getattr(part, "name", "").lower() in _VOLATILE
        for part in iterate(element)
    )


def exported(statement: Select[Any]) -> dict[str, ColumnElement[Any]]:
    """The columns of a SELECT by name."""
    return {str(column.key): column for column in statement.selected_columns}


def bare(database: Database, source: FromClause) -> DataFrame:
    """The frame that is all of a table, view, subquery or table function."""
    from .dataframe import DataFrame

    columns = [column if column.key == column.name else column.label(str(column.key)) for column in source.c]
    return DataFrame(database, select(*columns).select_from(source), source=source)


def ordered(frame: DataFrame) -> Select[Any]:
    """The whole statement of a frame, with its ORDER BY."""
    if not frame.order or frame.sealed & CUT:  # a LIMIT has taken the order in already
        return frame.query
    keys = [clause for key in frame.order for clause in key.clauses(frame.database)]
    return frame.query.order_by(None).order_by(*keys)


def wrap(frame: DataFrame) -> DataFrame:
    """The frame as a SELECT from itself: open for every verb, and in the same order as far as it exports its keys."""
    source = (frame.query if not frame.sealed & CUT else ordered(frame)).subquery()
    names = {id(element): name for name, element in exported(frame.query).items()}
    order: list[Order] = []
    for key in frame.order:
        name = names.get(id(key.element))
        if name is None:
            break
        order.append(key._replace(element=source.c[name]))
    return replace(bare(frame.database, source), order=tuple(order))


def unsealed(frame: DataFrame, *, unless: Seal = Seal.OPEN) -> DataFrame:
    """The frame itself if it is open, or sealed in no other way than the one given; otherwise wrapped."""
    return frame if not frame.sealed & ~unless else wrap(frame)


def require(frame: DataFrame, names: Iterable[str]) -> None:
    """Refuse names that are no columns of the frame.

    Raises:
        ColumnNotFoundError: With all of them.
    """
    _require(names, exported(frame.query), {})


def _require(names: Iterable[str], known: Mapping[str, Any], left_out: Mapping[str, Any]) -> None:
    missing = [name for name in names if name not in known]
    if not missing:
        return
    error = ColumnNotFoundError.of(missing, known, where="the frame")
    gone = [name for name in dict.fromkeys(missing) if name in left_out]
    if gone:
        error.suggestion = f"select() left out {listing(gone)}: use it before, or select it too."
    raise error


def reachable(
    frame: DataFrame, names: Iterable[str], left_out: Mapping[str, Any] | None
) -> dict[str, ColumnElement[Any]]:
    """The columns that an expression may use, by name.

    Args:
        frame: The frame.
        names: The columns that are used.
        left_out: As in `inlinable`.

    Raises:
        ColumnNotFoundError: If one of them cannot be.
    """
    known = exported(frame.query) if left_out is None else {**frame.hidden, **exported(frame.query)}
    _require(names, known, left_out or {})
    return known


def inlinable(frame: DataFrame, expressions: Sequence[Any], left_out: Mapping[str, Any] | None = None) -> DataFrame:
    """The frame, wrapped if repeating its computed columns in these expressions would be wrong or too long.

    Args:
        frame: The frame.
        expressions: What shall be added to its SELECT.
        left_out: For verbs that may use columns which `select` left out: those that it had left out before it may have
            been wrapped, which makes an end of them.

    Raises:
        ColumnNotFoundError: If an expression uses a column that the frame does not have.
    """
    used = [name for expression in expressions for name in names_in(expression)]
    hidden = {} if left_out is None else frame.hidden
    known = reachable(frame, used, left_out)
    computed = [element.element for name in used if isinstance(element := known[name], Label)]
    size = 0
    for element in computed:
        size += sum(1 for _ in islice(iterate(element), _INLINED + 1))
        if size > _INLINED or _volatile(element):
            frame = wrap(frame)
            _require(used, exported(frame.query), hidden)
            return frame
    return frame


def resolve(frame: DataFrame, expression: Any) -> Any:
    """An expression over the frame's columns as one over what its SELECT reads."""
    known = {**frame.hidden, **exported(frame.query)}

    def find(name: str) -> ColumnElement[Any]:
        element = known[name]
        # Brackets are SQLAlchemy's business: operators group what they are given.
        return element.element if isinstance(element, Label) else element

    return bind(expression, find)
