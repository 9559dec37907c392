"""What `connect` accepts: an address, an engine, a connection, a session, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine

from .._shared import urls
from ..errors import ConfigurationError, problems_translated

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import PoolProxiedConnection

OWN_MEMORY = ":memory:moltres_"
"""How the name of a DuckDB in memory begins that nobody but its Database can open."""


@dataclass(frozen=True)
class Target:
    """Where a Database sends its statements.

    Attributes:
        engine: The engine; also of a connection or a session that was given.
        connection: The connection that was given, if one was.
        session: The session that was given, if one was.
        owned: Whether we made the engine, and so have to dispose of it.
        anchor: What keeps a DuckDB in memory alive while no connection is checked out.
    """

    engine: Engine
    connection: Connection | None = None
    session: Session | None = None
    owned: bool = False
    anchor: PoolProxiedConnection | None = None

    @property
    def joined(self) -> bool:
        """Whether everything runs in a transaction of the caller."""
        return self.connection is not None or self.session is not None


def _make_engine(url: URL, options: dict[str, Any]) -> Engine:
    with problems_translated():
        try:
            return urls.make_engine(url, core="moltres-core", **options)
        except TypeError as error:
            raise ConfigurationError(f"create_engine() refused an option: {error}") from error


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == "duckdb" and url.database in {None, "", ":memory:"}


def _own(url: URL, options: dict[str, Any]) -> Target:
    if not _in_memory(url):
        return Target(_make_engine(url, options), owned=True)
    # A plain ":memory:" is another database for each connection. A named one is shared by all that use its name, and
    # lives as long as one of them is open: one which the pool does not count stays open.
    engine = _make_engine(url.set(database=f"{OWN_MEMORY}{uuid4().hex}"), options)
    anchor = engine.raw_connection()
    anchor.detach()
    return Target(engine, owned=True, anchor=anchor)


def resolve(target: str | URL | Engine | Connection | Session | None, options: dict[str, Any]) -> Target:
    """Find out where statements shall go, without opening a connection.

    Args:
        target: What `connect` was given.
        options: Arguments for SQLAlchemy's `create_engine`; only with an address.

    Raises:
        ConfigurationError: If the target is none of the allowed things, or options come with a ready engine.
        MissingDependencyError: If the driver is not installed.
    """
    if target is None or isinstance(target, str | URL):
        with problems_translated():
            url = URL.create("duckdb") if target is None else urls.database_url(target)
        return _own(url, options)
    if options:
        raise ConfigurationError(
            f"Engine options ({', '.join(sorted(options))}) need an address; a {type(target).__name__} is ready made.",
        )
    if isinstance(target, Engine):
        return Target(target)
    if isinstance(target, Connection):
        return Target(target.engine, connection=target)
    if type(target).__module__.startswith("sqlalchemy.ext.asyncio"):
        raise ConfigurationError(
            f"moltres is synchronous and cannot use an {type(target).__name__}.",
            suggestion="Pass its synchronous counterpart: .sync_engine, .sync_connection or .sync_session.",
        )
    # A Session is recognised by what it can do, so that scoped sessions and subclasses of wrappers count as well, and
    # so that sqlalchemy.orm is not imported for those who do not use it.
    if callable(getattr(target, "connection", None)) and callable(getattr(target, "get_bind", None)):
        bind = target.get_bind()
        return Target(bind.engine, session=target)
    raise ConfigurationError(
        f"connect() got a {type(target).__name__}; it takes an address (str or sqlalchemy.URL), an Engine, a"
        " Connection, a Session, or nothing for a DuckDB in memory."
    )
