"""The ``dq`` command: ``dq check SOURCE --rules rules.yaml``.

Its exit status is 0 if everything passed, 1 if something failed, 2 if it could not run.

A subcommand is one function: it adds its arguments to a parser and returns what runs them. `COMMANDS` names them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._shared.command.running import parser_of, run_command
from ..errors import DataQualityError, translated
from ..version import VERSION
from .check import check
from .compare import compare_command
from .history import history
from .learn import learn
from .profile import profile
from .quarantine import quarantine

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .._shared.command.running import Command

__all__ = ["COMMANDS", "command_parser", "main"]

#: Every subcommand.
COMMANDS: dict[str, Command] = {
    "check": check,
    "compare": compare_command,
    "profile": profile,
    "learn": learn,
    "quarantine": quarantine,
    "history": history,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; without arguments, show its help.

    Args:
        arguments: The arguments after ``dq``; default: those of the process.

    Returns:
        The exit status: 0 passed, 1 failed, 2 could not run (the reason is on standard error).
    """
    return run_command(command_parser(), arguments, DataQualityError, translated)


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    return parser_of("dq", "Data-quality checks that run where the data is.", VERSION, COMMANDS)
