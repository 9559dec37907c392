"""Hooks, which are called after an evaluation."""

from __future__ import annotations

import json
import logging
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from dq_core.adapters import function, instance, seconds
from truthound_kestra.errors import ConfigurationError, OutputError, refuse
from truthound_kestra.kestra.handler import KestraOutputHandler
from truthound_kestra.kestra.json_values import plain
from truthound_kestra.keywords import known_arguments
from truthound_kestra.sla.metrics import AlertLevel, SLAResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from truthound_kestra.kestra.protocol import LogLevel

__all__ = [
    "CallbackSLAHook",
    "CompositeSLAHook",
    "KestraNotificationHook",
    "LoggingSLAHook",
    "MetricsSLAHook",
    "SLAHook",
    "hooks_of",
]

_LOGGING_LEVELS: Final = {
    AlertLevel.INFO: logging.INFO,
    AlertLevel.WARNING: logging.WARNING,
    AlertLevel.ERROR: logging.ERROR,
    AlertLevel.CRITICAL: logging.CRITICAL,
}
_KESTRA_LEVELS: Final[dict[AlertLevel, LogLevel]] = {
    AlertLevel.INFO: "INFO",
    AlertLevel.WARNING: "WARN",
    AlertLevel.ERROR: "ERROR",
    AlertLevel.CRITICAL: "ERROR",
}


class SLAHook(Protocol):
    """Called after each evaluation: one method or the other."""

    def on_pass(self, result: SLAResult) -> None:
        """The SLA is met."""
        ...

    def on_violation(self, result: SLAResult) -> None:
        """The SLA is violated."""
        ...


def hooks_of(given: object) -> tuple[SLAHook, ...]:
    """Hooks, given as a sequence of them, or a single one.

    Raises:
        ConfigurationError: Something is not a hook; names all that are not.
    """
    if _is_hook(given):
        return (given,)  # type: ignore[return-value]  # _is_hook
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise ConfigurationError(f"hooks must be a list of SLA hooks, not {given!r}.", suggestion=_HOOK)
    hooks = tuple(given)
    refuse((f"{hook!r} is not an SLA hook." for hook in hooks if not _is_hook(hook)), suggestion=_HOOK)
    return hooks


_HOOK: Final = (
    "A hook is an object with the methods on_pass(result) and on_violation(result), such as LoggingSLAHook()."
)


def _is_hook(given: object) -> bool:
    methods = (getattr(given, "on_pass", None), getattr(given, "on_violation", None))
    return not isinstance(given, type) and all(map(callable, methods))


def _handler_problems(given: object) -> Iterator[str]:
    return instance("handler", given, KestraOutputHandler, "a KestraOutputHandler")


def _title(result: SLAResult) -> str:
    metrics = result.metrics
    place = ".".join(part for part in (metrics.namespace, metrics.flow_id, metrics.task_id) if part)
    return " ".join(part for part in ("SLA", result.name, place and f"of {place}") if part)


@known_arguments
@dataclass(frozen=True)
class LoggingSLAHook:
    """Writes to a logger: INFO if the SLA is met, each violation at its own level.

    Args:
        logger: The logger; by default ``truthound_kestra.sla``.
    """

    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("truthound_kestra.sla"))

    def __post_init__(self) -> None:
        refuse(instance("logger", self.logger, (logging.Logger, logging.LoggerAdapter), "a logger"))

    def on_pass(self, result: SLAResult) -> None:
        """Log that the SLA is met."""
        self.logger.info("%s is met: %.2f %% passed", _title(result), 100 * result.metrics.pass_rate)

    def on_violation(self, result: SLAResult) -> None:
        """Log each violation."""
        for violation in result.violations:
            self.logger.log(_LOGGING_LEVELS[violation.level], "%s is violated: %s", _title(result), violation.message)


@known_arguments
@dataclass(frozen=True)
class MetricsSLAHook:
    """Counts evaluations in memory, and in Kestra if a handler is given.

    Args:
        handler: Sends the counters ``sla.evaluations`` and ``sla.violations`` (by type) to Kestra.

    Attributes:
        counts: ``passed``, ``violated``, and a count for each type of violation, since the hook was created.
    """

    handler: KestraOutputHandler | None = None
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.handler is not None:
            refuse(_handler_problems(self.handler))

    def on_pass(self, result: SLAResult) -> None:
        """Count an evaluation that passed."""
        self._count(result, "passed")

    def on_violation(self, result: SLAResult) -> None:
        """Count an evaluation with violations, and the violations by type."""
        self._count(result, "violated")

    @property
    def compliance_rate(self) -> float:
        """The share of evaluations that passed; 1 before the first."""
        total = self.counts["passed"] + self.counts["violated"]
        return self.counts["passed"] / total if total else 1.0

    def _count(self, result: SLAResult, verdict: str) -> None:
        kinds = [violation.violation_type.value for violation in result.violations]
        with self._lock:
            self.counts.update([verdict, *kinds])
        if self.handler is not None:
            tags = {"sla": result.name, "flow": result.metrics.flow_id, "task": result.metrics.task_id}
            self.handler.counter("sla.evaluations", 1, tags | {"verdict": verdict})
            for kind in kinds:
                self.handler.counter("sla.violations", 1, tags | {"type": kind})


