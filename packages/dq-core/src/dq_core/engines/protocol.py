"""What every engine offers: the same rules in, the same report out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import sqlalchemy as sa

    from .._shared.iceberg.snapshots import AsOf
    from ..checks.base import Check
    from ..learning import LearnedSuite
    from ..profiling import Profile
    from ..report.report import Report

__all__ = ["Capabilities", "Engine"]


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do.

    Attributes:
        kinds: The kinds of check that it evaluates, at least in some form.
        profile: Whether it profiles.
        learn: Whether it learns rules.
        parallel: Whether it evaluates several rules at the same time (``parallel=True``).
        in_database: Whether the rows stay where they are; other engines read the columns that the rules need.
    """

    kinds: frozenset[str]
    profile: bool
    learn: bool
    parallel: bool
    in_database: bool


class Engine(Protocol):
    """An engine that evaluates the rules of this package.

    What an engine cannot do is a `dq_core.errors.EngineError` that names the rule and what can do it; never a pass.
    """

    @property
    def name(self) -> str:
        """The name that `get_engine` knows it by."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def check(
        self,
        source: Any,
        checks: Iterable[Check | Mapping[str, Any]],
        *,
        table: str | None = None,
        query: str | sa.Select[Any] | None = None,
        schema: str | None = None,
        as_of: AsOf | None = None,
        samples: int = 5,
        mask: Iterable[str] = (),
        fail_fast: bool = False,
        timeout_seconds: float | None = None,
        parallel: bool = False,
        max_workers: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        read_options: Mapping[str, Any] | None = None,
        semantics: str = "portable",
    ) -> Report:
        """Check a source; the arguments, the report and the errors are those of `dq_core.validate`.

        Args:
            source: What to check; see `dq_core.sources.open_source`.
            checks: Checks, or rules as dicts.
            table: The table or view, if the source is a database.
            query: A SELECT instead of a table.
            schema: The table's schema.
            as_of: The snapshot of an Iceberg table; None for the current one.
            samples: How many failing rows of each failing check to keep.
            mask: Columns whose values no report may show.
            fail_fast: Skip the checks after the first failure.
            timeout_seconds: How long it may take.
            parallel: Evaluate several rules at the same time, each in a thread.
            max_workers: How many threads at most; default: one for each processor.
            storage_options: Options for the fsspec filesystem of a URI.
            read_options: How CSV files are written.
            semantics: ``"database"`` takes the meaning of a database that no conformance suite ran on.

        Raises:
            RuleError: The rules or arguments are wrong; nothing was read.
            SourceError: The source cannot be read.
            EngineError: The engine cannot evaluate some of the rules; lists all of them. Or it failed.
            ValidationTimeoutError: It took longer than `timeout_seconds`.
        """

    def profile(self, source: Any, **options: Any) -> Profile:
        """Describe a source; the options are those of `dq_core.profile`.

        Args:
            source: What to profile; see `dq_core.sources.open_source`.
            **options: The options.

        Raises:
            EngineError: The engine does not profile, or not with these options.
        """

    def learn(self, source: Any, **options: Any) -> LearnedSuite:
        """Learn rules from a source; the options are those of `dq_core.learn`.

        Args:
            source: What to learn from; see `dq_core.sources.open_source`.
            **options: The options.

        Raises:
            EngineError: The engine does not learn, or not with these options.
        """
