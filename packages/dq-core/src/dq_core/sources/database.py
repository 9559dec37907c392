"""Tables and queries of a database that SQLAlchemy reaches."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import AssertionPool

from .._shared.databases.connecting import (
    connecting_within,
    file_hint,
    missing_file,
    missing_file_hint,
    retry_can_help,
)
from .._shared.databases.places import keeping_text
from .._shared.databases.plain_rows import plain_rows
from .._shared.databases.pools import capacity, is_in_transaction
from .._shared.databases.tables import table_names
from .._shared.databases.urls import make_engine
from .._shared.iceberg.places import is_iceberg
from .._shared.masking import masked, scrubbed, secrets_of
from ..errors import (
    RuleError,
    SourceAccessError,
    SourceConnectionError,
    SourceError,
    TableNotFoundError,
    ValidationTimeoutError,
    translated,
)
from ..relation.dialects import Dialect, dialect_for
from ..relation.questions import Answers
from ..relation.relation import Relation
from . import iceberg
from .limit import Deadline
from .opened import Opened
from .query_text import statement_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .._shared.iceberg.snapshots import AsOf
    from ..relation.questions import LookedUp, Questions
    from .given import Database

__all__ = ["beginning", "connect", "connect_to_read", "create_engine_of", "open_database", "relation_of"]

_GIVE_CONNECTION = "Give the Connection that is in use in place of the Engine, or an engine with more connections."


@contextlib.contextmanager
def open_database(
    given: Database,
    timeout_seconds: float | None = None,
    *,
    questions: Questions | None = None,
    scans: bool = False,
) -> Iterator[Opened]:
    """Open a table or a query for reading, in a transaction of its own unless the caller has begun one.

    A Connection of the caller is used as it is: inside the caller's transaction if there is one.

    Args:
        given: The database, and what to read.
        timeout_seconds: How long looking it up may take: the table may be locked.
        questions: What will be asked before a row is read.
        scans: Whether it is only scanned, for which a database of this process needs little memory.
    """
    deadline = Deadline(timeout_seconds)
    source, table, query, schema = given.bind, given.table, given.query, given.schema
    owns_transaction, alone, memory = True, False, None
    with contextlib.ExitStack() as stack:
        if isinstance(source, sa.Connection):
            connection, url = _open_one(source), source.engine.url
            dialect = dialect_for(connection.dialect)
            owns_transaction = not connection.in_transaction()
            if owns_transaction:
                stack.callback(connection.rollback)
        else:
            engine = source if isinstance(source, sa.Engine) else create_engine_of(source, timeout_seconds)
            if engine is not source:
                stack.callback(engine.dispose)
            url = engine.url
            connection = stack.enter_context(connect_to_read(engine, begins=True))
            dialect = dialect_for(connection.dialect)
            memory = dialect.scan_memory if scans and engine is not source else None
            alone = memory is not None and memory.is_alone(connection)
            with beginning(engine):
                stack.enter_context(dialect.snapshot(connection))
        _enter_plain(stack, connection)
        stack.enter_context(dialect.session(connection))
        secrets = secrets_of(url)
        dialect.prepare(connection)
        answers = Answers()

        @contextlib.contextmanager
        def within_limit() -> Iterator[None]:
            """A block in which the database stops what waits for a lock."""
            left = deadline.remaining
            if left is None:
                yield
                return
            with (
                dialect.deadline(connection, max(left, 0.001)),
                dialect.guard(connection, owns_transaction=owns_transaction),
            ):
                yield

        @functools.cache
        def find(name: str, named_schema: str | None) -> Relation:
            with _looking_up(connection, name, named_schema, secrets, deadline), within_limit():
                at = (name, named_schema) if named_schema is not None else _sibling(connection, name, schema, relation)
                other = relation_of(
                    connection,
                    dialect,
                    table=at[0],
                    schema=at[1],
                    owns_transaction=owns_transaction,
                    known=answers.tables.get(at),
                )
                _require_in(connection, other, name, named_schema)
            return dataclasses.replace(other, from_=other.from_.alias("referenced"))

        with _looking_up(connection, table, schema, secrets, deadline):
            with translated(), within_limit():
                if given.as_of is not None and table is not None:
                    table, schema = _version(connection, dialect, table, schema, given.as_of)
                if questions is not None and table is not None:
                    answers = dialect.ask(
                        connection, (table, schema), questions.within(schema), owns_transaction=owns_transaction
                    )
                relation = relation_of(
                    connection,
                    dialect,
                    table=table,
                    query=query,
                    schema=schema,
                    owns_transaction=owns_transaction,
                    known=answers.tables.get((table or "", schema)),
                )
            stack.enter_context(dialect.comparing(connection, relation.from_, relation.columns.values()))
            limited = memory and memory.limited(connection, relation.from_, alone=alone)
            more_memory = stack.enter_context(limited or contextlib.nullcontext())
        yield Opened(
            connection,
            dataclasses.replace(relation, find=find),
            _describe(url, table, schema),
            owns_transaction,
            secrets,
            sound=answers.sound,
            more_memory=more_memory,
        )


@contextlib.contextmanager
def _looking_up(
    connection: sa.Connection,
    table: str | None,
    schema: str | None,
    secrets: tuple[str, ...],
    deadline: Deadline | None = None,
) -> Iterator[None]:
    """A block that asks the database for a table, or for the columns of a query, and says which if it cannot.

    Args:
        connection: Where to.
        table: The table; None for a query.
        schema: Its schema.
        secrets: What no error may show.
        deadline: When to stop.
    """
    try:
        yield
    except DBAPIError as error:
        limit = deadline or Deadline(None)
        # A wait for a lock that the deadline cut short ends with the database's own error, a moment before it.
        stopped = limit.is_near and dialect_for(connection.dialect).timed_out(error)
        if limit.seconds is not None and (stopped or (limit.remaining or 0) < 0.01):
            raise ValidationTimeoutError.after(limit.seconds) from None
        if (repeated := _repeated_name(error)) is not None:
            raise _repeated_names([repeated]) from None
        lost, cause = error.connection_invalidated, error.orig or error
    except connection.dialect.loaded_dbapi.Error as error:  # a catalog of Iceberg is asked without a statement
        lost, cause = False, error
    else:
        return
    again = lost or retry_can_help(connection.dialect.name, cause, unknown=False)
    kind = SourceConnectionError if again else SourceError
    reason = scrubbed(str(cause).strip(), secrets)
    raise kind(f"The {_what(table, schema)} cannot be read: {reason}", context={"table": table}) from None


def relation_of(
    connection: sa.Connection,
    dialect: Dialect,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    owns_transaction: bool = False,
    known: LookedUp | None = None,
) -> Relation:
    """The relation for a table (``schema.table`` is understood) or a query, with its columns.

    Args:
        connection: Where it is.
        dialect: What is special about the database.
        table: The table.
        query: The query, where there is no table.
        schema: The table's schema.
        owns_transaction: Whether the transaction was begun by this package, so that an error may end it.
        known: What the table is known to be, which is then not asked.
    """
    from_: sa.FromClause
    if table is not None:
        found = known or dialect.look_up(connection, table, schema, owns_transaction=owns_transaction)
        if found is None:
            raise _missing(connection, table, schema)
        schema, name, described = found
        from_ = sa.table(name, schema=schema)
    elif isinstance(query, str):
        statement = statement_of(query, connection.dialect.name)
        # text() would read :name as a parameter.
        written = statement.replace(":", "\\:")
        from_ = sa.text(written).columns().subquery("source")
    elif query is not None:
        _refuse_repeated([getattr(column, "name", None) for column in query.selected_columns])
        from_ = query.subquery("source")
    if table is None:
        described = dialect.describe(connection, from_)
    names = [column.name for column in described]
    _refuse_repeated(names)
    if isinstance(query, str):
        own = dialect.names_of(connection, statement, names)
        if own != names:
            # The database has given another name to every column whose name an earlier one has.
            raise _repeated_names(own_name for own_name, name in zip(own, names, strict=True) if own_name != name)
    columns = {column.name: column for column in described}
    selected: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
    if isinstance(from_, sa.TableClause):
        from_ = sa.table(from_.name, *selected, schema=from_.schema)
    elif isinstance(query, str):
        from_ = sa.text(written).columns(*selected).subquery("source")
    return Relation(from_, columns, dialect)


def _refuse_repeated(names: list[str | None] | list[str]) -> None:
    repeated = [name for place, name in enumerate(names) if name is not None and name in names[:place]]
    if repeated:
        raise _repeated_names(repeated)


def _repeated_names(names: Iterable[str | None]) -> RuleError:
    shown = ", ".join(repr(name) for name in dict.fromkeys(names))
    return RuleError(
        [f"The query has several columns of the name {shown}."],
        suggestion="Give each column a name of its own: SELECT a.id AS a_id, b.id AS b_id.",
    )


def _repeated_name(error: DBAPIError) -> str | None:
    """The name that MySQL and MariaDB refuse to have twice in a subquery (their error 1060)."""
    arguments = list(getattr(error.orig, "args", ()))
    if len(arguments) < 2 or arguments[0] != 1060:
        return None
    return str(arguments[1]).partition("'")[2].rpartition("'")[0]


def _sibling(connection: sa.Connection, name: str, schema: str | None, relation: Relation) -> tuple[str, str | None]:
    """Where a name without a schema is looked up: in the schema of ``schema.table`` first, then as it is."""
    if schema is None and isinstance(relation.from_, sa.TableClause) and relation.from_.schema is not None:
        own = relation.from_.schema
        if relation.dialect.locate(connection, name, own) == (own, name):
            return name, own
    return name, schema


def _require_in(connection: sa.Connection, other: Relation, name: str, schema: str | None) -> None:
    """Make sure that no part of a table's name was taken for another schema than the one that is given with it."""
    found = other.from_
    if schema is not None and isinstance(found, sa.TableClause) and len(found.name) < len(name):
        raise _missing(connection, name, schema)


