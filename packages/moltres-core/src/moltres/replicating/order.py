"""In which order tables take rows, so that each row finds those that it references."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sqlalchemy import inspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ..write.target import Target

__all__ = ["ordered"]


def ordered(connection: Connection, targets: Sequence[Target]) -> tuple[list[int], str | None]:
    """The order in which tables are filled, referenced ones first; they are emptied in the opposite order.

    Args:
        connection: A connection of the target.
        targets: The tables. References of a table to itself are left to the database.

    Returns:
        The positions of the tables in their order, and the problem if there is none.
    """
    position = {(target.schema, target.name): index for index, target in enumerate(targets)}
    graph: dict[int, set[int]] = {index: set() for index in range(len(targets))}
    inspector = inspect(connection)
    for index, target in enumerate(targets):
        if target.table is None or not target.dialect.capabilities.constraints:
            continue
        for key in inspector.get_foreign_keys(target.name, schema=target.schema):
            referred = position.get((key["referred_schema"] or target.schema, key["referred_table"]))
            if referred is not None and referred != index:
                graph[index].add(referred)
    try:
        return list(TopologicalSorter(graph).static_order()), None
    except CycleError as error:
        names = ", ".join(repr(targets[index].name) for index in error.args[1][:-1])
        return [], f"The tables {names} of the target reference each other: no order of loading them satisfies that."
