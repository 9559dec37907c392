"""The verbs that work on one frame. Each takes a frame and returns another; nothing is sent to the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, Select, type_coerce
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    Cast,
    FunctionFilter,
    Grouping,
    Label,
    Over,
    TypeCoerce,
    UnaryExpression,
    WithinGroup,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from ..errors import ConfigurationError
from .expressions import Unbound, names_in
from .select_state import (
    CUT,
    Order,
    Seal,
    exported,
    has_aggregate,
    has_window,
    inlinable,
    reachable,
    require,
    resolve,
    unsealed,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .dataframe import DataFrame

_NULLS = ("first", "last")


def _changed(frame: DataFrame, statement: Select[Any], sealed: Seal, order: tuple[Order, ...]) -> DataFrame:
    return replace(frame, query=statement, sealed=sealed, order=order, source=None, parts=None, hidden={})


def _name(element: Any) -> str | None:
    """The name that an expression has of itself."""
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


def _expression(value: Any, verb: str) -> ColumnElement[Any]:
    if hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    if isinstance(value, Select):
        return value.scalar_subquery()
    if not isinstance(value, ColumnElement):
        raise ConfigurationError(
            f"{verb}() got {value!r}, which is not a column expression.",
            suggestion="Write lit(value) for a plain value, col(name) for a column.",
        )
    return value


def named(frame: DataFrame, columns: Iterable[Any], expressions: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """What a verb was asked to compute: expressions by name, a plain column as None.

    Raises:
        ConfigurationError: If an expression has no name, a name stands twice, or something is no expression.
    """
    found: dict[str, Any] = {}

    def add(name: str, value: Any) -> None:
        if name in found:
            raise ConfigurationError(
                f"{verb}() would have two columns {name!r}.", suggestion="Give one of them another."
            )
        found[name] = value

    for column in columns:
        if isinstance(column, str) and column == "*":
            for name in exported(frame.query):
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
                    f"{verb}() does not know what to call {expression}.",
                    suggestion="Give it a name: name=expression, or expression.label(name).",
                )
            add(own, expression.element if isinstance(expression, Label) else expression)
    for given, value in expressions.items():
        add(given, Unbound(value) if isinstance(value, str) and verb == "rename" else _expression(value, verb))
    return found


def _typed(element: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression with the type that SQLAlchemy leaves out: BETWEEN and its like are boolean."""
    untyped = isinstance(element, BinaryExpression) and isinstance(element.type, NullType)
    return type_coerce(element, Boolean()) if untyped and operators.is_comparison(element.operator) else element


def project(frame: DataFrame, wanted: Mapping[str, Any], *, hide: bool = False) -> DataFrame:
    """The frame with exactly these columns: None for one it has, an expression otherwise.

    Args:
        frame: The frame.
        wanted: Its columns, in order.
        hide: Whether where and order_by may still use the other columns.
    """
    require(frame, (name for name, value in wanted.items() if value is None))
    if not wanted:
        raise ConfigurationError("A frame needs at least one column.")
    expressions = [value for value in wanted.values() if value is not None]
    computed = [value for value in expressions if not isinstance(value, Unbound)]
    gathers = any(has_window(value) or has_aggregate(value) for value in computed)
    # A LIMIT does not mind which columns there are, but a window or an aggregate must see only the rows it left.
    # A window's value can be taken along, but not be computed with where windows and aggregates nest.
    allowed = (Seal.OPEN if gathers else CUT) | (Seal.OPEN if computed else Seal.WINDOW)
    frame = inlinable(unsealed(frame, unless=allowed), expressions)
    known = exported(frame.query)
    columns: list[ColumnElement[Any]] = []
    for name, value in wanted.items():
        columns.append(known[name] if value is None else _typed(resolve(frame, value)).label(name))
    query = frame.query.with_only_columns(*columns, maintain_column_froms=True)
    if any(has_aggregate(value) for value in computed):
        return _changed(frame, query, frame.sealed & CUT | Seal.CLOSED, ())
    sealed = frame.sealed & CUT
    if any(has_window(column) for column in columns):
        sealed |= Seal.WINDOW
    hidden = {**frame.hidden, **known} if hide else frame.hidden
    hidden = {name: element for name, element in hidden.items() if name not in wanted and not has_window(element)}
    return replace(_changed(frame, query, sealed, frame.order), hidden=hidden)


def select(frame: DataFrame, columns: Sequence[Any], expressions: Mapping[str, Any]) -> DataFrame:
    """Choose and compute columns."""
    if not columns and not expressions:
        return frame
    return project(frame, named(frame, columns, expressions, "select"), hide=True)


