"""Give the rows of a query to the next task."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from .._shared import arguments
from ..dialects.stopping import cleaning_up
from ..dialects.targets import OWN_MEMORY
from ..errors import HandoffError, refuse
from ..types.logical import is_known
from ..types.records import Records
from .options import MAX_INLINE_ROWS, HandoffOptions
from .spool import open_spool
from .staging import drop_table, stage_parquet, stage_table

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from ..frame.dataframe import DataFrame
    from ..frame.source import Source
    from .options import Handoff
    from .reference import Reference
    from .spool import Spool

_BATCH_ROWS = 10_000


def hand_over(
    df: DataFrame,
    *,
    name: str,
    max_inline_rows: int = MAX_INLINE_ROWS,
    mode: Handoff = "auto",
    stage_uri: str | Path | None = None,
    stage_in: Source | None = None,
) -> Records | Reference:
    """Hand the rows of a frame to another task. The query runs once.

    Args:
        df: The rows. They are never all in memory to find out how many they are.
        name: What names the staged rows; derived from the run, so that a retry overwrites its own and nothing else.
        max_inline_rows: Up to so many rows are handed over as rows.
        mode: ``"inline"`` (more rows than ``max_inline_rows`` are an error), ``"table"`` (``CREATE TABLE AS`` in the
            frame's database: no row leaves it), ``"parquet"`` (a file in the folder ``stage_uri``) or ``"auto"``: rows
            are read, and inline if they are few; else they go on to Parquet where a ``stage_uri`` is given and to a
            table where none is.
        stage_uri: Folder for Parquet: a local path, or any URI that fsspec knows.
        stage_in: The database for a staged table, by default the frame's own. It is the one that the next task opens,
            also where the frame reads a file and so is of a DuckDB in memory.

    Returns:
        The rows, or a reference to them.

    Raises:
        ConfigurationError: If the options contradict each other.
        HandoffError: If the rows are too many for ``mode="inline"``, or would be staged in memory.
    """
    options = HandoffOptions(max_inline_rows=max_inline_rows, handoff=mode, stage_uri=stage_uri)
    return give(df, name=name, options=options, stage_in=stage_in, argument="mode")


def give(
    df: DataFrame, *, name: str, options: HandoffOptions, stage_in: Source | None = None, argument: str = "handoff"
) -> Records | Reference:
    """What `hand_over` does, for callers whose users write the mode under another name.

    Args:
        df: The rows.
        name: What names the staged rows.
        options: How to hand them over.
        stage_in: The database for a staged table.
        argument: What the reader calls the mode.
    """
    problems = [*arguments.string("name", name), *options.problems(argument=argument)]
    refuse(problems, "The rows cannot be handed over with these arguments")
    home = stage_in or df.database
    if options.handoff == "parquet":
        return stage_parquet(df.database, df, tuple(df.columns), name, str(options.stage_uri))
    if options.handoff == "table":
        _refuse_memory(home)
        return stage_table(home, df, name=name)
    with closing(_batches(df, options.max_inline_rows)) as batches, open_spool() as spool:
        head: list[Records] = []
        for batch in batches:
            head.append(batch)
            if sum(map(len, head)) > options.max_inline_rows:
                break
        else:
            return _joined(df, head)
        if options.handoff == "inline":
            raise HandoffError(
                f"The query gives more than {options.max_inline_rows} rows, too many to hand over inline.",
                suggestion=f"Use {argument}='auto' to leave them in a staged table, or raise max_inline_rows.",
                context={"max_inline_rows": options.max_inline_rows},
            )
        if options.stage_uri is None:
            _refuse_memory(home)
        spool.add(part.rows for part in head)
        head.clear()
        spool.add(part.rows for part in batches)
        batches.close()
        return _staged(df, spool, name=name, options=options, home=home)


def _batches(df: DataFrame, max_inline_rows: int) -> Generator[Records, None, None]:
    # A generator, whose connection is given back as soon as nobody reads on.
    yield from df.iter_batches(min(max_inline_rows + 1, _BATCH_ROWS))


def _joined(df: DataFrame, parts: list[Records]) -> Records:
    if len(parts) == 1:
        return parts[0]
    types = {str(column.key): column.type for column in df.statement.selected_columns if is_known(column.type)}
    return Records((row for part in parts for row in part.rows), df.columns, types)


def _refuse_memory(home: Source) -> None:
    if str(home.engine.url.database).startswith(OWN_MEMORY):
        raise HandoffError(
            "The rows are too many to hand over inline, and a table in a database in memory ends with this task.",
            suggestion="Give a stage_uri, a folder for Parquet, or raise max_inline_rows.",
        )


def _staged(df: DataFrame, spool: Spool, *, name: str, options: HandoffOptions, home: Source) -> Reference:
    """Leave rows that have been read where the options say."""
    columns, types = df.columns, {name: type_ for name, type_ in df.schema.items() if is_known(type_)}
    rows = (Records(batch, columns, types) for batch in spool.batches())
    if options.stage_uri is not None:
        return stage_parquet(df.database, rows, columns, name, str(options.stage_uri))
    if home is not df.database:
        return stage_table(home, rows, name=name)
    # The table is made by the query itself, for no row: it has its very types, also those that nobody else can name.
    reference = stage_table(home, df.limit(0), name=name)
    table = home.reflect(reference.location)
    try:
        with home.transaction() as connection:
            for batch in spool.batches():
                home.dialect.load(connection, table, batch)
    except BaseException:
        with cleaning_up():
            drop_table(home, reference.location)
        raise
    return replace(reference, row_count=spool.rows)
