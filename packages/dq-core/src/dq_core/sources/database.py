"""Tables and queries of a database that SQLAlchemy reaches."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from .._shared.masking import masked, scrubbed, secrets_of
from .._shared.tables import locate, table_names
from .._shared.urls import make_engine
from ..errors import SourceConnectionError, SourceError, TableNotFoundError, translated
from ..relation.dialects import Dialect, dialect_for
from ..relation.relation import Relation
from .opened import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .given import Database

__all__ = ["connect", "create_engine_of", "open_database", "relation_of"]


@contextlib.contextmanager
def open_database(given: Database) -> Iterator[Opened]:
    """Open a table or a query for reading, in a transaction of its own unless the caller has begun one.

    A Connection of the caller is used as it is: inside the caller's transaction if there is one.
    """
    source, table, query, schema = given.bind, given.table, given.query, given.schema
    owns_transaction = True
    with contextlib.ExitStack() as stack:
        if isinstance(source, sa.Connection):
            connection, url = source, source.engine.url
            dialect = dialect_for(connection.dialect.name)
            owns_transaction = not connection.in_transaction()
            if owns_transaction:
                stack.callback(connection.rollback)
        else:
            engine = create_engine_of(source) if isinstance(source, sa.URL) else source
            if isinstance(source, sa.URL):
                stack.callback(engine.dispose)
            url = engine.url
            dialect = dialect_for(engine.dialect.name)
            connection = stack.enter_context(connect(engine))
            stack.enter_context(dialect.snapshot(connection))
        secrets = secrets_of(url)

        @functools.cache
        def find(name: str) -> Relation:
            other = relation_of(connection, dialect, table=name, schema=schema)
            return dataclasses.replace(other, from_=other.from_.alias("referenced"))

        try:
            relation = relation_of(connection, dialect, table=table, query=query, schema=schema)
        except DBAPIError as error:
            what = "table" if query is None else "query"
            raise SourceError(
                f"The {what} cannot be read: {scrubbed(str(error.orig).strip(), secrets)}",
                context={"table": table},
            ) from None
        yield Opened(
            connection,
            dataclasses.replace(relation, find=find),
            _describe(url, table, query, schema),
            owns_transaction,
            secrets,
        )


def relation_of(
    connection: sa.Connection,
    dialect: Dialect,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
) -> Relation:
    """The relation for a table (``schema.table`` is understood) or a query, with its columns."""
    from_: sa.FromClause
    if table is not None:
        name, schema = _find_table(connection, table, schema)
        from_ = sa.table(name, schema=schema)
    elif isinstance(query, str):
        # text() would read :name as a parameter.
        written = query.strip().rstrip(";").rstrip().replace(":", "\\:")
        from_ = sa.text(written).columns().subquery("source")
    elif query is not None:
        from_ = query.subquery("source")
    columns = {column.name: column for column in dialect.describe(connection, from_)}
    selected: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
    if isinstance(from_, sa.TableClause):
        from_ = sa.table(from_.name, *selected, schema=from_.schema)
    elif isinstance(query, str):
        from_ = sa.text(written).columns(*selected).subquery("source")
    return Relation(from_, columns, dialect)


def _find_table(connection: sa.Connection, table: str, schema: str | None) -> tuple[str, str | None]:
    place = locate(connection, table, schema)
    if place is None:
        known = table_names(sa.inspect(connection), schema)
        raise TableNotFoundError.missing(table if schema is None else f"{schema}.{table}", known)
    found_schema, name = place
    return name, found_schema


def create_engine_of(url: sa.URL) -> sa.Engine:
    """An engine for a URL; a driver that is missing is one clear error."""
    with translated():
        return make_engine(url, core="dq-core")


def connect(engine: sa.Engine) -> sa.Connection:
    """A connection; a failure says where to, and why, without secrets."""
    try:
        return engine.connect()
    except (OperationalError, InterfaceError) as error:
        reason = scrubbed(str(error.orig).strip(), secrets_of(engine.url))
        raise SourceConnectionError(f"Cannot connect to {_shown(engine.url)}: {reason}") from None


def _shown(url: sa.URL) -> str:
    """The URL without password and options."""
    return masked(url.set(query={}))


def _describe(url: sa.URL, table: str | None, query: object, schema: str | None) -> str:
    what = "query" if query is not None else f"table {table}" if schema is None else f"table {schema}.{table}"
    return f"{_shown(url)} ({what})"
