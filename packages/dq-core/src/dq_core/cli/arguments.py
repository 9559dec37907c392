"""The arguments that subcommands share. They are called what the library calls them, in the command line's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._shared.command import arguments as shared
from .._shared.command.arguments import add_files, count, from_environment, mapping_of, read_options_of, time_limit
from ..run.semantics import PORTABLE, SEMANTICS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = [
    "add_columns", "add_engine", "add_source", "add_timeout", "options_of", "source_of",
]  # fmt: skip


def add_source(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what to read; the same for every subcommand."""
    shared.add_source(parser)
    parser.add_argument("--table", metavar="NAME", help="the table or view in the database")
    parser.add_argument("--query", metavar="SQL", help="a SELECT instead of a table")
    parser.add_argument("--schema", metavar="NAME", help="the table's schema")
    shared.add_as_of(parser)
    add_files(parser)
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
        "--timeout-seconds", "--timeout", type=time_limit, metavar="SECONDS", help="stop after this time, also in the "
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
