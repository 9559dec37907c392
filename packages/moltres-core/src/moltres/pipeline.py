"""Extract, transform, check, publish: the target changes only if everything before it went well."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from .database import Database, connect
from .errors import ConfigurationError, MissingDependencyError, QualityGateError, listing
from .frame.dataframe import DataFrame
from .handoff.rows_of import staged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .frame.source import Source

__all__ = ["ETLPipeline", "PipelineResult"]

_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """What a pipeline did.

    Attributes:
        name: The name of the pipeline.
        rows: Rows that went into the load, None where nobody counted them.
        report: What the checks gave, None if there were none.
        loaded: What ``load`` returned, None if the pipeline has no ``load``.
        seconds: Seconds by phase (extract, transform, stage, check, load), for the phases that ran.
    """

    name: str
    rows: int | None
    report: Any
    loaded: Any
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class ETLPipeline:
    """A pipeline that publishes only what passed its checks.

    Without checks, ``load`` gets what ``transform`` returned. With ``checks`` or ``validate``, that is first written to
    a staged table, checked there, and ``load`` gets the staged rows: what is checked is what is loaded, even if the
    source changes meanwhile. Whatever fails, the staged table is removed, and ``load`` has not been called or, being
    one atomic write, has changed nothing.

    Args:
        extract: Gives the rows: a DataFrame, Records, a list of dicts, a pandas, Polars or Arrow table.
        transform: Gets what ``extract`` gave and returns rows of any of these kinds.
        load: Gets the rows, and writes them. With checks it gets a DataFrame whatever ``transform`` returned.
        checks: Rules for dq-core, or something that is called with the frame and returns a report with ``.passed`` (a
            ``dq_core.Suite``, say).
        validate: Is called with the frame; False, or a report that has not passed, stops the pipeline like a failed
            check, and so does an error.
        name: Names the pipeline in logs, errors and the staged table.
        stage_in: The database for the staged table; by default the frame's own, and an in-memory DuckDB for rows that
            are in no database. Give the target's where the source is read-only.
        on_progress: Is called with the name of each phase as it begins.

    Raises:
        ConfigurationError: If an argument cannot work; a rule that cannot be read raises the error of dq-core. Both
            come when the pipeline is made, before anything runs.
    """

    extract: Callable[[], Any]
    transform: Callable[[Any], Any] | None = None
    load: Callable[[Any], Any] | None = None
    _: KW_ONLY
    checks: Any = None
    validate: Callable[[Any], Any] | None = None
    name: str = "etl_pipeline"
    stage_in: Database | None = None
    on_progress: Callable[[str], object] | None = None
    _gate: Callable[[Any], Any] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be a function, got {type(given).__name__}"
            for name in ("extract", "transform", "load", "validate", "on_progress")
            if not callable(given := getattr(self, name)) and (given is not None or name == "extract")
        ]
        if not self.name or not isinstance(self.name, str):
            problems.append(f"name must be a text that is not empty, got {self.name!r}")
        if problems:
            raise ConfigurationError(f"The pipeline cannot work like this: {'; '.join(problems)}.")
        object.__setattr__(self, "_gate", _gate(self.checks))

    def execute(self, *, run_key: str | None = None) -> PipelineResult:
        """Run the pipeline.

        A run that was killed leaves its staged table behind. The same ``run_key`` again overwrites that table, so let
        it name the run and not the attempt. (Whether ``load`` adds rows twice is up to its own ``run_key``.)

        Args:
            run_key: Names this run; by default each call is a run of its own.

        Returns:
            What was done, with the report.

        Raises:
            QualityGateError: If the checks did not pass; it carries the report. Nothing was loaded.
            Exception: Whatever ``extract``, ``transform``, ``validate`` and ``load`` raise.
        """
        run = _Run(self)
        data = run.phase("extract", self.extract)
        if self.transform is not None:
            data = run.phase("transform", self.transform, data)
        with ExitStack() as stack:
            rows, report = len(data) if hasattr(data, "__len__") else None, None
            if self._gate is not None or self.validate is not None:
                home = self._home(data, stack)
                name = f"{self.name} {run_key or uuid4().hex}"
                data, reference = run.phase("stage", stack.enter_context, staged(home, data, name=name))
                rows = reference.row_count
                report = run.phase("check", self._check, data)
            loaded = None if self.load is None else run.phase("load", self.load, data)
        rows = getattr(loaded, "rows_written", rows)
        _log.info("%s: %s rows in %.3f s", self.name, "unknown" if rows is None else rows, sum(run.seconds.values()))
        return PipelineResult(name=self.name, rows=rows, report=report, loaded=loaded, seconds=run.seconds)

    def _home(self, data: Any, stack: ExitStack) -> Source:
        """The database for the staged table."""
        if self.stage_in is not None:
            return self.stage_in
        if isinstance(data, DataFrame):
            return data.database
        return stack.enter_context(connect())

    def _check(self, frame: DataFrame) -> Any:
        """Every check, before anything is published; the report of ``checks``."""
        report = None
        if self._gate is not None:
            report = self._gate(frame)
            if not report.passed:
                raise _refusal(self.name, report)
        if self.validate is not None:
            verdict = self.validate(frame)
            if verdict is False or getattr(verdict, "passed", True) is False:
                raise _refusal(self.name, report if verdict is False else verdict)
        return report


class _Run:
    """One execution: what it tells, and how long each phase took."""

    def __init__(self, pipeline: ETLPipeline) -> None:
        self._name = pipeline.name
        self._tell = pipeline.on_progress
        self.seconds: dict[str, float] = {}

    def phase(self, phase: str, work: Callable[..., _Result], *arguments: Any) -> _Result:
        _log.info("%s: %s", self._name, phase)
        if self._tell is not None:
            self._tell(phase)
        started = time.perf_counter()
        try:
            return work(*arguments)
        finally:
            self.seconds[phase] = time.perf_counter() - started


def _gate(checks: Any) -> Callable[[Any], Any] | None:
    """Something that is called with a frame and gives a report; a rule that cannot be read is refused here."""
    if checks is None or callable(checks):
        return checks  # type: ignore[no-any-return]
    try:
        from dq_core import Suite
    except ModuleNotFoundError as error:
        if error.name != "dq_core":
            raise
        raise MissingDependencyError.extra("dq-core", "quality", "ETLPipeline(checks=…)") from error
    suite: Callable[[Any], Any] = Suite(checks)
    return suite


def _refusal(name: str, report: Any) -> QualityGateError:
    results = getattr(report, "results", ())
    names = [result.check_name for result in results if not result.passed and getattr(result, "blocking", True)]
    return QualityGateError(
        f"{name}: the checks did not pass{': ' + listing(names) if names else ''}. Nothing was loaded.",
        report=report,
        suggestion="See .report of this error for what each check found." if report is not None else None,
        context={"pipeline": name, "failed_checks": names},
    )
