"""The verbs that work on one SELECT. Each takes a state and returns another; nothing is sent to the database."""

from __future__ import annotations

from dataclasses import replace
from itertools import count as counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, Select, func, type_coerce
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    Cast,
    FunctionFilter,
    Grouping,
    Label,
    Over,
    TypeCoerce,
    WithinGroup,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import NullType

from .._shared import arguments
from .._shared.wording import repr_of
from ..errors import ConfigurationError, listing, refuse
from .aggregates import bare_columns
from .expressions import Unbound, names_in
from .one_form import columns_in_one_form
from .select_state import (
    CUT,
    Seal,
    SelectState,
    has_aggregate,
    has_window,
    inlinable,
    ordered,
    reachable,
    require,
    resolve,
    unsealed,
    wrap,
)
from .sort_keys import SortKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NULLS = ("first", "last")


def _changed(state: SelectState, statement: Select[Any], sealed: Seal, order: tuple[SortKey, ...]) -> SelectState:
    return replace(state, query=statement, sealed=sealed, order=order, source=None, operands=None, hidden={})


def _name(element: Any) -> str | None:
    """The name of an expression, if it has one."""
    match element:
        case Label() | Unbound():
            return str(element.name)
        case FunctionElement():
            return getattr(element, "name", None)
        case Over() | FunctionFilter() | WithinGroup() | Grouping():
            return _name(element.element)
        case Cast() | TypeCoerce():
            return _name(element.clause)
        case ColumnElement():
            return element.key
    return None


def _expression(value: Any, verb: str, name: str | None = None) -> ColumnElement[Any]:
    if name == "":
        raise ConfigurationError(f"{verb}(): the name of a column must not be empty.")
    if hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    if isinstance(value, Select):
        return value.scalar_subquery()
    if isinstance(value, TableValuedAlias) and isinstance(value.element, FunctionElement):
        # func.sum(…).alias("total"): what SQLAlchemy takes for a table, a verb can only take for a column.
        return value.element.label(value.name)
    if not isinstance(value, ColumnElement):
        raise ConfigurationError(
            f"{verb}({'' if name is None else f'{name}=…'}) requires a column expression, not {repr_of(value)}.",
            suggestion="Use lit(value) for a plain value, col(name) for a column.",
        )
    return value