@known_arguments
@dataclass(frozen=True)
class CallbackSLAHook:
    """Calls functions.

    Args:
        on_pass: Called with the result if the SLA is met.
        on_violation: Called with the result if the SLA is violated.
    """

    on_pass: Callable[[SLAResult], Any] = lambda _: None
    on_violation: Callable[[SLAResult], Any] = lambda _: None

    def __post_init__(self) -> None:
        refuse([*function("on_pass", self.on_pass), *function("on_violation", self.on_violation)])


@known_arguments
@dataclass(frozen=True)
class KestraNotificationHook:
    """Notifies Kestra, in the log, outputs and metrics of the execution, and may start an alert flow.

    - each violation is an entry of the execution's log, at level WARN or ERROR;
    - the outputs ``sla_compliant``, ``sla_violations`` and ``sla_consecutive_failures`` can be read by later tasks and
      alert flows;
    - the counter ``sla.violations`` is a metric of the execution, by type;
    - with ``webhook_url``, a violation starts the flow whose Webhook trigger has that URL; the evaluation is in
      ``{{ trigger.body }}``.

    Args:
        webhook_url: ``https://<kestra>/api/v1/executions/webhook/<namespace>/<flow>/<key>``; the key is a secret, so
            take it from the environment. None to start no flow.
        timeout_seconds: How many seconds to wait for Kestra's response.
        handler: Sends log entries, outputs and metrics; by default to standard output, where Kestra reads them.

    Raises:
        ConfigurationError: The URL is not http or https, or other values are invalid; lists all of them.
    """

    webhook_url: str | None = field(default=None, repr=False)
    timeout_seconds: float = 10.0
    handler: KestraOutputHandler = field(default_factory=KestraOutputHandler)

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[str]:
        url: object = self.webhook_url  # contains a key: no message shows it
        if url is not None and not (isinstance(url, str) and url.startswith(("http://", "https://"))):
            yield "webhook_url must be a string that starts with http:// or https://."
        yield from seconds("timeout_seconds", self.timeout_seconds)
        yield from _handler_problems(self.handler)

    def on_pass(self, result: SLAResult) -> None:
        """Set the outputs."""
        self.handler.send_outputs(result.outputs())
        self.handler.log("INFO", f"{_title(result)} is met.")

    def on_violation(self, result: SLAResult) -> None:
        """Write log entries, set the outputs, count the violations, and start the alert flow.

        Raises:
            OutputError: The alert flow cannot be started.
        """
        self.handler.send_outputs(result.outputs())
        for violation in result.violations:
            self.handler.log(_KESTRA_LEVELS[violation.level], f"{_title(result)} is violated: {violation.message}")
            self.handler.counter("sla.violations", 1, {"type": violation.violation_type.value})
        if self.webhook_url is not None:
            self._start_flow(self.webhook_url, result)

    def _start_flow(self, url: str, result: SLAResult) -> None:
        body = json.dumps(plain(result, "result")).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - the scheme was checked
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_seconds):  # noqa: S310 - as above
                return
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"HTTP {error.code}"
        except OSError as error:
            reason = type(error).__name__
        # Neither the URL nor the cause: both contain the key of the webhook.
        raise OutputError(
            f"The alert flow could not be started: {reason}.",
            suggestion="Check that webhook_url names an enabled flow with a Webhook trigger, and its key.",
        )


@known_arguments
@dataclass(frozen=True)
class CompositeSLAHook:
    """Calls several hooks, even if one of them fails.

    Args:
        hooks: The hooks, in order.
    """

    hooks: Sequence[SLAHook]

    def __post_init__(self) -> None:
        object.__setattr__(self, "hooks", hooks_of(self.hooks))

    def on_pass(self, result: SLAResult) -> None:
        """Call ``on_pass`` of each."""
        self._call("on_pass", result)

    def on_violation(self, result: SLAResult) -> None:
        """Call ``on_violation`` of each."""
        self._call("on_violation", result)

    def _call(self, method: str, result: SLAResult) -> None:
        errors = []
        for hook in self.hooks:
            try:
                getattr(hook, method)(result)
            except Exception as error:  # noqa: BLE001 - raised below
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ExceptionGroup(f"{len(errors)} of {len(self.hooks)} SLA hooks failed", errors)
