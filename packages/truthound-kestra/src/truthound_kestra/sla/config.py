"""The limits of an SLA, and the presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import flag, fraction, instance, question, seconds, string, whole
from truthound_kestra.documents import Document
from truthound_kestra.errors import ConfigurationError, refuse
from truthound_kestra.keywords import known_arguments
from truthound_kestra.plain_numbers import with_plain_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DEFAULT_SLA_CONFIG",
    "LENIENT_SLA_CONFIG",
    "PRODUCTION_SLA_CONFIG",
    "STRICT_SLA_CONFIG",
    "SLAConfig",
]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class SLAConfig(Document):
    """The limits of a run; a limit that is None is not evaluated.

    Args:
        enabled: If False, every evaluation is compliant, and no hook is called.
        max_failure_rate: The largest share of failed checks, from 0 to 1.
        min_pass_rate: The smallest share of passed checks, from 0 to 1.
        max_execution_time_seconds: The longest duration, in seconds.
        min_row_count: The smallest number of rows.
        max_consecutive_failures: The n-th consecutive failed run is a violation, and each one after it. A run fails if
            it violates another limit; without limits on rates, also if any check fails.
        description: A description of the SLA.
        metadata: Any other values.

    Raises:
        ConfigurationError: Invalid values; lists all of them.
    """

    enabled: bool = True
    max_failure_rate: float | None = None
    min_pass_rate: float | None = None
    max_execution_time_seconds: float | None = None
    min_row_count: int | None = None
    max_consecutive_failures: int | None = 3
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ConfigurationError(problems)
        with_plain_numbers(self)

    def _problems(self) -> Iterator[str]:
        yield from flag("enabled", self.enabled)
        yield from string("description", self.description, empty=True)
        yield from instance("metadata", self.metadata, Mapping, "a mapping")
        for name in ("max_failure_rate", "min_pass_rate"):
            value = getattr(self, name)
            if value is not None:
                yield from fraction(name, value)
        if self.max_execution_time_seconds is not None:
            yield from seconds("max_execution_time_seconds", self.max_execution_time_seconds)
        for name, least in (("min_row_count", 0), ("max_consecutive_failures", 1)):
            value = getattr(self, name)
            if value is not None:
                yield from whole(name, value, least=least)

    def with_changes(self, **changes: Any) -> SLAConfig:
        """The same SLA with some changes.

        Raises:
            ConfigurationError: Invalid values or unknown limits; lists all of them.
        """
        known = [option.name for option in fields(self)]
        refuse(f"The limit {name!r} does not exist.{question(name, known)}" for name in changes if name not in known)
        return replace(self, **changes)


#: No limit on rates; the third consecutive failed run is a violation.
DEFAULT_SLA_CONFIG: Final = SLAConfig()
#: 99 % must pass, 1 % may fail, one failed run.
STRICT_SLA_CONFIG: Final = SLAConfig(max_failure_rate=0.01, min_pass_rate=0.99, max_consecutive_failures=1)
#: 90 % must pass, 10 % may fail, five consecutive failed runs.
LENIENT_SLA_CONFIG: Final = SLAConfig(max_failure_rate=0.10, min_pass_rate=0.90, max_consecutive_failures=5)
#: 95 % must pass, 5 % may fail, three consecutive failed runs.
PRODUCTION_SLA_CONFIG: Final = SLAConfig(max_failure_rate=0.05, min_pass_rate=0.95, max_consecutive_failures=3)
