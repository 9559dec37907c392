"""SLAs by name."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dq_core.adapters import closest, flag, listing, string
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.keywords import known_arguments
from truthound_kestra.sla.errors import SLAViolationError
from truthound_kestra.sla.metrics import SLAMetrics
from truthound_kestra.sla.monitor import SLAMonitor
from truthound_kestra.sla.store import SQLStateStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truthound_kestra.sla.config import SLAConfig
    from truthound_kestra.sla.hooks import SLAHook
    from truthound_kestra.sla.metrics import SLAResult
    from truthound_kestra.sla.store import StateStore

__all__ = ["SLARegistry", "evaluate_sla", "get_sla_registry", "register_sla"]


@known_arguments
@dataclass(frozen=True)
class SLARegistry:
    """SLAs by name, with the last result of each."""

    _monitors: dict[str, SLAMonitor] = field(default_factory=dict)
    _results: dict[str, SLAResult] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def register(
        self,
        name: str,
        config: SLAConfig,
        *,
        hooks: Sequence[SLAHook] = (),
        store: StateStore | None = None,
        replace: bool = False,
    ) -> SLAMonitor:
        """Register an SLA under a name.

        Args:
            name: Name of the SLA.
            config: The limits.
            hooks: Called after each evaluation.
            store: Stores failed runs; None for the embedded default.
            replace: Whether an SLA that is already registered under the name is replaced.

        Returns:
            The monitor that evaluates it.

        Raises:
            ConfigurationError: The name is empty, another SLA is registered under it, or values have other types.
        """
        problems = list(string("The name of an SLA", name))
        if problems:
            raise ConfigurationError(problems)
        monitor = SLAMonitor(config=config, hooks=hooks, name=name, store=SQLStateStore() if store is None else store)
        with self._lock:
            known = self._monitors.get(name)
            if known is not None and known.config != config and not replace:
                raise ConfigurationError(f"Another SLA is registered as {name!r}.", suggestion="Pass replace=True.")
            self._monitors[name] = monitor
        return monitor

    def get(self, name: str) -> SLAMonitor:
        """The monitor of an SLA.

        Args:
            name: Name of the SLA.

        Raises:
            ConfigurationError: The SLA does not exist.
        """
        problems = list(string("The name of an SLA", name))
        if problems:
            raise ConfigurationError(problems)
        if name not in self._monitors:
            near = closest(name, self._monitors)
            hint = f"Did you mean {near!r}?" if near else f"Registered: {', '.join(sorted(self._monitors)) or 'none'}."
            raise ConfigurationError(f"The SLA {name!r} does not exist.", suggestion=hint)
        return self._monitors[name]

    def evaluate(self, name: str, metrics: SLAMetrics | None = None, *, raise_on_violation: bool = False) -> SLAResult:
        """Evaluate an SLA and store the result.

        Args:
            name: Name of the SLA.
            metrics: Metrics of the run, which are required.
            raise_on_violation: Whether to raise if a limit is violated.

        Returns:
            The result.

        Raises:
            ConfigurationError: The SLA does not exist, or values have other types.
            SLAViolationError: A limit is violated, and ``raise_on_violation`` is set. The result is stored.
        """
        problems = list(flag("raise_on_violation", raise_on_violation))
        problems += [] if isinstance(name, SLAMetrics) else string("The name of an SLA", name)
        if metrics is None:
            problems.append("An SLA is evaluated by its name and the metrics of a run: evaluate_sla(name, metrics).")
        if problems or metrics is None:
            raise ConfigurationError(problems, suggestion=f"Registered: {listing(self.names())}.")
        result = self.get(name).evaluate(metrics)
        with self._lock:
            self._results[name] = result
        if raise_on_violation and not result.is_compliant:
            raise SLAViolationError(result)
        return result

    def unregister(self, name: str) -> None:
        """Remove an SLA and its result.

        Args:
            name: Name of the SLA.

        Raises:
            ConfigurationError: The SLA does not exist.
        """
        self.get(name)
        with self._lock:
            del self._monitors[name]
            self._results.pop(name, None)

    def get_all_results(self) -> dict[str, SLAResult]:
        """The last result of each SLA that was evaluated, by name."""
        with self._lock:
            return dict(self._results)

    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(self._monitors))

    def clear(self) -> None:
        """Remove all SLAs and results."""
        with self._lock:
            self._monitors.clear()
            self._results.clear()


_REGISTRY = SLARegistry()


def get_sla_registry() -> SLARegistry:
    """The registry of this process."""
    return _REGISTRY


#: Register an SLA in the registry of this process; see `SLARegistry.register`.
register_sla = _REGISTRY.register
#: Evaluate an SLA of the registry of this process; see `SLARegistry.evaluate`.
evaluate_sla = _REGISTRY.evaluate
