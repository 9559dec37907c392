"""Opening databases: whether a file is there to be read, and whether trying to connect again can help."""

from __future__ import annotations

import math
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

from sqlalchemy import event

from .. import arguments
from ..files.filesystems import is_away
from ..masking import masked
from ..problems import InvalidURLError
from ..wording import closest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection, Dialect, Engine

__all__ = [
    "connecting_within",
    "database_file",
    "file_hint",
    "limit_handshake",
    "missing_file",
    "missing_file_hint",
    "retry_can_help",
]

_PYMYSQL_SECONDS = 10
_TAKE_CONNECT_TIMEOUT = frozenset({"mysqldb", "psycopg", "psycopg2", "pymysql", "trino"})
_LONGEST_CONNECT = 130
"""Seconds after which psycopg gives up by itself."""
_FILES = frozenset({"sqlite", "duckdb"})

# Errors by which a server of MySQL or MariaDB, or its driver, says: not now.
_MYSQL_LATER = frozenset(
    {
        1040,  # too many connections
        1043,  # bad handshake
        1053,  # the server shuts down
        1080,  # the connection was closed
        1152,  # aborted connection
        1158,  # packets could not be read or written
        1159,
        1160,
        1161,
        1203,  # too many connections of this user
        1205,  # lock wait timeout
        1213,  # deadlock
        1226,  # a limit of the user, per hour or at a time
        1927,  # the connection was killed
        2002,  # no server at the socket
        2003,  # no server at the port, or the host has no address (yet)
        2005,  # the host has no address (yet)
        2006,  # the server has gone away
        2013,  # the connection was lost
        2055,
    }
)

# libpq has no code for what happens before a session begins, only its own English and the server's message.
_POSTGRESQL_LATER = re.compile(
    r"connection refused|connection reset|is the server running|timed? ?out|timeout|no route to host"
    r"|network is (unreachable|down)|host is (down|unreachable)|closed the connection|connection is closed"
    r"|resolve host|translate host name|starting up|shutting down|recovery mode|not yet accepting"
    r"|too many (clients|connections)|connection slots|terminating connection|SSL SYSCALL|EOF detected"
    r"|could not (receive|send)|hot standby|session is (not )?read-only|the connection is lost",
    re.IGNORECASE,
)
_POSTGRESQL_CODES = re.compile("08(?!004|P01)|53300|57P0[1235]|25P03|40")

#: How an object store says: not now.
_STORE_LATER = re.compile(
    r"AWS Error (?:NETWORK_CONNECTION|SLOW_DOWN|INTERNAL_FAILURE|SERVICE_UNAVAILABLE|REQUEST_TIMEOUT|THROTTLING)"
)

_SQLITE_LATER = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


def _postgresql(error: BaseException) -> bool:
    code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if code is not None:
        return _POSTGRESQL_CODES.match(code) is not None
    return _POSTGRESQL_LATER.search(str(error)) is not None


def _mysql(error: BaseException) -> bool:
    return bool(error.args) and error.args[0] in _MYSQL_LATER


def _duckdb(error: BaseException) -> bool:
    return "Could not set lock" in str(error)


