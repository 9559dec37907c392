"""Give the rows of a query to the next task."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select

from .._shared import arguments
from .._shared.wording import plural
from ..database import Database, connect
from ..dialects.connections.binding import ends_with_connections
from ..dialects.stopping import cleaning_up
from ..errors import HandoffError, refuse
from ..frame.dataframe import DataFrame
from ..read.spool import open_spool
from ..types.logical import is_known
from ..types.records import Records
from ..write.target import table_of, temporary_table
from .options import MAX_INLINE_ROWS, HandoffOptions
from .reference import Reference
from .staging import drop_table, marked, put_in_table, stage_parquet, stage_table

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.types import TypeEngine

    from ..frame.source import Source
    from ..read.spool import Spool
    from .options import Handoff

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
    frame = arguments.instance("df", df, DataFrame, "a DataFrame of moltres")
    home = () if stage_in is None else arguments.instance("stage_in", stage_in, Database, "a Database")
    refuse([*frame, *home])
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
        return _exported(df, name, str(options.stage_uri))
    if options.handoff == "table":
        _refuse_memory(home)
        return stage_table(home, df, name=name)
    if options.handoff == "inline":
        df = df.limit(options.max_inline_rows + 1)  # one more is enough to refuse them
    if df.database.dialect.capabilities.insertion_order:
        with df.database.connection() as connection:
            # A database file that does not exist yet is only made when rows are staged in it.
            if connection.engine is df.database.engine and df.database.dialect.keeps_rows(connection):
                return _kept(df, connection, name=name, options=options, home=home, argument=argument)
    return _read(df, name=name, options=options, home=home, argument=argument)


def _exported(df: DataFrame, name: str, folder: str) -> Reference:
    """Leave the rows in a file. What the query does besides (sequences of DuckDB) is committed, as in other modes."""
    database, columns = df.database, tuple(df.columns)
    if database.joined or not database.dialect.capabilities.file_functions:
        return stage_parquet(database, df, columns, name, folder)
    with database.connection() as connection:
        if connection.engine is not database.engine:  # the file does not exist
            return stage_parquet(database, df, columns, name, folder)
        here = connect(connection)
        result = stage_parquet(here, replace(df, database=here), columns, name, folder)
        connection.commit()
    return result


def _kept(
    df: DataFrame, connection: Connection, *, name: str, options: HandoffOptions, home: Source, argument: str
) -> Records | Reference:
    """Keep the rows in a temporary table of their database until it is known how many they are.

    Args:
        df: The rows.
        connection: A connection of their database. What is done on it is committed only if all went well.
        name: What names the staged rows.
        options: How to hand them over.
        home: The database for a staged table.
        argument: What the reader calls the mode.
    """
    here, dialect = connect(connection), df.database.dialect
    columns = dialect.describe(connection, df.statement)
    kept = temporary_table(columns)
    count = dialect.create_as(connection, kept, columns, df.statement, temporary=True)
    typed = table_of(kept.name, [(str(column.key), column.type) for column in df.statement.selected_columns])
    rows = DataFrame.all_of(here, typed)
    place = here if home is df.database else home
    result: Records | Reference
    try:
        if count <= options.max_inline_rows:
            order: ColumnElement[Any] = literal_column(dialect.capabilities.insertion_order)
            found = connection.execute(select(typed).order_by(order)).all()
            result = Records(found, df.columns, _known_types(df))
        else:
            _refuse_many(options, home, argument)
            if options.stage_uri is not None:
                result = stage_parquet(here, rows, df.columns, name, str(options.stage_uri))
            else:
                result = put_in_table(place, rows, name=name)
    except HandoffError:
        dialect.drop(connection, kept)
        raise
    dialect.drop(connection, kept)
    if not df.database.joined:
        connection.commit()
    if isinstance(result, Reference):
        home.forget(result.location)
        if result.kind == "table":
            result = marked(place, result)
    return result


def _read(df: DataFrame, *, name: str, options: HandoffOptions, home: Source, argument: str) -> Records | Reference:
    """Read the rows, and go on to where they are staged once they are more than a few."""
    with closing(_batches(df, options.max_inline_rows)) as batches, open_spool() as spool:
        head: list[Records] = []
        for batch in batches:
            head.append(batch)
            if sum(map(len, head)) > options.max_inline_rows:
                break
        else:
            return _joined(df, head)
        _refuse_many(options, home, argument)
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
    return Records((row for part in parts for row in part.rows), df.columns, _known_types(df))


def _known_types(df: DataFrame) -> dict[str, TypeEngine[Any]]:
    return {str(column.key): column.type for column in df.statement.selected_columns if is_known(column.type)}


def _refuse_many(options: HandoffOptions, home: Source, argument: str) -> None:
    """Refuse rows that are too many to be handed over inline, where the options leave no other way."""
    if options.handoff == "inline":
        raise HandoffError(
            f"The query gives more than {plural(options.max_inline_rows, 'row')}, too many to hand over inline.",
            suggestion=f"Use {argument}='auto' to leave them in a staged table, or raise max_inline_rows.",
            context={"max_inline_rows": options.max_inline_rows},
        )
    if options.stage_uri is None:
        _refuse_memory(home)


def _refuse_memory(home: Source) -> None:
    if not home.joined and ends_with_connections(home.engine):
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
        with home.writing() as connection:
            for batch in spool.batches():
                home.dialect.load(connection, table, batch)
    except BaseException:
        with cleaning_up():
            drop_table(home, reference.location)
        raise
    return marked(home, replace(reference, row_count=spool.rows))
