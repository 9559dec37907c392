"""The ``dq`` command: ``dq check SOURCE --rules rules.yaml``.

Its exit status is 0 if everything passed, 1 if something failed, 2 if it could not run.

A subcommand is one function: it adds its arguments to a parser and returns what runs them. `COMMANDS` names them all.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from .._shared.wording import plain_message
from ..errors import DataQualityError
from ..version import VERSION
from .check import check
from .compare import compare_command
from .history import history
from .learn import learn
from .profile import profile
from .quarantine import quarantine
from .spoken import spoken
from .status import COULD_NOT_RUN, INTERRUPTED, PASSED, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMMANDS", "command_parser", "main"]

#: Every subcommand.
COMMANDS: dict[str, Callable[[argparse.ArgumentParser], Run]] = {
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
    parser = command_parser()
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given:
        parser.print_help()
        return PASSED
    parsed = parser.parse_args(given)
    try:
        return int(parsed.run(parsed))
    except DataQualityError as error:
        print(f"dq: {spoken(str(error), parsed)}", file=sys.stderr)
    except BrokenPipeError:
        # The reader has closed the pipe. Without this, Python prints an error when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"dq: {where}{error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("dq: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception:  # noqa: BLE001 (a crash must not end with 1, which says that the data is wrong)
        traceback.print_exc()
    return COULD_NOT_RUN


class _Parser(argparse.ArgumentParser):
    """Its own messages repeat what was given, which can be a URL with a password that stands in the wrong place."""

    def error(self, message: str) -> NoReturn:
        super().error(plain_message(message))


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = _Parser(prog="dq", description="Data-quality checks that run where the data is.")
    parser.add_argument("--version", action="version", version=f"dq {VERSION}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        help_ = (command.__doc__ or "").partition("\n")[0].rstrip(".")
        subparser = subparsers.add_parser(name, help=help_[0].lower() + help_[1:], description=f"{help_}.")
        subparser.set_defaults(run=command(subparser))
    return parser
