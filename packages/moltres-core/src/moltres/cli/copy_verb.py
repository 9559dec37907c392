"""``moltres copy``."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from .._shared.command.arguments import add_as_of, add_source, count, from_environment
from .._shared.command.progress import shown_progress
from .._shared.wording import plain_message, plural
from ..errors import TableExistsError, refuse
from .options import DONE, add_target, add_writing, printed_json, stoppable, writing_of
from .places import (
    TARGET_ENDINGS,
    add_selection,
    frame_of,
    is_database,
    open_source,
    open_target,
    source_problems,
    target_problems,
)  # fmt: skip

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from .._shared.command.running import Run
    from ..frame.dataframe import DataFrame
    from ..frame.source import WriteResult

__all__ = ["copy"]


def copy(parser: argparse.ArgumentParser) -> Run:
    """Copy a table, a query or files into a database or a file."""
    parser.epilog = DONE
    add_source(parser)
    parser.add_argument(
        "target", metavar="TARGET", help="URL of a database, or path of a Parquet or CSV file, likewise"
    )
    parser.add_argument("--table", metavar="NAME", help="the table of each side that is a database and names none")
    parser.add_argument("--source-table", metavar="NAME", help="the table or view that is read")
    parser.add_argument("--query", metavar="SQL", help="a SELECT instead of a table")
    parser.add_argument("--source-schema", metavar="NAME", help="the schema of the table that is read")
    parser.add_argument("--target-table", metavar="NAME", help="the table that is written")
    parser.add_argument("--target-schema", metavar="NAME", help="its schema")
    add_as_of(parser)
    add_selection(parser)
    parser.add_argument("--limit", type=count, metavar="N", help="at most so many rows")
    add_writing(parser)
    add_target(parser)
    return _run


def _run(given: argparse.Namespace) -> int:
    source_table = given.source_table or (given.table if given.query is None else None)
    target_table = given.target_table or given.table
    target, writing = from_environment(given.target), writing_of(given)
    to_database = is_database(target)
    problems = [*_problems(given, source_table, to_database, target_table)]
    problems += [] if to_database else target_problems(target, given.mode, writing)
    refuse(problems, "The rows cannot be copied with these arguments")

    def work() -> None:
        title = f"Copying {target_table or source_table or given.source.rpartition('/')[2]}"
        with ExitStack() as stack:
            show = stack.enter_context(shown_progress(title, quiet=given.quiet))
            database = stack.enter_context(open_source(given.source, given.query_timeout))
            frame = frame_of(database, given, source_table, given.source_schema, given.query)
            if given.limit is not None:
                frame = frame.limit(given.limit)
            if to_database:
                into = stack.enter_context(open_target(target, given))
                writer = into.write(frame)
                result = writer.save_as_table(
                    target_table, schema=given.target_schema, on_progress=_shown(show), **writing
                )
            else:
                result = _exported(frame, target, overwrite=given.mode == "overwrite")
        sys.stdout.write(printed_json(result) if given.format == "json" else plain_message(_text(result)))

    return stoppable(work)


def _exported(frame: DataFrame, target: str, *, overwrite: bool) -> WriteResult:
    try:
        if TARGET_ENDINGS[Path(target).suffix.lower()] == "csv":
            return frame.write.csv(target, overwrite=overwrite)
        return frame.write.parquet(target, overwrite=overwrite)
    except TableExistsError as error:
        raise TableExistsError(error.message, suggestion="Use --mode overwrite to replace it.") from error


def _problems(
    given: argparse.Namespace, source_table: str | None, to_database: bool, target_table: str | None
) -> list[str]:
    from_database = is_database(from_environment(given.source))
    table = source_table if from_database else given.source_table
    problems = [*source_problems(given, table, given.source_schema, given.query)]
    if given.query is not None and given.source_table is not None:
        problems.append("Give either source_table or query, not both.")
    if not from_database and given.source_table is not None:
        problems.append("source_table is for databases: a file has no tables.")
    if given.as_of is not None and (not from_database or given.query is not None):
        problems.append("as_of goes with the name of an Iceberg table.")
    if to_database and target_table is None:
        problems.append("The target is a database: give --table or --target-table.")
    if not to_database:
        names = ("target_table", "target_schema", "stage_uri", "stage_location")
        problems += [f"{name} is for databases: the target is a file." for name in names if getattr(given, name)]
    return problems


def _shown(show: Callable[[str], None] | None) -> Callable[[int], None] | None:
    """What shows the number of rows so far, and how many that is in a second."""
    if show is None:
        return None
    started = time.monotonic()

    def on_progress(rows: int) -> None:
        rate = rows / max(time.monotonic() - started, 1e-3)
        show(f"{plural(rows, 'row')}, {rate:,.0f} rows/s")

    return on_progress


def _text(result: WriteResult) -> str:
    if result.skipped:
        return f"{result.table_name}: nothing to do, the load is recorded or the table is there.\n"
    new = ", new" if result.created else ""
    updated = f", {result.rows_updated:,} of them updated" if result.rows_updated else ""
    updated += f", {result.rows_deleted:,} missing in the source" if result.rows_deleted else ""
    updated += f", {plural(result.rows_closed, 'version')} ended" if result.rows_closed else ""
    updated += f", {result.rows_unchanged:,} unchanged" if result.rows_unchanged else ""
    if result.rejects is not None:
        updated += f", {result.rejects.rows_rejected:,} rejected to {result.rejects.table}"
    read = "" if result.incremental is None else f"{result.incremental.promise}\n"
    how = f"{result.mode}{new}, {result.seconds:.1f} s"
    return f"{result.table_name}: {plural(result.rows_written, 'row')} written{updated} ({how}).\n{read}"
