"""Columns of files that declare no types, as a relation: what all their values have in common is looked up once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.files import untyped
from ..errors import RuleError
from ..relation.column import Column, Untyped
from ..relation.dialects.duckdb.dialect import DuckDB
from ..relation.narrow import wide
from ..relation.relation import Relation
from ..relation.type_family import describe_type, wanted_families

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .._shared.files.read_options import ReadOptions

__all__ = ["untyped_relation"]

#: How many aggregates are read in one go: DuckDB takes time by the square of their number.
_MOST_MEASURES = 500


def untyped_relation(
    connection: sa.Connection,
    query: str,
    names: Sequence[str],
    *,
    form: str,
    how: ReadOptions,
    alias: str,
) -> Relation:
    """The relation of a query for strings.

    It has every column twice: by its name with the type that all values can be read as, for what is said about the
    column as a whole and for SQL of users, and under a name of its own as the file has it.

    Args:
        connection: The DuckDB that reads the files.
        query: The query.
        names: Its columns, all of them strings.
        form: "csv" or "json".
        how: How the files are written.
        alias: The relation's name.
    """
    wanted = _wanted_types(how, names)
    raw_names = _raw_names(names)
    files = (
        sa.text(query.replace(":", "\\:")).columns(*(sa.column(name, sa.Text()) for name in names)).subquery("files")
    )
    # Of all columns, so that a sample shows one and the same value whatever a rule names.
    first = _measured(
        connection, files, {name: untyped.first_measures(files.c[name], form, how.decimal) for name in names}
    )
    typings = {
        name: typing for name in names if name not in wanted and (typing := untyped.typing_at_first(first[name]))
    }
    others = [name for name in names if name not in typings]
    measured = _measured(
        connection, files, {name: untyped.measures(files.c[name], form, how.decimal) for name in others}
    )
    typings |= {name: untyped.typing_of(measured[name], form, wanted.get(name)) for name in others}
    selected: list[Any] = []
    columns: dict[str, Column] = {}
    for name in names:
        raw: Any = files.c[name]
        typing = typings[name]
        found = measured.get(name, {})
        quoted = name not in wanted and 0 < found.get("string", 0) < found.get("known", 0)
        one = Untyped(raw_names[name], form, typing.number, how.decimal, bool(found.get("nested")), quoted)
        if typing.whole is None:
            valueless = not first[name]["known"]
            columns[name] = Column(name, "VARCHAR", "untyped", untyped=one, valueless=valueless)
            # Without any value the column is of any type, so that SQL of users finds what it needs.
            whole: Any = sa.null() if valueless else untyped.text_of(raw, form)
            selected.append(whole.label(name))
        else:
            type_name, family = typing.whole
            columns[name] = Column(name, type_name, family, untyped=one)
            typed: Any = untyped.read(raw, one, family)
            selected.append(sa.cast(typed, sa.Date()).label(name) if family == "date" else typed.label(name))
        selected.append(raw.label(raw_names[name]))
    return Relation(wide(sa.select(*selected).select_from(files), alias), columns, DuckDB())


def _measured(
    connection: sa.Connection, files: sa.Subquery, wanted: Mapping[str, Iterable[tuple[str, sa.ColumnElement[Any]]]]
) -> dict[str, dict[str, Any]]:
    """Aggregates of columns, by column and name, in one statement, or in several for many columns."""
    expressions = [(name, what, expression) for name, one in wanted.items() for what, expression in one]
    found: dict[str, dict[str, Any]] = {name: {} for name in wanted}
    for start in range(0, len(expressions), _MOST_MEASURES):
        batch = expressions[start : start + _MOST_MEASURES]
        labelled = (one.label(f"m{place}") for place, (_, _, one) in enumerate(batch))
        row = connection.execute(sa.select(*labelled).select_from(files)).one()
        for (name, what, _), value in zip(batch, row, strict=True):
            found[name][what] = value
    return found


def _wanted_types(how: ReadOptions, names: Sequence[str]) -> dict[str, str]:
    """The families that the option ``types`` asks for."""
    problems, wanted = [], {}
    for name, kind in how.types.items():
        if name not in names:
            problems.append(f"read_options: types: the column {name!r} does not exist.")
        elif describe_type(kind) is None:
            problems.append(f"read_options: types: {name}: the type {kind!r} does not exist.")
        else:
            wanted[name] = "decimal" if len(wanted_families(kind)) > 1 else next(iter(wanted_families(kind)))
    if problems:
        raise RuleError(problems)
    return wanted


def _raw_names(names: Sequence[str]) -> dict[str, str]:
    taken = {name.casefold() for name in names}
    found = {}
    for name in names:
        raw = f"{name} in the file"
        while raw.casefold() in taken:
            raw += "_"
        taken.add(raw.casefold())
        found[name] = raw
    return found
