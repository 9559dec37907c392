"""The lines by which a script talks to Kestra: ``::{"outputs": {…}, "metrics": […], "logs": […]}::``.

Kestra reads them off the task's standard output, one JSON document on a line of its own. It is strict: a line that is
not JSON (a bare ``NaN``, say) is dropped as a whole with a warning in the log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from dq_core.adapters import number, plain_number
from truthound_kestra.errors import OutputError
from truthound_kestra.kestra.json_values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LogLevel", "MetricType", "check_name", "log_line", "metric_line", "outputs_line"]

LogLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]
MetricType = Literal["counter", "timer", "gauge"]

_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")


def check_name(name: object) -> str:
    """The name of an output or metric, if it is one.

    Raises:
        OutputError: Not text, or empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise OutputError(f"The name of an output or metric must be text, not {name!r}.")
    return name


def outputs_line(values: Mapping[str, Any]) -> str:
    """The line that sets outputs.

    Kestra itself drops an output that is None: an expression that reads it wants a guard, ``{{ … ?? '' }}``.

    Args:
        values: By name; converted by `plain`.

    Returns:
        One line of ASCII without its end.

    Raises:
        OutputError: A value has no form in JSON; the message names it.
    """
    return _line({"outputs": {check_name(name): plain(value, name) for name, value in values.items()}})


def metric_line(kind: MetricType, name: str, value: float, tags: Mapping[str, Any] | None = None) -> str:
    """The line that sends a metric.

    Args:
        kind: Of the metric.
        name: Of the metric.
        value: A finite number; for a timer in seconds (Kestra stores milliseconds).
        tags: Text by name; other values are converted, those that are None left out.

    Returns:
        One line of ASCII without its end.

    Raises:
        OutputError: The value is no finite number.
    """
    for problem in number(f"The metric {name!r}", value):
        raise OutputError(problem)
    labels = {str(key): str(plain(tag, key)) for key, tag in (tags or {}).items() if tag is not None}
    return _line({"metrics": [{"name": check_name(name), "type": kind, "value": plain_number(value), "tags": labels}]})


def log_line(level: LogLevel, message: str) -> str:
    """The line that writes to the execution's log at a level of its own.

    Raises:
        OutputError: There is no such level.
    """
    if level not in _LEVELS:
        raise OutputError(f"The log level must be one of {', '.join(_LEVELS)}, not {level!r}.")
    return _line({"logs": [{"level": level, "message": plain(message)}]})


def _line(document: Mapping[str, Any]) -> str:
    # ASCII only: what the container takes for its encoding does not matter.
    return "::" + json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "::"
