"""URLs of databases: how they are read, which driver they need, and what to install if it is missing."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import URL, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..duckdb_literals import use_literals
from ..files.readers import meant_url
from ..masking import as_meant
from ..problems import InvalidURLError, MissingPackageError, UnknownDatabaseError
from ..wording import closest, did_you_mean, missing_package, repr_of
from .connecting import limit_handshake
from .duckdb_optimizers import disable_wrong_optimizers
from .sqlite import refuse_detect_types
from .trino_urls import connect_as_meant, prepared

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = [
    "DRIVERS",
    "KNOWN",
    "Driver",
    "database_url",
    "is_database_url",
    "make_engine",
    "normalized",
    "packages_of",
    "parse_url",
]

_AMONG_PARAMETERS = re.compile(r"[^:/]+://[^:/@?]*:[0-9]+/[^@?]*\?[^@=]*=[^@]*@")
"""A host, a port and parameters, one of which has an ``@``: SQLAlchemy takes the host for a user."""
_SCHEME = re.compile(r"(?P<backend>[A-Za-z][\w.\-]*)(?:\+(?P<driver>\w+(?:\+\w+)?))?://")


class Driver(NamedTuple):
    """A driver of a database.

    Attributes:
        name: SQLAlchemy's name of it.
        module: The module that is imported.
        package: What pip installs.
        extra: The extra of both cores that brings it.
    """

    name: str
    module: str
    package: str
    extra: str | None = None


_MYSQL = (
    Driver("pymysql", "pymysql", "pymysql", "mysql"),
    Driver("mysqldb", "MySQLdb", "mysqlclient"),
    Driver("mysqlconnector", "mysql", "mysql-connector-python"),
    Driver("mariadbconnector", "mariadb", "mariadb"),
)
DRIVERS = {
    "postgresql": (
        Driver("psycopg", "psycopg", "psycopg[binary]", "postgresql"),
        Driver("psycopg2", "psycopg2", "psycopg2-binary"),
        Driver("pg8000", "pg8000", "pg8000"),
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "oracle": (Driver("oracledb", "oracledb", "oracledb"), Driver("cx_oracle", "cx_Oracle", "cx_Oracle")),
    "mssql": (Driver("pyodbc", "pyodbc", "pyodbc"), Driver("pymssql", "pymssql", "pymssql")),
    "duckdb": (),
    "iceberg": (),
    "sqlite": (Driver("pysqlcipher", "sqlcipher3", "sqlcipher3"),),
}
"""The drivers of each database, in the order in which a URL that names none takes them."""

_SAME = {"postgres": "postgresql", "pgsql": "postgresql"}

#: Dialects that come with packages of their own.
_DIALECTS = {
    "access": "sqlalchemy-access", "athena": "PyAthena[SQLAlchemy]", "awsathena": "PyAthena[SQLAlchemy]",
    "bigquery": "sqlalchemy-bigquery", "clickhouse": "clickhouse-sqlalchemy", "clickhousedb": "clickhouse-connect",
    "cockroachdb": "sqlalchemy-cockroachdb", "databricks": "databricks-sqlalchemy", "db2": "ibm_db_sa",
    "dremio": "sqlalchemy_dremio", "druid": "pydruid[sqlalchemy]", "exa": "sqlalchemy-exasol",
    "firebird": "sqlalchemy-firebird", "hana": "sqlalchemy-hana", "hive": "PyHive[hive]", "ibm_db_sa": "ibm_db_sa",
    "impala": "impyla", "monetdb": "sqlalchemy-monetdb", "presto": "PyHive[presto]", "redshift": "sqlalchemy-redshift",
    "risingwave": "sqlalchemy-risingwave", "snowflake": "snowflake-sqlalchemy", "teradatasql": "teradatasqlalchemy",
    "trino": "trino[sqlalchemy]", "vertica": "sqlalchemy-vertica-python", "ydb": "ydb-sqlalchemy",
}  # fmt: skip

_CATALOGS = "pyiceberg[sql-sqlite,pyarrow]"
"""What opens catalogs of Iceberg tables, as the extra of both cores brings it."""

#: Those of them that extras of the cores bring.
_EXTRAS = {"trino": "trino"}

KNOWN = tuple(sorted({*DRIVERS, *_DIALECTS, *_SAME}))
"""The databases whose names are recognised, for suggestions."""


def parse_url(given: str | URL) -> URL:
    """A URL of a database, as it is written.

    Args:
        given: ``dialect://user:password@host:port/database``, or a SQLAlchemy URL, which is returned as it is.

    Raises:
        InvalidURLError: It cannot be read, or a password with an unquoted ``@`` leaves open where the host begins.
            Nothing of what was given is repeated: it may hold a password.
    """
    if isinstance(given, URL):
        return given
    if not isinstance(given, str):
        raise InvalidURLError(
            f"The URL of the database must be a string or a SQLAlchemy URL, not {repr_of(given, 80)}."
        )
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        # `from None`: SQLAlchemy's own message quotes the whole text.
        meant = meant_url(given)
        raise InvalidURLError(
            "The URL of the database cannot be read.",
            suggestion=f"Did you mean {meant!r}?"
            if meant is not None
            else "Write dialect://user:password@host:port/database, with special characters of the password"
            " quoted by urllib.parse.quote(password, safe=''), or build it with sqlalchemy.URL.create(...).",
        ) from None
    if "@" in (url.host or "") or as_meant(url) is not url:
        raise InvalidURLError(
            "The URL of the database has more than one '@': where its password ends and its host begins is not clear.",
            suggestion="Write %40 for an '@' in the user or password, or build it with sqlalchemy.URL.create(...).",
        )
    if _AMONG_PARAMETERS.match(given):
        raise InvalidURLError(
            "The URL of the database has an '@' among its parameters: what is before it would be a password.",
            suggestion="Write %40 for an '@' in a parameter, or build it with sqlalchemy.URL.create(...).",
        )
    most = 2 if url.drivername.lower().startswith("iceberg+") else 1  # the database of the catalog, and its driver
    if url.drivername.count("+") > most:
        raise InvalidURLError(
            f"The URL of the database names more than one driver: {url.drivername}://.",
            suggestion="Write dialect+driver://user:password@host:port/database.",
        )
    return url


def normalized(url: URL) -> URL:
    """The URL with SQLAlchemy's name of the database, and with an installed driver where it names none.

    ``postgres://`` is ``postgresql+psycopg://``, ``mysql://`` and ``mariadb://`` use PyMySQL, if these are installed;
    otherwise another driver that is. If none is, the first, so that the error names what an extra brings.
    """
    backend, plus, driver = url.drivername.partition("+")
    backend = _SAME.get(backend.lower(), backend)
    candidates = [] if plus else [one for one in DRIVERS.get(backend, ()) if backend != "sqlite"]
    if candidates:
        chosen = next((one for one in candidates if find_spec(one.module) is not None), candidates[0])
        plus, driver = "+", chosen.name
    name = f"{backend}{plus}{driver}"
    return url if name == url.drivername else url.set(drivername=name)


def is_database_url(text: str) -> bool:
    """Whether a string is meant as the URL of a database, whether or not its dialect and driver are installed."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        return False
    backend = scheme["backend"]
    if backend.lower() in KNOWN or scheme["driver"] is not None:
        return True
    try:
        registry.load(backend)
    except NoSuchModuleError:
        return False
    except ImportError:
        return True  # registered, and what it needs is missing: told when it is opened
    return True


