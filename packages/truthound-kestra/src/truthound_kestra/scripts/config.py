"""Options of the scripts, and their presets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from dq_core.adapters import (
    choice,
    flag,
    fraction,
    instance,
    question,
    read_options_problems,
    seconds,
    string,
    strings,
    whole,
)
from dq_core.relation.tolerance import tolerance_problems
from dq_core.report import SEVERITIES
from dq_core.run.semantics import PORTABLE, SEMANTICS
from truthound_kestra.errors import ConfigurationError, refuse
from truthound_kestra.keywords import known_arguments
from truthound_kestra.plain_numbers import with_plain_numbers
from truthound_kestra.scripts.engines import ENGINES
from truthound_kestra.scripts.severity import SEVERITY_ALIASES, canonical_severity
from truthound_kestra.sla.config import SLAConfig

if TYPE_CHECKING:
    from dq_core import Check

__all__ = [
    "DEFAULT_SCRIPT_CONFIG",
    "LENIENT_SCRIPT_CONFIG",
    "PRODUCTION_SCRIPT_CONFIG",
    "STRICT_SCRIPT_CONFIG",
    "CheckScriptConfig",
    "CompareScriptConfig",
    "LearnScriptConfig",
    "ProfileScriptConfig",
    "ScriptConfig",
]


def rules_problems(rules: object) -> Iterator[str]:
    """Yield a sentence if something is not a list; dq_core judges the rules themselves."""
    # A sequence or another collection: whose truth is its size, and which can be read twice.
    if isinstance(rules, str | bytes | Mapping) or not isinstance(rules, Collection):
        yield f"rules must be a list of rules, not {type(rules).__name__}."


@known_arguments
@dataclass(frozen=True, kw_only=True)
class ScriptConfig:
    """Options of all scripts.

    Args:
        engine_name: The engine: truthound, dq_core, great_expectations, pandera.
        enabled: If False, the script does nothing and returns a result with the status "skipped".
        timeout_seconds: Time limit in seconds; None for no limit.
        semantics: ``"database"`` takes what strings are equal, less or match as a database means it that dq_core has no
            conformance suite for; such rules and columns are refused otherwise. The report then states it.
        read_options: How CSV files are written: ``delimiter``, ``quote``, ``encoding``, ``null``, ``decimal``,
            ``header``, ``types``; of JSON files, ``types``. None for what names and headers say.
        tags: Strings in the result and on its metrics.
        description: A description in the result.
        metadata: Any other values in the result.
        report: Base name of the report files in the working directory; None for no files.

    Raises:
        ConfigurationError: Invalid values; lists all of them.
    """

    engines: ClassVar[Sequence[str]] = tuple(ENGINES)  # that can do what the script does
    engine_name: str = "truthound"
    enabled: bool = True
    timeout_seconds: float | None = 300.0
    semantics: str = PORTABLE
    read_options: Mapping[str, Any] | None = None
    tags: Sequence[str] = ()
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    report: str | None = None

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ConfigurationError(problems)
        with_plain_numbers(self)

    def with_changes(self, **changes: Any) -> Self:
        """The same options with some changes.

        Raises:
            ConfigurationError: Invalid values or unknown options; lists all of them.
        """
        known = [option.name for option in fields(self)]
        refuse(f"The option {name!r} does not exist.{question(name, known)}" for name in changes if name not in known)
        return replace(self, **changes)

    @property
    def given_options(self) -> dict[str, Any]:
        """Options for a method of an engine that are not the defaults: some engines do not have all of them."""
        given = {"semantics": self.semantics, "read_options": self.read_options}
        return {name: value for name, value in given.items() if value not in (PORTABLE, None)}

    def _problems(self) -> Iterator[str]:
        yield from choice("engine_name", self.engine_name, self.engines)
        if self.timeout_seconds is not None:
            yield from seconds("timeout_seconds", self.timeout_seconds)
        yield from choice("semantics", self.semantics, SEMANTICS)
        if self.read_options is not None:
            yield from read_options_problems(self.read_options)
        yield from flag("enabled", self.enabled)
        yield from strings("tags", self.tags)
        yield from string("description", self.description, empty=True)
        yield from instance("metadata", self.metadata, Mapping, "a mapping")
        if self.report is not None:
            wrong = list(string("report", self.report))
            yield from wrong
            if not wrong and not (self.report.strip() and "/" not in self.report):
                yield f"report must be the base name of a file, not {self.report!r}."


@known_arguments
@dataclass(frozen=True, kw_only=True)
class CheckScriptConfig(ScriptConfig):
    """Options of :func:`check_quality_script`, besides those of :class:`ScriptConfig`.

    Args:
        rules: Rules as mappings (see dq_core), or checks of dq_core.
        fail_on_error: Whether failed checks raise CheckFailedError, after the outputs are sent.
        fail_on_warning: Whether failed checks of severity info or warning fail the run as well.
        auto_schema: Also check learned rules: from ``baseline_uri``; without it, the first run learns them from its own
            data, and later runs (of the same task in Kestra, of the same source elsewhere) are checked against them.
            The first run passes by construction. See ``forget_schema``.
        baseline_uri: For ``auto_schema``: data that is known to be good, or a YAML file of rules.
        min_severity: Rules below this severity are skipped: low, medium, high, critical (or info, warning, error,
            critical).
        sample_failures: How many failing rows the report shows for each failed check.
        parallel: Whether the engine may evaluate rules in parallel.
        max_workers: How many rules at the same time; None for the engine's default.
        sla: Evaluated after the check; a violation raises SLAViolationError.
    """

    rules: Sequence[Mapping[str, Any] | Check] = ()
    fail_on_error: bool = True
    fail_on_warning: bool = False
    auto_schema: bool = False
    baseline_uri: str | None = None
    min_severity: str = "low"
    sample_failures: int = 100
    parallel: bool = False
    max_workers: int | None = None
    sla: SLAConfig | None = None

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        yield from rules_problems(self.rules)
        for name in ("fail_on_error", "fail_on_warning", "auto_schema", "parallel"):
            yield from flag(name, getattr(self, name))
        if self.sla is not None:
            yield from instance("sla", self.sla, SLAConfig, "an SLAConfig")
        severity = canonical_severity(self.min_severity)
        if not isinstance(severity, str) or severity not in SEVERITIES:
            yield from choice("min_severity", self.min_severity, (*SEVERITY_ALIASES, *SEVERITIES))
        yield from whole("sample_failures", self.sample_failures, least=0)
        if self.max_workers is not None:
            yield from whole("max_workers", self.max_workers, least=1)
            if not self.parallel:
                yield "max_workers requires parallel=True."
        if self.baseline_uri is not None:
            yield from instance("baseline_uri", self.baseline_uri, (str, PathLike), "a path or URI")
            if not self.auto_schema:
                yield "baseline_uri requires auto_schema=True."


@known_arguments
@dataclass(frozen=True, kw_only=True)
class ProfileScriptConfig(ScriptConfig):
    """Options of :func:`profile_data_script`, besides those of :class:`ScriptConfig`.

    Args:
        include_stats: Whether columns have min, max, mean, standard deviation and quantiles.
        include_histograms: Whether numeric columns have histograms.
        sample_size: How many rows to read; 0 for all.
        top_n: How many of the most frequent values to list; 0 for none.
    """

    include_stats: bool = True
    include_histograms: bool = False
    sample_size: int = 0
    top_n: int = 10

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        for name in ("include_stats", "include_histograms"):
            yield from flag(name, getattr(self, name))
        yield from whole("sample_size", self.sample_size, least=0)
        yield from whole("top_n", self.top_n, least=0)


@known_arguments
@dataclass(frozen=True, kw_only=True)
class LearnScriptConfig(ScriptConfig):
    """Options of :func:`learn_schema_script`, besides those of :class:`ScriptConfig`.

    Args:
        min_confidence: Rules with a lower confidence are left out, from 0 to 1.
        include_patterns: Whether to learn patterns and lengths of strings.
        include_ranges: Whether to learn ranges of numbers and dates.
        include_categories: Whether to learn sets of values.
        categorical_threshold: Columns with more distinct values than this are not categories.
        sample_size: How many rows to read; 0 for all.
    """

    min_confidence: float = 0.8
    include_patterns: bool = True
    include_ranges: bool = True
    include_categories: bool = True
    categorical_threshold: int = 50
    sample_size: int = 0

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        for name in ("include_patterns", "include_ranges", "include_categories"):
            yield from flag(name, getattr(self, name))
        yield from fraction("min_confidence", self.min_confidence)
        yield from whole("categorical_threshold", self.categorical_threshold, least=1)
        yield from whole("sample_size", self.sample_size, least=0)


@known_arguments
@dataclass(frozen=True, kw_only=True)
class CompareScriptConfig(ScriptConfig):
    """Options of :func:`compare_data_script`, besides those of :class:`ScriptConfig`.

    Args:
        engine_name: Always dq_core, which compares.
        keys: The columns that identify a row. Without keys, whole rows are compared.
        columns: The columns to compare besides the keys; None for all.
        where: Only these rows of both sides, as an SQL expression.
        tolerance: How far numbers may be apart: a number, or a mapping with ``absolute`` and ``relative``.
        samples: How many missing, extra and changed rows to show of each.
        mask: Columns whose values the result never shows.
        fail_on_difference: Whether a difference raises ComparisonFailedError, after the outputs are sent.
        copy_read_options: How the files of the copy are written, as ``read_options`` of the data.
    """

    engines: ClassVar[Sequence[str]] = ("dq_core",)
    engine_name: str = "dq_core"
    keys: Sequence[str] = ()
    columns: Sequence[str] | None = None
    where: str | None = None
    tolerance: float | Mapping[str, float] | None = None
    samples: int = 20
    mask: Sequence[str] = ()
    fail_on_difference: bool = True
    copy_read_options: Mapping[str, Any] | None = None

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        yield from strings("keys", self.keys)
        if self.columns is not None:
            yield from strings("columns", self.columns, least=1)
        if self.where is not None:
            yield from string("where", self.where)
        yield from tolerance_problems("tolerance", self.tolerance)
        if self.tolerance is not None and not self.keys:
            yield "tolerance requires keys, which say which rows belong together."
        yield from whole("samples", self.samples, least=0)
        yield from strings("mask", self.mask)
        yield from flag("fail_on_difference", self.fail_on_difference)
        if self.copy_read_options is not None:
            yield from (f"copy_{problem}" for problem in read_options_problems(self.copy_read_options))


#: The defaults: rules must be given.
DEFAULT_SCRIPT_CONFIG: Final = CheckScriptConfig()
#: Fails on any failed check, warnings included, and also checks learned rules.
STRICT_SCRIPT_CONFIG: Final = CheckScriptConfig(auto_schema=True, fail_on_warning=True)
#: Never fails the task: the result lists what failed. Skips rules of severity low (info).
LENIENT_SCRIPT_CONFIG: Final = CheckScriptConfig(auto_schema=True, fail_on_error=False, min_severity="medium")
#: In parallel, with a longer time limit and fewer samples. Skips rules of severity low (info).
PRODUCTION_SCRIPT_CONFIG: Final = CheckScriptConfig(
    auto_schema=True, parallel=True, timeout_seconds=600.0, min_severity="medium", sample_failures=20
)
