"""The arguments of one write, checked as a whole before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from .._shared import arguments
from ..errors import listing, refuse
from ..frame.source import BATCH_ROWS, Mode
from .load_log import key_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

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
    verify: bool = True

    def __post_init__(self) -> None:
        options = {name: getattr(self, name) for name in ("mode", "keys", "update", "partition_by", "cascade")}
        problems = [*arguments.string("name", self.name), *mode_problems(**options)]
        if self.run_key is not None:
            problems += key_problems(self.run_key)
        if self.schema is not None:
            problems += arguments.string("schema", self.schema)
        problems += arguments.whole("batch_rows", self.batch_rows, least=1)
        if self.on_progress is not None:
            problems += arguments.function("on_progress", self.on_progress)
        problems += arguments.flag("verify", self.verify)
        refuse(problems, "The rows cannot be written with these arguments")
        object.__setattr__(self, "batch_rows", int(self.batch_rows))

    def updated(self, names: Sequence[str]) -> list[str]:
        """The columns that a merge updates.

        Args:
            names: The columns of the rows.
        """
        if self.update is None or self.update is True:
            return [name for name in names if name not in (self.keys or ())]
        return list(self.update or [])


def mode_problems(
    *, mode: Any, keys: Any, update: Any, partition_by: Any, cascade: Any, unknown: Collection[str] = ()
) -> Iterator[str]:
    """What is wrong with a mode and its options; `Writer.save_as_table` explains them.

    Args:
        mode: What to do with rows that are there already.
        keys: For merge.
        update: For merge.
        partition_by: For overwrite_partitions.
        cascade: For the modes that delete rows.
        unknown: The options whose values are not known yet.
    """
    if "mode" not in unknown:
        yield from arguments.choice("mode", mode, get_args(Mode))
    its_mode = None if "mode" in unknown else mode
    for option, value in (("keys", keys), ("update", update), ("partition_by", partition_by)):
        if option not in unknown:
            yield from _option_problems(option, value, its_mode)
    if isinstance(update, list | tuple) and isinstance(keys, list | tuple) and not {"keys", "update"} & set(unknown):
        yield from (f"update names the key {key!r}." for key in keys if key in update)
    if "cascade" not in unknown:
        yield from arguments.flag("cascade", cascade)
        if cascade is True and its_mode is not None and its_mode not in REPLACING:
            yield f"cascade is for {listing(REPLACING)} and has no effect with mode={mode!r}."


def _option_problems(option: str, value: Any, mode: str | None) -> Iterator[str]:
    """What is wrong with an option of one mode; of every mode if the mode is not known."""
    its_mode = _OPTION_MODES[option]
    if value is None or value == []:
        if mode == its_mode and option != "update":
            yield f"mode={mode!r} requires {option}."
        return
    if mode is not None and mode != its_mode:
        yield f"{option} is for mode={its_mode!r} and has no effect with mode={mode!r}."
    if option == "update" and isinstance(value, bool):
        return
    found = [*arguments.strings(option, value)]
    if not found and len(set(value)) < len(value):
        found = [f"{option} has duplicate columns: {listing(value)}."]
    yield from found
