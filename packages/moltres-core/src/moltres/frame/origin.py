"""The table whose rows a frame passes on, if each row of the frame depends on one row of it and on nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import SelectBase, Table, TextClause
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import GenerativeSelect
from sqlalchemy.sql.visitors import iterate

from .select_state import Seal

if TYPE_CHECKING:
    from .dataframe import DataFrame


def is_cut(frame: DataFrame) -> bool:
    """Whether a LIMIT or OFFSET of a frame leaves rows out."""
    selects = [part for part in iterate(frame.statement) if isinstance(part, GenerativeSelect)]
    return any(part._limit_clause is not None or part._offset_clause is not None for part in selects)  # noqa: SLF001


def as_given(frame: DataFrame) -> DataFrame:
    """The same frame, whose rows were handed over: a load with a cursor takes them as they are, and filters none."""
    return replace(frame, _given=True)


def is_given(frame: DataFrame) -> bool:
    """Whether rows of a frame were handed over."""
    return frame._given  # noqa: SLF001 - of the same room


def origin(frame: DataFrame) -> Table | None:
    """The one table that a frame filters and selects from.

    Args:
        frame: The frame.

    Returns:
        None of joins, groups, limits, windows, subqueries and SQL, and of conditions with functions: what those say of
        a row can change although the row does not.
    """
    state = frame._state  # noqa: SLF001 - of the same room
    froms = state.query.get_final_froms()
    if state.sealed is not Seal.OPEN or len(froms) != 1 or type(froms[0]) is not Table:
        return None
    where = state.query.whereclause
    parts = [] if where is None else list(iterate(where))
    plain = all(
        not isinstance(part, FunctionElement | SelectBase | TextClause)
        and not (isinstance(part, ColumnClause) and part.is_literal)
        for part in parts
    )
    hidden = any(isinstance(part, SelectBase) for column in state.columns.values() for part in iterate(column))
    return froms[0] if plain and not hidden else None
