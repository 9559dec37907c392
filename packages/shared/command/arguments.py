"""The arguments that commands share, and how they are read."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any, Final

from ..arguments import seconds, whole
from ..problems import InvalidOptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "ENVIRONMENT", "add_as_of", "add_files", "add_read_options", "add_source", "count", "from_environment",
    "mapping_of", "names_of", "read_options_of", "time_limit",
]  # fmt: skip

ENVIRONMENT: Final = (
    "env:NAME reads it from the environment variable NAME, which keeps a password out of the process list"
)
"""How a URL is given that holds a password; see `from_environment`."""


def add_source(parser: argparse.ArgumentParser) -> None:
    """The argument that says what is read."""
    what = "path or URI of Parquet, CSV or JSON files, or the URL of a database"
    parser.add_argument("source", metavar="SOURCE", help=f"{what}; {ENVIRONMENT}")


def add_as_of(parser: argparse.ArgumentParser, *, side: str = "") -> None:
    """The argument that says which snapshot of a table is read.

    Args:
        parser: The parser of a subcommand.
        side: What stands before the name of the option: ``left-``.
    """
    parser.add_argument(
        f"--{side}as-of",
        metavar="SNAPSHOT",
        help="of an Iceberg table: a snapshot id, a branch or tag, or a time (ISO 8601)",
    )


def add_read_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """The argument that says how CSV files are written.

    Args:
        parser: The parser of a subcommand.
        names: What it is called.
    """
    parser.add_argument(
        *names,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how CSV files are written: delimiter, quote, encoding, null, decimal, header, types=COLUMN:TYPE",
    )


def add_files(parser: argparse.ArgumentParser, *, side: str = "") -> None:
    """The arguments that say how files are read.

    Args:
        parser: The parser of a subcommand.
        side: What stands before the names of the options: ``left-``.
    """
    add_read_options(parser, f"--{side}read-options", *([] if side else ["--read-option"]))
    parser.add_argument(
        f"--{side}storage-options",
        *([] if side else ["--storage-option"]),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the file system of a URI, such as anon=true; repeatable",
    )


def from_environment(given: str) -> str:
    """A path or URL, or what the environment variable of ``env:NAME`` holds.

    Raises:
        InvalidOptionError: The environment variable is not set.
    """
    kind, _, name = given.partition(":")
    if kind != "env":
        return given
    value = os.environ.get(name)
    if not value:
        raise InvalidOptionError(f"The environment variable {name!r} is not set, or empty.")
    return value


def names_of(given: Sequence[str] | None) -> list[str] | None:
    """The names of an option that is repeatable and takes several with commas; None if it was not given."""
    return None if given is None else [name for one in given for name in one.split(",") if name]


def read_options_of(options: Sequence[str], option: str = "--read-options") -> dict[str, Any] | None:
    """What --read-options say by name, None without any; those that may be lists collect what is repeated.

    Args:
        options: What was given.
        option: The option, for messages.

    Raises:
        InvalidOptionError: One is not NAME=VALUE, or an option that has one value is given twice.
    """
    found: dict[str, Any] = {}
    single = []
    for given in options:
        name, sign, value = given.partition("=")
        if sign and name in ("null", "types"):
            found.setdefault(name, []).extend(value.split(",") if name == "types" else [value])
        else:
            single.append(given)
    return {**found, **(mapping_of(option, single) or {})} or None


def mapping_of(option: str, given: Sequence[str]) -> dict[str, Any] | None:
    """Options that are given as NAME=VALUE, by name; None without any. ``true`` and ``false`` are booleans.

    Raises:
        InvalidOptionError: One is not NAME=VALUE, or is given twice; tells all of them.
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
            stored = option.endswith("storage-options")
            found[name] = {"true": True, "false": False}.get(value, value) if stored else value
    if problems:
        raise InvalidOptionError(" ".join(problems))
    return found or None


def count(text: str) -> int:
    """A whole number from 0."""
    return int(_checked(int(text), whole))


def time_limit(text: str) -> float:
    """A number of seconds above 0."""
    return _checked(float(text), seconds)


def _checked(number: float, validate: Callable[[str, object], Iterator[str]]) -> float:
    """The number, unless the validator has something to say about it; argparse names the option."""
    for problem in validate("the value", number):
        raise argparse.ArgumentTypeError(problem)
    return number