def packages_of(url: str) -> tuple[str, ...]:
    """What pip installs for the URL of a database: its dialect or driver; nothing for those that come with the cores.

    Args:
        url: The URL, or its beginning up to ``://``; only the scheme counts. A driver that it does not name is the
            first of `DRIVERS`.
    """
    scheme = _SCHEME.match(url)
    if scheme is None:
        return ()
    backend = _SAME.get(scheme["backend"].lower(), scheme["backend"].lower())
    if backend in _DIALECTS:
        return (_DIALECTS[backend],)
    if backend == "iceberg":
        return (_CATALOGS, *packages_of(f"{scheme['driver']}://"))  # and what the database of the catalog requires
    drivers = DRIVERS.get(backend, ())
    if scheme["driver"] is not None:
        return tuple(one.package for one in drivers if one.name == scheme["driver"].lower())
    return (drivers[0].package,) if drivers and backend != "sqlite" else ()


def database_url(given: str | URL) -> URL:
    """What `parse_url` and `normalized` make of a URL."""
    return normalized(parse_url(given))


def make_engine(url: URL, *, core: str, **options: Any) -> Engine:
    """An engine for a URL; what is missing for it is one clear error.

    Args:
        url: The URL; see `database_url`.
        core: The distribution whose extras bring drivers: ``dq-core`` or ``moltres-core``.
        **options: Arguments for SQLAlchemy's ``create_engine``. Values of statements stay out of errors and logs
            unless ``hide_parameters`` says otherwise.

    Raises:
        UnknownDatabaseError: SQLAlchemy knows no such database, or no such driver for it.
        MissingPackageError: The driver or the dialect is not installed; the suggestion installs it.
        InvalidURLError: The driver is asynchronous, a URL of Trino has a parameter that it does not take, or SQLite's
            driver would change values.
        TypeError: ``create_engine`` takes no such option.
    """
    backend = url.get_backend_name()
    if backend == "trino":
        url, options = prepared(url, options)
    elif backend == "sqlite":
        refuse_detect_types(url, options)
    try:
        engine = create_engine(url, **{"hide_parameters": True, **options})
    except NoSuchModuleError:
        raise _unknown(url, backend, core) from None
    except ImportError as error:
        raise _missing(url, backend, error, core) from error
    if engine.dialect.is_async:
        raise InvalidURLError(
            f"The driver {url.drivername} is asynchronous, and statements are run synchronously.",
            suggestion=f"Name another driver, or none: {backend}://…",
        )
    limit_handshake(engine)
    connect_as_meant(engine)
    if backend == "duckdb":
        use_literals(engine)
        event.listen(engine, "connect", lambda raw, _: disable_wrong_optimizers(raw))
    return engine


