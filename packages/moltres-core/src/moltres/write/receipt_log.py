"""The receipts on record: of loads from another database that have no key, and all those of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .._shared.arguments import string
from .._shared.wording import repr_of
from ..dialects import Capabilities, catalog
from ..errors import ConfigurationError, MoltresError, QueryError, TableNotFoundError, refuse
from ..frame.dataframe import DataFrame
from ..types.receipt import Receipt
from .incremental import WATERMARKS
from .inputs import same_database
from .load_log import LOADS, Load, load_of, loads_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..dialects import Dialect
    from ..frame.source import Source
    from .outcome import Written
    from .request import WriteRequest
    from .target import Target

KEYLESS: Final = "moltres receipt "
"""How the keys begin that loads without one are recorded under; each has another."""
OWN: Final = "moltres_"
"""How the names of tables begin that moltres makes for itself, and drops."""


def is_wanted(source: Source, data: Any, request: WriteRequest) -> bool:
    """Whether a load has a receipt that is recorded although it has no key: its rows are those of another database.

    Args:
        source: The database that is written to.
        data: The rows; see `Database.write`.
        request: The arguments of the write.
    """
    return (
        bool(request.verify)
        and request.run_key is None
        and request.cursor is None
        and isinstance(data, DataFrame)
        and not same_database(data.database, source)
        and not request.name.startswith(OWN)
    )


def log_of(target: Target) -> Load | None:
    """Where a load without a key is recorded with its rows; None where it cannot be.

    Args:
        target: The table that is written.
    """
    load = _load(target.connection, target.dialect, target.name, target.schema)
    try:
        return load if load.exists() and load.takes_receipts() else None
    except DBAPIError as error:  # MariaDB looks at a table to find it, which not everybody may
        if target.dialect.capabilities.transactional_ddl or target.dialect.classify(error) is not QueryError:
            raise
        return None


def _load(connection: Connection, dialect: Dialect, name: str, schema: str | None) -> Load:
    return load_of(connection, dialect, f"{KEYLESS}{uuid4().hex}", name, schema)


def record(load: Load, written: Written, mode: str) -> Written:
    """Record the receipt of a load without a key, in the transaction of its rows.

    The table keeps the receipts of the load that made, replaced or merged it last, and of the appends since.

    Args:
        load: Where.
        written: What the load has done.
        mode: The mode of the write.
    """
    receipt = written.receipt
    if receipt is None or written.skipped:
        return written
    alone = mode != "append" or receipt.covers == "table"
    done = load.record(mode, written.inserted + written.updated, receipt.to_json(), KEYLESS if alone else None)
    return replace(written, recorded=done)


def record_beside(target: Target, found: Load | None, written: Written, mode: str) -> Written:
    """Record a load without a key at the end of the transaction of its rows, which makes the table of loads if need be.

    Others see that table as soon as they could wait for it. Where this is not possible, or another load is making it,
    `record_first` makes it after the commit.

    Args:
        target: The table that was written.
        found: Where to record the load, as `log_of` has found it; None if there was no table for it.
        written: What the load has done.
        mode: The mode of the write.
    """
    if found is not None:
        return record(found, written, mode)
    capabilities = target.dialect.capabilities
    at_once = capabilities.transactional_ddl and capabilities.savepoints and target.owns_transaction
    if not at_once or written.receipt is None or written.skipped:
        return written
    savepoint = target.connection.begin_nested()
    try:
        load = _load(target.connection, target.dialect, target.name, target.schema)
        if load.create(owns_transaction=True, wait=False) and load.takes_receipts():
            written = record(load, written, mode)
        savepoint.commit()
    except (MoltresError, SQLAlchemyError):  # who may not make it has no record
        savepoint.rollback()
    return written


def forget_watermarks(target: Target) -> None:
    """Forget how far sources were read into a table whose rows are others now: what was read is no longer there.

    Args:
        target: The table, in the transaction that has replaced all its rows, or made it.
    """
    load = log_of(target) if target.dialect.keeps_watermarks else None
    if load is not None:
        load.forget(WATERMARKS)


def record_first(database: Source, name: str, schema: str | None, written: Written, mode: str) -> Written:
    """Record a load without a key whose rows are committed: the first one, which has found no table of loads.

    The table is made here where the transaction of the rows cannot make it at its end (see `record_beside`). A load
    that made it before would let all others wait that do not find it either, and one that fails would leave it. Who may
    not make it has no record, and the load is done nevertheless.

    Args:
        database: The database that was written to.
        name: The table, as the caller named it.
        schema: The schema of the table; then ``name`` is taken as it is.
        written: What the load has done.
        mode: The mode of the write.
    """
    if written.receipt is None or written.recorded or written.skipped or database.joined:
        return written
    try:
        with database.writing() as connection:
            place = _place(database, connection, name, schema)
            if place is None:
                return written  # somebody has dropped it
            load = _load(connection, database.dialect, place[1], place[0])
            load.create(owns_transaction=True)
            load.upgrade(owns_transaction=True)
            return record(load, written, mode) if load.takes_receipts() else written
    except MoltresError:
        return written


def _place(database: Source, connection: Connection, name: str, schema: str | None) -> tuple[str | None, str] | None:
    """The schema and the name of a table; None if there is none."""
    if schema is None:
        found = catalog.locate(connection, database.dialect, name, database.schema)
    else:
        found = (schema, name) if database.dialect.has(connection, catalog.require_name(name), schema) else None
    return None if found is None else (found[0], database.dialect.spelled(connection, found[1], found[0]))


def receipts(database: Source, name: str, *, schema: str | None = None) -> list[Receipt]:
    """The receipts on record of a table: of the load that made or replaced it last, and of all since.

    Without such a load those of all loads on record. `moltres.verify` takes the list as it is. Of loads with a cursor
    only the last one of each source is on record.

    Args:
        database: The database that has the table, from `connect`. It is read only.
        name: ``table`` or ``schema.table``.
        schema: The schema of the table; then ``name`` is taken as it is, dots and all.

    Returns:
        The receipts in the order of their loads; none if no load is on record.

    Raises:
        ConfigurationError: If an argument is not valid.
        TableNotFoundError: If the table does not exist.
    """
    if not isinstance(getattr(getattr(database, "dialect", None), "capabilities", None), Capabilities):
        raise ConfigurationError(f"database must be a Database, which connect() makes, not {repr_of(database, 80)}.")
    refuse(() if schema is None else string("schema", schema))
    with database.connection() as connection:
        place = _place(database, connection, name, schema)
        if place is None:
            raise TableNotFoundError.of(name, catalog.names(inspect(connection), schema or database.schema))
        texts = _on_record(connection, database.dialect, *place)
    found = sorted((Receipt.from_json(one) for one in texts), key=lambda one: one.at)
    whole = max((at for at, one in enumerate(found) if one.covers == "table"), default=0)
    return found[whole:]


def _on_record(connection: Connection, dialect: Dialect, schema: str | None, name: str) -> list[str]:
    own = dialect.own_receipts(connection, name, schema)
    if own is not None:
        return own
    if not dialect.has(connection, LOADS, schema):
        return []
    if "receipt" not in {one["name"] for one in dialect.columns_of(connection, LOADS, schema)}:
        return []  # an earlier version has made it
    columns = loads_table(dialect, schema).columns
    query = select(columns.receipt).where(columns.table_name == name, columns.receipt.is_not(None))
    return list(connection.execute(query).scalars())
