"""Running a command: one message on standard error if it cannot, and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from ..wording import plain_message
from .spoken import spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = ["COULD_NOT_RUN", "FAILED", "INTERRUPTED", "PASSED", "Command", "Parser", "Run", "parser_of", "run_command"]

PASSED, FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses: done (or everything passed), something failed, could not run, stopped by Ctrl-C."""

Run: TypeAlias = Callable[[argparse.Namespace], int]
"""Runs a subcommand; returns the exit status."""

Command: TypeAlias = Callable[[argparse.ArgumentParser], Run]
"""A subcommand: adds its arguments to a parser, and returns what runs them. Its docstring is its help."""


class _Once(argparse.Action):
    """Stores the value of an option that has one; of two, one would be dropped."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store the value."""
        del parser
        given = getattr(namespace, "GIVEN", ())
        if self.dest in given:
            raise argparse.ArgumentError(self, "it is given twice")
        if option_string is not None:
            namespace.GIVEN = (*given, self.dest)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """Takes an option that is not repeatable once.

    Its own messages repeat what was given, which can be a URL with a password that stands in the wrong place.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in (None, "store"):
            self.register("action", name, _Once)

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Add an argument; the parsed ones say which are no options, for `spoken`."""
        action = super().add_argument(*names, **options)
        if not action.option_strings:
            self.set_defaults(POSITIONAL=(*(self.get_default("POSITIONAL") or ()), action.dest))
        return action

    def error(self, message: str) -> NoReturn:
        """End with one message and the exit status 2."""
        super().error(plain_message(message))


def parser_of(name: str, description: str, version: str, commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of a whole command.

    Args:
        name: What the command is called.
        description: What it is for.
        version: The version of the package.
        commands: The subcommands by name.
    """
    parser = Parser(prog=name, description=description)
    parser.add_argument("--version", action="version", version=f"{name} {version}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for verb, command in commands.items():
        help_ = (command.__doc__ or verb).partition("\n")[0].rstrip(".")
        subparser = subparsers.add_parser(verb, help=help_[0].lower() + help_[1:], description=f"{help_}.")
        subparser.set_defaults(run=command(subparser))
    return parser


def run_command(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    errors: type[Exception],
    translated: Callable[[], AbstractContextManager[None]],
) -> int:
    """Run a command; without arguments, show its help. So does a group of subcommands (`without_command`).

    Args:
        parser: What `parser_of` made.
        arguments: The arguments after the name of the command; None for those of the process.
        errors: The root of the errors that are told in one message.
        translated: Raises errors of the shared modules as such errors.

    Returns:
        The exit status.
    """
    # A stream that the caller has closed (`>&-`) is None, and whatever is written to it is lost, as it is meant to be.
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:
            setattr(sys, stream, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (until the process ends)
    name = parser.prog
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given:
        parser.print_help()
        return PASSED
    parsed = parser.parse_args(given)
    if (group := getattr(parsed, "without_command", None)) is not None:
        group.print_help()
        return PASSED
    try:
        with translated():
            return int(parsed.run(parsed))
    except errors as error:
        print(f"{name}: {spoken(str(error), parsed)}", file=sys.stderr)
    except BrokenPipeError:
        # The reader has closed the pipe. Without this, Python prints an error when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{name}: {plain_message(f'{where}{error.strerror or error}')}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception:  # noqa: BLE001 (a crash must not end with 1, which says that the data is wrong)
        traceback.print_exc()
    return COULD_NOT_RUN
