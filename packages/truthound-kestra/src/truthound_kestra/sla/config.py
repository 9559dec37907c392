"""What an SLA promises, and the presets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import fraction, seconds, whole
from truthound_kestra.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "DEFAULT_SLA_CONFIG",
    "LENIENT_SLA_CONFIG",
    "PRODUCTION_SLA_CONFIG",
    "STRICT_SLA_CONFIG",
    "SLAConfig",
]


@dataclass(frozen=True, kw_only=True)
class SLAConfig:
    """What must hold for a run; a limit that is None is not looked at.

    Args:
        enabled: False: every evaluation is compliant, and no hook is called.
        max_failure_rate: Largest share of failed among all counted, 0 to 1.
        min_pass_rate: Smallest share of passed among all counted, 0 to 1.
        max_execution_time_seconds: Longest run, in seconds.
        min_row_count: Fewest rows.
        max_consecutive_failures: The n-th failed run in a row is a violation, and each one after it. A run failed if it
            broke another limit; where there is no limit on rates, also if anything in it failed.
        description: For people.
        metadata: Anything that should be kept with the results.

    Raises:
        ConfigurationError: Values out of range, all told at once.
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

    def _problems(self) -> Iterator[str]:
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
        """The same SLA with some fields changed.

        Raises:
            ConfigurationError: Values out of range.
        """
        return replace(self, **changes)


#: No limit on rates: only the third failed run in a row is a violation.
DEFAULT_SLA_CONFIG: Final = SLAConfig()
#: 99 % must pass, 1 % may fail, and the first failed run counts.
STRICT_SLA_CONFIG: Final = SLAConfig(max_failure_rate=0.01, min_pass_rate=0.99, max_consecutive_failures=1)
#: 90 % must pass, 10 % may fail, five failed runs in a row.
LENIENT_SLA_CONFIG: Final = SLAConfig(max_failure_rate=0.10, min_pass_rate=0.90, max_consecutive_failures=5)
#: 95 % must pass, 5 % may fail, three failed runs in a row.
PRODUCTION_SLA_CONFIG: Final = SLAConfig(max_failure_rate=0.05, min_pass_rate=0.95, max_consecutive_failures=3)
