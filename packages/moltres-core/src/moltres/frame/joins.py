"""The verbs that make one frame of two: joins and set operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Table,
    and_,
    except_,
    func,
    intersect,
    literal_column,
    null,
    true,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy import select as sql_select
from sqlalchemy.sql.elements import Label
from sqlalchemy.sql.visitors import iterate

from ..errors import ColumnNotFoundError, ConfigurationError, SchemaMismatchError
from .expressions import bind, col, names_in
from .select_state import Seal, bare, exported, inlinable, unsealed, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from .dataframe import DataFrame

JOINS = ("inner", "left", "right", "full", "semi", "anti", "cross")

_SETS: dict[str, Callable[..., CompoundSelect[Any]]] = {
    "union": union,
    "union_all": union_all,
    "intersect": intersect,
    "except_": except_,
}
# These are associative, so that a chain is one statement. Subqueries in subqueries end at SQLite's parser stack.
_FLAT = frozenset({"union", "union_all", "intersect"})
# MySQL and MariaDB have none. That of SQLite 3.40 gives wrong rows, or an error, within a UNION ALL.
_NO_FULL_JOIN = frozenset({"sqlite", "mysql", "mariadb"})
_MOST_PARTS = 400  # SQLite takes 500


class _Keys(NamedTuple):
    """How the rows of a join find each other."""

    pairs: tuple[tuple[str, str], ...]
    merged: tuple[str, ...]
    """Keys of the same name on both sides, which become one column."""
    condition: ColumnElement[bool] | None


def _same_database(left: DataFrame, right: DataFrame, verb: str) -> None:
    if not hasattr(right, "database") or not hasattr(right, "query"):
        raise ConfigurationError(f"{verb}() takes another frame, not a {type(right).__name__}.")
    if left.database.engine is not right.database.engine:
        raise ConfigurationError(
            f"{verb}() got frames of two databases: {left.database!r} and {right.database!r}.",
            suggestion="Copy one of them first: left.database.write(right).save_as_table(name), or read files and"
            " databases through one DuckDB.",
        )


def _parse(on: object, how: str) -> _Keys:
    if how == "cross":
        if on is not None:
            raise ConfigurationError("A cross join has no condition; leave on= out.")
        return _Keys((), (), None)
    if isinstance(on, str):
        on = [on]
    if isinstance(on, ColumnElement):
        return _Keys((), (), on)
    pairs: list[tuple[str, str]] = []
    merged: list[str] = []
    if not isinstance(on, Sequence) or not on:
        raise ConfigurationError(
            f"join(on=…) got {on!r}.",
            suggestion='Give a name, a list of names, a list of pairs (left, right), or a condition: on="id",'
            ' on=["country", ("id", "user_id")], on=col("age") > col("age_right").',
        )
    for part in on:
        if isinstance(part, str):
            pairs.append((part, part))
            merged.append(part)
        elif isinstance(part, Sequence) and len(part) == 2 and all(isinstance(name, str) for name in part):
            pairs.append((part[0], part[1]))
        else:
            raise ConfigurationError(f"join(on=…) got {part!r} in its list; it takes names and pairs of names.")
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


def _source(frame: DataFrame, other_than: DataFrame) -> FromClause:
    """Something to join: a table as it is, anything else as a subquery; never what the other frame reads already."""
    if frame.source is None:
        return cast("FromClause", wrap(frame).source)
    if not any(part is frame.source for part in iterate(other_than.query)):
        return frame.source
    return frame.source.alias() if isinstance(frame.source, Table) else frame.query.subquery()


def _columns(source: FromClause) -> dict[str, ColumnElement[Any]]:
    return {str(column.key): column for column in source.c}


def _joined_names(left: dict[str, Any], right: dict[str, Any], merged: Sequence[str], suffix: str) -> dict[str, str]:
    """What the columns of the right frame are called in the joined one, by their name there."""
    names = {name: f"{name}{suffix}" if name in left else name for name in right if name not in merged}
    taken = [*left, *names.values()]
    twice = sorted({name for name in names.values() if taken.count(name) > 1}) if len(set(taken)) < len(taken) else []
    if twice:
        raise ConfigurationError(
            f"The joined frame would have these columns twice: {', '.join(twice)}.",
            suggestion="Give another suffix=, or rename or drop them before.",
        )
    return names


def join(left: DataFrame, right: DataFrame, *, on: object, how: str, suffix: str) -> DataFrame:
    """Put the columns of two frames side by side, or keep the rows of one by whether the other has them."""
    if how not in JOINS:
        raise ConfigurationError.choice("how", how, JOINS)
    _same_database(left, right, "join")
    keys = _parse(on, how)
    _check_keys(keys, exported(left.query), exported(right.query))
    left = unsealed(left)
    if how in {"right", "full"} and left.source is None:
        # Rows without a partner have NULL on the left, also where the column is computed or the rows are filtered.
        left = wrap(left)
    names = _joined_names(exported(left.query), exported(right.query), keys.merged, suffix)
    left = _ready(left, keys, names)
    if how == "full" and left.database.dialect.name in _NO_FULL_JOIN:
        matched = join(left, right, on=on, how="left", suffix=suffix)
        return combine(matched, _without_partner(left, right, keys, names), "union_all")
    source = _source(right, left)
    left_columns, right_columns = exported(left.query), _columns(source)
    condition = _condition(
        keys, left_columns, {shown: right_columns[name] for name, shown in names.items()}, right_columns
    )
    if how in {"semi", "anti"}:
        has_partner = _exists(source, condition)
        return _joined(left, left.query.where(has_partner if how == "semi" else ~has_partner))
    columns = [
        *_left_columns(left_columns, right_columns, keys.merged, how),
        *(right_columns[name] if name == shown else right_columns[name].label(shown) for name, shown in names.items()),
    ]
    (reads,) = left.query.get_final_froms()
    if how == "right":
        joined = source.outerjoin(reads, condition)
    else:
        joined = reads.join(source, condition, isouter=how == "left", full=how == "full")
    statement = left.query.with_only_columns(*columns).select_from(joined)
    return replace(_joined(left, statement), order=left.order if how in {"inner", "left", "cross"} else ())


def _exists(source: FromClause, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return sql_select(literal_column("1")).select_from(source).where(condition).correlate_except(source).exists()


def _without_partner(left: DataFrame, right: DataFrame, keys: _Keys, names: dict[str, str]) -> DataFrame:
    """What a full join has more than a left join: the right rows that no left row belongs to."""
    right = right if right.source is not None else wrap(right)
    source = _source(left, right)
    left_columns, right_columns = _columns(source), {k: _plain(v) for k, v in exported(right.query).items()}
    shown = {shown: right_columns[name] for name, shown in names.items()}
    condition = _condition(keys, left_columns, shown, right_columns)
    columns = [
        (right_columns[name] if name in keys.merged else type_coerce(null(), column.type)).label(name)
        for name, column in left_columns.items()
    ]
    columns += [column.label(name) for name, column in shown.items()]
    return _joined(right, right.query.where(~_exists(source, condition)).with_only_columns(*columns))


def _joined(left: DataFrame, statement: Select[Any]) -> DataFrame:
    return replace(left, query=statement, source=None, parts=None, hidden={})


def _ready(left: DataFrame, keys: _Keys, names: dict[str, str]) -> DataFrame:
    """The left frame, wrapped if it reads from several places or its part of the condition is too long to repeat."""
    known = exported(left.query)
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
    """When two rows belong together; `shown` are the right columns by the names that the joined frame gives them."""
    if keys.condition is not None:
        condition: ColumnElement[bool] = bind(
            keys.condition, lambda name: _plain(left[name]) if name in left else shown[name]
        )
        return condition
    return and_(true(), *(_plain(left[a]) == right[b] for a, b in keys.pairs))


def _plain(element: ColumnElement[Any]) -> ColumnElement[Any]:
    return element.element if isinstance(element, Label) else element


def _left_columns(
    left: dict[str, ColumnElement[Any]], right: dict[str, ColumnElement[Any]], merged: Sequence[str], how: str
) -> list[ColumnElement[Any]]:
    """The left columns; a merged key comes from the side that has the row."""
    if how == "right":
        return [right[name] if name in merged else column for name, column in left.items()]
    if how == "full":
        return [
            func.coalesce(column, right[name]).label(name) if name in merged else column
            for name, column in left.items()
        ]
    return list(left.values())


def combine(left: DataFrame, right: DataFrame, operation: str) -> DataFrame:
    """A set operation; the columns of the right frame are found by name, not by place."""
    _same_database(left, right, operation)
    names, other = exported(left.query), exported(right.query)
    missing = [name for name in names if name not in other]
    extra = [name for name in other if name not in names]
    if missing or extra:
        mismatches = [f"{name!r} is missing on the right" for name in missing]
        mismatches += [f"{name!r} is missing on the left" for name in extra]
        raise SchemaMismatchError(
            f"{operation}() needs the same columns on both sides.",
            mismatches=mismatches,
            suggestion="Use select() or rename() on one of them.",
        )
    parts = left.parts[1] if operation in _FLAT and left.parts is not None and left.parts[0] == operation else ()
    if not parts or len(parts) >= _MOST_PARTS:
        parts = (_operand(left, list(names)),)
    parts = (*parts, _operand(right, list(names)))
    source = _SETS[operation](*parts).subquery()
    return replace(bare(left.database, source), parts=(operation, parts))


def _operand(frame: DataFrame, names: list[str]) -> Select[Any]:
    # SQLite takes neither LIMIT nor brackets within a set operation.
    frame = unsealed(frame, unless=Seal.WINDOW | Seal.CLOSED)
    columns = exported(frame.query)
    if list(columns) == names:
        return frame.query
    if frame.sealed:
        frame = wrap(frame)
        columns = exported(frame.query)
    return frame.query.with_only_columns(*(columns[name] for name in names), maintain_column_froms=True)