def _unknown(url: URL, backend: str, core: str) -> MissingPackageError | UnknownDatabaseError:
    try:
        registry.load(backend)
    except NoSuchModuleError:
        if backend in _DIALECTS:
            return missing_package(_DIALECTS[backend], _url_of(backend), core=core, extra=_EXTRAS.get(backend))
        return UnknownDatabaseError(
            f"SQLAlchemy has no dialect {backend!r}.",
            suggestion=did_you_mean(backend, KNOWN) or "Install the package that brings this dialect.",
            context={"given": backend, "known": list(KNOWN)},
        )
    except ImportError as error:
        return _missing(url, backend, error, core)
    driver = url.drivername.partition("+")[2]
    near = closest(driver, [one.name for one in DRIVERS.get(backend, ())])
    return UnknownDatabaseError(
        f"SQLAlchemy has no driver {driver!r} for {backend}.",
        suggestion=f"Leave it out and write {backend}://…" + (f", or {backend}+{near}://…" if near else ""),
        context={"given": url.drivername},
    )


def _url_of(backend: str) -> str:
    return f"{'An' if backend[:1] in 'aeiou' else 'A'} {backend} URL"


def _missing(url: URL, backend: str, error: ImportError, core: str) -> MissingPackageError:
    module = (error.name or url.drivername.rpartition("+")[2]).partition(".")[0]
    driver = next((one for one in DRIVERS.get(backend, ()) if one.module == module), None)
    driver = driver or next((one for several in DRIVERS.values() for one in several if one.module == module), None)
    if driver is not None:
        return missing_package(driver.package, _url_of(backend), core=core, extra=driver.extra)
    package = _DIALECTS.get(backend, module)
    return missing_package(package, _url_of(backend), core=core, extra=_EXTRAS.get(backend))
