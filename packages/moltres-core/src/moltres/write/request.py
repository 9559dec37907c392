"""What a caller asks of one write, checked as a whole before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ..errors import ConfigurationError
from ..frame.source import BATCH_ROWS, Mode
from .load_log import key_problem

_OPTION_MODES = {"keys": "merge", "update": "merge", "partition_by": "overwrite_partitions"}


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """The arguments of `Writer.save_as_table`, which explains them.

    Raises:
        ConfigurationError: If they cannot work, with all problems at once.
    """

    name: str
    mode: Mode = "error_if_exists"
    keys: Sequence[str] | None = None
    update: bool | Sequence[str] | None = None
    partition_by: Sequence[str] | None = None
    run_key: str | None = None
    schema: str | None = None
    batch_rows: int = BATCH_ROWS
    on_progress: Callable[[int], object] | None = None

    def __post_init__(self) -> None:
        allowed = get_args(Mode)
        if self.mode not in allowed:
            raise ConfigurationError.choice("mode", self.mode, allowed)
        given: Any = self.name
        problems = [] if isinstance(given, str) and given.strip() else [f"name is {given!r}, not a table's name"]
        for option, its_mode in _OPTION_MODES.items():
            problems += _option_problems(option, getattr(self, option), self.mode, its_mode)
        if isinstance(self.update, Sequence) and self.keys is not None:
            problems += [f"update names the key {key!r}" for key in self.keys if key in self.update]
        if self.run_key is not None:
            problems += filter(None, [key_problem(self.run_key)])
        rows: Any = self.batch_rows
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
            problems.append(f"batch_rows is {rows!r}; it must be a whole number above 0")
        if problems:
            raise ConfigurationError(f"The rows cannot be written like this: {'; '.join(problems)}.")


def _option_problems(option: str, value: Any, mode: str, its_mode: str) -> list[str]:
    if value is None or value == []:
        return [f"mode={mode!r} needs {option}"] if mode == its_mode and option != "update" else []
    problems = [] if mode == its_mode else [f"{option} is for mode={its_mode!r}, not for {mode!r}"]
    if isinstance(value, str):
        problems.append(f"{option} is a text; write [{value!r}]")
    elif isinstance(value, Sequence) and len(set(value)) < len(value):
        problems.append(f"{option} names a column twice")
    return problems
