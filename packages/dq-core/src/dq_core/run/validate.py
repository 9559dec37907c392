"""Running a validation: scan, grouped work, verdicts, samples."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import DBAPIError

from ..checks import options, parse
from ..checks.base import Check, EvaluationError, Outcome
from ..errors import RuleError, SourceConnectionError, ValidationTimeoutError
from ..relation.dialects.base import finish
from ..report.jsonable import measure, plain
from ..report.report import CheckResult, Report
from ..sources import Opened, open_source
from ..sources.opened import scrub
from . import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine import Row


__all__ = ["Progress", "Run", "checked_arguments", "validate"]

_MASKED = "***"


class Progress(NamedTuple):
    """How far a validation is.

    Attributes:
        done: Statements and other steps that are done.
        total: Steps that are known to be needed; may grow when checks fail and samples are fetched.
        message: What was just done.
    """

    done: int
    total: int
    message: str


class StatementError(EvaluationError):
    """A statement failed for a reason that lies in it: the check behind it could not be evaluated."""


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
) -> Report:
    """Check data where it lies.

    All aggregates of all checks are one SELECT; only uniqueness, medians and the like need statements of their own.
    On a database, all statements see one snapshot where there is such a thing. Nothing is ever written to the source.

    Args:
        source: What to check; see `dq_core.sources.open_source`.
        checks: Checks, or rules as dicts; see `dq_core.checks.parse`.
        table: The table or view, if the source is a database.
        query: A SELECT (text or SQLAlchemy) instead of a table.
        schema: The table's schema.
        fail_fast: Skip the checks after the first failure (of severity error or critical), and the work for them.
        samples: How many failing rows of each failing check to keep; 0 for none.
        mask: Columns whose values no report may show.
        timeout_seconds: How long the validation may take; the database stops what runs then.
        on_progress: Called with a `Progress` after every step.
        storage_options: Options for the fsspec filesystem of a URI.

    Returns:
        The report; it says "failed" where data is wrong or a check could not be evaluated.

    Raises:
        RuleError: The rules or arguments are wrong; nothing was scanned.
        SourceError: The source cannot be read.
        ValidationTimeoutError: It took longer than `timeout_seconds`.
    """
    parsed = parse(checks)
    masked = checked_arguments(samples, mask, timeout_seconds)
    started_at, started = dt.datetime.now(dt.UTC), time.monotonic()
    with open_source(
        source,
        table=table,
        query=query,
        schema=schema,
        storage_options=storage_options,
        expected=plan.mentioned(parsed),
    ) as opened:
        run = Run(opened, masked, samples, timeout_seconds, started, on_progress)
        run.refuse(parsed)
        results, total_rows = run.results(parsed, fail_fast=fail_fast)
    return Report(
        results=results,
        total_rows=total_rows,
        execution_time_seconds=round(time.monotonic() - started, 6),
        statements=run.statements,
        source=opened.description,
        started_at=started_at.isoformat(),
    )


def checked_arguments(samples: object, mask: Iterable[str], timeout_seconds: object) -> frozenset[str]:
    """The columns to mask, if all of these arguments are right.

    Raises:
        RuleError: Some are wrong; lists all of them.
    """
    problems = []
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 0:
        problems.append(f"samples must be a whole number from 0, not {samples!r}.")
    if timeout_seconds is not None and (not options.is_number(timeout_seconds) or timeout_seconds <= 0):  # type: ignore[operator]
        problems.append(f"timeout_seconds must be a number of seconds above 0, not {timeout_seconds!r}.")
    if isinstance(mask, str) or not all(isinstance(column, str) for column in mask):
        problems.append(f"mask must be a list of column names, not {mask!r}.")
    if problems:
        raise RuleError(problems)
    return frozenset(mask)


class Run:
    """The state of one validation: the open source, the clock, the number of statements.

    Engines that measure in another way override `scan` and `evaluate`.
    """

    def __init__(  # noqa: PLR0917 - what one call of validate() is about, handed on once
        self,
        opened: Opened,
        masked: frozenset[str],
        samples: int,
        timeout_seconds: float | None,
        started: float,
        on_progress: Callable[[Progress], object] | None,
    ) -> None:
        self.opened = opened
        self.relation = opened.relation
        self.masked = masked
        self.samples = samples
        self.timeout_seconds = timeout_seconds
        self.started = started
        self.statements = 0
        self._on_progress = on_progress
        self._done = self._total = 0

    # Statements

    def rows(self, statement: sa.Select[Any]) -> Sequence[Row[Any]]:
        """The rows of a statement.

        Raises:
            StatementError: The database refused it.
            ValidationTimeoutError: There was not enough time.
            SourceConnectionError: The connection broke.
        """
        connection, dialect = self.opened.connection, self.relation.dialect
        self.statements += 1
        try:
            with self._deadline(), dialect.guard(connection, ours=self.opened.ours):
                return connection.execute(statement).all()
        except DBAPIError as error:
            if self.timeout_seconds is not None and dialect.timed_out(error):
                raise ValidationTimeoutError.after(self.timeout_seconds) from None
            reason = self._reason(error)
            if error.connection_invalidated:
                raise SourceConnectionError(f"The connection to {self.opened.description} broke: {reason}") from None
            raise StatementError(reason) from None

    def _deadline(self) -> contextlib.AbstractContextManager[None]:
        if self.timeout_seconds is None:
            return contextlib.nullcontext()
        left = self.timeout_seconds - (time.monotonic() - self.started)
        if left <= 0:
            raise ValidationTimeoutError.after(self.timeout_seconds)
        return self.relation.dialect.deadline(self.opened.connection, left)

    def _reason(self, error: DBAPIError) -> str:
        """The database's own words, unless they might show what is masked."""
        kind = type(error.orig).__name__
        if self.masked:
            return f"{kind} (the database's message is not shown because columns are masked)"
        return scrub(f"{kind}: {str(error.orig).strip()}", self.opened.secrets)

    def _step(self, message: str) -> None:
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(Progress(self._done, max(self._total, self._done), message))

    # Before the scan

    def refuse(self, checks: Sequence[Check]) -> None:
        """Refuse checks that do not fit the source, all problems at once."""
        problems: list[str] = []
        try:
            plan.refuse_misfits(checks, self.relation)
        except RuleError as error:
            problems += error.problems
        for column in sorted(self.masked - set(self.relation.columns)):
            problems.append(f"mask: there is no column {column!r}.{options.question(column, self.relation.columns)}")
        problems += self._sql_problems(checks)
        if problems:
            raise RuleError(problems)

    def _sql_problems(self, checks: Sequence[Check]) -> list[str]:
        found = plan.fragments(checks)
        if not found or self._refusal(list(found)) is None:
            return []
        problems = []
        for sql, places in found.items():
            reason = self._refusal([sql])
            if reason is not None:
                problems += [f"{place} {sql!r} cannot be evaluated: {reason}" for place in places]
        return problems

    def _refusal(self, sqls: list[str]) -> str | None:
        try:
            self.rows(plan.probe(sqls, self.relation))
        except StatementError as error:
            return str(error)
        finally:
            self.statements -= 1  # It reads no row.
        return None

    # The validation

    def results(self, checks: Sequence[Check], *, fail_fast: bool) -> tuple[tuple[CheckResult, ...], int]:
        """The results of all checks, and the number of rows."""
        batches = list(plan.scan_batches(checks, self.relation))
        self._total = len(batches)
        measured: dict[int, dict[str, Any] | StatementError] = {}
        total_rows = 0
        for batch in batches:
            total_rows = self.scan(batch, measured)
            self._step(f"scanned for {len(batch)} checks")
        results: list[CheckResult] = []
        stopped = False
        for check in checks:
            if stopped:
                results.append(_result(check, "skipped", Outcome(False, "Skipped behind an earlier failure.")))
                continue
            status, outcome = self.evaluate(check, measured[id(check)])
            results.append(self._finish(check, status, outcome))
            stopped = fail_fast and (status == "error" or (status == "failed" and check.blocking))
        return tuple(results), total_rows

    def scan(self, checks: Sequence[Check], measured: dict[int, dict[str, Any] | StatementError]) -> int:
        """Measure checks in one SELECT; if it fails, find the check that is to blame by halving."""
        scan = plan.scan_of(checks, self.relation)
        try:
            row = self.rows(scan.statement)[0]
        except StatementError as error:
            if not checks:
                raise SourceConnectionError(f"{self.opened.description} cannot be read: {error}") from None
            if len(checks) == 1:
                measured[id(checks[0])] = error
                return self.scan((), measured)
            middle = len(checks) // 2
            self.scan(checks[:middle], measured)
            return self.scan(checks[middle:], measured)
        measured.update((id(check), scan.measured(check, row)) for check in checks)
        return int(row[0])

    def evaluate(self, check: Check, known: dict[str, Any] | StatementError) -> tuple[str, Outcome]:
        """Do the grouped work of a check, if any, and judge what was measured."""
        try:
            if isinstance(known, StatementError):
                raise known
            work = check.work(self.relation, known)
            if work is not None:
                self._total += 1
                known = {**known, **finish(work, self.rows)}
                self._step(f"measured {check.label}")
            outcome = check.outcome(self.relation, known)
        except EvaluationError as error:
            return "error", Outcome(False, f"Could not be evaluated: {error}")
        return "passed" if outcome.passed else "failed", outcome

    def _finish(self, check: Check, status: str, outcome: Outcome) -> CheckResult:
        """The result, with the SQL and samples of the failing rows where there are some."""
        if status != "failed" or not outcome.failed_rows:
            return _result(check, status, self._without_masked(check, outcome))
        statement = plan.failing_rows(check, self.relation)
        if statement is None:
            return _result(check, status, outcome)
        details, rows = outcome.details, []
        if self.samples:
            self._total += 1
            try:
                narrowed = plan.failing_rows(check, self.relation, outcome.narrow)
                chosen = (statement if narrowed is None else narrowed).limit(self.samples)
                rows = [self._sample(row) for row in self.rows(chosen)]
            except StatementError as error:
                details = {**details, "samples_error": str(error)}
            self._step(f"fetched failing rows of {check.label}")
        # Whoever runs it puts back what is secret: the signature of a URI, say.
        sql = scrub(plan.literal_sql(statement, self.opened.connection), self.opened.secrets)
        return _result(check, status, dataclasses.replace(outcome, details=details), samples=rows, sql=sql)

    def _sample(self, row: Row[Any]) -> dict[str, Any]:
        return {
            name: _MASKED if name in self.masked and value is not None else plain(value)
            for name, value in zip(self.relation.columns, row, strict=True)
        }

    def _without_masked(self, check: Check, outcome: Outcome) -> Outcome:
        """A measurement that is itself a value of a masked column is not shown."""
        if not check.reveals or self.masked.isdisjoint(check.targets) or outcome.observed is None:
            return outcome
        return dataclasses.replace(
            outcome, observed=_MASKED, message=f"The {check.kind} of a masked column is out of bounds.", details={}
        )


def _result(
    check: Check, status: str, outcome: Outcome, *, samples: list[dict[str, Any]] | None = None, sql: str | None = None
) -> CheckResult:
    details = dict(outcome.details)
    if check.description:
        details["description"] = check.description
    details["rule"] = plain(check.to_dict())
    return CheckResult(
        check_name=check.label,
        type=check.kind,
        column=check.column_label,
        severity=check.severity,
        status=status,
        passed=status == "passed",
        message=outcome.message,
        failed_rows=outcome.failed_rows,
        considered_rows=outcome.considered_rows,
        observed=measure(outcome.observed),
        samples=samples or [],
        sql=sql,
        details=plain(details),
    )
