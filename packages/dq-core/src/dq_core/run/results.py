"""From measurements to results: the verdict on each check, with the SQL and samples of its failing rows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .._shared.files.text_copies import with_originals
from .._shared.masking import scrubbed
from ..checks.base import EvaluationError, Outcome
from ..checks.names import names_of
from ..relation.selection import literal_sql
from ..report.jsonable import measure as plain_number
from ..report.jsonable import plain
from ..report.report import CheckResult
from .failing import failing_of, fetch_samples
from .reader import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Select

    from ..checks.base import Check
    from .reader import Reader

__all__ = ["results_of"]

_MASKED = "***"


def results_of(
    checks: Sequence[Check],
    measure: Callable[[int], Mapping[str, Any]],
    reader: Reader,
    *,
    masked: frozenset[str],
    samples: int,
    fail_fast: bool,
) -> tuple[CheckResult, ...]:
    """The results of all checks, in their order.

    Args:
        checks: The checks.
        measure: Gives the measurements of a check by its place; raises an EvaluationError or a StatementError if there
            are none. With `fail_fast`, later checks may never be measured.
        reader: Fetches the samples.
        masked: Columns whose values must not be shown.
        samples: How many failing rows of each failing check to keep.
        fail_fast: Skip the checks after the first failure of severity error or critical.
    """
    judged: list[tuple[str, Outcome]] = []
    stopped = False
    for place, check in enumerate(checks):
        if stopped:
            judged.append(("skipped", Outcome(False, "Skipped after an earlier failure.")))
            continue
        status, outcome = _judged(check, place, measure, reader)
        judged.append((status, outcome))
        stopped = fail_fast and (status == "error" or (status == "failed" and check.blocking))
    failing = {
        place: found
        for place, (check, (status, outcome)) in enumerate(zip(checks, judged, strict=True))
        if status == "failed" and (found := failing_of(check, outcome, reader)) is not None
    }
    fetched = fetch_samples(failing, reader, samples) if samples else {}
    results = []
    for place, (check, (status, outcome)) in enumerate(zip(checks, judged, strict=True)):
        if place in failing:
            rows = fetched.get(place, [])
            results.append(_with_failing_rows(check, outcome, failing[place].statement, rows, reader, masked=masked))
        else:
            results.append(_result(check, status, _without_masked(check, outcome, masked)))
    return tuple(
        dataclasses.replace(result, check_name=name) for name, result in zip(names_of(checks), results, strict=True)
    )


def _judged(
    check: Check, place: int, measure: Callable[[int], Mapping[str, Any]], reader: Reader
) -> tuple[str, Outcome]:
    try:
        outcome = check.outcome(reader.opened.relation, measure(place))
    except EvaluationError as error:
        return "error", Outcome(False, f"Could not be evaluated: {error}")
    except StatementError as error:
        return "error", Outcome(False, f"Could not be evaluated: {error.reason}")
    return "passed" if outcome.passed else "failed", outcome


def _with_failing_rows(
    check: Check,
    outcome: Outcome,
    statement: Select[Any],
    fetched: list[Sequence[Any]] | StatementError,
    reader: Reader,
    *,
    masked: frozenset[str],
) -> CheckResult:
    """The result of a failed check with the SQL and samples of its failing rows."""
    opened = reader.opened
    names = list(opened.relation.columns)
    details, rows = outcome.details, []
    if isinstance(fetched, StatementError):
        details = {**details, "samples_error": fetched.reason}
    else:
        rows = [_sample(row, names, masked) for row in fetched]
    # Secrets, such as the signature of a URI, have to be filled in before it is run.
    sql = scrubbed(opened.sql_note + with_originals(literal_sql(statement, opened.connection)), opened.secrets)
    return _result(check, "failed", dataclasses.replace(outcome, details=details), samples=rows, sql=sql)


def _sample(row: Sequence[Any], names: Sequence[str], masked: frozenset[str]) -> dict[str, Any]:
    return {
        name: _MASKED if name in masked and value is not None else plain(value)
        for name, value in zip(names, row, strict=True)
    }


def _without_masked(check: Check, outcome: Outcome, masked: frozenset[str]) -> Outcome:
    """A measurement that is itself a value of a masked column is not shown."""
    if not check.exposes_values or masked.isdisjoint(check.targets) or outcome.observed is None:
        return outcome
    place = "within" if outcome.passed else "out of"
    message = f"The {check.kind} of a masked column is {place} bounds."
    return dataclasses.replace(outcome, observed=_MASKED, message=message, details={})


def _result(
    check: Check, status: str, outcome: Outcome, *, samples: list[dict[str, Any]] | None = None, sql: str | None = None
) -> CheckResult:
    details = dict(outcome.details)
    if check.description:
        details["description"] = check.description
    details["rule"] = plain(check.shown())
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
        observed=plain_number(outcome.observed),
        samples=samples or [],
        sql=sql,
        details=plain(details),
    )