def _sqlite(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE_LATER


#: Errors by which a server of Trino says: not now.
_TRINO_LATER = frozenset({
    "SERVER_STARTING_UP", "SERVER_SHUTTING_DOWN", "NO_NODES_AVAILABLE", "CLUSTER_OUT_OF_MEMORY", "QUERY_QUEUE_FULL",
    "REMOTE_TASK_ERROR", "REMOTE_TASK_MISMATCH", "REMOTE_HOST_GONE", "PAGE_TRANSPORT_ERROR", "PAGE_TRANSPORT_TIMEOUT",
    "TOO_MANY_REQUESTS_FAILED", "ABANDONED_TASK", "ADMINISTRATIVELY_PREEMPTED", "TRANSACTION_CONFLICT",
    "ICEBERG_COMMIT_ERROR",
})  # fmt: skip


#: A server whose certificate is not trusted, or that speaks no TLS: nothing changes until somebody changes it.
_UNTRUSTED = re.compile(r"certificate|SSLError|WRONG_VERSION_NUMBER", re.IGNORECASE)


def _trino(error: BaseException) -> bool:
    name = getattr(error, "error_name", None)
    if name is not None:
        return name in _TRINO_LATER
    # What happens before a query has an answer: no connection, a gateway without a server behind it.
    later = type(error).__name__ in ("TrinoConnectionError", "Http502Error", "Http503Error", "Http504Error")
    return later and _UNTRUSTED.search(str(error)) is None


def _iceberg(error: BaseException) -> bool:
    """What the database of a catalog says, or the store of its files."""
    module = type(error).__module__.partition(".")[0]
    if module in ("sqlite3", "psycopg", "psycopg2"):
        return (_sqlite if module == "sqlite3" else _postgresql)(error)
    return _STORE_LATER.search(str(error)) is not None or (error.__cause__ is not None and is_away(error.__cause__))


_LATER: dict[str, Callable[[BaseException], bool]] = {
    "duckdb": _duckdb,
    "iceberg": _iceberg,
    "mariadb": _mysql,
    "mysql": _mysql,
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "trino": _trino,
}


def retry_can_help(backend: str, error: BaseException, *, unknown: bool = True) -> bool:
    """Whether what failed while connecting, or because of others, can succeed later although nobody changes anything.

    No: a wrong password, an unknown user or database, what a server does not support, a file that is no database or
    cannot be opened. Yes: a server that does not answer, starts, stops or is full; a file that another process has
    locked; a host that has no address, because a container's name has none until it runs.

    Args:
        backend: SQLAlchemy's name of the database.
        error: What the driver raised.
        unknown: What to say of a database that is not known here.
    """
    known = _LATER.get(backend)
    return unknown if known is None else known(error)


def limit_handshake(engine: Engine) -> None:
    """Let a ``connect_timeout`` hold for all of connecting, up to what the server says first, with every driver.

    That of PyMySQL limits how long the TCP connection takes; then the driver waits for the server's greeting for good.
    Trino's driver has none: the first request waits three times for half a minute.

    Args:
        engine: An engine of this package.
    """
    if engine.dialect.name == "trino" and "connect_timeout" in engine.url.query:
        _limit_first_answer(engine, _seconds(engine.url.query["connect_timeout"]))
    if engine.dialect.driver != "pymysql":
        return

    def connect(dialect: Dialect, _: object, given: list[Any], options: dict[str, Any]) -> Any:
        limits = [options.get("connect_timeout", _PYMYSQL_SECONDS), options.get("read_timeout")]
        seconds = min(limit for limit in limits if limit is not None)
        raw: Any = dialect.connect(*given, **{**options, "read_timeout": seconds})
        raw._read_timeout = options.get("read_timeout")  # noqa: SLF001 - the driver has no other way to change it
        return raw

    event.listen(engine, "do_connect", connect)


def _seconds(given: object) -> float:
    try:
        seconds = float(str(given))
    except ValueError:
        seconds = math.nan
    if any(arguments.seconds("connect_timeout", seconds)):
        raise InvalidURLError(*arguments.seconds("connect_timeout", given))
    return seconds


def _limit_first_answer(engine: Engine, seconds: float) -> None:
    """Let a connection of Trino's driver wait once, and so long, until the server has answered its first statement."""
    own: WeakKeyDictionary[Any, tuple[Any, Any]] = WeakKeyDictionary()

    def connected(raw: Any, _: object) -> None:
        own[raw] = raw.request_timeout, raw.max_attempts
        raw.request_timeout, raw.max_attempts = seconds, 1

    def answered(connection: Connection, *_: object) -> None:
        raw: Any = connection.connection.driver_connection
        if raw in own:
            raw.request_timeout, raw.max_attempts = own.pop(raw)

    event.listen(engine, "connect", connected)
    event.listen(engine, "after_cursor_execute", answered)


def connecting_within(url: URL, seconds: float | None) -> URL:
    """The URL with a limit on the time that connecting takes, unless it has one or its driver takes none.

    Args:
        url: The URL of a database, which names its driver; see `urls.normalized`.
        seconds: The time that is left for everything; None for no limit.
    """
    known = not {url.get_backend_name(), url.drivername.partition("+")[2]}.isdisjoint(_TAKE_CONNECT_TIMEOUT)
    if seconds is None or not known or "connect_timeout" in url.query or not seconds < _LONGEST_CONNECT:
        return url
    return url.update_query_dict({"connect_timeout": str(max(math.ceil(seconds), 1))})


def file_hint(backend: str, error: BaseException) -> str | None:
    """What to do about a file that another process has open, or has torn; None for other errors."""
    said = str(error) if backend == "duckdb" else ""
    if "Could not set lock" in said:
        return (
            "One process at a time can write a DuckDB file. Let tasks that use it run one after the other (a pool with"
            " one slot) or retry, and open it with ?access_mode=read_only where rows are only read."
        )
    if "Corrupt database file" in said:
        return (
            "DuckDB writes a block of the file anew, in its place, at each checkpoint: a process that was killed in"
            " that moment leaves such a file. Restore it from a copy, or fill another file."
        )
    return None


def database_file(url: URL) -> Path | None:
    """The file that a URL of SQLite or DuckDB names; None for servers and for what is in memory.

    Args:
        url: The URL. One with a host is left to the driver, which refuses it.
    """
    name = url.database or ""
    if url.get_backend_name() not in _FILES or url.host or name in ("", ":memory:"):
        return None
    if name.startswith(("md:", "motherduck:")):
        return None
    if name.startswith("file:"):
        try:
            parts = urlsplit(name)
        except ValueError:
            return None  # a host, which is left to the driver as well
        if parts.path.startswith(":memory:") or url.query.get("mode") == "memory" or "mode=memory" in parts.query:
            return None
        name = unquote(parts.path)
    return None if "://" in name or name.startswith(":memory:") else Path(name)


def missing_file(url: URL) -> Path | None:
    """The file of a database that does not exist; a driver that opens it to read would make an empty one."""
    file = database_file(url)
    return None if file is None or file.exists() else file


def missing_file_hint(file: Path) -> str | None:
    """The file of the same folder that is meant, if one has a name like it."""
    try:
        there: list[Any] = [one.name for one in file.parent.iterdir() if one.is_file()]
    except OSError:
        return None if file.parent.exists() else f"The folder {masked(str(file.parent))!r} does not exist."
    found = closest(file.name, there)
    return None if found is None else f"Did you mean {masked(str(file.with_name(found)))!r}?"
