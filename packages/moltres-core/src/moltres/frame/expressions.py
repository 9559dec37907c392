"""Columns by name, before they are bound to a table.

``col("age")`` is a SQLAlchemy column expression, and every operator, method and function of SQLAlchemy works on it. It
has no type yet, and in SQLAlchemy the type decides what an operator means (``+`` adds numbers and concatenates
strings), so operations on it are recorded. A verb binds the name to the column of its frame and applies the recorded
operations to that column.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Cast, ColumnElement, and_, case, func, literal, null, or_
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    Case,
    ClauseElement,
    ColumnClause,
    FunctionFilter,
    Grouping,
    Label,
    Over,
    WithinGroup,
)
from sqlalchemy.sql.functions import Function, GenericFunction, cume_dist, percent_rank
from sqlalchemy.sql.visitors import iterate, replacement_traverse
from sqlalchemy.types import Double, NullType, TypeEngine

from .._shared.wording import repr_of
from ..dialects.complexity import not_too_deep
from ..dialects.sql.converted import Converted
from ..dialects.sql.passing import passed_type
from ..errors import ConfigurationError
from ..types.logical import logical_type, sendable
from .plain_values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.sql import ColumnExpressionArgument
    from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["When", "bind", "col", "func", "lit", "names_in", "when"]

_T = TypeVar("_T")


_INFIX = frozenset(
    {
        operators.and_,
        operators.or_,
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
        operators.concat_op,
        operator.eq,
        operator.ne,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
    }
)


_ARITHMETIC = frozenset({operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod})


# What only columns of some types have: JSON, arrays, hstore, ranges, and what else SQLAlchemy has comparators for.
_METHODS = frozenset(
    {"all", "any", "as_boolean", "as_float", "as_integer", "as_json", "as_numeric", "as_string"}
    | {"contained_by", "delete_path", "has_all", "has_any", "has_key", "overlap", "path_exists", "path_match"}
    | {"array", "defined", "delete", "keys", "matrix", "slice", "vals"}
    | {"adjacent_to", "difference", "intersection", "not_extend_left_of", "not_extend_right_of"}
    | {"overlaps", "strictly_left_of", "strictly_right_of", "union"}
)
_INDEXED = frozenset({"json", "array", "other", "unknown"})
_PROPERTIES = frozenset({"astext"})


class _Call:
    """Calls a method that only columns of some types have, once the column is known.

    Args:
        name: The method.
        is_property: Whether it is a property.
    """

    def __init__(self, name: str, *, is_property: bool = False) -> None:
        self.name = name
        self.is_property = is_property

    def __call__(self, element: Any, *arguments: Any, **options: Any) -> Any:
        try:
            found = getattr(element, self.name)
        except AttributeError:
            raise ConfigurationError(
                f".{self.name} is for columns of another type: {element} is {type(element.type).__name__}."
            ) from None
        return found if self.is_property else found(*arguments, **options)


class _Unknown(NullType):
    """The type of a column that is not bound yet: its operators record the operation."""

    cache_ok = True

    class Comparator(NullType.Comparator[Any]):
        """Records an operation."""

        __slots__ = ()

        def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            return Operation(op, (self.expr, *other), kwargs)

        def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> ColumnElement[Any]:
            return Operation(op, (other, self.expr), kwargs)

        def __getattr__(self, name: str) -> Any:
            if name in _METHODS:
                return lambda *arguments, **options: Operation(_Call(name), (self.expr, *arguments), options)
            if name in _PROPERTIES:
                return Operation(_Call(name, is_property=True), (self.expr,), {})
            raise AttributeError(name)

    comparator_factory = Comparator


class Unbound(ColumnClause[Any]):
    """A column by name, of the frame that the expression is used with."""

    inherit_cache = False

    def __init__(self, name: str) -> None:
        super().__init__(name, _Unknown())

    def alias(self, name: str) -> Label[Any]:
        """Another name for ``label``."""
        return self.label(name)


class Operation(ColumnElement[Any]):
    """An operation on a column that is not bound yet.

    Args:
        op: The operator of SQLAlchemy.
        operands: Its operands, in order.
        options: Its keyword arguments.
    """

    __visit_name__ = "moltres_operation"
    inherit_cache = False
    _traverse_internals: Any = ()

    def __init__(self, op: Callable[..., Any], operands: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.operation = op
        self.operands = operands
        self.options = options
        self.type = _Unknown()

    def alias(self, name: str) -> Label[Any]:
        """Another name for ``label``."""
        return self.label(name)

    def self_group(self, against: operators.OperatorType | None = None) -> ColumnElement[Any]:
        """Parentheses where the operator around this one has precedence."""
        # Only for printed expressions: the bound operation has its own.
        if against is None or against is operators.comma_op or self.operation not in _INFIX:
            return self
        binds_weaker = operators.is_precedent(cast("operators.OperatorType", self.operation), against)
        return Grouping(self) if binds_weaker else self

    def perform(self, resolve: Callable[[str], ColumnElement[Any]]) -> ColumnElement[Any]:
        """The operation on bound columns."""
        operands = [_bind(operand, resolve) for operand in self.operands]
        if self.operation is operators.getitem and logical_type(operands[0].type).name not in _INDEXED:
            raise ConfigurationError(f"{operands[0]} is {type(operands[0].type).__name__}, which has no items.")
        try:
            result: ColumnElement[Any] = self.operation(*operands, **self.options)
        except (NotImplementedError, ArgumentError, TypeError) as error:
            raise ConfigurationError(f"The operation is not one for {operands[0]}: {error}") from error
        return _with_floats(result)


@compiles(Operation)
def _compile_operation(element: Operation, compiler: SQLCompiler, **kwargs: Any) -> str:
    # Only for printed expressions: a frame sends bound ones only.
    return compiler.process(element.perform(ColumnClause), **kwargs)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name)


def col(name: str) -> ColumnElement[Any]:
    """A column of the frame that the expression is used with.

    Args:
        name: The exact name of the column, without quotes.

    Returns:
        A SQLAlchemy column expression.

    Raises:
        ConfigurationError: If the name is not a string, or empty.

    Examples:
        >>> print((col("age") + 1).label("next_age"))
        age + :age_1
        >>> print(col("name").ilike("a%") & (col("age") > 25))
        lower(name) LIKE lower(:name_1) AND age > :age_1
    """
    if not _is_name(name):
        raise ConfigurationError(f"col() requires the name of a column, not {repr_of(name)}.")
    return Unbound(name)


def lit(value: Any, type_: TypeEngine[_T] | type[TypeEngine[_T]] | None = None) -> ColumnElement[Any]:
    """A value as an expression, sent as a parameter of the statement.

    Args:
        value: Any value that the driver supports; None is NULL.
        type_: The SQL type, if it does not follow from the value.

    Examples:
        >>> print(lit(1) + col("x"))
        :param_1 + x
    """
    given: Any = type_
    if given is not None and not (
        isinstance(given, TypeEngine) or (isinstance(given, type) and issubclass(given, TypeEngine))
    ):
        raise ConfigurationError(f"lit(): type_ must be a type of SQLAlchemy, not {repr_of(type_)}.")
    value = plain(value)
    if value is None and type_ is None:
        return null()
    return literal(sendable(value), type_)


class When(Case[Any]):
    """``CASE WHEN``; an expression that is NULL where no condition is true."""

    inherit_cache = True

    def alias(self, name: str) -> Label[Any]:
        """Another name for ``label``."""
        return self.label(name)

    def when(self, condition: ColumnExpressionArgument[bool], value: Any) -> When:
        """The value for rows for which the condition is true and none before it is.

        Args:
            condition: A boolean expression.
            value: An expression or a plain value.
        """
        return When(*((test, result) for test, result in self.whens), (_condition(condition), _value(value)))

    def otherwise(self, value: Any) -> ColumnElement[Any]:
        """The value for all other rows.

        Args:
            value: An expression or a plain value.
        """
        return case(*((test, result) for test, result in self.whens), else_=_value(value))


def _condition(condition: Any) -> Any:
    if not isinstance(condition, ClauseElement | bool) and not hasattr(condition, "__clause_element__"):
        raise ConfigurationError(
            f"when(): condition must be a condition on columns, not {repr_of(condition)}.",
            suggestion='Write when(col("age") > 25, …).',
        )
    return condition


def _value(value: Any) -> Any:
    return value if isinstance(value, ClauseElement) else lit(value)


def when(condition: ColumnExpressionArgument[bool], value: Any) -> When:
    """Start a ``CASE WHEN``.

    Args:
        condition: A boolean expression.
        value: An expression or a plain value, for the rows for which the condition is true.

    Examples:
        >>> print(when(col("age") < 18, "minor").when(col("age") < 65, "adult").otherwise("senior"))
        CASE WHEN age < :age_1 THEN :param_1 WHEN age < :age_2 THEN :param_2 ELSE :param_3 END
    """
    return When((_condition(condition), _value(value)))


def _with_floats(element: ColumnElement[Any]) -> ColumnElement[Any]:
    """What is computed from decimals and floats, which SQLAlchemy takes for decimals, as the floats that it is."""
    if isinstance(element, BinaryExpression) and element.operator in _ARITHMETIC:
        kinds = {logical_type(side.type).name for side in (element.left, element.right)}
        element.type = Double() if kinds == {"decimal", "float"} else element.type
    return element


def _rebuild(element: Any, resolve: Callable[[str], ColumnElement[Any]]) -> Any:  # noqa: PLR0911 - one for each kind
    """A new element for one whose type or parentheses depend on the columns inside; None for all others."""
    match element:
        case Unbound():
            return resolve(element.name)
        case Operation():
            return element.perform(resolve)
        case Label():
            return _bind(element.element, resolve).label(element.name)
        case BooleanClauseList():
            join = and_ if element.operator is operators.and_ else or_
            return join(*(_bind(clause, resolve) for clause in element.clauses))
        case BinaryExpression() if element.operator in _INFIX and not element.modifiers:
            return _with_floats(element.operator(_bind(element.left, resolve), _bind(element.right, resolve)))
        case Case():
            return case(
                *((_bind(test, resolve), _bind(result, resolve)) for test, result in element.whens),
                value=None if element.value is None else _bind(element.value, resolve),
                else_=None if element.else_ is None else _bind(element.else_, resolve),
            )
        case GenericFunction() if type(element).__init__ is not GenericFunction.__init__:
            # min(), max(), coalesce() and similar functions have the type of their arguments.
            return type(element)(*(_bind(argument, resolve) for argument in element.clauses))
        case Cast() if type(element) is Cast:
            return Converted(_bind(element.clause, resolve), element.type)
        case Grouping():
            return Grouping(_bind(element.element, resolve))
    return None


def is_unbound(element: object) -> bool:
    """Whether an expression has columns or operations that are not bound."""
    return isinstance(element, ClauseElement) and any(
        isinstance(part, Unbound | Operation) for part in iterate(element)
    )


@not_too_deep
def bind(expression: Any, resolve: Callable[[str], ColumnElement[Any]]) -> Any:
    """An expression with its columns bound.

    Args:
        expression: Any expression; plain values and expressions without a `col` are returned unchanged.
        resolve: Returns the column of a name.

    Raises:
        QueryError: If too many operations are within each other.
    """
    return _bind(expression, resolve)


def _bind(expression: Any, resolve: Callable[[str], ColumnElement[Any]]) -> Any:
    if isinstance(expression, tuple | list):
        return type(expression)(_bind(part, resolve) for part in expression)
    if not is_unbound(expression):
        return plain(expression)
    found = _rebuild(expression, resolve)
    if found is not None:
        return found

    def replace(element: Any, **_: Any) -> Any:
        if element is expression or not is_unbound(element):
            return None
        rebuilt = _rebuild(element, resolve)
        # A single column may be bound to an operation: add parentheses, because its parent cannot any more.
        if isinstance(rebuilt, BinaryExpression | BooleanClauseList):
            return Grouping(rebuilt)
        return rebuilt

    bound = replacement_traverse(cast("ColumnElement[Any]", expression), {}, replace)
    return _typed(bound)


def _typed(bound: Any) -> Any:
    """An expression whose functions have the types of what they are given, from the innermost outwards."""
    for part in reversed(list(iterate(bound))):
        if isinstance(part, Function) and isinstance(part.type, NullType):
            part.type = passed_type(part) or part.type
        if isinstance(part, Over | FunctionFilter | WithinGroup):
            part.__dict__.pop("type", None)  # cached before the function inside was bound
        if isinstance(part, Over) and isinstance(part.element, cume_dist | percent_rank):
            part.__dict__["type"] = Double()  # which SQLAlchemy takes for a decimal
    return bound


def names_in(expression: Any) -> Iterator[str]:
    """The names of the unbound columns in an expression, in no particular order and with duplicates."""
    waiting, lists = [expression], set()
    while waiting:  # without recursion: an operation can have thousands of others within
        one = waiting.pop()
        if isinstance(one, tuple | list):
            if id(one) not in lists:  # one that holds itself has no end
                lists.add(id(one))
                waiting += reversed(one)
        elif isinstance(one, ClauseElement):
            for element in iterate(one):
                if isinstance(element, Unbound):
                    yield element.name
                elif isinstance(element, Operation):
                    waiting += reversed(element.operands)
