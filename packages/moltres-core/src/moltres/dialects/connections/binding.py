"""What `connect` accepts: a URL, an engine, a connection, a session, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from ..._shared import arguments
from ..._shared.databases import urls
from ..._shared.databases.connecting import database_file
from ..._shared.iceberg.places import is_catalog, is_iceberg
from ..._shared.masking import scrubbed, secrets_of
from ..._shared.problems import ProblemError
from ...errors import ConfigurationError, problems_translated, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session
    from sqlalchemy.pool import PoolProxiedConnection

OWN_MEMORY = ":memory:moltres_"
"""Prefix of the name of an in-memory DuckDB that only its Database can open."""

_IN_MEMORY = frozenset({None, "", ":memory:"})


@dataclass(frozen=True)
class Binding:
    """Where a Database sends its statements.

    Attributes:
        engine: The engine, also behind a given connection or session.
        connection: The given connection, if any.
        session: The given session, if any.
        owns_engine: Whether moltres made the engine, and disposes of it.
        anchor: Keeps an in-memory DuckDB alive while no connection is checked out.
    """

    engine: Engine
    connection: Connection | None = None
    session: Session | None = None
    owns_engine: bool = False
    anchor: PoolProxiedConnection | None = None

    @property
    def joined(self) -> bool:
        """Whether everything runs in a transaction of the caller."""
        return self.connection is not None or self.session is not None


def parse_url(given: str | URL) -> URL:
    """The URL of a database as it is written, for adapters that store it before it is used.

    Raises:
        ConfigurationError: If it cannot be read, or in two ways; nothing of it is repeated.
    """
    with problems_translated():
        return urls.parse_url(given)


def make_engine(url: URL, options: dict[str, Any]) -> Engine:
    """An engine for a URL, with an installed driver where the URL names none.

    Args:
        url: The URL.
        options: Arguments for SQLAlchemy's `create_engine`.

    Raises:
        ConfigurationError: If SQLAlchemy does not know the database, the driver or an option.
        MissingDependencyError: If the driver is not installed.
    """
    refuse(_pool_problems(options))
    with problems_translated():
        if is_iceberg(url):
            return _iceberg(url, options)
        if url.get_backend_name() == "sqlite" and url.database in _IN_MEMORY:
            # Each thread has a connection of its own, and that which closes the Database closes all.
            options = {**options, "connect_args": {"check_same_thread": False, **(options.get("connect_args") or {})}}
        try:
            engine = urls.make_engine(urls.normalized(url), core="moltres-core", **options)
        except ArgumentError as error:
            raise ConfigurationError(f"The URL cannot be used: {scrubbed(str(error), secrets_of(url))}") from None
        except ProblemError:
            raise
        except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
            given = ", ".join(sorted(options)) or "of the URL"
            raise ConfigurationError(f"create_engine() refused an option ({given}): {error}") from error
    return engine


def _pool_problems(options: dict[str, Any]) -> Iterator[str]:
    """What SQLAlchemy's pools find out when they are used, each in its own way."""
    for name, least in (("pool_size", 0), ("max_overflow", -1)):
        if name in options:
            yield from arguments.whole(name, options[name], least=least)
    for name, least in (("pool_timeout", 0), ("pool_recycle", -1)):
        if options.get(name) is not None:
            yield from arguments.seconds(name, options[name], least=least)


def _iceberg(given: Any, options: dict[str, Any]) -> Engine:
    """An engine for a catalog of Iceberg tables; what it needs is imported only then."""
    module = import_module("..iceberg.engine", __package__)
    engine: Engine = module.make_engine(given, **options)
    return engine


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == "duckdb" and url.database in _IN_MEMORY


def ends_with_connections(engine: Engine) -> bool:
    """Whether tables that an engine makes are gone when its connections are closed: those of a database in memory."""
    url, backend = engine.url, engine.dialect.name
    own = url.database in _IN_MEMORY or str(url.database).startswith(OWN_MEMORY)
    in_memory = database_file(url) is None if backend == "sqlite" else own and backend == "duckdb"
    return in_memory and not isinstance(engine.pool, StaticPool)  # whose one connection its maker closes


def _own(url: URL, options: dict[str, Any]) -> Binding:
    if not _in_memory(url):
        return Binding(make_engine(url, options), owns_engine=True)
    # With ":memory:" each connection would open a database of its own. A database with a name is shared by all
    # connections that use the name, and lives as long as one of them: one outside of the pool stays open.
    engine = make_engine(url.set(database=f"{OWN_MEMORY}{uuid4().hex}"), options)
    try:
        anchor = engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error as error:
        raise ConfigurationError(f"The URL cannot be used: {scrubbed(str(error), secrets_of(url))}") from None
    anchor.detach()
    return Binding(engine, owns_engine=True, anchor=anchor)


def resolve(target: str | URL | Engine | Connection | Session | None, options: dict[str, Any]) -> Binding:
    """Where statements run, without opening a connection.

    Args:
        target: What `connect` was given.
        options: Arguments for SQLAlchemy's `create_engine`; only with a URL.

    Raises:
        ConfigurationError: If the target is of no supported type, or options are given with an engine.
        MissingDependencyError: If the driver is not installed.
    """
    if target is None or isinstance(target, str | URL):
        with problems_translated():
            url = URL.create("duckdb") if target is None else urls.database_url(target)
        return _own(url, options)
    if is_catalog(target):
        with problems_translated():
            return Binding(_iceberg(target, options), owns_engine=True)
    if options:
        raise ConfigurationError(
            f"Engine options ({', '.join(sorted(options))}) require a URL, not {type(target).__name__}."
        )
    if isinstance(target, Engine):
        return Binding(target)
    if isinstance(target, Connection):
        return Binding(target.engine, connection=target)
    if type(target).__module__.startswith("sqlalchemy.ext.asyncio"):
        raise ConfigurationError(
            f"moltres is synchronous and cannot use an {type(target).__name__}.",
            suggestion="Pass its synchronous counterpart: .sync_engine, .sync_connection or .sync_session.",
        )
    # A Session is recognised by its methods: scoped sessions and wrappers count as well, and sqlalchemy.orm is not
    # imported for those who do not use it.
    if callable(getattr(target, "connection", None)) and callable(getattr(target, "get_bind", None)):
        bind = target.get_bind()
        return Binding(bind.engine, session=target)
    raise ConfigurationError(
        f"connect() requires a URL (str or sqlalchemy.URL), an Engine, a Connection, a Session, a catalog of PyIceberg,"
        f" or nothing for an in-memory DuckDB, not {type(target).__name__}."
    )
