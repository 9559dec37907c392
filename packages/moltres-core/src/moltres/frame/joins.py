"""Joins: the columns of two SELECTs side by side, or the rows of one by whether the other has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    func,
    literal_column,
    null,
    true,
    type_coerce,
)
from sqlalchemy import select as sql_select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList, Label
from sqlalchemy.sql.visitors import iterate

from .._shared.wording import listing, repr_of
from ..errors import ColumnNotFoundError, ConfigurationError
from .comparisons import as_columns
from .expressions import Operation, bind, col, names_in
from .select_state import SelectState, inlinable, unsealed, wrap
from .set_operations import combine
from .whole_digits import with_whole_digits

if TYPE_CHECKING:
    from ..dialects import Capabilities

JOINS = ("inner", "left", "right", "full", "semi", "anti", "cross")


class _Keys(NamedTuple):
    """The condition of a join."""

    pairs: tuple[tuple[str, str], ...]
    merged: tuple[str, ...]
    """Keys of the same name on both sides, which become one column."""
    condition: ColumnElement[bool] | None


def _parse(on: object, how: str) -> _Keys:
    if how == "cross":
        if on is not None:
            raise ConfigurationError("A cross join has no condition; leave on= out.")
        return _Keys((), (), None)
    if isinstance(on, str):
        on = [on]
    if isinstance(on, ColumnElement):
        return _Keys((), (), on)
    if isinstance(on, list | tuple) and on and all(isinstance(part, ColumnElement) for part in on):
        return _Keys((), (), and_(*on))
    pairs: list[tuple[str, str]] = []
    merged: list[str] = []
    if not isinstance(on, Sequence) or not on:
        raise ConfigurationError(
            f"join(on=…) requires a name, a list, or a condition, not {repr_of(on)}.",
            suggestion='Use a name, a list of names and of pairs (left, right), or a condition: on="id",'
            ' on=["country", ("id", "user_id")], on=col("age") > col("age_right").',
        )
    for part in on:
        if isinstance(part, str):
            pairs.append((part, part))
            merged.append(part)
        elif isinstance(part, Sequence) and len(part) == 2 and all(isinstance(name, str) for name in part):
            pairs.append((part[0], part[1]))
        else:
            raise ConfigurationError(
                "join(on=[…]) requires names and pairs of names, or conditions only,"
                f" not {repr_of(part)} among {len(on)}."
            )
    return _Keys(tuple(pairs), tuple(merged), None)


def _check_keys(keys: _Keys, left: dict[str, Any], right: dict[str, Any]) -> None:
    sides = (("left", [a for a, _ in keys.pairs], left), ("right", [b for _, b in keys.pairs], right))
    wrong = [
        (side, missing, known)
        for side, names, known in sides
        if (missing := [name for name in names if name not in known])
    ]
    if not wrong:
        return
    errors = [ColumnNotFoundError.of(missing, known, where=f"the {side} frame") for side, missing, known in wrong]
    hints = " ".join(error.suggestion for error in errors if error.suggestion)
    raise ColumnNotFoundError(
        "\n".join(error.message for error in errors),
        suggestion=hints or None,
        context={side: error.context for (side, *_), error in zip(wrong, errors, strict=True)},
    )


def _source(state: SelectState, other_than: SelectState) -> FromClause:
    """The right side of a join: a table, or a subquery; never an object that the other side reads already."""
    if state.source is None:
        return cast("FromClause", wrap(state).source)
    if not any(part is state.source for part in iterate(other_than.query)):
        return state.source
    return state.source.alias() if isinstance(state.source, Table) else state.query.subquery()


def _columns(source: FromClause) -> dict[str, ColumnElement[Any]]:
    return {str(column.key): column for column in source.c}


def _joined_names(left: dict[str, Any], right: dict[str, Any], merged: Sequence[str], suffix: str) -> dict[str, str]:
    """The names of the right columns after the join, by their names before."""
    names = {name: f"{name}{suffix}" if name in left else name for name in right if name not in merged}
    taken = [*left, *names.values()]
    duplicates = (
        sorted({name for name in names.values() if taken.count(name) > 1}) if len(set(taken)) < len(taken) else []
    )
    if duplicates:
        raise ConfigurationError(
            f"join(): duplicate column names: {', '.join(duplicates)}.",
            suggestion="Use another suffix=, or rename or drop the columns first.",
        )
    return names


def join(left: SelectState, right: SelectState, *, on: object, how: str, suffix: str) -> SelectState:
    """Join two SELECTs."""
    if how not in JOINS:
        raise ConfigurationError.choice("how", how, JOINS)
    keys = _parse(on, how)
    _check_keys(keys, left.columns, right.columns)
    left = unsealed(left)
    if how in {"right", "full"} and left.source is None:
        # Rows without a match have NULL on the left, also in computed columns, and are not filtered.
        left = wrap(left)
    names = _joined_names(left.columns, right.columns, keys.merged, suffix)
    _require_both_sides(keys, left, right, names)
    keys = _with_plain_names(keys, left, right, names)
    left = _ready(left, keys, names)
    if how == "full" and not left.capabilities.full_join:
        matched = join(left, right, on=on, how="left", suffix=suffix)
        return combine(matched, _without_partner(left, right, keys, names), "union_all")
    source = _source(right, left)
    left_columns, right_columns = left.columns, _columns(source)
    shown_columns = {shown: right_columns[name] for name, shown in names.items()}
    (reads,) = left.query.get_final_froms()
    joined = reads._from_objects if how == "right" else [source]  # noqa: SLF001 - SQLAlchemy tells them nowhere else
    condition = _condition(keys, left_columns, shown_columns, right_columns)
    condition = as_columns(condition, left.capabilities, joined=joined)
    if how in {"semi", "anti"}:
        has_partner = _exists(source, condition)
        return _joined(left, left.query.where(has_partner if how == "semi" else ~has_partner))
    columns = [
        *_left_columns(left_columns, right_columns, keys.merged, how, left.capabilities),
        *(right_columns[name] if name == shown else right_columns[name].label(shown) for name, shown in names.items()),
    ]
    if how == "right":
        both = source.outerjoin(reads, condition)
    else:
        both = reads.join(source, condition, isouter=how == "left", full=how == "full")
    statement = left.query.with_only_columns(*columns).select_from(both)
    return replace(_joined(left, statement), order=left.order if how in {"inner", "left", "cross"} else ())


def _require_both_sides(keys: _Keys, left: SelectState, right: SelectState, names: dict[str, str]) -> None:
    """Refuse to compare columns of the left frame where one of them may be meant as that of the right frame.

    Raises:
        ConfigurationError: It names the columns, and what they are called on the right side.
    """
    for part in _conjuncts(keys.condition):
        used = sorted({*names_in(part)})
        both = [name for name in used if name in right.columns]
        if both and len([*names_in(part)]) > 1 and all(name in left.columns for name in used):
            asked = listing(names[name] for name in both)
            raise ConfigurationError(
                f"join(): {part} compares columns of the left frame only: {listing(used)}.",
                suggestion=f"For the columns of the right frame use {asked}."
                " Conditions on the left frame alone belong into where().",
            )


def _conjuncts(condition: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    """The conditions that must all hold."""
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        return [part for clause in condition.clauses for part in _conjuncts(clause)]
    if isinstance(condition, Operation) and condition.operation is operators.and_:
        return [part for operand in condition.operands for part in _conjuncts(operand)]
    return [] if condition is None else [condition]


def _with_plain_names(keys: _Keys, left: SelectState, right: SelectState, names: dict[str, str]) -> _Keys:
    """The condition with ``table.column`` as the name that the column has in the joined frame.

    A column whose own name is ``table.column`` comes first. Only a side that is a whole table has a name.

    Raises:
        ConfigurationError: If both sides are of that table.
    """

    def plain(name: str) -> ColumnElement[Any]:
        table, dot, column = name.rpartition(".")
        if not dot or name in left.columns or name in names.values():
            return col(name)
        of_left = _is_table(left, table) and column in left.columns
        of_right = _is_table(right, table) and column in right.columns
        if of_left and of_right:
            raise ConfigurationError(
                f"join(): {name!r} could be a column of either side.",
                suggestion=f"Use col({column!r}) for the left side and col({names[column]!r}) for the right one.",
            )
        return col(names[column] if of_right else column) if of_left or of_right else col(name)

    return keys if keys.condition is None else keys._replace(condition=bind(keys.condition, plain))


def _is_table(state: SelectState, name: str) -> bool:
    source = state.source
    return isinstance(source, Table) and name in (source.name, f"{source.schema}.{source.name}")


def _exists(source: FromClause, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return sql_select(literal_column("1")).select_from(source).where(condition).correlate_except(source).exists()


def _without_partner(left: SelectState, right: SelectState, keys: _Keys, names: dict[str, str]) -> SelectState:
    """The rows that a full join has beyond a left join: the right rows without a match."""
    right = right if right.source is not None else wrap(right)
    source = _source(left, right)
    left_columns, right_columns = _columns(source), {k: _plain(v) for k, v in right.columns.items()}
    shown = {shown: right_columns[name] for name, shown in names.items()}
    condition = as_columns(_condition(keys, left_columns, shown, right_columns), left.capabilities, joined=[source])
    columns = [
        (right_columns[name] if name in keys.merged else type_coerce(null(), column.type)).label(name)
        for name, column in left_columns.items()
    ]
    columns += [column.label(name) for name, column in shown.items()]
    return _joined(right, right.query.where(~_exists(source, condition)).with_only_columns(*columns))


def _joined(left: SelectState, statement: Select[Any]) -> SelectState:
    return replace(left, query=statement, source=None, operands=None, hidden={})


def _ready(left: SelectState, keys: _Keys, names: dict[str, str]) -> SelectState:
    """The left state, wrapped if it reads from several places or its part of the condition is too long to repeat."""
    known = left.columns
    used = list(names_in(keys.condition)) if keys.condition is not None else [name for name, _ in keys.pairs]
    unknown = [name for name in used if name not in known and name not in names.values()]
    if unknown:
        raise ColumnNotFoundError.of(unknown, [*known, *names.values()], where="the joined frame")
    left = inlinable(left, [col(name) for name in used if name in known])
    return left if len(left.query.get_final_froms()) == 1 else wrap(left)


def _condition(
    keys: _Keys,
    left: dict[str, ColumnElement[Any]],
    shown: dict[str, ColumnElement[Any]],
    right: dict[str, ColumnElement[Any]],
) -> ColumnElement[bool]:
    """The condition of a match; `shown` are the right columns by their names after the join."""
    if keys.condition is not None:
        bound: ColumnElement[bool] = bind(
            keys.condition, lambda name: _plain(left[name]) if name in left else shown[name]
        )
        return bound
    return and_(true(), *(_plain(left[a]) == right[b] for a, b in keys.pairs))


def _plain(element: ColumnElement[Any]) -> ColumnElement[Any]:
    return element.element if isinstance(element, Label) else element


def _left_columns(
    left: dict[str, ColumnElement[Any]],
    right: dict[str, ColumnElement[Any]],
    merged: Sequence[str],
    how: str,
    capabilities: Capabilities,
) -> list[ColumnElement[Any]]:
    """The left columns; a merged key is taken from the side that has the row."""
    if how == "right":
        return [right[name] if name in merged else column for name, column in left.items()]
    if how == "full":
        return [
            with_whole_digits(func.coalesce(column, right[name]), capabilities).label(name)
            if name in merged
            else column
            for name, column in left.items()
        ]
    return list(left.values())
