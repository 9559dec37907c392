"""What was learned: rules with their evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from .._shared.wording import plural
from ..checks import Check, parse
from ..errors import reading_document
from ..report.declared import typed
from ..report.document import Document, Documented
from ..report.tables import Table
from ..report.view import count, duration, moment, sample_text, stated_semantics
from ..run.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..report.report import Report

__all__ = ["LearnedRule", "LearnedSuite"]

_HEADER = ("Column", "Rule", "Options", "Confidence", "Learned from", "Exceptions")
_COMMON = frozenset({"type", "column", "columns", "description"})


@dataclass(frozen=True)
class LearnedRule:
    """A rule and what supports it.

    Attributes:
        check: The rule; it passes on the rows that it was learned from.
        confidence: The probability, at least, that a fresh sample of the same process and size passes the rule.
        rows: The rows that it was learned from.
        exceptions: Those of them that it does not hold for; its threshold lets so many fail, and some more.
    """

    check: Check
    confidence: float
    rows: int
    exceptions: int

    @property
    def type(self) -> str:
        """The kind of check."""
        return self.check.kind

    @property
    def column(self) -> str | None:
        """The column (several are joined by ", ")."""
        return self.check.column_label

    def to_dict(self) -> dict[str, Any]:
        """The rule and its evidence as plain JSON values."""
        return {
            "rule": self.check.to_dict(),
            "confidence": self.confidence,
            "rows": self.rows,
            "exceptions": self.exceptions,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The rule that `to_dict` wrote.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict.
        """
        with reading_document("LearnedRule.from_dict", data):
            (check,) = parse([data["rule"]])
            return typed(cls(check, data["confidence"], data["rows"], data["exceptions"]))


@dataclass(frozen=True, repr=False)
class LearnedSuite(Documented):
    """Rules learned from a source; calling it with a source validates that source.

    Attributes:
        rules: The rules, in the order of the columns.
        false_alarm_rate: The probability, at most, that a fresh sample of the same process and size fails any rule.
        min_confidence: Every rule has at least this confidence.
        null_markers: What represents a missing number in string columns that hold numbers otherwise, by column.
        source: What they were learned from, without passwords.
        row_count: All rows of the source.
        sampled_rows: The rows that were read, if a sample was asked for; None if all were.
        engine: Which engine proposed them.
        execution_time_seconds: Wall time.
        statements: How many statements read data.
        started_at: When, ISO 8601 in UTC.
        semantics: "database" where strings are compared in the database's own way.
    """

    rules: tuple[LearnedRule, ...]
    false_alarm_rate: float
    min_confidence: float
    null_markers: Mapping[str, tuple[str, ...]]
    source: str
    row_count: int
    sampled_rows: int | None
    engine: str
    execution_time_seconds: float
    statements: int
    started_at: str
    semantics: str = "portable"

    def __repr__(self) -> str:
        learned = f"{plural(len(self), 'rule')} learned from {plural(self.row_count, 'row')}"
        return f"<LearnedSuite of {learned} of {self.source!r:.200}>"

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[LearnedRule]:
        return iter(self.rules)

    def __call__(self, source: Any, **options: Any) -> Report:
        """Validate a source with all rules; takes the options of `dq_core.validate`."""
        return self.suite(source, **options)

    @property
    def confidence(self) -> float:
        """The probability, at least, that a fresh sample of the same process and size passes all rules."""
        return max(0.0, round(1 - math.fsum(1 - rule.confidence for rule in self.rules), 12))

    @property
    def suite(self) -> Suite:
        """The rules as a suite.

        Raises:
            RuleError: Nothing was learned; a suite without checks would pass everything.
        """
        return Suite(rule.check for rule in self.rules)

    def to_yaml(self) -> str:
        """The suite as `dq_core.Suite.from_yaml` reads it; each rule's description has its confidence."""
        return self.suite.to_yaml()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        markers = {name: list(markers) for name, markers in self.null_markers.items()}
        return {**values, "rules": [rule.to_dict() for rule in self.rules], "null_markers": markers}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The suite that `to_dict` wrote.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict.
        """
        with reading_document("LearnedSuite.from_dict", data):
            values = {one.name: data[one.name] for one in fields(cls) if one.name != "semantics"}
            values["semantics"] = data.get("semantics", "portable")
            values["rules"] = tuple(map(LearnedRule.from_dict, data["rules"]))
            values["null_markers"] = {name: tuple(markers) for name, markers in data["null_markers"].items()}
            return typed(cls(**values))

    def _document(self) -> Document:
        rows = count(self.row_count)
        if self.sampled_rows is not None:
            rows += f", of which {count(self.sampled_rows)} were read"
        markers = [f"{name}: {', '.join(map(repr, found))}" for name, found in self.null_markers.items()]
        chance = f"{self.confidence:.3f}"
        facts = [
            ("Source", self.source),
            ("Rows", rows),
            (
                "Confidence",
                f"a sample of the same kind and size passes all rules with a probability of at least {chance}",
            ),
            *([("Missing numbers", "; ".join(markers))] if markers else []),
            ("Started", moment(self.started_at)),
            ("Took", duration(self.execution_time_seconds)),
            ("Statements", count(self.statements)),
            ("Engine", self.engine),
            *stated_semantics(self.semantics),
        ]
        table = Table(f"{len(self)} rules", _HEADER, [_cells(rule) for rule in self.rules], frozenset({3, 4, 5}))
        return Document("Learned rules", facts, [table])


def _cells(rule: LearnedRule) -> list[str]:
    options = {name: value for name, value in rule.check.to_dict().items() if name not in _COMMON}
    return [
        rule.column or "",
        rule.type,
        "; ".join(f"{name} {sample_text(value)}" for name, value in options.items()),
        f"{rule.confidence:.4f}",
        count(rule.rows),
        count(rule.exceptions),
    ]
