"""From checks to statements: what is scanned together, and which SELECT finds the failing rows.

A plan is made once and only read afterwards: every check is asked once for its aggregates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..checks.base import EvaluationError, rows_where
from ..relation.questions import Questions
from ..relation.selection import count_where, fragment

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from ..checks.base import Check
    from ..relation.relation import Relation
    from ..relation.selection import Aggregate

__all__ = [
    "PlannedCheck", "Scan", "failing_rows", "fragments", "halves", "mentioned", "misfits", "planned", "probe",
    "questions", "scan_of", "scans",
]  # fmt: skip


@dataclass(frozen=True)
class PlannedCheck:
    """A check with what it needs from the shared scan.

    Attributes:
        place: Its position among the checks of the validation.
        check: The check.
        aggregates: Its aggregates by name.
    """

    place: int
    check: Check
    aggregates: Mapping[str, Aggregate]


@dataclass(frozen=True)
class Scan:
    """One SELECT of aggregates for several checks.

    Attributes:
        checks: The checks that it serves.
        statement: The SELECT; its first column is the number of all rows.
        positions: The position of each aggregate in the row, by its key.
    """

    checks: tuple[PlannedCheck, ...]
    statement: Select[Any]
    positions: Mapping[Hashable, int]

    def measured(self, planned: PlannedCheck, row: Sequence[Any]) -> dict[str, Any]:
        """What the scan's only row says about one check."""
        return {name: row[self.positions[key]] for name, (key, _) in planned.aggregates.items()}


def misfits(checks: Sequence[Check], relation: Relation) -> tuple[list[str], dict[int, EvaluationError]]:
    """What is wrong with checks of a relation.

    Returns:
        Every column that does not exist or whose type does not fit; and, by the place of the check, what the values
        of a column are that keeps it from being evaluated.
    """
    problems: list[str] = []
    hindered: dict[int, EvaluationError] = {}
    for place, check in enumerate(checks):
        try:
            wrong = list(check.misfit_columns(relation.columns)) or list(check.misfits(relation))
        except EvaluationError as error:
            hindered[place] = error
        else:
            problems += [f"{_numbered(place + 1, check)}{problem}" for problem in wrong]
    return problems, hindered


def _numbered(place: int, check: Check) -> str:
    """Which rule a problem is about, beside its name: ``Rule 3 (rules.yaml:4): ``."""
    return f"Rule {place} ({check.written_at}): " if check.written_at else f"Rule {place}: "


def planned(checks: Sequence[Check], relation: Relation, left_out: Container[int] = ()) -> tuple[PlannedCheck, ...]:
    """The checks, each with its aggregates; all of them but those at some places are known to fit the relation."""
    return tuple(
        PlannedCheck(place, check, {} if place in left_out else check.aggregates(relation))
        for place, check in enumerate(checks)
    )


def scans(checks: Sequence[PlannedCheck], relation: Relation) -> list[Scan]:
    """As few scans as the database's widest SELECT allows; always at least one, which counts the rows."""
    batches: list[list[PlannedCheck]] = [[]]
    keys: set[Hashable] = set()
    for one in checks:
        needed = {key for key, _ in one.aggregates.values()}
        # One more is the number of all rows, which every batch counts.
        if batches[-1] and len(keys | needed) >= relation.dialect.widest_select:
            batches.append([])
            keys = set()
        batches[-1].append(one)
        keys |= needed
    return [scan_of(batch, relation) for batch in batches]


def scan_of(checks: Sequence[PlannedCheck], relation: Relation) -> Scan:
    """One SELECT for these checks; an aggregate that several of them require occurs in it once."""
    wanted: dict[Hashable, ColumnElement[Any]] = dict([rows_where(None)])
    for one in checks:
        for key, expression in one.aggregates.values():
            wanted.setdefault(key, expression)
    labelled = (expression.label(f"m{position}") for position, expression in enumerate(wanted.values()))
    return Scan(tuple(checks), relation.select(*labelled), {key: position for position, key in enumerate(wanted)})


def halves(scan: Scan, relation: Relation) -> tuple[Scan, Scan]:
    """The scan in two, each for half of the checks."""
    middle = len(scan.checks) // 2
    return scan_of(scan.checks[:middle], relation), scan_of(scan.checks[middle:], relation)


def fragments(checks: Sequence[Check]) -> dict[str, list[str]]:
    """Every piece of SQL that users wrote, with the names of the checks and options that hold it."""
    found: dict[str, list[str]] = {}
    for place, check in enumerate(checks, 1):
        for option in ("where", "sql"):
            sql = getattr(check, option, None)
            if isinstance(sql, str):
                found.setdefault(sql, []).append(f"{_numbered(place, check)}{check.label}: {option}")
    return found


def mentioned(checks: Sequence[Check]) -> list[str]:
    """Every column that the checks name, and every name in their SQL: what a source without rows is taken to have."""
    names = {name.casefold(): name for check in checks for name in check.targets}
    for sql in fragments(checks):
        for quoted, bare in re.findall(r"\"([^\"]+)\"|\b([A-Za-z_]\w*)", sql):
            names.setdefault((quoted or bare).casefold(), quoted or bare)
    return list(names.values())


def questions(checks: Sequence[Check]) -> Questions:
    """What the checks ask about before a row is read."""
    tables = dict.fromkeys(other for check in checks for other in check.others)
    return Questions(tuple(tables), tuple(fragments(checks)))


def probe(sqls: Sequence[str], relation: Relation) -> Select[Any]:
    """A SELECT that fails if one of these is not a boolean expression on the relation, and reads no row otherwise."""
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
        return (relation.select_all() if relation.read_by_value else relation.select(sa.text("*"))).where(predicate)
    flag = "failing"
    while flag in relation.columns:
        flag += "_"
    flagged_rows = relation.select(*relation.stored(), predicate.label(flag))
    if narrow is not None:
        flagged_rows = flagged_rows.where(narrow)
    flagged = flagged_rows.subquery("flagged")
    return sa.select(*(flagged.c[name] for name in relation.columns)).where(flagged.c[flag])
