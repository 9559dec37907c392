"""The arguments that subcommands share."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from .._shared.arguments import seconds, whole
from ..engines import engine_names
from ..errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["add_columns", "add_limits", "add_source", "count", "read_options_of", "source_of"]


def add_source(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what to read; the same for every subcommand."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="path or URI of Parquet, CSV or JSON files, or the URL of a database; env:NAME reads it from the "
        "environment variable NAME, which keeps a password out of the process list",
    )
    parser.add_argument("--table", metavar="NAME", help="the table or view in the database")
    parser.add_argument("--query", metavar="SQL", help="a SELECT instead of a table")
    parser.add_argument("--schema", metavar="NAME", help="the table's schema")
    parser.add_argument(
        "--read-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how CSV files are written: delimiter, quote, encoding, null, decimal, header, types=COLUMN:TYPE",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what runs, and for how long; the same for every subcommand."""
    names = engine_names()
    parser.add_argument(
        "--engine", choices=names, default=names[0], help="the engine that evaluates the rules (dq_core)"
    )
    parser.add_argument(
        "--timeout", type=_seconds, metavar="SECONDS", help="stop after this time, also in the database"
    )


def add_columns(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which columns and rows to read."""
    parser.add_argument("--column", action="append", default=[], metavar="NAME", help="only this column; repeatable")
    parser.add_argument("--sample", type=count, default=0, metavar="N", help="read about this many rows (all)")


def source_of(arguments: argparse.Namespace) -> str:
    """The source as it was given, or from the environment variable that it names.

    Raises:
        RuleError: The environment variable is not set.
    """
    source: str = arguments.source
    kind, _, name = source.partition(":")
    if kind != "env":
        return source
    value = os.environ.get(name)
    if not value:
        raise RuleError([f"The environment variable {name!r} is not set, or empty."])
    return value


def read_options_of(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """The options of --read-option by name, None without any; those that may be lists collect what is repeated.

    Raises:
        RuleError: One is not NAME=VALUE, or an option that has one value is given twice.
    """
    found: dict[str, Any] = {}
    problems = []
    for given in arguments.read_option:
        name, sign, value = given.partition("=")
        if not sign:
            problems.append(f"--read-option {given}: give NAME=VALUE.")
        elif name in ("null", "types"):
            found.setdefault(name, []).extend(value.split(",") if name == "types" else [value])
        elif name in found:
            problems.append(f"--read-option {name} is given twice.")
        else:
            found[name] = value
    if problems:
        raise RuleError(problems)
    return found or None


def count(text: str) -> int:
    """A whole number from 0."""
    return int(_checked(int(text), whole))


def _seconds(text: str) -> float:
    return _checked(float(text), seconds)


def _checked(number: float, validate: Callable[[str, object], Iterator[str]]) -> float:
    """The number, unless the validator has something to say about it; argparse names the option."""
    for problem in validate("the value", number):
        raise argparse.ArgumentTypeError(problem)
    return number
