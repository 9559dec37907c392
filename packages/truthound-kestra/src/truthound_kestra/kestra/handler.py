"""Sending outputs, metrics and log entries to Kestra."""

from __future__ import annotations

import json
import re
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from truthound_kestra.errors import OutputError
from truthound_kestra.kestra.json_values import plain
from truthound_kestra.kestra.protocol import LogLevel, check_name, log_line, metric_line, outputs_line

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KestraOutputHandler"]

_LOCK = threading.Lock()


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
    """

    stream: TextIO | None = None
    directory: Path = field(default_factory=Path)
    max_inline_bytes: int = 100_000

    def send(self, name: str, value: Any) -> None:
        """Set one output.

        Args:
            name: Name of the output; a later task reads it as ``{{ outputs.<task>.vars.<name> }}``.
            value: A value that has a form in JSON; other than in JSON itself, decimals, dates and NaN become strings.

        Raises:
            OutputError: The value has no form in JSON, or its file cannot be written.
        """
        self.send_outputs({name: value})

    def send_outputs(self, values: Mapping[str, Any]) -> None:
        """Set several outputs in one line.

        Raises:
            OutputError: A value has no form in JSON; nothing is sent.
        """
        self._write(outputs_line({name: self._inline(name, value) for name, value in values.items()}))

    def counter(self, name: str, value: float = 1, tags: Mapping[str, Any] | None = None) -> None:
        """Add to a counter of the execution."""
        self._write(metric_line("counter", name, value, tags))

    def timer(self, name: str, seconds: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record a duration in seconds."""
        self._write(metric_line("timer", name, seconds, tags))

    def gauge(self, name: str, value: float, tags: Mapping[str, Any] | None = None) -> None:
        """Record a value that goes up and down."""
        self._write(metric_line("gauge", name, value, tags))

    def log(self, level: LogLevel, message: str) -> None:
        """Write to the execution's log."""
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
        if not re.fullmatch(r"[\w][\w.-]*", name):
            raise OutputError(
                f"An output file name must consist of letters, digits, dots, dashes and underscores, not {name!r}."
            )
        path = self.directory / name
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"The file {name} cannot be written: {error.strerror}.", context={"file": name}
            ) from error
        return path

    def _inline(self, name: str, value: Any) -> Any:
        converted = plain(value, check_name(name))
        text = json.dumps(converted, ensure_ascii=False)
        size = len(text.encode())
        if size <= self.max_inline_bytes:
            return converted
        file = re.sub(r"[^\w.-]", "_", name) + ".json"
        self.write_file(file, text)
        self.log(
            "WARN", f"The output {name!r} has {size} bytes and is in the file {file}. List the file in outputFiles."
        )
        return {"file": file, "bytes": size}

    def _write(self, line: str) -> None:
        stream = sys.stdout if self.stream is None else self.stream
        with _LOCK:  # a line that another thread interrupts is not a line of the protocol
            stream.write(line + "\n")
            stream.flush()
