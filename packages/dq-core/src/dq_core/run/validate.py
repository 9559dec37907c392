"""Validating a source: rules are read, the source is opened, a plan is made and run, the results become a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .._shared.arguments import flag, function, seconds, whole
from .._shared.wording import question, repr_of
from ..checks import parse
from ..checks.base import EvaluationError
from ..report.report import Report
from ..sources import open_source
from .elsewhere import with_others
from .follow_ups import follow_all
from .fragments import fragment_problems
from .plan import mentioned, misfits, planned, questions, scans
from .reader import Deadline, Progress, Reader, refuse
from .results import results_of
from .scan import run_scans
from .semantics import PORTABLE, dependent_rules, semantics_of, semantics_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from .._shared.iceberg.snapshots import AsOf
    from ..checks.base import Check
    from ..relation.selection import FollowUp
    from ..report.report import CheckResult
    from .follow_ups import FollowedUp
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
    as_of: AsOf | None = None,
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
        as_of: Of an Iceberg table, the snapshot: its id, a branch or tag, or a time; None for the current one.
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
    masked = checked_arguments(samples, mask, timeout_seconds, semantics, on_progress, fail_fast=fail_fast)
    samples = int(samples)
    started_at, deadline = dt.datetime.now(dt.UTC), Deadline(timeout_seconds)
    with (
        ExitStack() as others,
        open_source(
            source,
            table=table,
            query=query,
            schema=schema,
            as_of=as_of,
            storage_options=storage_options,
            read_options=read_options,
            expected=mentioned(parsed),
            questions=questions(parsed),
            timeout_seconds=timeout_seconds,
            by_value=True,
        ) as source_alone,
    ):
        opened = with_others(source_alone, deadline, others, masked, semantics)
        reader = Reader(opened, deadline, hide_values=bool(masked), on_progress=on_progress)
        hindered = hindrances(parsed, reader, masked, semantics)
        plan = planned(parsed, opened.relation, hindered)
        readable = [one for one in plan if one.place not in hindered]
        measured, total_rows = run_scans(scans(readable, opened.relation), reader)
        measured |= hindered
        results = results_of(
            parsed,
            _measure(plan, measured, reader, one_by_one=fail_fast),
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
    *,
    fail_fast: object = False,
) -> frozenset[str]:
    """The columns to mask, if all of these arguments are right.

    Raises:
        RuleError: Some are wrong; lists all of them.
    """
    limits = () if timeout_seconds is None else seconds("timeout_seconds", timeout_seconds)
    masked = _columns(mask)
    problems = [*argument_problems(samples, mask if masked is None else masked, semantics), *limits]
    problems += flag("fail_fast", fail_fast)
    if on_progress is not None:
        problems += list(function("on_progress", on_progress))
    refuse(problems)
    return frozenset(masked or ())


def argument_problems(samples: object, mask: object, semantics: object) -> Iterator[str]:
    """What is wrong with what a validation shows and means.

    Args:
        samples: How many rows of each check it shows.
        mask: Columns whose values it does not show.
        semantics: Whose meaning rules have.
    """
    yield from whole("samples", samples)
    yield from semantics_problems(semantics)
    if _columns(mask) is None:
        yield f"mask must be a list of column names, not {repr_of(mask, 80)}."


def _columns(mask: object) -> list[Any] | None:
    """The columns to mask; None if these are no names of columns."""
    if mask is None:
        return []
    if not isinstance(mask, Iterable) or isinstance(mask, str | bytes | Mapping):
        return [] if isinstance(mask, str | bytes | Mapping) and not mask else None
    columns = list(mask)
    return columns if all(isinstance(column, str) for column in columns) else None


def refuse_unfit(
    checks: Sequence[Check],
    reader: Reader,
    masked: frozenset[str] = frozenset(),
    semantics: str = PORTABLE,
    *,
    writes: Sequence[Path] = (),
) -> None:
    """Refuse what `hindrances` refuses, and checks that the values of the source keep from being evaluated.

    Raises:
        RuleError: There are some.
    """
    hindered = hindrances(checks, reader, masked, semantics, writes=writes)
    refuse([f"{checks[place].label}: {error}." for place, error in hindered.items()])


def hindrances(
    checks: Sequence[Check],
    reader: Reader,
    masked: frozenset[str] = frozenset(),
    semantics: str = PORTABLE,
    *,
    writes: Sequence[Path] = (),
) -> dict[int, EvaluationError]:
    """Refuse checks and masked columns that do not fit the source, all problems at once; reads no row.

    Args:
        checks: The checks.
        reader: Reads the source, within its time limit.
        masked: Columns whose values must not be shown.
        semantics: Whose meaning rules have.
        writes: The files that the caller is about to write; a database of this package is closed to all others.

    Returns:
        What keeps checks from being evaluated that fit the source, by their places: its values.

    Raises:
        RuleError: Some do not.
    """
    relation = reader.opened.relation
    unknown = (
        f"mask: the column {column!r} does not exist.{question(column, relation.columns)}"
        for column in sorted(masked - set(relation.columns))
    )
    problems, hindered = misfits(checks, relation)
    found = [*problems, *unknown, *dependent_rules(checks, reader.opened, semantics)]
    # By now every file that a rule refers to is open.
    reader.opened.confine(*map(str, writes))
    refuse([*found, *fragment_problems(checks, reader)])
    return hindered


def _measure(
    plan: Sequence[PlannedCheck], measured: Measured, reader: Reader, *, one_by_one: bool
) -> Callable[[int], Mapping[str, Any]]:
    """What gives the measurements of a check by its place: the scan's, and those of its follow-up if it has one.

    Args:
        plan: The checks.
        measured: What the scans say.
        reader: Runs the statements.
        one_by_one: Whether to follow a check up only when its measurements are wanted, because later ones may not be.
    """
    followed: dict[int, FollowedUp] = {}

    def follow_up(places: Sequence[int]) -> None:
        wanted: dict[int, FollowUp] = {}
        for place in places:
            known = measured[place]
            try:
                found = None if isinstance(known, Exception) else plan[place].check.follow_up(relation, known)
            except EvaluationError as error:
                followed[place] = error
                continue
            if found is not None:
                wanted[place] = found
        reader.expect(len(wanted))
        followed.update(follow_all(wanted, reader, lambda place: reader.step(f"measured {plan[place].check.label}")))

    def measure(place: int) -> Mapping[str, Any]:
        if one_by_one:
            follow_up([place])
        known, further = measured[place], followed.get(place, {})
        if isinstance(known, Exception):
            raise known
        if isinstance(further, Exception):
            raise further
        return {**known, **further}

    relation = reader.opened.relation
    if not one_by_one:
        follow_up([one.place for one in plan])
    return measure


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
