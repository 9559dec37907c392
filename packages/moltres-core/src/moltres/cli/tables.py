"""``moltres tables``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .._shared.command.arguments import ENVIRONMENT, from_environment
from ..database import connect
from ..errors import refuse
from .options import DONE, add_connecting, printed_json, stoppable
from .places import url_problems

if TYPE_CHECKING:
    import argparse

    from .._shared.command.running import Run

__all__ = ["tables"]


def tables(parser: argparse.ArgumentParser) -> Run:
    """Print the names of the tables and views of a database."""
    parser.epilog = DONE
    parser.add_argument("url", metavar="URL", help=f"URL of a database; {ENVIRONMENT}")
    parser.add_argument("--schema", metavar="NAME", help="the schema to look in, instead of the default")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="a name on each line, or a list (text)"
    )
    add_connecting(parser)
    return _run


def _run(given: argparse.Namespace) -> int:
    url = from_environment(given.url)
    refuse(url_problems("url", url))

    def work() -> None:
        with connect(url, query_timeout=given.query_timeout) as database:
            names = database.tables(given.schema)
        sys.stdout.write(printed_json(names) if given.format == "json" else "".join(f"{name}\n" for name in names))

    return stoppable(work)