def named(state: SelectState, columns: Iterable[Any], expressions: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """The columns that a verb computes: expressions by name, None for a column of the frame.

    Raises:
        ConfigurationError: If an expression has no name, a name is a duplicate, or a value is not an expression.
    """
    found: dict[str, Any] = {}

    def add(name: str, value: Any) -> None:
        if name in found:
            raise ConfigurationError(
                f"{verb}(): duplicate column name {name!r}.", suggestion="Rename one of the columns."
            )
        found[name] = value

    for column in columns:
        if isinstance(column, str) and column == "*":
            for name in state.columns:
                add(name, None)
        elif isinstance(column, str):
            add(column, None)
        elif isinstance(column, Unbound):
            add(column.name, None)
        else:
            expression = _expression(column, verb)
            own = _name(expression)
            if not own:
                raise ConfigurationError(
                    f"{verb}(): the expression {expression} has no name.",
                    suggestion="Name it: name=expression, or expression.label(name).",
                )
            add(own, expression.element if isinstance(expression, Label) else expression)
    for given, value in expressions.items():
        add(given, Unbound(value) if isinstance(value, str) and verb == "rename" else _expression(value, verb, given))
    return found


def _typed(element: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression with the type that SQLAlchemy leaves out: comparisons such as BETWEEN are boolean."""
    untyped = isinstance(element, BinaryExpression) and isinstance(element.type, NullType)
    return type_coerce(element, Boolean()) if untyped and operators.is_comparison(element.operator) else element


def project(state: SelectState, wanted: Mapping[str, Any], *, hide: bool = False) -> SelectState:
    """A SELECT of exactly these columns: None for one it has, an expression otherwise.

    Args:
        state: The SELECT to add to.
        wanted: Its columns, in order.
        hide: Whether `where` and `order_by` may still use the other columns.
    """
    require(state, (name for name, value in wanted.items() if value is None))
    if not wanted:
        raise ConfigurationError("A DataFrame requires at least one column.")
    expressions = [value for value in wanted.values() if value is not None]
    computed = [value for value in expressions if not isinstance(value, Unbound)]
    gathers = any(has_window(value) or has_aggregate(value) for value in computed)
    # A LIMIT allows any columns, but a window or an aggregate must see only the rows that it kept.
    # The value of a window can be selected, but not be used in an expression: windows and aggregates do not nest.
    allowed = (Seal.OPEN if gathers else CUT) | (Seal.OPEN if computed else Seal.WINDOW)
    state = inlinable(unsealed(state, unless=allowed), expressions)
    known = state.columns
    columns: list[ColumnElement[Any]] = []
    for name, value in wanted.items():
        columns.append(known[name] if value is None else _typed(resolve(state, value)).label(name))
    query = state.query.with_only_columns(*columns, maintain_column_froms=True)
    if any(has_aggregate(value) for value in computed):
        _require_aggregated(dict(zip(wanted, columns, strict=True)), [], "A SELECT with aggregates")
        return _changed(state, query, state.sealed & CUT | Seal.CLOSED, ())
    sealed = state.sealed & CUT
    if any(has_window(column) for column in columns):
        sealed |= Seal.WINDOW
    hidden = {**state.hidden, **known} if hide else state.hidden
    hidden = {name: element for name, element in hidden.items() if name not in wanted and not has_window(element)}
    return replace(_changed(state, query, sealed, state.order), hidden=hidden)


def select(state: SelectState, columns: Sequence[Any], expressions: Mapping[str, Any]) -> SelectState:
    """Select and compute columns."""
    if not columns and not expressions:
        return state
    return project(state, named(state, columns, expressions, "select"), hide=True)


def with_columns(state: SelectState, columns: Sequence[Any], expressions: Mapping[str, Any]) -> SelectState:
    """Add columns, or replace those of the same name in place."""
    added = named(state, columns, expressions, "with_columns")
    if not added:
        return state
    return project(state, {**dict.fromkeys(state.columns), **added})


def rename(state: SelectState, names: Mapping[str, str]) -> SelectState:
    """Rename columns, in place."""
    problems = [*arguments.mapping("rename(): names", names)]
    refuse(problems or (p for old, new in names.items() for p in arguments.string(f"rename(): {old}", new)))
    require(state, names)
    wanted: dict[str, Any] = {}
    for old in state.columns:
        new = names.get(old, old)
        if new in wanted:
            raise ConfigurationError(f"rename(): duplicate column name {new!r}.")
        wanted[new] = None if new == old else Unbound(old)
    return project(state, wanted)


def drop(state: SelectState, names: Sequence[str]) -> SelectState:
    """Drop columns."""
    refuse(arguments.strings("drop(): names", names))
    require(state, names)
    return project(state, {name: None for name in state.columns if name not in names})


def where(state: SelectState, predicates: Sequence[Any]) -> SelectState:
    """Keep the rows for which every predicate is true."""
    for predicate in predicates:
        if isinstance(predicate, bool | str):
            raise ConfigurationError(
                f"where() requires a condition on columns, not {predicate!r}.",
                suggestion='Compare with ==, not with "is", and combine with & | ~: where(col("active") == True).'
                if isinstance(predicate, bool)
                else 'Write where(col("age") > 25), or use db.sql(…) for conditions in SQL.',
            )
    if not predicates:
        return state
    conditions = [_expression(predicate, "where") for predicate in predicates]
    state = inlinable(unsealed(state), conditions, state.hidden)
    statement = state.query.where(*(resolve(state, condition) for condition in conditions))
    return replace(_changed(state, statement, state.sealed, state.order), hidden=state.hidden)


def _order(state: SelectState, key: Any, descending: bool, nulls: str) -> SortKey:
    known = {**state.hidden, **state.columns}
    if isinstance(key, Unbound):
        return SortKey(known[key.name], descending, nulls)
    found = SortKey(resolve(state, key), descending, nulls).without_modifiers()
    element = found.element
    for candidate in known.values():
        # col("x").desc() is the column, also where x is computed: the database sorts by its name.
        if element is candidate or (isinstance(candidate, Label) and element is candidate.element):
            element = candidate
            break
    return found._replace(element=element)


def order_by(state: SelectState, keys: Sequence[Any], *, descending: bool | Sequence[bool], nulls: str) -> SelectState:
    """Sort, instead of by an earlier order."""
    given: object = nulls
    if not isinstance(given, str) or given not in _NULLS:
        raise ConfigurationError.choice("nulls", nulls, _NULLS)
    if not keys:
        raise ConfigurationError("order_by() requires at least one key.")
    flags: list[Any] = list(descending) if isinstance(descending, list | tuple) else [descending] * len(keys)
    refuse(problem for flag in flags for problem in arguments.flag("descending", flag))
    if len(flags) != len(keys):
        raise ConfigurationError(
            f"order_by() requires as many values for descending as keys: {len(keys)}, not {len(flags)}."
        )
    expressions = [Unbound(key) if isinstance(key, str) else _expression(key, "order_by") for key in keys]
    if any(not isinstance(expression, Unbound) and has_aggregate(expression) for expression in expressions):
        raise ConfigurationError(
            "order_by() takes no aggregates, which have one value for all rows.",
            suggestion="Name the aggregate in agg(), and sort by its name.",
        )
    left_out = state.hidden
    state = unsealed(state, unless=Seal.WINDOW | Seal.CLOSED)
    if not all(isinstance(expression, Unbound) for expression in expressions):
        # DISTINCT and GROUP BY can be sorted by the columns that they return, not by any expression.
        state = unsealed(state, unless=Seal.WINDOW)
        state = inlinable(state, expressions, left_out)
    else:
        # A column alone is not repeated: the database sorts by its name.
        reachable(state, names_in(expressions), left_out)
    order = tuple(_order(state, key, flag, nulls) for key, flag in zip(expressions, flags, strict=True))
    sealed = state.sealed | (Seal.WINDOW if any(has_window(key.element) for key in order) else Seal.OPEN)
    return replace(state, order=order, sealed=sealed)


def _count(value: object, verb: str) -> int:
    refuse(arguments.whole(f"The number of rows of {verb}()", value))
    return int(value)  # type: ignore[call-overload, no-any-return]


def limit(state: SelectState, rows: int) -> SelectState:
    """Keep the first rows."""
    rows = _count(rows, "limit")
    state = unsealed(state, unless=~Seal.LIMIT)
    cut = _changed(state, ordered(state).limit(rows), (state.sealed & ~Seal.OFFSET) | Seal.LIMIT, state.order)
    return replace(cut, hidden=state.hidden)


def offset(state: SelectState, rows: int) -> SelectState:
    """Skip the first rows."""
    rows = _count(rows, "offset")
    state = unsealed(state, unless=~CUT)
    cut = _changed(state, ordered(state).offset(rows), state.sealed | Seal.OFFSET, state.order)
    return replace(cut, hidden=state.hidden)


def distinct(state: SelectState) -> SelectState:
    """Drop duplicate rows."""
    state = unsealed(state, unless=Seal.WINDOW)
    columns = list(state.columns.values())
    compared = columns_in_one_form(columns, state.capabilities)
    if any(new is not old for new, old in zip(compared, columns, strict=True)):
        formed = {id(old): new for new, old in zip(compared, columns, strict=True)}
        order = tuple(key._replace(element=formed.get(id(key.element), key.element)) for key in state.order)
        query = state.query.with_only_columns(*compared, maintain_column_froms=True)
        state = replace(state, query=query, order=order)
    known = {id(element) for element in state.columns.values()}
    # Duplicates that became one row have no common place in an order by other columns.
    order = state.order if all(id(key.element) in known for key in state.order) else ()
    return _changed(state, state.query.distinct(), state.sealed | Seal.CLOSED, order)


def _keyed(state: SelectState, keys: Mapping[str, Any]) -> tuple[SelectState, dict[str, str]]:
    """A SELECT in which every key of a group is a plain column, and the names of those columns by key.

    Values in a computed key are parameters, and PostgreSQL does not take two expressions with parameters for the same:
    it would not recognise the key among the columns. So such keys are computed in a subquery.
    """
    known = state.columns
    columns: dict[str, str] = {}
    computed: dict[str, Any] = {}
    for name, value in keys.items():
        if value is None and not isinstance(known[name], Label):
            columns[name] = name
            continue
        # A new name, so that aggregates still find a column with the name of the key.
        columns[name] = next(free for n in counter(1) if (free := f"key_{n}") not in known and free not in computed)
        computed[columns[name]] = Unbound(name) if value is None else value
    return (wrap(with_columns(state, (), computed)) if computed else state), columns


def keys_of(state: SelectState, keys: Sequence[Any], expressions: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of groups: expressions by name, None for a column of the frame."""
    wanted = named(state, keys, expressions, "group_by")
    require(state, (name for name, value in wanted.items() if value is None))
    return wanted


def aggregate(
    state: SelectState, keys: Mapping[str, Any], columns: Sequence[Any], expressions: Mapping[str, Any]
) -> SelectState:
    """One row for each group: its keys and the aggregates."""
    wanted = named(state, columns, expressions, "agg")
    both = [name for name in wanted if name in keys]
    if both:
        raise ConfigurationError(f"agg(): duplicate column name {both[0]!r}: it is the name of a key.")
    if not wanted and not keys:
        raise ConfigurationError("agg() requires at least one aggregate.")
    state, key_columns = _keyed(unsealed(state), keys)
    computed = [Unbound(name) if value is None else value for name, value in wanted.items()]
    state = inlinable(state, computed)
    known = state.columns
    keyed = columns_in_one_form([known[column] for column in key_columns.values()], state.capabilities)
    groups = [key.label(name) if key.key != name else key for name, key in zip(key_columns, keyed, strict=True)]
    aggregates = [resolve(state, value).label(name) for name, value in zip(wanted, computed, strict=True)]
    _require_aggregated(
        {label.name: label.element for label in aggregates}, [known[column] for column in key_columns.values()]
    )
    statement = state.query.with_only_columns(*groups, *aggregates, maintain_column_froms=True)
    return _changed(
        state, statement.group_by(*(key.element if isinstance(key, Label) else key for key in keyed)), Seal.CLOSED, ()
    )


def _require_aggregated(computed: Mapping[str, Any], keys: Sequence[Any], verb: str = "agg()") -> None:
    bare = {name: names for name, column in computed.items() if (names := bare_columns(column, keys))}
    if bare:
        names = sorted({name for each in bare.values() for name in each})
        raise ConfigurationError(
            f"{verb} names columns that are neither keys nor aggregated: {listing(names)}"
            f" (in {listing(bare)}); a group has many values of them.",
            suggestion=f"Aggregate them, as in func.max(col({names[0]!r})), or add them to group_by().",
        )


def count(state: SelectState) -> Select[Any]:
    """A SELECT of the number of rows."""
    if state.sealed & ~Seal.WINDOW:
        state = wrap(state)
    return state.query.with_only_columns(func.count(), maintain_column_froms=True)
