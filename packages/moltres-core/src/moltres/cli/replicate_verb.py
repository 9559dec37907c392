"""``moltres replicate``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .._shared.command.arguments import ENVIRONMENT, from_environment, names_of
from .._shared.command.progress import shown_progress
from .._shared.wording import plain_message
from ..database import connect
from ..errors import refuse
from ..replicating import replicate
from .options import DONE, add_target, add_writing, printed_json, stoppable, writing_of
from .places import open_target, url_problems

if TYPE_CHECKING:
    import argparse

    from .._shared.command.running import Run

__all__ = ["replicate_command"]

_ELSEWHERE = frozenset({"source", "target", "tables", "on_progress"})


def replicate_command(parser: argparse.ArgumentParser) -> Run:
    """Copy many tables of one database into another, all or none."""
    parser.epilog = DONE
    parser.add_argument("source", metavar="SOURCE", help=f"URL of the database with the tables; {ENVIRONMENT}")
    parser.add_argument("target", metavar="TARGET", help="URL of the database that gets them, likewise")
    parser.add_argument(
        "--tables",
        "--table",
        action="append",
        required=True,
        metavar="NAME",
        help="a table, or a pattern such as 'sales.*'; repeatable, or several with commas",
    )
    add_writing(parser, replicate, _ELSEWHERE)
    add_target(parser)
    return _run


def _run(given: argparse.Namespace) -> int:
    source, target = from_environment(given.source), from_environment(given.target)
    refuse([*url_problems("source", source), *url_problems("target", target)])
    writing = writing_of(given, replicate, _ELSEWHERE)

    def work() -> None:
        with (
            shown_progress("Replicating", quiet=given.quiet) as show,
            connect(source, query_timeout=given.query_timeout) as read,
            open_target(target, given) as written,
        ):
            told = None if show is None else lambda progress: show(str(progress))
            result = replicate(read, written, names_of(given.tables) or [], on_progress=told, **writing)
        shown = printed_json(result.to_dict()) if given.format == "json" else plain_message(result.to_text())
        sys.stdout.write(shown)

    return stoppable(work)