def _missing(connection: sa.Connection, table: str, schema: str | None) -> TableNotFoundError:
    """The error for a table that is not there, with the names that are."""
    inspector = sa.inspect(connection)
    known = table_names(inspector, schema) if schema is None or schema in inspector.get_schema_names() else []
    return TableNotFoundError.missing(table if schema is None else f"{schema}.{table}", known)


def _version(
    connection: sa.Connection, dialect: Dialect, table: str, schema: str | None, as_of: AsOf
) -> tuple[str, str | None]:
    """What names a snapshot of a table."""
    place = dialect.locate(connection, table, schema)
    if place is None:
        raise _missing(connection, table, schema)
    found, name = place
    return dialect.version(connection, name, found, as_of), found


def _open_one(connection: sa.Connection) -> sa.Connection:
    """A connection of the caller, which can be used."""
    if connection.closed or (connection.invalidated and connection.in_transaction()):
        what = "is closed" if connection.closed else "was lost within a transaction, which must be rolled back first"
        raise SourceAccessError(f"The connection {what}.", suggestion="Give one that is open, or the Engine.")
    return connection


def _enter_plain(stack: contextlib.ExitStack, connection: sa.Connection) -> None:
    """Let rows and the text of statements be what they are, whatever is set on the connection."""
    with translated():
        stack.enter_context(plain_rows(connection))
    stack.enter_context(keeping_text(connection))


