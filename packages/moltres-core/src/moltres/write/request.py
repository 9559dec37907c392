"""The arguments of one write, checked as a whole before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from .._shared import arguments
from ..errors import listing, refuse
from ..frame.source import BATCH_ROWS, Mode
from .load_log import key_problems

REPLACING = ("overwrite", "overwrite_partitions")
"""The modes that delete rows of a table that is there."""

_OPTION_MODES = {"keys": "merge", "update": "merge", "partition_by": "overwrite_partitions"}


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """The arguments of `Writer.save_as_table`, which explains them.

    Raises:
        ConfigurationError: If they are not valid; all problems at once.
    """

    name: str
    mode: Mode = "error_if_exists"
    keys: Sequence[str] | None = None
    update: bool | Sequence[str] | None = None
    partition_by: Sequence[str] | None = None
    run_key: str | None = None
    schema: str | None = None
    cascade: bool = False
    batch_rows: int = BATCH_ROWS
    on_progress: Callable[[int], object] | None = None

    def __post_init__(self) -> None:
        problems = [*arguments.string("name", self.name), *arguments.choice("mode", self.mode, get_args(Mode))]
        for option, its_mode in _OPTION_MODES.items():
            problems += _option_problems(option, getattr(self, option), self.mode, its_mode)
        if isinstance(self.update, Sequence) and self.keys is not None:
            problems += [f"update names the key {key!r}." for key in self.keys if key in self.update]
        if self.run_key is not None:
            problems += key_problems(self.run_key)
        problems += arguments.flag("cascade", self.cascade)
        if self.cascade is True and self.mode not in REPLACING:
            problems.append(f"cascade is for {listing(REPLACING)} and has no effect with mode={self.mode!r}.")
        problems += arguments.whole("batch_rows", self.batch_rows, least=1)
        refuse(problems, "The rows cannot be written with these arguments")
        object.__setattr__(self, "batch_rows", int(self.batch_rows))


def _option_problems(option: str, value: Any, mode: str, its_mode: str) -> list[str]:
    if value is None or value == []:
        return [f"mode={mode!r} requires {option}."] if mode == its_mode and option != "update" else []
    problems = [] if mode == its_mode else [f"{option} is for mode={its_mode!r} and has no effect with mode={mode!r}."]
    if option == "update" and isinstance(value, bool):
        return problems
    found = [*arguments.strings(option, value)]
    if not found and len(set(value)) < len(value):
        found = [f"{option} has duplicate columns: {listing(value)}."]
    return [*problems, *found]
