"""Extract, transform, check, publish: the target changes only if everything before succeeds."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from ._shared import arguments
from .database import Database, connect
from .errors import MissingDependencyError, QualityGateError, listing, refuse
from .frame.dataframe import DataFrame
from .handoff import staged

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
        rows: Number of loaded rows; None if it is not known.
        report: The report of the checks; None without checks.
        loaded: What ``load`` returned; None without ``load``.
        seconds: Seconds by phase (extract, transform, stage, check, load) that ran.
    """

    name: str
    rows: int | None
    report: Any
    loaded: Any
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class ETLPipeline:
    """A pipeline that loads only rows that passed its checks.

    Without checks, ``load`` gets the result of ``transform``. With ``checks`` or ``validate``, the rows are first
    written to a staging table and checked there, and ``load`` gets the staged rows: the checked rows are the loaded
    rows, even if the source changes in the meantime. After a failure the staging table is dropped, and ``load`` was not
    called or, being one atomic write, has changed nothing.

    Args:
        extract: Returns the rows: a DataFrame, Records, a list of dicts, a pandas, Polars or Arrow table.
        transform: Gets the result of ``extract`` and returns rows of any of these types.
        load: Gets the rows and writes them; with checks, they are always a DataFrame.
        checks: Rules for dq-core, or a callable that gets the frame and returns a report with ``.passed`` (such as a
            ``dq_core.Suite``).
        validate: Gets the frame; False, a report that has not passed, or an error stops the pipeline.
        name: The name of the pipeline in logs, errors and the staging table.
        stage_in: The database of the staging table; by default that of the frame, and an in-memory DuckDB for rows that
            are not in a database. Use the database of the target if the source is read-only.
        on_progress: Gets the name of each phase when it starts.

    Raises:
        ConfigurationError: If an argument is not valid. For a rule that is not valid, the error of dq-core. Both are
            raised when the pipeline is made.
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
            f"{name} must be a function, not {type(given).__name__}."
            for name in ("extract", "transform", "load", "validate", "on_progress")
            if not callable(given := getattr(self, name)) and (given is not None or name == "extract")
        ]
        problems += arguments.string("name", self.name)
        if self.stage_in is not None:
            problems += arguments.instance("stage_in", self.stage_in, Database, "a Database, which connect() makes")
        refuse(problems, "The arguments of the pipeline are not valid")
        object.__setattr__(self, "_gate", _gate(self.checks))

    def execute(self, *, run_key: str | None = None) -> PipelineResult:
        """Run the pipeline.

        A killed run leaves its staging table. A second run with the same ``run_key`` overwrites that table, so the key
        should identify the run and not the attempt. (That ``load`` does not add rows twice needs its own ``run_key``.)

        Args:
            run_key: The identity of the run; by default each call is a run of its own.

        Returns:
            What was done, with the report.

        Raises:
            QualityGateError: If the checks failed; the error has the report. Nothing was loaded.
            Exception: Whatever ``extract``, ``transform``, ``validate`` and ``load`` raise.
        """
        refuse(() if run_key is None else arguments.string("run_key", run_key))
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
        """The database for the staging table."""
        if self.stage_in is not None:
            return self.stage_in
        if isinstance(data, DataFrame):
            return data.database
        return stack.enter_context(connect())

    def _check(self, frame: DataFrame) -> Any:
        """Run all checks; returns the report of ``checks``."""
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
    """One run: its phases, and how long each took."""

    def __init__(self, pipeline: ETLPipeline) -> None:
        self._name = pipeline.name
        self._on_progress = pipeline.on_progress
        self.seconds: dict[str, float] = {}

    def phase(self, phase: str, work: Callable[..., _Result], *arguments: Any) -> _Result:
        _log.info("%s: %s", self._name, phase)
        if self._on_progress is not None:
            self._on_progress(phase)
        started = time.perf_counter()
        try:
            return work(*arguments)
        finally:
            self.seconds[phase] = time.perf_counter() - started


def _gate(checks: Any) -> Callable[[Any], Any] | None:
    """The checks as a callable that gets a frame and returns a report."""
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
        f"{name}: the checks failed{': ' + listing(names) if names else ''}. Nothing was loaded.",
        report=report,
        suggestion="The attribute .report of this error has the result of each check." if report is not None else None,
        context={"pipeline": name, "failed_checks": names},
    )
