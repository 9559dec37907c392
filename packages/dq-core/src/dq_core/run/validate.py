"""Validating a source: rules are read, the source is opened, a plan is made and run, the results become a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._shared.arguments import function, seconds, whole
from .._shared.wording import question
from ..checks import parse
from ..report.report import Report
from ..sources import open_source
from .fragments import fragment_problems
from .plan import mentioned, misfits, planned, scans
from .reader import Deadline, Progress, Reader, StatementError, refuse
from .results import results_of
from .scan import run_scans
from .semantics import PORTABLE, dependent_rules, semantics_of, semantics_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from ..checks.base import Check
    from ..report.report import CheckResult
    from .plan import PlannedCheck
    from .scan import Measured

__all__ = ["Progress", "checked_arguments", "refuse_unfit", "report_of", "validate"]


def validate(
    source: Any,
    checks: Iterable[Check | Mapping[str, Any]],
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    fail_fast: bool = False,
    samples: int = 5,
    mask: Iterable[str] = (),
    timeout_seconds: float | None = None,
    on_progress: Callable[[Progress], object] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    semantics: str = PORTABLE,
) -> Report:
    """Check data where it is.

    All aggregates of all checks are one SELECT; only uniqueness, medians and the like require statements of their own.
    On a database, all statements see one snapshot if the database supports it. Nothing is ever written to the source.

    Args:
        source: What to check; see `dq_core.sources.open_source`.
        checks: Checks, or rules as dicts; see `dq_core.checks.parse`.
        table: The table or view, if the source is a database.
        query: A SELECT (string or SQLAlchemy) instead of a table.
        schema: The table's schema.
        fail_fast: Skip the checks after the first failure (of severity error or critical), and the work for them.
        samples: How many failing rows of each failing check to keep; 0 for none.
        mask: Columns whose values the report must not show.
        timeout_seconds: How long the validation may take, in seconds; the database stops what still runs then.
        on_progress: Called with a `Progress` after every step.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written; see `dq_core.sources.open_source`.
        semantics: On a database that no conformance suite ran on, rules whose meaning depends on the database (what
            strings are equal, less, or match) are refused; ``"database"`` takes the database's own meaning, which the
            report then states. Elsewhere the meaning is always the same.

    Returns:
        The report; it says "failed" where data is wrong or a check could not be evaluated.

    Raises:
        RuleError: The rules or arguments are wrong; nothing was scanned.
        SourceError: The source cannot be read.
        ValidationTimeoutError: It took longer than `timeout_seconds`.
    """
    parsed = parse(checks)
    masked = checked_arguments(samples, mask, timeout_seconds, semantics, on_progress)
    samples = int(samples)
    started_at, deadline = dt.datetime.now(dt.UTC), Deadline(timeout_seconds)
    with open_source(
        source,
        table=table,
        query=query,
        schema=schema,
        storage_options=storage_options,
        read_options=read_options,
        expected=mentioned(parsed),
        timeout_seconds=timeout_seconds,
        by_value=True,
    ) as opened:
        reader = Reader(opened, deadline, hide_values=bool(masked), on_progress=on_progress)
        refuse_unfit(parsed, reader, masked, semantics)
        plan = planned(parsed, opened.relation)
        measured, total_rows = run_scans(scans(plan, opened.relation), reader)
        results = results_of(
            parsed,
            lambda place: _measurements(plan[place], measured, reader),
            reader,
            masked=masked,
            samples=samples,
            fail_fast=fail_fast,
        )
    return report_of(results, total_rows, reader, started_at, semantics)


def checked_arguments(
    samples: object,
    mask: object,
    timeout_seconds: object,
    semantics: object = PORTABLE,
    on_progress: object = None,
) -> frozenset[str]:
    """The columns to mask, if all of these arguments are right.

    Raises:
        RuleError: Some are wrong; lists all of them.
    """
    limits = () if timeout_seconds is None else seconds("timeout_seconds", timeout_seconds)
    problems = [*whole("samples", samples), *limits, *semantics_problems(semantics)]
    masked: list[Any] = list(mask) if isinstance(mask, Iterable) and not isinstance(mask, str | bytes | Mapping) else []
    if (mask and not masked) or not all(isinstance(column, str) for column in masked):
        problems.append(f"mask must be a list of column names, not {mask!r:.80}.")
    if on_progress is not None:
        problems += list(function("on_progress", on_progress))
    refuse(problems)
    return frozenset(masked)


def refuse_unfit(
    checks: Sequence[Check],
    reader: Reader,
    masked: frozenset[str] = frozenset(),
    semantics: str = PORTABLE,
    *,
    writes: Sequence[Path] = (),
) -> None:
    """Refuse checks and masked columns that do not fit the source, all problems at once; reads no row.

    Args:
        checks: The checks.
        reader: Reads the source, within its time limit.
        masked: Columns whose values must not be shown.
        semantics: Whose meaning rules have.
        writes: The files that the caller is about to write; a database of this package is closed to all others.

    Raises:
        RuleError: Some do not.
    """
    relation = reader.opened.relation
    unknown = (
        f"mask: the column {column!r} does not exist.{question(column, relation.columns)}"
        for column in sorted(masked - set(relation.columns))
    )
    found = [*misfits(checks, relation), *unknown, *dependent_rules(checks, reader.opened, semantics)]
    # By now every file that a rule refers to is open.
    reader.opened.confine(*map(str, writes))
    refuse([*found, *fragment_problems(checks, reader)])


def _measurements(planned: PlannedCheck, measured: Measured, reader: Reader) -> Mapping[str, Any]:
    """What the scan said about a check, and what its follow-up statements say, if it has any."""
    known = measured[planned.place]
    if isinstance(known, StatementError):
        raise known
    follow_up = planned.check.follow_up(reader.opened.relation, known)
    if follow_up is None:
        return known
    reader.expect(1)
    found = {**known, **reader.follow(follow_up)}
    reader.step(f"measured {planned.check.label}")
    return found


def report_of(
    results: tuple[CheckResult, ...],
    total_rows: int,
    reader: Reader,
    started_at: dt.datetime,
    semantics: str = PORTABLE,
) -> Report:
    """The report of a validation that ends now."""
    return Report(
        results=results,
        total_rows=total_rows,
        execution_time_seconds=round(reader.deadline.elapsed, 6),
        statements=reader.statements,
        source=reader.opened.description,
        started_at=started_at.isoformat(),
        semantics=semantics_of(reader.opened, semantics),
    )
