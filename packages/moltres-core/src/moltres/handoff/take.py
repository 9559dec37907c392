"""Open what another task has given."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import MetaData, cast, null, select, union_all

from .._shared.databases.connecting import missing_file
from .._shared.masking import masked
from ..database import Database, connect
from ..dialects.seen_files import remember
from ..dialects.stopping import cleaning_up
from ..errors import (
    DatabaseAccessError,
    HandoffError,
    MoltresError,
    QueryError,
    TableNotFoundError,
)
from ..frame.dataframe import DataFrame
from ..frame.origin import as_given
from ..types.logical import logical_type, misfit
from ..types.records import Records
from .encoding import decode
from .reference import MARKER, STAGE_PREFIX, Reference, items_of
from .staging import (
    Found,
    drop_table,
    file_exists,
    file_fingerprint,
    found_in_table,
    found_on,
    remove_file,
    require_database,
    stage_name,
    stage_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Select, Table
    from sqlalchemy.sql import ClauseElement

    from ..frame.source import Source

_ELSEWHERE = (
    "Open the database in which they were staged, or hand over with a stage_uri that both tasks can reach. "
    "If a clean-up has removed them, run the task that staged them again."
)

_log = logging.getLogger(__name__)


def pick_up(database: Database, value: Any) -> Any:
    """What :func:`hand_over` gave, or what a user passes instead of it, as something that can be read and written.

    Args:
        database: Where staged tables lie. Staged files are read by an in-memory DuckDB unless this database is one.
        value: Records, a reference or its dict, encoded rows, a list of dicts; or a list of those (what a mapped task
            gives), which is put together in order. Frames (ours, pandas, Polars, Arrow) come back as they are.

    Returns:
        A DataFrame for what is staged, Records for rows.

    Raises:
        HandoffError: If the value is nothing of this kind, or the staged rows are gone.
    """
    require_database(database)
    parts = _handed_over(value)
    references, rows = _split(parts)
    if references:
        return _open(database, references, rows)
    if parts and not rows:
        return parts[0]
    if len(rows) == 1:
        return rows[0]
    return _together(rows)


@contextmanager
def frame_of(database: Database, value: Any, *, name: str) -> Iterator[DataFrame]:
    """What was handed over as a frame, also where it was few rows: a query on it need not know which it was.

    Args:
        database: The database in which to query.
        value: Anything that :func:`pick_up` takes.
        name: What names a table for inline rows, which is there only inside the ``with`` block.

    Yields:
        The rows as a frame of this database (of an in-memory DuckDB, if they were staged in a file).
    """
    require_database(database, name=name)
    picked = pick_up(database, value)
    if hasattr(picked, "statement"):
        yield picked
    else:
        with staged(database, picked, name=name) as (frame, _):
            yield frame


@contextmanager
def staged(database: Source, data: Any, *, name: str) -> Iterator[tuple[DataFrame, Reference]]:
    """Rows in a staged table for as long as the ``with`` block runs.

    Args:
        database: Where to put them.
        data: Anything that ``database.write`` takes.
        name: What names the table; the same name again overwrites what a killed run has left.

    Yields:
        The staged rows as a frame, and the reference to them.
    """
    reference = stage_table(database, data, name=name)
    try:
        yield as_given(DataFrame.all_of(database, database.reflect(reference.location))), reference
    finally:
        try:
            with cleaning_up():
                drop_staged(database, reference)
        except MoltresError as error:
            # What the block did, or why it failed, counts for more than a table that is left over.
            _log.warning("The staged table %s could not be dropped: %s", masked(reference.location), error)


def drop_staged(database: Source, value: Any) -> int:
    """Remove what :func:`hand_over` staged; rows that were handed over inline leave nothing to remove.

    Args:
        database: Where staged tables lie.
        value: What was handed over, in any of the forms that :func:`pick_up` takes.

    Returns:
        How many staged tables and files were removed. What was gone already is not counted, and is no error.

    Raises:
        HandoffError: If a reference names something that no hand-over has staged, or the value is nothing that was
            handed over; nothing is removed then.
    """
    require_database(database)
    references, rows = _split(_handed_over(value))
    staged = [reference for reference in references if reference.staged]
    for reference in staged:
        # Whoever can write to the orchestrator's store can write a reference: only what we name is ever dropped.
        if not PurePosixPath(reference.location).name.startswith(STAGE_PREFIX):
            raise HandoffError(
                f"{masked(reference.location)!r} was not staged by a hand-over, so it is not dropped.",
                suggestion=f"Staged tables and files begin with {STAGE_PREFIX!r}.",
            )
    dropped = sum(
        remove_file(reference.location) if reference.kind == "parquet" else drop_table(database, reference.location)
        for reference in staged
    )
    if staged and rows:
        drop_table(database, stage_name(database, _beside(references)))
    return dropped


def rows_of(value: Any, *, dsn: Any = None) -> Records:
    """The rows that were handed over, whether they travelled as rows or as a reference.

    Args:
        value: What a query task handed over, or its stored form; or a list of those, what a mapped task gives. A plain
            list of dicts is taken as it is.
        dsn: Where staged tables lie: anything that ``moltres.connect`` takes. Not needed for rows and Parquet files.

    Returns:
        All rows, in memory.

    Raises:
        HandoffError: If the value is nothing of this kind, the rows are gone, or a table is read without ``dsn``.

    Examples:
        >>> rows_of([{"id": 1}])
        Records([{'id': 1}], columns=['id'])
    """
    parts = _parts(value)
    tables = [part for part in parts if isinstance(part, Reference) and part.kind == "table"]
    if tables and dsn is None:
        place = f" of {tables[0].database}" if tables[0].database else ""
        raise HandoffError(
            f"The rows are in the table {tables[0].location!r}{place}, and no database was given to read it from.",
            suggestion="Call rows_of(value, dsn=...) with the URL of that database.",
        )
    _require_rows([part for part in parts if not isinstance(part, DataFrame)])
    with connect(dsn) as database:
        rows = [_read(database, part) for part in parts]
    return rows[0] if len(rows) == 1 else _together(rows)


def _read(database: Database, part: Reference | Records | DataFrame) -> Records:
    frame = _open_one(_home(database, part.kind), part) if isinstance(part, Reference) else part
    return frame.collect() if isinstance(frame, DataFrame) else frame


def _require_rows(parts: Sequence[Any]) -> None:
    wrong = [part for part in parts if not isinstance(part, Records | Reference)]
    if wrong:
        kinds = sorted({type(part).__name__ for part in wrong})
        forms = "Pass what a query task returned, Records, a list of dicts, or a pandas, Polars or Arrow table."
        raise HandoffError(
            f"Expected rows or a reference to rows, got {', '.join(kinds)}.",
            suggestion=f"{forms} One row is a list of one dict." if isinstance(wrong[0], Mapping) else forms,
        )


def _handed_over(value: Any) -> list[Any]:
    """The parts of what was handed over: references and rows; or one frame that a user passes instead.

    Raises:
        HandoffError: If the value is nothing of this kind.
    """
    parts = _parts(value)
    if len(parts) != 1 or isinstance(parts[0], str | bytes | int | float | Mapping | None):
        _require_rows(parts)
    return parts


def _parts(value: Any) -> list[Any]:
    """What was handed over, one by one: a mapped task gives a list, and a list of lists if it was mapped twice."""
    try:
        return list(_each_part(value))
    except RecursionError as error:
        raise HandoffError("The value has too many lists within each other.") from error


def _each_part(value: Any) -> Iterator[Any]:
    items = items_of(value)
    if items is None:
        found = decode(value) if isinstance(value, Mapping) and MARKER in value else value
        yield from _parts(found) if isinstance(found, list) else [found]
    elif all(isinstance(item, Mapping) and MARKER not in item for item in items):
        yield Records.from_dicts(items)
    else:
        for item in items:
            yield from _each_part(item)


def _split(parts: Sequence[Any]) -> tuple[list[Reference], list[Records]]:
    references = [part for part in parts if isinstance(part, Reference)]
    return references, [part for part in parts if isinstance(part, Records)]


def _together(rows: Sequence[Records]) -> Records:
    """Rows of several tasks in one; the columns are those of all, the types those that were known first."""
    columns = tuple(dict.fromkeys(name for part in rows for name in part.columns))
    types = {name: known for part in reversed(rows) for name, known in part.types.items()}
    every = Records.from_dicts((row for part in rows for row in part), columns)
    return Records(every.rows, columns, types)


def _beside(references: Sequence[Reference]) -> str:
    """The name of the inline rows that a mapped task gave beside these references."""
    return " ".join(["beside", *(reference.location for reference in references)])


def _open(database: Database, references: Sequence[Reference], rows: Sequence[Records]) -> DataFrame:
    """Staged rows, with the inline rows beside them, as one frame."""
    kinds = {reference.kind for reference in references}
    if len(kinds) > 1:
        raise HandoffError(
            "Some of the rows lie in tables and some in Parquet files, so they cannot be read as one.",
            suggestion="Let all the mapped tasks hand over in the same way, with the same stage_uri.",
        )
    home = _home(database, kinds.pop())
    frames = [_open_one(home, reference) for reference in references]
    inline = _together(rows)
    if inline:
        # A column of which these rows have no value is of the type that it has in the others.
        known = {name: type_ for frame in reversed(frames) for name, type_ in frame.schema.items()}
        empty = {name for name in inline.columns if not any(value is not None for value in inline.column(name))}
        typed = {name: type_ for name, type_ in known.items() if name in empty} | inline.types
        inline = Records(inline.stored_rows, inline.columns, typed)
        beside = stage_table(home, inline, name=_beside(references))
        frames.append(home.table(beside.location))
    if len(frames) == 1:
        return as_given(frames[0])
    # As inline rows are put together: with the columns of all.
    types = {name: type_ for frame in reversed(frames) for name, type_ in frame.schema.items()}
    names = dict.fromkeys(name for frame in frames for name in frame.columns)
    every = home.from_select(union_all(*(_with_columns(frame, names, types) for frame in frames)))
    _require_same(home, every, frames)
    return as_given(every)


def _require_same(home: Database, every: DataFrame, frames: Sequence[DataFrame]) -> None:
    """Make sure that the values of all parts stay what they are where the database puts them into one column.

    Raises:
        HandoffError: If a type of one part holds not all values of another's, with the columns.
    """
    try:
        with home.connection() as connection:
            made = {name: logical_type(type_) for name, type_ in home.dialect.results(connection, every.statement)}
    except QueryError as error:
        if error.retryable or not (faults := _without_common_type(frames)):
            raise
        raise _unlike(faults) from error
    faults = {
        f"column {name!r} is {kind} in one and becomes {made[name]}: {reason}"
        for frame in frames
        for name, type_ in frame.schema.items()
        if (reason := misfit(kind := logical_type(type_), made[name])) is not None
    }
    if faults:
        raise _unlike(faults)


def _without_common_type(frames: Sequence[DataFrame]) -> set[str]:
    """The columns that no database puts together, where it refuses the statement that does."""
    kinds: dict[str, set[str]] = {}
    for frame in frames:
        for name, type_ in frame.schema.items():
            kinds.setdefault(name, set()).add(str(logical_type(type_)))
    return {f"column {name!r} is {' and '.join(sorted(found))}" for name, found in kinds.items() if len(found) > 1}


def _unlike(faults: set[str]) -> HandoffError:
    return HandoffError(
        f"The rows of several tasks have columns that do not fit each other: {'; '.join(sorted(faults))}.",
        suggestion="Cast the columns to one type in each task.",
    )


def _with_columns(frame: DataFrame, names: Iterable[str], types: Mapping[str, Any]) -> Select[Any]:
    """The rows of a frame in columns of which it may lack some."""
    rows = frame.statement.subquery()
    return select(*(rows.c[name] if name in rows.c else cast(null(), types[name]).label(name) for name in names))


def _home(database: Database, kind: str) -> Database:
    return database if kind == "table" or database.dialect.capabilities.file_functions else connect()


def _open_one(database: Database, reference: Reference) -> DataFrame:
    if reference.kind == "parquet":
        if not file_exists(reference.location):
            raise _gone(reference, "")
        frame = database.read_parquet(
            reference.location, hive_partitioning=False
        )  # no folder has a column of these rows
        _require_unchanged(reference, Found(frame.columns, frame.count(), file_fingerprint(reference.location)))
        for each in frame.statement.get_final_froms():
            remember(each, _SeenFile(reference))
        return frame
    database.forget(reference.location)  # it may have been staged anew, with other columns
    try:
        _require_unchanged(reference, found_in_table(database, reference))
        table = database.reflect(reference.location).to_metadata(MetaData())
        return DataFrame.all_of(database, remember(table, _SeenTable(database, table, reference)))
    except TableNotFoundError as error:
        raise _gone(reference, f" in {masked(database.engine.url)}") from error
    except DatabaseAccessError as error:
        if missing_file(database.engine.url) is None:
            raise
        raise _gone(reference, f": {error.message.rstrip('.')}", error.suggestion) from error


class _SeenTable(NamedTuple):
    """A staged table whose rows are to be those that were handed over when they have been read."""

    database: Database
    table: Table
    reference: Reference

    def require_unchanged(self, connection: Connection, statement: ClauseElement) -> None:
        """As `Seen` says."""
        del statement
        _require_unchanged(self.reference, found_on(connection, self.database, self.table, self.reference))


class _SeenFile(NamedTuple):
    """A staged file, which behind a URI has no more than a size and the second in which it was written."""

    reference: Reference

    def require_unchanged(self, connection: Connection, statement: ClauseElement) -> None:
        """As `Seen` says."""
        del connection, statement
        now = file_fingerprint(self.reference.location)
        _require_unchanged(self.reference, Found(self.reference.columns, self.reference.row_count, now))


def _require_unchanged(reference: Reference, found: Found) -> None:
    """Compare what a reference leads to with what was handed over.

    Raises:
        HandoffError: If the rows are others now.
    """
    faults = []
    if found.columns != reference.columns:
        faults.append(f"the columns are {', '.join(found.columns)} instead of {', '.join(reference.columns)}")
    if found.rows != reference.row_count:
        faults.append(f"there are {found.rows:,} rows instead of {reference.row_count:,}")
    if not faults and reference.fingerprint not in {None, found.fingerprint}:
        faults.append(f"the {found.rows:,} rows are not those that were handed over")
    if faults:
        raise HandoffError(
            f"The rows in {masked(reference.location)!r} have changed since they were handed over:"
            f" {'; '.join(faults)}.",
            suggestion="Another run may have staged its rows under the same name. Give each hand-over a name of its"
            " own, or run the task that staged them again.",
            context=reference.to_dict(),
        )


def _gone(reference: Reference, where: str, suggestion: str | None = None) -> HandoffError:
    staged_in = f" They were staged in {reference.database}." if reference.database else ""
    return HandoffError(
        f"The staged rows {masked(reference.location)!r} are not there{where}.{staged_in}",
        suggestion=" ".join([*filter(None, [suggestion]), _ELSEWHERE]),
        context=reference.to_dict(),
    )
