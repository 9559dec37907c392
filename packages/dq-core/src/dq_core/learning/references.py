"""Foreign keys: columns whose values all occur in a unique column of another table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..checks import parse
from ..errors import RuleError
from ..run.follow_ups import follow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..checks.base import Check
    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..run.reader import Reader
    from .evidence import Evidence

__all__ = ["alike", "foreign_keys"]

_FAMILIES = frozenset({"integer", "text", "uuid"})
_LEAST_VALUES = 3


def foreign_keys(
    reader: Reader, relation: Relation, evidence: Evidence, columns: Sequence[Column], table: str
) -> Iterator[tuple[dict[str, Any], int]]:
    """The rules that hold between columns and one other table, with the number of rows that obey each.

    Small integers occur in any table with enough rows, so for integers the names must fit as well (``customer_id`` or
    ``id_customer`` for the column id of customers, or the same name).
    """
    if relation.find is None:
        raise RuleError([f"references: this source has no other tables, so no {table!r}."])
    other = relation.find(table, None)
    unique: dict[str, bool] = {}
    for column in columns:
        for target in other.columns.values():
            if column.family not in _FAMILIES or target.family != column.family:
                continue
            few = len(set(evidence.examples[column.name])) < _LEAST_VALUES
            if not alike(column.name, table, target.name) and (column.family == "integer" or few):
                continue
            if target.name not in unique:
                unique[target.name] = _holds(reader, parse([{"type": "unique", "column": target.name}])[0], other)[0]
            rule = {
                "type": "foreign_key",
                "column": column.name,
                "references": {"table": table, "columns": [target.name]},
            }
            if unique[target.name]:
                holds, rows = _holds(reader, parse([rule])[0], relation)
                if holds and rows:
                    yield rule, rows


def _holds(reader: Reader, check: Check, relation: Relation) -> tuple[bool, int]:
    """Whether no row breaks a rule, and how many it considers."""
    needed = {what: aggregate for what, (_, aggregate) in check.aggregates(relation).items()}
    measured = reader.aggregates(relation, needed)
    follow_up = check.follow_up(relation, measured)
    if follow_up is not None:
        measured.update(follow(follow_up, reader))
    return not measured.get("failed_rows"), int(measured["considered_rows"])


def alike(column: str, table: str, target: str) -> bool:
    """Whether a column's name says that it refers to another table's column."""
    column, table, target = column.lower(), table.rpartition(".")[2].lower(), target.lower()
    singular = table[:-3] + "y" if table.endswith("ies") else table.removesuffix("s")
    names = {f"{name}{joint}{target}" for name in (table, singular) for joint in ("_", "")}
    return column in names | {f"{target}_{table}", f"{target}_{singular}"} or (column == target and column != "id")
