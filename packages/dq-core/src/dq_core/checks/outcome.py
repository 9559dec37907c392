"""The outcome of a check, and what its kinds make it of: counted rows, shares, bounds."""

from __future__ import annotations

import fractions
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from ..relation.selection import Aggregate, count_where, fragment
from ..report.view import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from ..relation.relation import Relation

__all__ = [
    "EvaluationError", "HasThreshold", "Outcome", "expectation", "known_rows", "outside", "rows_where", "share_outcome",
]  # fmt: skip


class HasThreshold(Protocol):
    """A check, as far as its threshold goes."""

    @property
    def threshold(self) -> float:
        """The share of the considered rows that must pass, from 0 to 1."""


class EvaluationError(Exception):
    """A check could not be evaluated; its status becomes "error"."""


@dataclass(frozen=True)
class Outcome:
    """The result of evaluating a check; see `dq_core.report.CheckResult` for the fields.

    Attributes:
        passed: Whether the rule holds.
        message: One sentence that says what was found.
        failed_rows: Rows that break the rule; None if it is not about rows.
        considered_rows: Rows that it looked at; None if it is not about rows.
        observed: What was measured.
        details: Further facts, by name.
    """

    passed: bool
    message: str
    failed_rows: int | None = None
    considered_rows: int | None = None
    observed: Any = None
    details: dict[str, Any] = field(default_factory=dict)
    #: A condition that all failing rows meet and that makes it cheap to find some; reports do not show it.
    narrow: ColumnElement[bool] | None = None


def known_rows(relation: Relation, columns: Sequence[str], where: str | None) -> Aggregate:
    """The number of rows in which none of the columns is NULL, as an aggregate.

    Args:
        relation: The rows.
        columns: Names of columns.
        where: Only these rows, as a SQL expression; None for all.
    """
    key = ("known", *columns, where)
    if len(columns) == 1 and where is None:
        return key, sa.func.count(relation[columns[0]])
    return key, count_where(*relation.among([relation[column].is_not(None) for column in columns], where))


def rows_where(where: str | None) -> Aggregate:
    """The number of rows that ``where`` lets through, as an aggregate."""
    return (("rows",), sa.func.count()) if where is None else (("rows", where), count_where(fragment(where)))


def share_outcome(check: HasThreshold, considered: int, failed: int, sentence: str) -> Outcome:
    """The verdict by the share of considered rows that pass.

    Args:
        check: The check, for its threshold.
        considered: Rows that the check considers.
        failed: Rows that break the rule.
        sentence: What is wrong with a failing row, to follow "n rows" in a message.
    """
    # Exact arithmetic on the threshold as it was written: 0.9 is exactly nine tenths.
    share = fractions.Fraction(considered - failed, considered) if considered else fractions.Fraction(1)
    passed = share >= fractions.Fraction(str(check.threshold))
    if considered == 0:
        message = "No rows to consider."
    elif failed == 0:
        message = f"All {count(considered)} considered rows pass."
    else:
        allowed = "" if check.threshold == 1 else f", {percent(check.threshold)} must pass"
        message = f"{count(failed)} of {count(considered)} rows {sentence} ({percent(float(share))} pass{allowed})."
    return Outcome(passed, message, failed, considered, float(share))


def outside(value: Any, low: Any, high: Any, *, strict_min: bool = False, strict_max: bool = False) -> bool:
    """Whether a measured value is not between two bounds; NaN never is.

    Args:
        value: What was measured.
        low: The lower bound; None for none.
        high: The upper bound; None for none.
        strict_min: Whether the lower bound itself is outside.
        strict_max: Whether the upper bound itself is outside.
    """
    if value != value:  # noqa: PLR0124 (NaN; a decimal one does not compare)
        return True
    above = low is None or (value > low if strict_min else value >= low)
    below = high is None or (value < high if strict_max else value <= high)
    return not (above and below)


def expectation(check: Any) -> str:
    """The bounds of a check as a string: ``>= 1 and < 9``."""
    parts = []
    if check.min is not None:
        parts.append(f"{'>' if getattr(check, 'strict_min', False) else '>='} {check.min}")
    if check.max is not None:
        parts.append(f"{'<' if getattr(check, 'strict_max', False) else '<='} {check.max}")
    return " and ".join(parts)
