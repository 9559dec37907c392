"""From checks to statements: what is scanned together, and which SELECT finds the failing rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..checks.base import Aggregate, Check, count_where, rows_where
from ..errors import RuleError
from ..relation.relation import fragment

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Dialect, Select

    from ..relation.relation import Relation

__all__ = [
    "Scan", "failing_rows", "fragments", "literal_sql", "mentioned", "probe", "refuse_misfits", "scan_batches",
    "scan_of",
]  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """One SELECT of aggregates for several checks.

    Attributes:
        checks: The checks that it serves.
        statement: The SELECT; its first column is the number of all rows.
        places: For each check (by identity), the position of every measurement in the row.
    """

    checks: tuple[Check, ...]
    statement: Select[Any]
    places: dict[int, dict[str, int]]

    def measured(self, check: Check, row: Sequence[Any]) -> dict[str, Any]:
        """What the scan's only row says about one check."""
        return {name: row[place] for name, place in self.places[id(check)].items()}


def refuse_misfits(checks: Sequence[Check], relation: Relation) -> None:
    """Refuse checks that do not fit the columns.

    Raises:
        RuleError: A column does not exist, or its type does not fit; lists every problem.
    """
    problems: list[str] = []
    for check in checks:
        missing = list(check.misfit_columns(relation.columns))
        problems += missing or check.misfits(relation)
    if problems:
        raise RuleError(problems)


def scan_of(checks: Sequence[Check], relation: Relation) -> Scan:
    """One SELECT for these checks; an aggregate that several of them need stands in it once."""
    slots: dict[Hashable, int] = {}
    expressions: list[ColumnElement[Any]] = []

    def place(aggregate: Aggregate) -> int:
        key, expression = aggregate
        if key not in slots:
            slots[key] = len(expressions)
            expressions.append(expression.label(f"m{len(expressions)}"))
        return slots[key]

    place(rows_where(None))
    places = {
        id(check): {name: place(aggregate) for name, aggregate in check.aggregates(relation).items()}
        for check in checks
    }
    return Scan(tuple(checks), relation.select(*expressions), places)


def scan_batches(checks: Sequence[Check], relation: Relation) -> Iterator[tuple[Check, ...]]:
    """The checks in groups whose aggregates fit into one SELECT; always at least one group."""
    batch: list[Check] = []
    keys: set[Hashable] = set()
    for check in checks:
        needed = {key for key, _ in check.aggregates(relation).values()}
        # One more is the number of all rows, which every batch counts.
        if batch and len(keys | needed) >= relation.dialect.widest_select:
            yield tuple(batch)
            batch, keys = [], set()
        batch.append(check)
        keys |= needed
    yield tuple(batch)


def fragments(checks: Sequence[Check]) -> dict[str, list[str]]:
    """Every piece of SQL that users wrote, with the names of the checks and options that hold it."""
    found: dict[str, list[str]] = {}
    for check in checks:
        for option in ("where", "sql"):
            sql = getattr(check, option, None)
            if isinstance(sql, str):
                found.setdefault(sql, []).append(f"{check.label}: {option}")
    return found


def mentioned(checks: Sequence[Check]) -> list[str]:
    """Every column that the checks name, and every name in their SQL: what rows must have, should there be none."""
    names = {name.casefold(): name for check in checks for name in check.targets}
    for sql in fragments(checks):
        for quoted, bare in re.findall(r"\"([^\"]+)\"|\b([A-Za-z_]\w*)", sql):
            names.setdefault((quoted or bare).casefold(), quoted or bare)
    return list(names.values())


def probe(sqls: Sequence[str], relation: Relation) -> Select[Any]:
    """A SELECT that fails if one of these is no boolean expression on the relation, and otherwise reads nothing."""
    return relation.select(*(count_where(fragment(sql)) for sql in sqls)).where(sa.false())


def failing_rows(check: Check, relation: Relation, narrow: ColumnElement[bool] | None = None) -> Select[Any] | None:
    """A SELECT of the rows that break the rule, with all columns; None if the check is not about rows.

    Args:
        check: The check.
        relation: What it is evaluated on.
        narrow: A condition that all failing rows are known to meet.
    """
    predicate = check.failing(relation)
    if predicate is None:
        return None
    if not check.windowed:
        return relation.select(sa.text("*")).where(predicate)
    flag = "failing"
    while flag in relation.columns:
        flag += "_"
    flagged_rows = relation.select(*(relation[name] for name in relation.columns), predicate.label(flag))
    if narrow is not None:
        flagged_rows = flagged_rows.where(narrow)
    flagged = flagged_rows.subquery("flagged")
    return sa.select(*(flagged.c[name] for name in relation.columns)).where(flagged.c[flag])


def literal_sql(statement: Select[Any], connection: Connection) -> str:
    """A statement as text that any client of the database can run: values written out, percent signs single."""
    kind: Any = type(connection.dialect)
    dialect: Dialect = kind(paramstyle="named")
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
