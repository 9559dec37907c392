"""Publish staged rows without copying them: the target takes over the files of a staged table.

What was staged, checked and is then written as it is has its files already. A commit that names them costs the same
for a thousand rows and for a billion. The staged table is told first to leave the files alone when it is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Select, Table

from ..._shared.iceberg.scan import planned
from ..sql.names import STAGE_PREFIX as STAGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyiceberg.manifest import DataFile

    from .pending import Pending
    from .session import WritingSession


def take_over(session: WritingSession, target: Pending, names: Sequence[str], query: Any, full_name: Any) -> int | None:
    """Let the target have the files of a staged table, if a query is all of its rows as they are.

    Returns:
        The number of rows; None if the rows must be copied.
    """
    staged = _whole_table(names, query)
    place = None if staged is None else session.place(full_name(staged))
    if place is None or not place[1].startswith(STAGED) or place in session.pending:
        return None
    files = _files(session.load(*place), target)
    if files is None:
        return None
    target.added += files
    target.foreign.update(one.file_path for one in files)
    session.taken_over.append((place, target))
    return sum(one.record_count for one in files)


def _whole_table(names: Sequence[str], query: Any) -> Table | None:
    """The table of which a query gives all rows and columns, under their names."""
    if not isinstance(query, Select):
        return None
    columns = list(query.selected_columns)
    tables = query.get_final_froms()
    parts = ("_where_criteria", "_group_by_clauses", "_order_by_clauses", "_having_criteria", "_distinct")
    cut = any(getattr(query, part) for part in parts)
    if cut or query._limit_clause is not None or query._offset_clause is not None:  # noqa: SLF001 - no public way
        return None
    if len(tables) != 1 or not isinstance(tables[0], Table):
        return None
    plain = all(isinstance(one, Column) and one.table is tables[0] for one in columns)
    if not plain or [one.key for one in columns] != list(names) or len(columns) != len(tables[0].columns):
        return None
    return tables[0]


def _files(table: Any, target: Pending) -> list[DataFile] | None:
    """The files, if the target reads them as the staged table does."""
    wanted = {one.name: (one.field_id, one.field_type, one.required) for one in target.plan.schema.fields}
    given = {one.name: (one.field_id, one.field_type, one.required) for one in table.schema().fields}
    spec, own = target.table.metadata.spec(), table.metadata.spec()
    if wanted != given or not spec.is_unpartitioned() or not own.is_unpartitioned() or spec.spec_id != own.spec_id:
        return None
    plan = planned(table, table.metadata.current_snapshot_id, table.schema())
    if any(task.delete_files for task in plan.tasks):
        return None
    return [task.file for task in plan.tasks]
