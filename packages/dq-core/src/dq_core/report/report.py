"""What a validation found: a `Report` of one `CheckResult` for each check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, Self

from .._shared.wording import plural, repr_of
from ..errors import CheckFailedError, reading_document
from .declared import typed
from .html import to_html
from .jsonable import written
from .markdown import to_markdown
from .notebook import report_fragment, result_fragment
from .text import headline, result_text, rich_report, to_text

__all__ = ["SEVERITIES", "STATUSES", "CheckResult", "Report"]

SEVERITIES = ("info", "warning", "error", "critical")
STATUSES = ("passed", "failed", "error", "skipped")


class _Record(Mapping[str, Any]):
    """Access by key as well as by attribute; keys and values are those of ``to_dict()``.

    Its truth is the verdict, not whether the mapping has keys.
    """

    def to_dict(self) -> dict[str, Any]:
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise NotImplementedError

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return self.to_dict()

    def __getitem__(self, key: str) -> Any:
        return self._plain[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)


@dataclass(frozen=True, eq=False, repr=False)
class CheckResult(_Record):
    """What one check found; every field is a plain JSON value.

    Attributes:
        check_name: The check's name, or ``<type>_<column>``; later ones of one name have ``#2`` behind it.
        type: The kind of check.
        column: The column (several are joined by ", "), or None for a check of the whole table.
        severity: One of info, warning, error, critical.
        status: One of passed, failed, error (could not be evaluated), skipped (after a failure, with ``fail_fast``).
        passed: Whether the status is "passed".
        message: One sentence for readers.
        failed_rows: Rows that break the rule, or None where the check is not about rows.
        considered_rows: Rows that the check looked at (``where`` applied, NULL left out), or None likewise.
        observed: What was measured: a share, a count, a statistic.
        samples: A few failing rows, masked columns replaced by ``***``.
        sql: A SELECT for all failing rows, or None.
        details: Further facts of this kind of check, and its options.
    """

    check_name: str
    type: str
    column: str | None
    severity: str
    status: str
    passed: bool
    message: str
    failed_rows: int | None = None
    considered_rows: int | None = None
    observed: Any = None
    samples: list[dict[str, Any]] = field(default_factory=list)
    sql: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"<CheckResult {self.check_name!r:.80}: {self.status}, {self.message!r:.200}>"

    def __str__(self) -> str:
        return result_text(self)

    def _repr_html_(self) -> str:
        return result_fragment(self)

    @property
    def blocking(self) -> bool:
        """Whether a failure of this check fails the report (severity error or critical)."""
        return self.severity in ("error", "critical")

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The result that `to_dict` wrote.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict.
        """
        with reading_document("CheckResult.from_dict", data):
            found = typed(cls(**{one.name: data[one.name] for one in fields(cls)}))
            for name, known in (
                ("status", STATUSES),
                ("severity", SEVERITIES),
                ("passed", (found.status == "passed",)),
            ):
                if getattr(found, name) not in known:
                    raise TypeError(f"{name} must be {' or '.join(map(repr, known))}, not {getattr(found, name)!r:.80}")
            return found


