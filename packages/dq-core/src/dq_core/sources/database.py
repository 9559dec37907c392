"""Tables and queries of a database that SQLAlchemy reaches."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import urllib.parse
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError

from ..errors import MissingDependencyError, RuleError, SourceConnectionError, SourceError, TableNotFoundError
from ..relation.dialects import Dialect, dialect_for
from ..relation.relation import Relation
from .opened import Opened, scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["address_of_database", "connect", "create_engine_of", "open_database", "relation_of"]

_EXTRAS = {"psycopg": "postgresql"}


def address_of_database(text: str, *, wanted: bool) -> sa.URL | None:
    """The text as the address of a database, or None if it is something else.

    Args:
        text: Perhaps an address.
        wanted: Whether a database must be meant, because a table or query was given with it.

    Raises:
        RuleError: A database must be meant, but there is no such kind of database.
    """
    try:
        url = sa.make_url(text)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        if not wanted:
            return None
        raise RuleError(
            ["table= and query= need the address of a database, such as postgresql+psycopg://user@host/name."]
        ) from None
    except ImportError as error:
        raise _driver_missing(error) from error
    return url


@contextlib.contextmanager
def open_database(
    source: sa.Engine | sa.Connection | sa.URL,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
) -> Iterator[Opened]:
    """Open a table or a query for reading, in a transaction of its own unless the caller has begun one.

    A Connection of the caller is used as it is: inside the caller's transaction if there is one.
    """
    if table is None and query is None:
        raise RuleError(["A database needs table= or query=."])
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
        secrets = _secrets(url)

        @functools.cache
        def find(name: str) -> Relation:
            other = relation_of(connection, dialect, table=name, schema=schema)
            return dataclasses.replace(other, from_=other.from_.alias("referenced"))

        try:
            relation = relation_of(connection, dialect, table=table, query=query, schema=schema)
        except DBAPIError as error:
            what = "table" if query is None else "query"
            raise SourceError(
                f"The {what} cannot be read: {scrub(str(error.orig).strip(), secrets)}",
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
        # Colons are the database's business: text() would take :name for a parameter.
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
    inspector = sa.inspect(connection)
    if inspector.has_table(table, schema=schema):
        return table, schema
    if schema is None and "." in table:
        before, _, name = table.partition(".")
        if inspector.has_table(name, schema=before):
            return name, before
    known = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
    raise TableNotFoundError.missing(table if schema is None else f"{schema}.{table}", known)


def create_engine_of(url: sa.URL) -> sa.Engine:
    """An engine for an address; a driver that is missing is one clear error."""
    try:
        return sa.create_engine(url)
    except NoSuchModuleError as error:
        raise SourceError(f"SQLAlchemy knows no database of this kind: {url.drivername}.") from error
    except ImportError as error:
        raise _driver_missing(error) from error


def connect(engine: sa.Engine) -> sa.Connection:
    """A connection; a failure says where to, and why, without secrets."""
    try:
        return engine.connect()
    except (OperationalError, InterfaceError) as error:
        reason = scrub(str(error.orig).strip(), _secrets(engine.url))
        raise SourceConnectionError(f"Cannot connect to {_address(engine.url)}: {reason}") from None


def _driver_missing(error: ImportError) -> MissingDependencyError:
    module = str(error.name)
    return MissingDependencyError.extra(module, _EXTRAS.get(module, "postgresql"))


def _address(url: sa.URL) -> str:
    """The address without password and options, either of which may be secret."""
    return url.set(query={}).render_as_string(hide_password=True)


def _secrets(url: sa.URL) -> tuple[str, ...]:
    values = [url.password, *(value for values in url.normalized_query.values() for value in values)]
    known = {str(value) for value in values if value is not None and len(str(value)) > 3}
    if url.password is not None:
        known.add(str(url.password))
    return tuple(sorted({*known, *(urllib.parse.quote_plus(value) for value in known)} - {""}, key=len, reverse=True))


def _describe(url: sa.URL, table: str | None, query: object, schema: str | None) -> str:
    what = "query" if query is not None else f"table {table}" if schema is None else f"table {schema}.{table}"
    return f"{_address(url)} ({what})"
