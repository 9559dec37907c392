"""The ``moltres`` command: ``moltres copy SOURCE TARGET --table flights``.

Its exit status is 0 if it is done, 2 if it could not run, 130 after Ctrl-C.

A subcommand is one function: it adds its arguments to a parser and returns what runs them. `COMMANDS` names them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import __version__
from .._shared.command.running import parser_of, run_command
from ..errors import MoltresError, problems_translated
from .copy_verb import copy
from .query import query
from .replicate_verb import replicate_command
from .tables import tables

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .._shared.command.running import Command

__all__ = ["COMMANDS", "command_parser", "main"]

#: Every subcommand.
COMMANDS: dict[str, Command] = {
    "copy": copy,
    "replicate": replicate_command,
    "query": query,
    "tables": tables,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; without arguments, show its help.

    Args:
        arguments: The arguments after ``moltres``; default: those of the process.

    Returns:
        The exit status: 0 done, 2 could not run (the reason is on standard error), 130 after Ctrl-C.
    """
    return run_command(command_parser(), arguments, MoltresError, problems_translated)


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    return parser_of("moltres", "Copy, query and list tables of databases and files.", __version__, COMMANDS)
