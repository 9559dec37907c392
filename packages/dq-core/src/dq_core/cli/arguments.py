"""The arguments that subcommands share. They are called what the library calls them, in the command line's spelling."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from .._shared.arguments import seconds, whole
from ..errors import RuleError
from ..run.semantics import PORTABLE, SEMANTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "add_columns", "add_engine", "add_source", "add_timeout", "count", "from_environment", "mapping_of", "options_of",
    "read_options_of", "source_of",
]  # fmt: skip


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
        "--as-of", metavar="SNAPSHOT", help="of an Iceberg table: a snapshot id, a branch or tag, or a time (ISO 8601)"
    )
    parser.add_argument(
        "--read-options",
        "--read-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how CSV files are written: delimiter, quote, encoding, null, decimal, header, types=COLUMN:TYPE",
    )
    parser.add_argument(
        "--storage-options",
        "--storage-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the file system of a URI, such as anon=true; repeatable",
    )
    parser.add_argument(
        "--semantics",
        choices=SEMANTICS,
        default=PORTABLE,
        help="database: take the meaning of strings and patterns of a database that no conformance suite ran on",
    )


def add_engine(parser: argparse.ArgumentParser, names: Sequence[str], what: str) -> None:
    """The argument that says what runs; only engines that can."""
    parser.add_argument("--engine", choices=names, default=names[0], help=f"the engine that {what} ({names[0]})")


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """The argument that says for how long."""
    parser.add_argument(
        "--timeout-seconds", "--timeout", type=_seconds, metavar="SECONDS", help="stop after this time, also in the "
        "database",
    )  # fmt: skip


def add_columns(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which columns and rows to read."""
    parser.add_argument("--columns", "--column", action="append", metavar="NAME", help="only this column; repeatable")
    parser.add_argument(
        "--sample-size", "--sample", type=count, default=0, metavar="N", help="read about this many rows (all)"
    )
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="another seed draws another sample (0)")


def source_of(arguments: argparse.Namespace) -> str:
    """The source as it was given, or from the environment variable that it names."""
    return from_environment(arguments.source)


def from_environment(given: str) -> str:
    """A path or URL, or what the environment variable of ``env:NAME`` holds.

    Raises:
        RuleError: The environment variable is not set.
    """
    kind, _, name = given.partition(":")
    if kind != "env":
        return given
    value = os.environ.get(name)
    if not value:
        raise RuleError([f"The environment variable {name!r} is not set, or empty."])
    return value


def options_of(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The arguments that the library takes by the same names: those of the source, and further ones."""
    found = {name: getattr(arguments, name) for name in ("table", "query", "schema", *names)}
    if arguments.semantics != PORTABLE:
        found["semantics"] = arguments.semantics
    if arguments.as_of is not None:
        found["as_of"] = arguments.as_of
    return {
        **found,
        "read_options": read_options_of(arguments.read_options),
        "storage_options": mapping_of("--storage-options", arguments.storage_options),
    }


def read_options_of(options: Sequence[str]) -> dict[str, Any] | None:
    """What --read-options say by name, None without any; those that may be lists collect what is repeated.

    Raises:
        RuleError: One is not NAME=VALUE, or an option that has one value is given twice.
    """
    found: dict[str, Any] = {}
    single = []
    for given in options:
        name, sign, value = given.partition("=")
        if sign and name in ("null", "types"):
            found.setdefault(name, []).extend(value.split(",") if name == "types" else [value])
        else:
            single.append(given)
    return {**found, **(mapping_of("--read-options", single) or {})} or None


def mapping_of(option: str, given: Sequence[str]) -> dict[str, Any] | None:
    """Options that are given as NAME=VALUE, by name; None without any. ``true`` and ``false`` are booleans.

    Raises:
        RuleError: One is not NAME=VALUE, or is given twice.
    """
    found: dict[str, Any] = {}
    problems = []
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name:
            problems.append(f"{option} {one}: give NAME=VALUE.")
        elif name in found:
            problems.append(f"{option} {name} is given twice.")
        else:
            found[name] = {"true": True, "false": False}.get(value, value) if option == "--storage-options" else value
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
