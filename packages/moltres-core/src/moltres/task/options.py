"""The options of tasks, and what is wrong with them: everything at once, before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from .._shared.arguments import choice, seconds, string
from .._shared.wording import question
from ..errors import ConfigurationError
from ..handoff.options import Handoff, HandoffOptions
from ..write.writer import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

__all__ = ["RECORDED", "Handoff", "HandoffOptions", "WriteOptions", "choice", "one_of", "refuse", "seconds", "unknown"]

RECORDED: Final = ("append", "error_if_exists")
"""Modes in which a try must know what the one before it did; the others come to the same however often they run."""


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How a task writes.

    Attributes:
        table_name: The target, ``name`` or ``schema.name``.
        mode: What to do with rows that are there already.
        keys: Columns that identify a row, for ``merge``.
        partition_by: Columns whose values name the partitions to replace, for ``overwrite_partitions``.
        run_key: What the load is recorded under; None for the task in its run, False to record nothing.
        drop_staged: Whether to drop the staged rows once they are written.
    """

    table_name: str
    mode: Mode = "append"
    keys: str | Sequence[str] | None = None
    partition_by: str | Sequence[str] | None = None
    run_key: str | Literal[False] | None = None
    drop_staged: bool = False

    def problems(self, *, unknown: Container[str] = ()) -> Iterator[str]:
        """What is wrong with them.

        Args:
            unknown: The options whose values are not known yet.
        """
        if "table_name" not in unknown:
            yield from string("table_name", self.table_name)
        if "mode" in unknown:
            return
        yield from choice("mode", self.mode, get_args(Mode))
        for name, columns, its_mode in (
            ("keys", self.keys, "merge"),
            ("partition_by", self.partition_by, "overwrite_partitions"),
        ):
            if columns and self.mode != its_mode:
                yield f"{name} is for mode={its_mode!r} and has no effect with mode={self.mode!r}."
            elif not columns and self.mode == its_mode:
                yield f"mode={its_mode!r} requires {name}."

    def key(self, run: Callable[[], str | None]) -> str | None:
        """What the load is recorded under; None to record nothing.

        Args:
            run: Names the task in its run; asked only where that name is needed.
        """
        if self.run_key is None:
            return run() if self.mode in RECORDED else None
        return self.run_key or None


def refuse(what: str, problems: Iterable[str]) -> None:
    """Raise one error for all problems, if there are any.

    Args:
        what: The task.
        problems: A sentence for each.

    Raises:
        ConfigurationError: With a line for each problem.
    """
    found = list(problems)
    if found:
        lines = "".join(f"\n- {problem}" for problem in found)
        raise ConfigurationError(f"{what} cannot work with these arguments:{lines}", context={"problems": found})


def unknown(given: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Arguments that do not exist."""
    names = sorted(known)
    for name in given:
        if name not in names:
            yield f"There is no argument {name!r}.{question(name, names)}"


def one_of(given: dict[str, Any], *, required: bool) -> Iterator[str]:
    """Arguments of which one at most may be given.

    Args:
        given: The arguments by name; None is not given.
        required: Whether one must be.
    """
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1 or (required and not named):
        yield f"Give exactly one of {', '.join(given)}, not {' and '.join(named) or 'none'}."