def create_engine_of(url: sa.URL | Any, timeout_seconds: float | None = None) -> sa.Engine:
    """An engine for a URL, or for a catalog of PyIceberg; a driver that is missing is one clear error.

    Args:
        url: The URL, or the catalog.
        timeout_seconds: How long connecting may take; None for what the URL or the driver says.
    """
    try:
        with translated():
            if not isinstance(url, sa.URL) or is_iceberg(url):
                return iceberg.engine_of(url)
            return make_engine(connecting_within(url, timeout_seconds), core="dq-core")
    except ArgumentError as error:
        raise _not_understood(url, error) from None


def _not_understood(url: sa.URL, error: Exception) -> SourceError:
    """The error for a URL that the driver does not understand: sqlite://host/file, duckdb://host/file."""
    reason = scrubbed(str(error).strip().partition("\n")[0], secrets_of(url))
    return SourceError(f"The URL {_shown(url)} is not one that its driver understands: {reason}")


def connect(engine: sa.Engine, *, begins: bool = False) -> sa.Connection:
    """A connection; a failure says where to, and why, without secrets.

    Args:
        engine: Where to.
        begins: Whether the next thing that is done on it is to begin a snapshot.
    """
    try:
        if not is_in_transaction(engine):
            return _reached(engine.connect(), begins=begins)
    except DBAPIError as error:
        reason = scrubbed(str(error.orig).strip(), secrets_of(engine.url))
        name, cause = engine.dialect.name, error.orig or error
        kind = SourceConnectionError if retry_can_help(name, cause) else SourceAccessError
        raise kind(f"Cannot connect to {_shown(engine.url)}: {reason}", suggestion=file_hint(name, cause)) from None
    except PoolTimeoutError:
        raise SourceConnectionError(
            f"All connections of the engine of {_shown(engine.url)} are in use.",
            suggestion="Give them back, give the Connection itself, or an engine with a greater pool_size.",
        ) from None
    except AssertionError as error:
        if not isinstance(engine.pool, AssertionPool):  # SQLAlchemy gets rows of another form from the driver
            raise _not_understood(engine.url, error) from None
        raise SourceAccessError(
            f"The engine of {_shown(engine.url)} has one connection, which is in use.", suggestion=_GIVE_CONNECTION
        ) from error
    except (ArgumentError, InvalidRequestError, LookupError, TypeError, ValueError, OSError) as error:
        raise _not_understood(engine.url, error) from None
    raise SourceAccessError(
        f"The engine of {_shown(engine.url)} has one connection, and a transaction has begun on it, which would be"
        " rolled back.",
        suggestion=_GIVE_CONNECTION,
    )


