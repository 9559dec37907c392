"""Set operations: the rows of two SELECTs as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Select, except_, intersect, union, union_all

from ..errors import SchemaMismatchError
from .one_form import columns_in_one_form
from .select_state import Seal, SelectState, all_of, unsealed, wrap
from .together import require_same_types
from .whole_digits import columns_of_whole_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ColumnElement

_OPERATIONS: dict[str, Callable[..., CompoundSelect[Any]]] = {
    "union": union,
    "union_all": union_all,
    "intersect": intersect,
    "except_": except_,
}
# A chain of these is one flat statement: nested subqueries exceed the parser stack of SQLite.
_FLAT = frozenset({"union", "union_all", "intersect"})
_MAX_OPERANDS = 400
"""Where the database has no limit of its own; a longer chain becomes a subquery of the next."""


def combine(left: SelectState, right: SelectState, operation: str) -> SelectState:
    """A set operation; the columns of the right side are matched by name."""
    names, other = left.columns, right.columns
    missing = [name for name in names if name not in other]
    extra = [name for name in other if name not in names]
    if missing or extra:
        mismatches = [f"{name!r} is missing on the right" for name in missing]
        mismatches += [f"{name!r} is missing on the left" for name in extra]
        raise SchemaMismatchError(
            f"{operation}() requires the same columns on both sides.",
            mismatches=mismatches,
            suggestion="Use select() or rename() on one of them.",
        )
    types, others = ({name: one.type for name, one in columns.items()} for columns in (names, other))
    require_same_types(types, others, operation, left.capabilities)
    last, operands = left.operands or ("", ())
    most = left.capabilities.max_set_operands or _MAX_OPERANDS
    of_left = _of(left, names)
    whole = columns_of_whole_digits(of_left, _of(right, names), left.capabilities)
    widens = any(new is not old for new, old in zip(whole, of_left, strict=True))
    if operation != last or operation not in _FLAT or len(operands) >= most or widens:
        operands = (_operand(left, right, list(names), operation),)
    operands = (*operands, _operand(right, left, list(names), operation))
    source = _OPERATIONS[operation](*operands).subquery()
    return replace(all_of(source, left.capabilities), operands=(operation, operands))


def _of(state: SelectState, names: Iterable[str]) -> list[ColumnElement[Any]]:
    return [state.columns[name] for name in names]


def _operand(state: SelectState, other: SelectState, names: list[str], operation: str) -> Select[Any]:
    # SQLite supports neither LIMIT nor parentheses within a set operation.
    state = unsealed(state, unless=Seal.WINDOW | Seal.CLOSED)
    selected = _selected(state, other, names, operation)
    if all(new is old for new, old in zip(selected, state.columns.values(), strict=True)):
        return state.query
    if state.sealed:
        state = wrap(state)
        selected = _selected(state, other, names, operation)
    return state.query.with_only_columns(*selected, maintain_column_froms=True)


def _selected(state: SelectState, other: SelectState, names: list[str], operation: str) -> list[ColumnElement[Any]]:
    columns = columns_of_whole_digits(_of(state, names), _of(other, names), state.capabilities)
    return columns if operation == "union_all" else columns_in_one_form(columns, state.capabilities)
