"""The SELECT behind a state, and how it becomes a subquery when a verb cannot be added to it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Select, SelectBase, select
from sqlalchemy.sql.elements import Label, Over
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from ..errors import ColumnNotFoundError, listing
from ..read.fetch import columns_of
from .comparisons import as_columns
from .expressions import bind, names_in
from .one_form import in_one_form
from .sort_keys import SortKey, windows_with_nulls_last

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..dialects import Capabilities


class Seal(enum.Flag):
    """The clauses of a SELECT that keep verbs from being added to it. A SELECT without them is open."""

    OPEN = 0
    OFFSET = enum.auto()
    """Has OFFSET, but no LIMIT yet."""
    LIMIT = enum.auto()
    WINDOW = enum.auto()
    """Computes window functions: a WHERE would remove rows from their windows."""
    CLOSED = enum.auto()
    """Has DISTINCT, GROUP BY or aggregates."""


CUT = Seal.OFFSET | Seal.LIMIT


@dataclass(frozen=True, eq=False)
class SelectState:
    """A SELECT, and what the verbs need to know to add to it.

    Attributes:
        capabilities: What the database can do.
        query: The SELECT without its ORDER BY.
        sealed: Which of its clauses keep further verbs from being added.
        order: The keys it is sorted by.
        source: The table or subquery, if the SELECT is all columns and rows of it.
        operands: The set operation and its operands, if the SELECT is all rows of it.
        hidden: Columns that `select` left out, which the SELECT can still filter and sort by.
    """

    capabilities: Capabilities
    query: Select[Any]
    sealed: Seal = Seal.OPEN
    order: tuple[SortKey, ...] = ()
    source: FromClause | None = None
    operands: tuple[str, tuple[Select[Any], ...]] | None = None
    hidden: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    @cached_property
    def columns(self) -> dict[str, ColumnElement[Any]]:
        """The columns by name."""
        return columns_of(self.query)


# A column that is computed from computed columns repeats their expressions. Beyond this many elements the SELECT
# becomes a subquery instead: expressions would grow without bound, and databases limit their depth (SQLite: 1000).
_INLINED = 100

# Each call returns another value, so a column computed by one must not be repeated.
_VOLATILE = frozenset(
    {"clock_timestamp", "gen_random_uuid", "newid", "nextval", "rand", "random", "randomblob", "setseed", "timeofday"}
    | {"uuid", "uuid_generate_v4", "uuidv4", "uuidv7"}
)

# Aggregate functions of any of the databases; a SELECT of them alone has one row.
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
    """Whether the expression has a window function."""
    return any(isinstance(part, Over) for part in iterate(element))


def has_aggregate(element: Any) -> bool:
    """Whether the expression has an aggregate outside of windows and subqueries."""
    if isinstance(element, Over | SelectBase):
        return False
    if isinstance(element, FunctionElement) and getattr(element, "name", "").lower() in _AGGREGATES:
        return len(element.clauses) < 2 or element.name.lower() not in {
            "max",
            "min",
        }  # max(a, b) of SQLite is not an aggregate
    return any(map(has_aggregate, element.get_children()))


def _volatile(element: ColumnElement[Any]) -> bool:
    return any(
        isinstance(part, FunctionElement) and getattr(part, "name", "").lower() in _VOLATILE
        for part in iterate(element)
    )


def all_of(source: FromClause, capabilities: Capabilities) -> SelectState:
    """The SELECT of all of a table, view, subquery or table function."""
    columns = [column if column.key == column.name else column.label(str(column.key)) for column in source.c]
    return SelectState(capabilities, select(*columns).select_from(source), source=source)


def ordered(state: SelectState) -> Select[Any]:
    """The whole statement, with its ORDER BY."""
    if not state.order or state.sealed & CUT:  # the LIMIT has its ORDER BY already
        return state.query
    capabilities = state.capabilities
    order = [key._replace(element=in_one_form(key.element, capabilities)) for key in state.order]
    keys = [clause for key in order for clause in key.clauses(nulls_first=capabilities.nulls_first)]
    return state.query.order_by(None).order_by(*keys)


def wrap(state: SelectState) -> SelectState:
    """A SELECT from the SELECT: open for every verb, and sorted by those keys that are columns of it."""
    source = (state.query if not state.sealed & CUT else ordered(state)).subquery()
    names = {id(element): name for name, element in state.columns.items()}
    order: list[SortKey] = []
    for key in state.order:
        name = names.get(id(key.element))
        if name is None:
            break
        order.append(key._replace(element=source.c[name]))
    return replace(all_of(source, state.capabilities), order=tuple(order))


def unsealed(state: SelectState, *, unless: Seal = Seal.OPEN) -> SelectState:
    """The SELECT itself if it has no clauses but the given ones that keep verbs out; otherwise wrapped."""
    return state if not state.sealed & ~unless else wrap(state)


def require(state: SelectState, names: Iterable[str]) -> None:
    """Refuse names that are no columns of the state.

    Raises:
        ColumnNotFoundError: With all of them.
    """
    _require(names, state.columns, {})


def _require(names: Iterable[str], known: Mapping[str, Any], left_out: Mapping[str, Any]) -> None:
    missing = [name for name in names if name not in known]
    if not missing:
        return
    error = ColumnNotFoundError.of(missing, known, where="the frame")
    gone = [name for name in dict.fromkeys(missing) if name in left_out]
    if gone:
        error.suggestion = f"select() dropped {listing(gone)}: use it before select(), or select it too."
    raise error


def reachable(
    state: SelectState, names: Iterable[str], left_out: Mapping[str, Any] | None
) -> dict[str, ColumnElement[Any]]:
    """The columns that an expression may use, by name.

    Args:
        state: The SELECT to add to.
        names: The columns that are used.
        left_out: As in `inlinable`.

    Raises:
        ColumnNotFoundError: If one of them cannot be.
    """
    known = state.columns if left_out is None else {**state.hidden, **state.columns}
    _require(names, known, left_out or {})
    return known


def inlinable(state: SelectState, expressions: Sequence[Any], left_out: Mapping[str, Any] | None = None) -> SelectState:
    """The state, wrapped if repeating its computed columns in these expressions would be wrong or too long.

    Args:
        state: The SELECT to add to.
        expressions: The expressions to add.
        left_out: For verbs that may use columns that `select` left out: those columns, before the SELECT was wrapped.

    Raises:
        ColumnNotFoundError: If an expression uses a column that the frame does not have.
    """
    used = [name for expression in expressions for name in names_in(expression)]
    hidden = {} if left_out is None else state.hidden
    known = reachable(state, used, left_out)
    computed = [element.element for name in used if isinstance(element := known[name], Label)]
    size = 0
    for element in computed:
        size += sum(1 for _ in islice(iterate(element), _INLINED + 1))
        if size > _INLINED or _volatile(element):
            state = wrap(state)
            _require(used, state.columns, hidden)
            return state
    return state


def resolve(state: SelectState, expression: Any) -> Any:
    """An expression over the frame's columns as one over what its SELECT reads."""
    known = {**state.hidden, **state.columns}

    def find(name: str) -> ColumnElement[Any]:
        element = known[name]
        # SQLAlchemy adds parentheses where operators need them.
        return element.element if isinstance(element, Label) else element

    bound = windows_with_nulls_last(bind(expression, find), state.capabilities)
    return as_columns(bound, state.capabilities)