@contextlib.contextmanager
def beginning(engine: sa.Engine) -> Iterator[None]:
    """A block that begins a transaction on a connection of an engine, which others may have begun, too."""
    try:
        yield
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        cause = error.orig or error if isinstance(error, DBAPIError) else error
        reason, again = scrubbed(str(cause).strip(), secrets_of(engine.url)), retry_can_help(engine.dialect.name, cause)
        kind = SourceConnectionError if again and capacity(engine) > 1 else SourceAccessError
        hint = _GIVE_CONNECTION if capacity(engine) == 1 else None
        raise kind(f"Cannot begin a transaction in {_shown(engine.url)}: {reason}", suggestion=hint) from None


def _reached(connection: sa.Connection, *, begins: bool) -> sa.Connection:
    try:
        dialect_for(connection.dialect).reach(connection, begins=begins)
    except DBAPIError:
        connection.close()
        raise
    return connection


def connect_to_read(engine: sa.Engine, *, begins: bool = False) -> sa.Connection:
    """A connection to a database that exists: a file that does not is not made.

    Args:
        engine: Where to.
        begins: As in `connect`.

    Raises:
        TableNotFoundError: There is no such file.
        SourceConnectionError: The database cannot be reached.
    """
    if (missing := missing_file(engine.url)) is not None:
        raise TableNotFoundError(
            f"The file {masked(str(missing))} does not exist, so there is no database to read.",
            suggestion=missing_file_hint(missing),
        )
    return connect(engine, begins=begins)


def _shown(url: sa.URL) -> str:
    """The URL without password and options."""
    return masked(url.set(query={}))


def _describe(url: sa.URL, table: str | None, schema: str | None) -> str:
    return f"{_shown(url)} ({_what(table, schema)})"


def _what(table: str | None, schema: str | None) -> str:
    return "query" if table is None else f"table {table}" if schema is None else f"table {schema}.{table}"