@dataclass(frozen=True, eq=False, repr=False)
class Report(_Record):
    """What a validation found.

    A report is also a mapping with the keys and values of `to_dict`: ``report["overall_status"]``.

    Attributes:
        results: One for each check, in the order of the checks.
        total_rows: Rows of the source.
        execution_time_seconds: Wall time of the validation.
        statements: How many statements read data.
        source: What was checked, without passwords.
        started_at: When, ISO 8601 in UTC.
        semantics: "portable", or "database" where rules have the meaning that the database gives them: `to_dict` and
            the printed forms say so only then.
        suite: The name of the suite that was run, if it has one; left out of `to_dict` otherwise.
        rules_file: The file that its rules are from, likewise.
    """

    results: tuple[CheckResult, ...]
    total_rows: int
    execution_time_seconds: float
    statements: int
    source: str
    started_at: str
    semantics: str = "portable"
    suite: str | None = None
    rules_file: str | None = None

    #: The keys of the JSON form, in order; ``semantics`` comes before the results where it is "database".
    KEYS: ClassVar[tuple[str, ...]] = (
        "overall_status", "total_checks", "passed_checks", "failed_checks", "warning_checks", "error_checks",
        "total_rows", "execution_time_seconds", "statements", "source", "started_at", "results",
    )  # fmt: skip

    #: The fields that `to_dict` leaves out where they say nothing, with what they are then.
    _OPTIONAL: ClassVar[Mapping[str, str | None]] = {"semantics": "portable", "suite": None, "rules_file": None}

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"<Report {headline(self)}; source {self.source!r:.200}, {plural(self.total_rows, 'row')}>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return report_fragment(self)

    def _count(self, status: str, *, blocking: bool | None = None) -> int:
        return sum(
            result.status == status and (blocking is None or result.blocking is blocking) for result in self.results
        )

    @property
    def passed(self) -> bool:
        """Whether no check failed (warnings do not count) and every check could be evaluated."""
        return self.failed_checks == 0 and self.error_checks == 0

    @property
    def overall_status(self) -> str:
        """Either "passed" or "failed"."""
        return "passed" if self.passed else "failed"

    @property
    def total_checks(self) -> int:
        """How many checks there are."""
        return len(self.results)

    @property
    def passed_checks(self) -> int:
        """How many checks passed."""
        return self._count("passed")

    @property
    def failed_checks(self) -> int:
        """How many checks of severity error or critical failed."""
        return self._count("failed", blocking=True)

    @property
    def warning_checks(self) -> int:
        """How many checks of severity info or warning failed; they do not fail the report."""
        return self._count("failed", blocking=False)

    @property
    def error_checks(self) -> int:
        """How many checks could not be evaluated; they fail the report, whatever their severity."""
        return self._count("error")

    @property
    def skipped_checks(self) -> int:
        """How many checks were skipped after a failure (``fail_fast``)."""
        return self._count("skipped")

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The results that are not "passed": failed, error and skipped."""
        return tuple(result for result in self.results if not result.passed)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, with the keys in `KEYS`."""
        values = {key: getattr(self, key) for key in self.KEYS if key != "results"}
        if self.semantics != "portable":
            values["semantics"] = self.semantics
        named = {"suite": self.suite, "rules_file": self.rules_file}
        values |= {key: value for key, value in named.items() if value is not None}
        values["results"] = [result.to_dict() for result in self.results]
        return values

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The report that `to_dict` wrote; what can be computed is computed again.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict, or its results say another status or other numbers of checks than it has.
        """
        with reading_document("Report.from_dict", data):
            values = {one.name: data[one.name] for one in fields(cls) if one.name not in cls._OPTIONAL}
            values |= {name: data.get(name, default) for name, default in cls._OPTIONAL.items()}
            values["results"] = tuple(CheckResult.from_dict(result) for result in data["results"])
            found = typed(cls(**values))
            for name in (key for key in cls.KEYS if key not in values):
                if (said := data.get(name, getattr(found, name))) != getattr(found, name):
                    raise TypeError(f"{name} is {repr_of(said, 80)}, and its results say {getattr(found, name)!r}")
            return found

    def to_json(self, *, indent: int | None = None) -> str:
        """The report as a JSON string.

        Args:
            indent: How many blanks to indent each level by; None for one line.
        """
        return written(self.to_dict(), indent)

    def to_text(self) -> str:
        """The report for a terminal."""
        return to_text(self)

    def to_markdown(self) -> str:
        """The report as Markdown."""
        return to_markdown(self)

    def to_html(self) -> str:
        """The report as one self-contained HTML page."""
        return to_html(self)

    def __rich__(self) -> Any:
        """What rich prints for a report: the text in colour."""
        return rich_report(self)

    def raise_if_failed(self) -> Self:
        """The report itself if it passed.

        Raises:
            CheckFailedError: The report did not pass; the error carries it.
        """
        if not self.passed:
            raise CheckFailedError(self)
        return self
