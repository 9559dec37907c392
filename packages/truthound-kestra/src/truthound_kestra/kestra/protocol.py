"""The output protocol of Kestra: ``::{"outputs": {…}, "metrics": […], "logs": […]}::``.

Kestra reads these lines from the standard output of a task, one JSON document per line. It drops a line that is not
valid JSON (with a bare ``NaN``, for example), with a warning in the log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from dq_core.adapters import choice, mapping, number, plain_number, question, string
from truthound_kestra.errors import OutputError
from truthound_kestra.kestra.json_values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LogLevel", "MetricType", "check_name", "log_line", "metric_line", "outputs_line"]

LogLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]
#: What Python's loggers call Kestra's levels.
_LEVEL_NAMES: Final = {"WARNING": "WARN", "CRITICAL": "ERROR", "FATAL": "ERROR"}
MetricType = Literal["counter", "timer", "gauge"]

_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")


def check_name(name: object) -> str:
    """The name of an output or metric, if it is valid.

    Raises:
        OutputError: The name is not a string, or is empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise OutputError(f"The name of an output or metric must be a non-empty string, not {name!r}.")
    return name


def outputs_line(values: Mapping[str, Any]) -> str:
    """The line that sets outputs.

    Kestra drops an output that is None: an expression that reads it requires a default, ``{{ … ?? '' }}``.

    Args:
        values: Values by name; converted by `plain`.

    Returns:
        One line of ASCII, without a line break.

    Raises:
        OutputError: A value has no form in JSON; the message names it.
    """
    for problem in mapping("outputs", values):
        raise OutputError(problem)
    return _line({"outputs": {check_name(name): plain(value, name) for name, value in values.items()}})


def metric_line(kind: MetricType, name: str, value: float, tags: Mapping[str, Any] | None = None) -> str:
    """The line that sends a metric.

    Args:
        kind: Type of the metric.
        name: Name of the metric.
        value: A finite number; seconds for a timer (Kestra stores milliseconds).
        tags: Values by name; they are converted to strings, and None is left out.

    Returns:
        One line of ASCII, without a line break.

    Raises:
        OutputError: The value is not a finite number, or another argument is invalid.
    """
    problems = [
        *choice("The type of a metric", kind, ("counter", "timer", "gauge")),
        *number(f"The metric {name!r}", value),
        *(() if tags is None else mapping("tags", tags)),
    ]
    if problems:
        raise OutputError(" ".join(problems))
    labels = {str(key): str(plain(tag, key)) for key, tag in (tags or {}).items() if tag is not None}
    return _line({"metrics": [{"name": check_name(name), "type": kind, "value": plain_number(value), "tags": labels}]})


def log_line(level: LogLevel | str, message: str) -> str:
    """The line that writes an entry with this level to the execution's log.

    Args:
        level: TRACE, DEBUG, INFO, WARN or ERROR, in capitals or not; WARNING and CRITICAL, as Python calls them, are
            WARN and ERROR.
        message: The entry.

    Raises:
        OutputError: The level does not exist, or the message is not a string.
    """
    name = str(level).strip().upper()
    name = _LEVEL_NAMES.get(name, name)
    if name not in _LEVELS:
        raise OutputError(f"The log level must be one of {', '.join(_LEVELS)}, not {level!r}.{question(name, _LEVELS)}")
    for problem in string("The message of a log entry", message, empty=True):
        raise OutputError(problem)
    return _line({"logs": [{"level": name, "message": plain(message)}]})


def _line(document: Mapping[str, Any]) -> str:
    # ASCII only, so that the encoding of the container does not matter.
    return "::" + json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "::"
