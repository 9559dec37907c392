"""What each mode of writing does to the target, within one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, exists, func, inspect, or_, select, update
from sqlalchemy.exc import DBAPIError

from ..dialects.catalog import candidates, locate
from ..dialects.statements import RenameTable
from ..dialects.stopping import cleaning_up
from ..errors import (
    ColumnNotFoundError,
    ConfigurationError,
    SchemaMismatchError,
    TableExistsError,
    TransientQueryError,
    WriteError,
)
from ..types.logical import mismatches
from .inputs import Local, Staged, Streamed, scratch, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Table

    from ..dialects import Dialect
    from ..types.arrow import Named


@dataclass(frozen=True)
class Target:
    """The table that is written to.

    Attributes:
        connection: The connection that writes, in a transaction.
        dialect: Its dialect.
        name: Name of the table.
        schema: Its schema, None for the default.
        table: The table with its columns; None while there is none.
        required: Columns that must be given.
        joined: Whether the transaction is the caller's.
    """

    connection: Connection
    dialect: Dialect
    name: str
    schema: str | None
    table: Table | None
    required: tuple[str, ...] = ()
    joined: bool = False

    @property
    def new(self) -> Table:
        """The table by name only, to create it."""
        return table_of(self.name, [], self.schema)


@dataclass(frozen=True)
class Written:
    """What a mode has done.

    Attributes:
        inserted: Rows that were added.
        updated: Rows that were there and got new values.
        created: Whether the table is new.
        skipped: Whether there was nothing to do.
    """

    inserted: int = 0
    updated: int = 0
    created: bool = False
    skipped: bool = False


def find_target(connection: Connection, dialect: Dialect, name: str, schema: str | None, default: str | None) -> Target:
    """Look a table up by name.

    Args:
        connection: The connection that will write.
        dialect: Its dialect.
        name: ``table`` or ``schema.table``; with a schema given, the name as it is.
        schema: The schema, if the caller named one.
        default: The schema for names without one.

    Raises:
        ConfigurationError: If the schema does not exist, or the name is that of a view.
    """
    inspector = inspect(connection)
    found: tuple[str | None, str] | None
    place: tuple[str | None, str]
    if schema is not None:
        found = (schema, name) if inspector.has_table(name, schema=schema) else None
        place = (schema, name)
    else:
        found = locate(connection, name, default)
        place = found or _new_place(inspector, name, default)
    if found is None:
        return Target(connection, dialect, place[1], place[0], None)
    place_schema, table_name = found
    if table_name in inspector.get_view_names(place_schema):
        raise ConfigurationError(f"{name!r} is a view; rows are written to tables.")
    described = inspector.get_columns(table_name, schema=place_schema)
    table = table_of(table_name, [(column["name"], column["type"]) for column in described], place_schema)
    dialect.refine(connection, table)
    required = tuple(column["name"] for column in described if _required(column))
    return Target(connection, dialect, table_name, place_schema, table, required)


def _new_place(inspector: Any, name: str, default: str | None) -> tuple[str | None, str]:
    """Schema and name for a table that is not there yet."""
    _, *split = candidates(name, default)
    if not split:
        return default, name
    schemas = inspector.get_schema_names()
    for schema, table in split:
        # DuckDB puts the name of the database before the schema's.
        if any(schema == known or known.endswith(f".{schema}") for known in schemas):
            return schema, table
    raise ConfigurationError.choice(f"The schema of the table {name!r}", split[0][0], schemas)


def _required(column: Any) -> bool:
    filled = column.get("default") is not None or "computed" in column or "identity" in column
    # An integer key that SQLite or MariaDB numbers by itself looks like any NOT NULL column otherwise.
    return not column["nullable"] and not filled and column.get("autoincrement") in {None, False}


def preflight(target: Target, columns: Sequence[Named] | None, *, checked: bool) -> None:
    """Compare the rows' columns with those of the target, all at once, before anything is written.

    Raises:
        SchemaMismatchError: With one line for every column that does not fit.
    """
    faults = _faults(target, columns, checked=checked)
    if faults:
        raise SchemaMismatchError(
            f"The rows do not fit the table {target.name!r}.",
            mismatches=faults,
            suggestion="Rename or cast the columns, or use mode='overwrite' to replace the table with their columns.",
        )


def _faults(target: Target, columns: Sequence[Named] | None, *, checked: bool) -> list[str]:
    if target.table is None or columns is None:
        return []
    types = {column.key: column.type for column in target.table.columns}
    return mismatches(columns, types, target.required, checked=checked)


Source = Local | Streamed


def create(target: Target, source: Source, check: Callable[[Table], None] = lambda _: None) -> Written:
    """Make the table from the rows.

    Args:
        target: Where there is no table yet.
        source: The rows.
        check: What to make sure of before anybody sees the table.
    """
    allow_ddl(target.dialect, joined=target.joined)
    if target.dialect.transactional_ddl:
        inserted = source.create(target.new)
        check(target.new)
        return Written(inserted=inserted, created=True)
    # Whatever makes a table commits: it gets its name when all rows are in it.
    with _beside(target) as beside:
        inserted = source.create(beside)
        check(beside)
        try:
            target.connection.execute(RenameTable(beside, target.name))
        except DBAPIError as error:
            if target.dialect.classify(error) is TableExistsError:
                raise TransientQueryError("Somebody made the same table at the same time.") from error
            raise
    return Written(inserted=inserted, created=True)


def create_in_place(target: Target, source: Source) -> Written:
    """Make the table without rows, then add them in one transaction with whatever else belongs to the load.

    For databases in which making a table commits: rows that are appended under a run_key must not be there without it.
    """
    allow_ddl(target.dialect, joined=target.joined)
    source.create(target.new, empty=True)
    made = find_target(target.connection, target.dialect, target.name, target.schema, None).table
    try:
        return Written(inserted=source.insert(target.new if made is None else made), created=True)
    except BaseException:
        with cleaning_up():
            target.connection.rollback()
            target.dialect.drop(target.connection, target.new)
        raise


def allow_ddl(dialect: Dialect, *, joined: bool) -> None:
    """Make sure that making or renaming a table commits nothing of the caller's.

    Raises:
        ConfigurationError: If it would.
    """
    if joined and not dialect.transactional_ddl:
        raise ConfigurationError(
            f"{dialect.name} commits whenever a table is made or renamed, and this transaction is yours to commit.",
            suggestion="Make the table before, or connect with an address or an Engine.",
        )


@contextmanager
def _beside(target: Target) -> Iterator[Table]:
    """A table to build beside the target, which is gone if the block fails."""
    table = table_of(scratch("moltres_new_"), [], target.schema)
    try:
        yield table
    except BaseException:
        if not target.dialect.transactional_ddl and not target.connection.invalidated:
            with cleaning_up():
                target.connection.rollback()
                if inspect(target.connection).has_table(table.name, schema=table.schema):
                    target.dialect.drop(target.connection, table)
        raise


def refuse_existing(target: Target) -> None:
    """Make sure that there is no such table yet.

    Raises:
        TableExistsError: If there is one.
    """
    if target.table is not None:
        raise TableExistsError(
            f"The table {target.name!r} exists already.",
            suggestion="Use mode='append', 'overwrite', 'merge', 'overwrite_partitions' or 'ignore'.",
            context={"table": target.name},
        )


def append(target: Target, source: Source) -> Written:
    """Add the rows."""
    if target.table is None:
        return create(target, source)
    preflight(target, source.columns, checked=source.checked)
    return Written(inserted=source.insert(target.table))


def overwrite(target: Target, source: Source) -> Written:
    """Replace all rows; readers see the old ones until the end of the transaction, and then the new ones."""
    if target.table is None:
        return create(target, source)
    connection, dialect = target.connection, target.dialect
    names = None if source.columns is None else {name for name, _ in source.columns}
    same = names is None or names == set(target.table.columns.keys())
    if same and not _faults(target, source.columns, checked=source.checked):
        # The table stays, and with it its keys, indexes, grants and the views on it.
        dialect.lock(connection, target.table)
        rows: Source | Staged = source.stage(target.table) if source.reads(target.table) else source
        connection.execute(delete(target.table))
        inserted = rows.insert(target.table)
        if isinstance(rows, Staged):
            rows.drop()
        return Written(inserted=inserted)
    allow_ddl(dialect, joined=target.joined)
    with _beside(target) as beside:
        inserted = source.create(beside)
        dialect.replace(connection, target.table, beside)
    return Written(inserted=inserted)


def merge(target: Target, source: Source, keys: Sequence[str], update_columns: bool | Sequence[str]) -> Written:
    """Update the rows whose key is there, insert the others.

    Raises:
        WriteError: If a key is NULL or occurs twice in the rows; nothing is changed then.
    """
    if source.columns is None and target.table is not None:
        return Written()
    names = [name for name, _ in source.columns or []]
    _require(keys, names, "keys")
    chosen = [name for name in names if name not in keys] if update_columns is True else list(update_columns or [])
    _require(chosen, names, "update")
    if target.table is None:
        columns = source.columns or []
        return create(target, source, lambda made: _check_keys(target, table_of(made.name, columns, made.schema), keys))
    preflight(target, source.columns, checked=source.checked)
    connection, table = target.connection, target.table
    target.dialect.lock(connection, table)
    staged = source.stage(table)
    _check_keys(target, staged.table, keys)
    here = and_(*(table.columns[key] == staged.table.columns[key] for key in keys))
    updated = 0
    if chosen:
        values = {table.columns[name]: staged.table.columns[name] for name in chosen}
        updated = connection.execute(update(table).where(here).values(values)).rowcount
    missing = select(staged.table).where(~exists().where(here).correlate(staged.table))
    inserted = target.dialect.insert_select(connection, table, names, missing)
    staged.drop()
    return Written(inserted=inserted, updated=updated)


def overwrite_partitions(target: Target, source: Source, partition_by: Sequence[str]) -> Written:
    """Replace the rows of each partition that the new rows have, and leave the other partitions alone."""
    if source.columns is None and target.table is not None:
        return Written()
    names = [name for name, _ in source.columns or []]
    _require(partition_by, names, "partition_by")
    if target.table is None:
        return create(target, source)
    preflight(target, source.columns, checked=source.checked)
    connection, table = target.connection, target.table
    target.dialect.lock(connection, table)
    staged = source.stage(table)
    fresh = select(*(staged.table.columns[name] for name in partition_by)).distinct().subquery()
    pairs = [(table.columns[name], fresh.columns[name]) for name in partition_by]
    # Equality lets the database hash; only partitions with NULL in them need the slower comparison.
    connection.execute(delete(table).where(exists().where(*(old == new for old, new in pairs))))
    null = or_(*(column.is_(None) for column in fresh.columns))
    if connection.execute(select(fresh).where(null).limit(1)).first() is not None:
        alike = [or_(old == new, and_(old.is_(None), new.is_(None))) for old, new in pairs]
        connection.execute(delete(table).where(exists().where(null, *alike)))
    inserted = staged.insert(table)
    staged.drop()
    return Written(inserted=inserted)


def _require(names: Sequence[str], existing: Sequence[str], what: str) -> None:
    missing = [name for name in names if name not in existing]
    if missing:
        raise ColumnNotFoundError.of(missing, existing, where=f"the rows ({what})")


def _check_keys(target: Target, rows: Table, keys: Sequence[str]) -> None:
    columns: list[Column[Any]] = [rows.columns[key] for key in keys]
    missing: ColumnElement[bool] = or_(*(column.is_(None) for column in columns))
    nulls = target.connection.execute(select(func.count(case((missing, 1)))).select_from(rows)).scalar_one()
    repeated: FromClause = select(*columns).group_by(*columns).having(func.count() > 1).subquery()
    twice = target.connection.execute(select(func.count()).select_from(repeated)).scalar_one()
    faults = [f"{nulls} rows have NULL in them"] if nulls else []
    faults += [f"{twice} of them occur more than once"] if twice else []
    if faults:
        raise WriteError(
            f"The rows cannot be merged by {', '.join(map(repr, keys))}: {' and '.join(faults)}. Nothing was changed.",
            suggestion="Leave such rows out, or make them one with group_by() or distinct().",
            context={"null_keys": nulls, "repeated_keys": twice},
        )


__all__ = ["Target", "Written", "append", "find_target", "merge", "overwrite", "overwrite_partitions"]
