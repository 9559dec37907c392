"""``moltres query``."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .._shared.command.arguments import ENVIRONMENT, count, from_environment
from .._shared.json_values import plain
from .._shared.wording import plural
from ..database import connect
from ..errors import refuse
from ..read.display import as_table
from .options import DONE, add_connecting, stoppable
from .places import url_problems

if TYPE_CHECKING:
    import argparse

    from .._shared.command.running import Run
    from ..frame.dataframe import DataFrame

__all__ = ["query"]

_SHOWN = 100
"""Rows of a table for people, unless more are asked for."""


def query(parser: argparse.ArgumentParser) -> Run:
    """Print what a query returns."""
    parser.epilog = DONE
    parser.add_argument(
        "url", metavar="URL", help=f"URL of a database; {ENVIRONMENT}; - is an empty DuckDB, which reads files"
    )
    parser.add_argument("sql", metavar="SQL", help="one SELECT in the SQL of the database")
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table", help="the format (table)")
    parser.add_argument(
        "--limit", type=count, metavar="N", help=f"at most so many rows (csv and json: all; table: {_SHOWN})"
    )
    add_connecting(parser)
    return _run


def _run(given: argparse.Namespace) -> int:
    url = from_environment(given.url)
    refuse([] if url == "-" else url_problems("url", url))

    def work() -> None:
        with connect(None if url == "-" else url, query_timeout=given.query_timeout) as database:
            _PRINT[given.format](database.sql(given.sql), given.limit)

    return stoppable(work)


def _table(frame: DataFrame, limit: int | None) -> None:
    most = _SHOWN if limit is None else limit
    records = frame.limit(most + (limit is None)).collect()
    print(as_table(records[:most]))
    if len(records) > most:
        print(f"… more than {plural(most, 'row')}; --limit shows more", file=sys.stderr)


def _csv(frame: DataFrame, limit: int | None) -> None:
    """The same file as of `Writer.csv`."""
    with tempfile.TemporaryDirectory(prefix="moltres-") as folder:
        path = Path(folder) / "rows.csv"
        (frame if limit is None else frame.limit(limit)).write.csv(path)
        with path.open(encoding="utf-8", newline="") as file:
            shutil.copyfileobj(file, sys.stdout)


def _json(frame: DataFrame, limit: int | None) -> None:
    """A list with an object on each line, row by row: memory does not grow with their number."""
    rows = (frame if limit is None else frame.limit(limit)).iter_batches()
    before = "[\n"
    for batch in rows:
        for row in batch:
            sys.stdout.write(f"{before}{json.dumps(plain(row), ensure_ascii=False, allow_nan=False)}")
            before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


_PRINT = {"table": _table, "csv": _csv, "json": _json}