def with_columns(frame: DataFrame, columns: Sequence[Any], expressions: Mapping[str, Any]) -> DataFrame:
    """Add columns, or replace those of the same name where they are."""
    added = named(frame, columns, expressions, "with_columns")
    if not added:
        return frame
    return project(frame, {**dict.fromkeys(exported(frame.query)), **added})


def rename(frame: DataFrame, names: Mapping[str, str]) -> DataFrame:
    """Give columns other names, in place."""
    require(frame, names)
    wanted: dict[str, Any] = {}
    for old in exported(frame.query):
        new = names.get(old, old)
        if new in wanted:
            raise ConfigurationError(f"rename() would have two columns {new!r}.")
        wanted[new] = None if new == old else Unbound(old)
    return project(frame, wanted)


def drop(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    """Leave columns out."""
    require(frame, names)
    return project(frame, {name: None for name in exported(frame.query) if name not in names})


def where(frame: DataFrame, predicates: Sequence[Any]) -> DataFrame:
    """Keep the rows for which every predicate holds."""
    for predicate in predicates:
        if isinstance(predicate, bool | str):
            raise ConfigurationError(
                f"where() got {predicate!r} instead of a condition on columns.",
                suggestion='Compare with ==, not with "is", and combine with & | ~: where(col("active") == True).'
                if isinstance(predicate, bool)
                else 'Write where(col("age") > 25); conditions in SQL go through db.sql(…).',
            )
    if not predicates:
        return frame
    conditions = [_expression(predicate, "where") for predicate in predicates]
    frame = inlinable(unsealed(frame), conditions, frame.hidden)
    statement = frame.query.where(*(resolve(frame, condition) for condition in conditions))
    return replace(_changed(frame, statement, frame.sealed, frame.order), hidden=frame.hidden)


_MODIFIERS = {
    operators.desc_op: ("descending", True),
    operators.asc_op: ("descending", False),
    operators.nulls_first_op: ("nulls", "first"),
    operators.nulls_last_op: ("nulls", "last"),
}


def _order(frame: DataFrame, key: Any, descending: bool, nulls: str) -> Order:
    known = {**frame.hidden, **exported(frame.query)}
    if isinstance(key, Unbound):
        return Order(known[key.name], descending, nulls)
    element = resolve(frame, key)
    options: dict[str, Any] = {"descending": descending, "nulls": nulls}
    while isinstance(element, UnaryExpression) and element.modifier in _MODIFIERS:
        name, value = _MODIFIERS[element.modifier]
        options[name] = value
        element = element.element
    for exported_element in known.values():
        # col("x").desc() means the column, also where x is computed: the database sorts by its name.
        if element is exported_element or (isinstance(exported_element, Label) and element is exported_element.element):
            element = exported_element
            break
    return Order(element, **options)


def order_by(frame: DataFrame, keys: Sequence[Any], *, descending: bool | Sequence[bool], nulls: str) -> DataFrame:
    """Sort; an earlier order is forgotten."""
    if nulls not in _NULLS:
        raise ConfigurationError.choice("nulls", nulls, _NULLS)
    if not keys:
        raise ConfigurationError("order_by() needs at least one key.")
    flags = [descending] * len(keys) if isinstance(descending, bool) else list(descending)
    if len(flags) != len(keys):
        raise ConfigurationError(f"order_by() got {len(keys)} keys and {len(flags)} values for descending.")
    expressions = [Unbound(key) if isinstance(key, str) else _expression(key, "order_by") for key in keys]
    left_out = frame.hidden
    frame = unsealed(frame, unless=Seal.WINDOW | Seal.CLOSED)
    if not all(isinstance(expression, Unbound) for expression in expressions):
        # DISTINCT and GROUP BY can be sorted by what they return, but not by just any expression.
        frame = unsealed(frame, unless=Seal.WINDOW)
        frame = inlinable(frame, expressions, left_out)
    else:
        # A column alone is not repeated: the database sorts by its name.
        reachable(frame, names_in(expressions), left_out)
    order = tuple(_order(frame, key, flag, nulls) for key, flag in zip(expressions, flags, strict=True))
    sealed = frame.sealed | (Seal.WINDOW if any(has_window(key.element) for key in order) else Seal.OPEN)
    return replace(frame, order=order, sealed=sealed)


def _count(value: object, verb: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigurationError(f"{verb}() takes a number of rows from 0, not {value!r}.")
    return value


def _cut(frame: DataFrame) -> Select[Any]:
    """The SELECT with its ORDER BY, which decides what a LIMIT leaves."""
    if not frame.order or frame.sealed & CUT:
        return frame.query
    return frame.statement


def limit(frame: DataFrame, rows: int) -> DataFrame:
    """Keep the first rows."""
    rows = _count(rows, "limit")
    frame = unsealed(frame, unless=~Seal.LIMIT)
    cut = _changed(frame, _cut(frame).limit(rows), (frame.sealed & ~Seal.OFFSET) | Seal.LIMIT, frame.order)
    return replace(cut, hidden=frame.hidden)


def offset(frame: DataFrame, rows: int) -> DataFrame:
    """Leave the first rows out."""
    rows = _count(rows, "offset")
    frame = unsealed(frame, unless=~CUT)
    cut = _changed(frame, _cut(frame).offset(rows), frame.sealed | Seal.OFFSET, frame.order)
    return replace(cut, hidden=frame.hidden)


def distinct(frame: DataFrame) -> DataFrame:
    """Keep one of each set of equal rows."""
    frame = unsealed(frame, unless=Seal.WINDOW)
    known = {id(element) for element in exported(frame.query).values()}
    # Rows that became one have no common place in an order by something else than what they show.
    order = frame.order if all(id(key.element) in known for key in frame.order) else ()
    return _changed(frame, frame.query.distinct(), frame.sealed | Seal.CLOSED, order)


def _keyed(frame: DataFrame, keys: Mapping[str, Any]) -> tuple[DataFrame, dict[str, str]]:
    """A frame in which every key of a group is a plain column, and the names of those columns by key.

    The values in a computed key are parameters, and to PostgreSQL two parameters are never the same expression: it
    would not recognise the key in the list of columns. So such keys are computed in a subquery.
    """
    known = exported(frame.query)
    columns: dict[str, str] = {}
    computed: dict[str, Any] = {}
    for name, value in keys.items():
        if value is None and not isinstance(known[name], Label):
            columns[name] = name
            continue
        # Under a name of its own, so that aggregates still find the column which the key may be named after.
        columns[name] = next(free for n in count(1) if (free := f"key_{n}") not in known and free not in computed)
        computed[columns[name]] = Unbound(name) if value is None else value
    return (wrap(with_columns(frame, (), computed)) if computed else frame), columns


@dataclass(frozen=True)
class GroupBy:
    """The groups of a frame, waiting for what to compute of each.

    Attributes:
        frame: The frame.
        keys: What makes a group, by name.
    """

    frame: DataFrame
    keys: Mapping[str, Any]

    def agg(self, *columns: Any, **expressions: Any) -> DataFrame:
        """Compute one row per group: its keys and these aggregates.

        Args:
            *columns: Aggregates with a name of their own, as `func.sum(col("x")).label("total")`.
            **expressions: Aggregates by name.

        Returns:
            A frame of the keys, then the aggregates. Without keys it has exactly one row.

        Examples:
            >>> from moltres import col, connect, func
            >>> db = connect()
            >>> df = db.sql("SELECT * FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) AS t(kind, n)")
            >>> df.group_by("kind").agg(total=func.sum(col("n"))).order_by("kind").collect().rows
            [('a', 3), ('b', 5)]
            >>> db.close()
        """
        wanted = named(self.frame, columns, expressions, "agg")
        both = [name for name in wanted if name in self.keys]
        if both:
            raise ConfigurationError(f"agg() would have two columns {both[0]!r}: one is a key of the groups.")
        if not wanted and not self.keys:
            raise ConfigurationError("agg() needs at least one aggregate.")
        frame, keys = _keyed(unsealed(self.frame), self.keys)
        computed = [Unbound(name) if value is None else value for name, value in wanted.items()]
        frame = inlinable(frame, computed)
        known = exported(frame.query)
        groups = [known[column].label(name) if column != name else known[name] for name, column in keys.items()]
        aggregates = [resolve(frame, value).label(name) for name, value in zip(wanted, computed, strict=True)]
        statement = frame.query.with_only_columns(*groups, *aggregates, maintain_column_froms=True)
        return _changed(frame, statement.group_by(*(known[column] for column in keys.values())), Seal.CLOSED, ())


def group_by(frame: DataFrame, keys: Sequence[Any], expressions: Mapping[str, Any]) -> GroupBy:
    """Make groups of the rows that have the same keys."""
    wanted = named(frame, keys, expressions, "group_by")
    require(frame, (name for name, value in wanted.items() if value is None))
    return GroupBy(frame, wanted)
