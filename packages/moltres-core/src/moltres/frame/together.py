"""Values that are put into one column: of types that go together, or none.

PostgreSQL refuses a column of numbers and strings. Other databases make strings of the numbers, numbers of the strings,
or moments of today of times of a day.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import Case
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from ..dialects.sql.passing import given_by
from ..errors import ConfigurationError, SchemaMismatchError
from ..types.logical import LogicalType, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.types import TypeEngine

    from ..dialects import Capabilities

__all__ = ["require_alike", "require_same_types"]

_NUMBERS = frozenset({"integer", "decimal", "float"})
_MOMENTS = frozenset({"date", "timestamp"})
_UNTOLD = frozenset({"unknown", "other"})
"""Types of which the database knows more."""

_SENT_AS = {"integer": ("boolean",), "text": ("json", "uuid")}

_HINT = "Cast one of them: cast(col(…), String)."


def require_same_types(
    left: Mapping[str, TypeEngine[Any]], right: Mapping[str, TypeEngine[Any]], verb: str, capabilities: Capabilities
) -> None:
    """Refuse rows of two SELECTs as one if a column of them would be of two types.

    Args:
        left: The types of one by name.
        right: Those of the other, by the same names.
        verb: What combines them.
        capabilities: What the database can do.

    Raises:
        SchemaMismatchError: With all such columns.
    """
    kinds = {name: (_kind(left[name]), _kind(right[name])) for name in left}
    faults = [
        f"column {name!r} is {one} on the left and {other} on the right"
        for name, (one, other) in kinds.items()
        if not _go_together(one, other, capabilities)
    ]
    if faults:
        raise SchemaMismatchError(
            f"{verb}() requires columns of types that go together.", mismatches=faults, suggestion=_HINT
        )


def require_alike(expression: Any, capabilities: Capabilities) -> None:
    """Refuse an expression that gives values of two types, such as ``coalesce`` of a number and a string.

    Args:
        expression: An expression on the columns of tables.
        capabilities: What the database can do.

    Raises:
        ConfigurationError: If it has one.
    """
    for part in iterate(expression):
        found = _one_of(part, capabilities)
        for other in found[1:]:
            kinds = _kind(found[0].type), _kind(other.type)
            if not any(_go_together(left, right, capabilities) for left, right in product(*map(_readings, kinds))):
                verb = part.name if isinstance(part, FunctionElement) else "CASE"
                raise ConfigurationError(
                    f"{verb} of {found[0]} ({kinds[0]}) and {other} ({kinds[1]}) would be of two types.",
                    suggestion=_HINT,
                )


def _kind(type_: TypeEngine[Any]) -> LogicalType:
    # The bits of a BIT are read as a number, and are bytes beside numbers.
    return LogicalType("bit") if getattr(type_, "__visit_name__", "") == "BIT" else told(type_)


def _readings(kind: LogicalType) -> tuple[LogicalType, ...]:
    """What values can be of which the database says the type that it sends them in."""
    return (kind, *map(LogicalType, _SENT_AS.get(kind.name, ()))) if kind.untold else (kind,)


def _one_of(element: Any, capabilities: Capabilities) -> Sequence[Any]:
    """The expressions of which an expression gives one, without those whose type is not known."""
    found: Sequence[Any] = []
    if isinstance(element, Case):
        found = [result for _, result in element.whens] + ([] if element.else_ is None else [element.else_])
    elif isinstance(element, FunctionElement):
        found = given_by(element, enforces_types=capabilities.enforces_types)
    return [one for one in found if told(one.type).name not in _UNTOLD]


def _go_together(one: LogicalType, other: LogicalType, capabilities: Capabilities) -> bool:
    names = {one.name, other.name}
    if names & _UNTOLD or names <= _NUMBERS:
        return True
    if names == _MOMENTS:
        # With a zone a day would begin in that of the session.
        return capabilities.enforces_types and not (one.zoned or other.zoned)
    if one.item is not None and other.item is not None:
        return _go_together(one.item, other.item, capabilities)
    return one.name == other.name and one.zoned == other.zoned
