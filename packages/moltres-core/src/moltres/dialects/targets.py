"""What `connect` accepts: an address, an engine, a connection, a session, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..errors import ConfigurationError, MissingDependencyError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import PoolProxiedConnection

_SECRET_KEY = re.compile(r"pass|pwd|secret|token|key|credential", re.IGNORECASE)

_DRIVERS = {
    # Drivers to choose when an address names none, in this order, each with the module to look for.
    "postgresql": (("psycopg", "psycopg"), ("psycopg2", "psycopg2")),
    "mysql": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb")),
    "mariadb": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb")),
}
_EXTRAS = {"psycopg": "postgresql", "pymysql": "mysql", "trino": "trino"}
OWN_MEMORY = ":memory:moltres_"
"""How the name of a DuckDB in memory begins that nobody but its Database can open."""

_KNOWN = ("duckdb", "sqlite", "postgresql", "mysql", "mariadb", "trino")


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


def _secrets(url: URL) -> list[str]:
    values: list[str] = [] if url.password is None else [str(url.password)]
    for key, value in url.query.items():
        if _SECRET_KEY.search(key):
            values += [value] if isinstance(value, str) else value
    return [value for value in values if value]


def masked(url: URL) -> str:
    """An address without its password, and without query parameters that look like one."""
    hidden = {key: "***" for key in url.query if _SECRET_KEY.search(key)}
    # The placeholder needs no quoting, whatever the address quotes.
    shown = url.update_query_dict(hidden).render_as_string(hide_password=True)
    return shown.replace("%2A%2A%2A", "***").replace("%3Amemory%3A", ":memory:")


def scrubbed(text: str, url: URL) -> str:
    """A message of a driver without the secrets of the address that it may repeat."""
    for secret in _secrets(url):
        text = text.replace(secret, "***")
    return text


def _parse(target: str | URL) -> URL:
    if isinstance(target, URL):
        return target
    try:
        return make_url(target)
    except (ArgumentError, ValueError):
        # Nothing of what was given is repeated: it may hold a password.
        raise ConfigurationError(
            "The address of the database cannot be read.",
            suggestion="Write dialect://user:password@host:port/database, and quote special characters in the password"
            " with urllib.parse.quote, or build it with sqlalchemy.URL.create(...).",
        ) from None


def _with_driver(url: URL) -> URL:
    """The address with the driver that is installed, where it names none."""
    if url.drivername == "postgres":
        url = url.set(drivername="postgresql")
    for driver, module in _DRIVERS.get(url.drivername, ()):
        if find_spec(module) is not None:
            return url.set(drivername=f"{url.drivername}+{driver}")
    return url


def _make_engine(url: URL, options: dict[str, Any]) -> Engine:
    backend = url.get_backend_name()
    try:
        # Values stay out of the texts of errors and logs.
        return create_engine(url, **{"hide_parameters": True, **options})
    except NoSuchModuleError:
        try:
            registry.load(backend)
        except NoSuchModuleError:
            raise ConfigurationError.choice("The kind of database in the address", backend, _KNOWN) from None
        raise ConfigurationError(
            f"SQLAlchemy knows no driver {url.drivername!r} for {backend}.",
            suggestion=f"Leave it out and write {backend}://…",
        ) from None
    except ModuleNotFoundError as error:
        missing = error.name or url.drivername
        extra = _EXTRAS.get(missing) or {"psycopg2": "postgresql", "MySQLdb": "mysql"}.get(missing)
        if extra is not None:
            raise MissingDependencyError.extra(missing, extra, f"A {backend} address") from error
        raise MissingDependencyError(
            f"The driver {missing!r} for {backend} is not installed.",
            suggestion=f"pip install {missing}",
            context={"package": missing},
        ) from error
    except TypeError as error:
        raise ConfigurationError(f"create_engine() refused an option: {error}") from error


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == "duckdb" and url.database in {None, "", ":memory:"}


def _own(url: URL, options: dict[str, Any]) -> Target:
    if not _in_memory(url):
        return Target(_make_engine(_with_driver(url), options), owned=True)
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
        return _own(URL.create("duckdb") if target is None else _parse(target), options)
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
