"""Sending outputs, metrics and log entries to Kestra."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from dq_core.adapters import instance, mapping, string, whole
from truthound_kestra.errors import OutputError, refuse
from truthound_kestra.kestra.json_values import plain
from truthound_kestra.kestra.output_files import is_output_file
from truthound_kestra.kestra.protocol import LogLevel, check_name, log_line, metric_line, outputs_line
from truthound_kestra.kestra.values import VALUES_ENV
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KestraOutputHandler", "handler_of"]

_LOCK = threading.Lock()
_MISSING: Final = object()
_OWN: Final = "what was written under its name"
#: The files that this process has written, and what is in each.
_FILES: Final[dict[Path, str]] = {}


@known_arguments
@dataclass(frozen=True)
class KestraOutputHandler:
    """Sends outputs, metrics and log entries to Kestra. Values may be of any type that has a form in JSON.

    Outside Kestra, the same lines appear on standard output.

    Args:
        stream: Receives the lines; None for the current standard output.
        directory: Receives the files with values that are too large for an output; by default the working directory.
        max_inline_bytes: The size of the largest output, as JSON, that is sent in a line. Kestra stores outputs in its
            database and in every message about the execution. A larger value is written to ``<name>.json`` in the
            directory, and the output is ``{"file": "<name>.json", "bytes": …}``. List the file in ``outputFiles``.
            The ``result`` of a script stays an object, with as many of its checks, columns or rules as fit. Names of
            which the files would be one (``a b`` and ``a_b``) are refused, as is the file of the task's values.

    Raises:
        ConfigurationError: Values of other types; lists all of them.
    """

    stream: TextIO | None = None
    directory: Path = field(default_factory=Path)
    max_inline_bytes: int = 100_000

    def __post_init__(self) -> None:
        problems = [
            *instance("directory", self.directory, (str, PathLike), "a path"),
            *whole("max_inline_bytes", self.max_inline_bytes),
        ]
        if self.stream is not None and not callable(getattr(self.stream, "write", None)):
            problems.append(f"stream must be a text stream, not {type(self.stream).__name__}.")
        refuse(problems)
        object.__setattr__(self, "directory", Path(self.directory))

    def send(self, name: str | Mapping[str, Any], value: Any = _MISSING) -> None:
        """Set one output; or several, given as a mapping like to :meth:`send_outputs`.

        Args:
            name: Name of the output; a later task reads it as ``{{ outputs.<task>.vars.<name> }}``.
            value: A value that has a form in JSON; other than in JSON itself, decimals, dates and NaN become strings.

        Raises:
            OutputError: The value has no form in JSON, or its file cannot be written.
        """
        if value is not _MISSING:
            self.send_outputs({check_name(name): value})
        elif isinstance(name, Mapping):
            self.send_outputs(name)
        else:
            raise OutputError(
                f"The output {name!r} requires a value.", suggestion="send(name, value), or send({name: value})."
            )

    def send_outputs(self, values: Mapping[str, Any]) -> None:
        """Set several outputs in one line.

        Args:
            values: The values by name of the output.

        Raises:
            OutputError: A value has no form in JSON; nothing is sent.
        """
        for problem in mapping("outputs", values):
            raise OutputError(problem)
        self._write(outputs_line({name: self._inline(name, value) for name, value in values.items()}))

    def counter(self, name: str, value: float = 1, tags: Mapping[str, Any] | None = None) -> None:
        """Add to a counter of the execution.

        Args:
            name: Name of the metric.
            value: How much to add.
            tags: Tags of the metric, by name.
        """
        self._write(metric_line("counter", name, value, tags))

    def timer(self, name: str, seconds: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record a duration in seconds.

        Args:
            name: Name of the metric.
            seconds: The duration.
            tags: Tags of the metric, by name.
        """
        self._write(metric_line("timer", name, seconds, tags))

    def gauge(self, name: str, value: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record a value that goes up and down.

        Args:
            name: Name of the metric.
            value: The value.
            tags: Tags of the metric, by name.
        """
        self._write(metric_line("gauge", name, value, tags))

    def log(self, level: LogLevel | str, message: str) -> None:
        """Write to the execution's log.

        Args:
            level: TRACE, DEBUG, INFO, WARN or ERROR, in capitals or not.
            message: The entry.

        Raises:
            OutputError: The level does not exist.
        """
        self._write(log_line(level, message))

    def write_file(self, name: str, content: str) -> Path:
        """Write a text file for ``outputFiles``.

        Args:
            name: Name of the file, without folders.
            content: The content, written as UTF-8.

        Returns:
            The file's path.

        Raises:
            OutputError: The name is not a plain file name, or the file cannot be written.
        """
        return self._write_as(name, content, _OWN)

    def _write_as(self, name: str, content: str, what: str) -> Path:
        """Write a file, which keeps what is in it already if that is something else."""
        for problem in string("The name of an output file", name, empty=True):
            raise OutputError(problem)
        if not re.fullmatch(r"[\w][\w.-]*", name):
            raise OutputError(
                f"An output file name must consist of letters, digits, dots, dashes and underscores, not {name!r}."
            )
        for problem in string("The content of an output file", content, empty=True):
            raise OutputError(problem)
        path = self.directory / name
        held = "the task's inputs and variables" if name == os.environ.get(VALUES_ENV) else _FILES.get(path.absolute())
        if held not in (None, what) and path.exists():
            raise OutputError(
                f"The file {name} has {held} already, which {what} would replace.",
                suggestion="Give one of them another name.",
                context={"file": name},
            )
        _FILES[path.absolute()] = what
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"The file {name} cannot be written: {error.strerror}.", context={"file": name}
            ) from error
        except UnicodeError as error:
            raise OutputError(
                f"The content of the file {name} cannot be written: {error}.", context={"file": name}
            ) from error
        return path

    def fitting(self, name: str, value: Mapping[str, Any], items: str, first: Callable[[Any], bool]) -> dict[str, Any]:
        """A mapping that is small enough for an output: if need be with only some of the items of its list.

        The whole is then in the file ``<name>.json``, which the mapping names like any large output: ``file`` and
        ``bytes``, besides ``left_out``, the number of items that it does not list.

        Args:
            name: Name of the output.
            value: The mapping.
            items: The key of its list.
            first: Which items to keep rather than others.

        Raises:
            OutputError: A value has no form in JSON, or the file cannot be written.
        """
        converted: dict[str, Any] = plain(value, check_name(name))
        text = json.dumps(converted, ensure_ascii=False)
        size = len(text.encode())
        if size <= self.max_inline_bytes:
            return converted
        file = self._large(name, text)
        all_items = converted[items]
        short = converted | {items: [], "left_out": len(all_items), "file": file, "bytes": size}
        room = self.max_inline_bytes - len(json.dumps(short, ensure_ascii=False).encode())
        kept = []
        for index in sorted(range(len(all_items)), key=lambda index: (not first(all_items[index]), index)):
            room -= len(json.dumps(all_items[index], ensure_ascii=False).encode()) + 2
            if room < 0:
                break
            kept.append(index)
        count = f"{len(all_items) - len(kept)} of {len(all_items)} {items}"
        self._tell(
            name, size, file, f"; the output lists all but {count}" if kept else f"; the output lists no {items}"
        )
        return short | {items: [all_items[index] for index in sorted(kept)], "left_out": len(all_items) - len(kept)}

    def _inline(self, name: str, value: Any) -> Any:
        converted = plain(value, check_name(name))
        text = json.dumps(converted, ensure_ascii=False)
        size = len(text.encode())
        # What is already short of its items names its file, and is not made shorter.
        if size <= self.max_inline_bytes or (isinstance(converted, dict) and "left_out" in converted):
            return converted
        file = self._large(name, text)
        self._tell(name, size, file, "")
        return {"file": file, "bytes": size}

    def _large(self, name: str, text: str) -> str:
        file = re.sub(r"[^\w.-]", "_", name) + ".json"
        self._write_as(file, text, f"the output {name!r}")
        return file

    def _tell(self, name: str, size: int, file: str, more: str) -> None:
        """Say where a large output is, and what the task lacks to keep it."""
        message = f"The output {name!r} has {size:,} bytes and is in the file {file}{more}."
        if is_output_file(file):
            self.log("INFO", message)
        else:
            self.log("WARN", f"{message} List the file in outputFiles of the task, or it is lost.")

    def _write(self, line: str) -> None:
        stream = sys.stdout if self.stream is None else self.stream
        with _LOCK:  # a line that another thread interrupts is not a line of the protocol
            stream.write(line + "\n")
            stream.flush()


def handler_of(given: KestraOutputHandler | None) -> KestraOutputHandler:
    """The handler that is given, or one for standard output.

    Raises:
        ConfigurationError: It is something else.
    """
    if given is None:
        return KestraOutputHandler()
    refuse(instance("handler", given, KestraOutputHandler, "a KestraOutputHandler"))
    return given
