"""From the errors of drivers and of SQLAlchemy to those of moltres."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import ArgumentError, CompileError, DBAPIError, InvalidRequestError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from .._shared.databases.connecting import file_hint, retry_can_help
from .._shared.databases.pools import is_in_transaction
from .._shared.masking import masked, scrubbed, secrets_of
from .._shared.problems import ProblemError
from ..errors import (
    ConfigurationError,
    DatabaseAccessError,
    DatabaseConnectionError,
    MoltresError,
    QueryCancelledError,
    QueryError,
    QueryTimeoutError,
    SchemaMismatchError,
    TransientQueryError,
    problems_translated,
)
from .complexity import HINT, TOO_COMPLEX, in_compiler, is_too_complex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, Engine

    from .base import Dialect


_HEADINGS: tuple[tuple[type[MoltresError], str], ...] = (
    (QueryCancelledError, "The database cancelled the statement"),
    (QueryTimeoutError, "The database stopped the statement at a time limit of its own"),
    (TransientQueryError, "The statement conflicts with another transaction"),
    (ConfigurationError, "The connection cannot be opened as the URL says"),
    (DatabaseAccessError, "The database refused the connection"),
    (DatabaseConnectionError, "The connection to the database failed"),
)


def _heading(kind: type[MoltresError], *, cancelled: bool) -> str:
    if cancelled and issubclass(kind, QueryCancelledError):
        return "The statement was cancelled"
    found = (heading for one, heading in _HEADINGS if issubclass(kind, one))
    return next(found, "The database refused the statement")


_EXCERPT = re.compile(r"\n+LINE \d+:[^\n]*(\n[^\S\n]*\^[^\n]*)?")
"""The part of the statement that PostgreSQL and DuckDB repeat; it can have the values that are literals in it."""


_STRING = re.compile(r"\bE'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'", re.DOTALL)


def _without_literals(dialect: Dialect, statement: str | None) -> str | None:
    """A statement without the strings in it, where these can be values that were given beside it."""
    return statement if statement is None or not dialect.writes_literals else _STRING.sub("'…'", statement)


_MOST_STRINGS = 100
"""Strings of a statement that are looked at for secrets: a connection string, or the URL of a file, is one of few."""


def _secrets_of(url: URL, error: BaseException | None) -> set[str]:
    """The secrets of the database, and of URLs and connection strings that a statement has been given."""
    found = set(secrets_of(url))
    if isinstance(error, StatementError):
        given = error.params.values() if isinstance(error.params, Mapping) else error.params or ()
        written = (one.lstrip("E").strip("'") for one in _STRING.findall(error.statement or ""))
        strings = [*islice(written, _MOST_STRINGS), *islice(given, _MOST_STRINGS)]
        found |= {secret for one in strings if isinstance(one, str) for secret in secrets_of(one)}
    return found


def _error(
    kind: type[MoltresError],
    url: URL,
    said: str,
    sql: str | None,
    *,
    cancelled: bool,
    source: BaseException | None = None,
) -> MoltresError:
    secrets = _secrets_of(url, source)
    said = scrubbed(_EXCERPT.sub("", said).strip(), secrets)
    sql = None if sql is None else scrubbed(sql, secrets)  # the path of a file may be a signed URL
    context: dict[str, Any] = {"database": masked(url)}
    if kind is QueryError and is_too_complex(said):
        message = f"{TOO_COMPLEX} for the database: {said}"
        return QueryError(message, sql=sql, driver_message=said, suggestion=HINT, context=context)
    message = f"{_heading(kind, cancelled=cancelled)}: {said}"
    if issubclass(kind, QueryError):
        return kind(message, sql=sql, driver_message=said, context=context)
    return kind(message, context=context)


_NO_VALUE = "a value is not supported by the driver"
_NOT_TAKEN = (AttributeError, NotImplementedError, OverflowError, TypeError, ValueError)
_DRIVER_CALLS = frozenset({"do_execute", "do_executemany", "do_execute_no_params", "fetchone", "fetchmany", "fetchall"})


def _by_driver(error: Exception) -> bool:
    """Whether a driver raised this, of no class of its own, at a value that it cannot send or hand over."""
    if not isinstance(error, _NOT_TAKEN):
        return False
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        if code.co_name in _DRIVER_CALLS and "sqlalchemy" in code.co_filename:
            return True
        place = place.tb_next
    return False


def _own(engine: Engine, dialect: Dialect, error: Exception, *, cancelled: bool) -> MoltresError | None:
    url = engine.url
    if isinstance(error, DBAPIError):
        said, kind = str(error.orig), dialect.classify(error)
        if issubclass(kind, DatabaseConnectionError) and (outgrown := dialect.outgrown(engine, error)) is not None:
            kind, said = QueryError, outgrown
        sql = _without_literals(dialect, error.statement)
        return _error(kind, url, said, sql, cancelled=cancelled, source=error)
    if isinstance(error, StatementError):
        return _error(
            QueryError,
            url,
            f"{_NO_VALUE}: {str(error.orig).removeprefix(_NO_VALUE).removeprefix(': ')}",
            _without_literals(dialect, error.statement),
            cancelled=False,
            source=error,
        )
    if isinstance(error, PoolTimeoutError):
        return _error(DatabaseConnectionError, url, str(error), None, cancelled=False)
    if isinstance(error, CompileError | ArgumentError):
        return _unwritten(dialect, error)
    if isinstance(error, RecursionError) and in_compiler(error):
        return QueryError(f"{TOO_COMPLEX} to be written.", suggestion=HINT, context={"database": masked(url)})
    from_driver = isinstance(error, engine.dialect.loaded_dbapi.Error) or dialect.is_driver_error(error)
    found: Any = dialect.classify(error) if from_driver else None
    said = str(error)
    if found is None and _by_driver(error):
        found, said = QueryError, f"{_NO_VALUE}: {error}"
    return None if found is None else _error(found, url, said, None, cancelled=cancelled)


def _unwritten(dialect: Dialect, error: Exception) -> MoltresError | None:
    """What SQLAlchemy does not write."""
    if isinstance(error, CompileError):
        return QueryError(f"SQLAlchemy cannot compile the statement for {dialect.name}: {error}")
    if "non-blank name" in str(error):
        return SchemaMismatchError("A column has no name.", suggestion="Rename it, or give it a name by AS in a query.")
    return None


def _cause(error: BaseException | None, url: URL) -> BaseException | None:
    """The cause to show: the driver's error, because that of SQLAlchemy can contain the values of a statement."""
    secrets = _secrets_of(url, error)
    if isinstance(error, StatementError):
        error = error.orig
    if error is not None and _EXCERPT.search(str(error)):
        error = type(error)(_EXCERPT.sub("", str(error)))
    return None if error is None or scrubbed(str(error), secrets) != str(error) else error


@contextmanager
def translated(engine: Engine, dialect: Dialect, cancelled: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Let errors of SQLAlchemy and of the driver leave the block as errors of moltres.

    Args:
        engine: The engine whose statements run in the block.
        dialect: Its dialect, which classifies the driver's errors.
        cancelled: Whether `cancel` has been called on them.
    """
    try:
        yield
    except MoltresError as error:
        error.__cause__ = _cause(error.__cause__, engine.url)
        raise
    except Exception as error:
        if isinstance(error, ProblemError):
            with problems_translated():
                raise
        own = dialect.refused(error) or _own(engine, dialect, error, cancelled=cancelled())
        if own is None:
            raise
        raise own from _cause(error, engine.url)


def connected(engine: Engine, dialect: Dialect) -> Connection:
    """A connection from the engine's pool.

    Raises:
        DatabaseConnectionError: If a retry can help, whatever the driver calls the failure; TransientQueryError if the
            database is locked.
        DatabaseAccessError: If it cannot help: a wrong password, an unknown database, a file that is no database.
        ConfigurationError: If the URL has an option that the driver does not take, or the connection is one that the
            caller is in a transaction on.
    """
    try:
        if not is_in_transaction(engine):
            return engine.connect()
        failure: MoltresError = ConfigurationError(
            "The engine has one connection, and a transaction has begun on it, which would be rolled back.",
            suggestion="Give the connection itself, connect(connection), or commit before.",
        )
    except DBAPIError as error:
        failure = _unconnected(engine, dialect, error.orig or error)
    except engine.dialect.loaded_dbapi.Error as error:
        failure = _unconnected(engine, dialect, error)
    except (
        ArgumentError, AssertionError, AttributeError, InvalidRequestError, LookupError, OSError, TypeError, ValueError
    ) as error:  # fmt: skip
        # What a driver raises before it connects: an option that it does not know, a file that it cannot read. And what
        # SQLAlchemy does when it first asks the server, and gets rows of another form.
        failure = _error(ConfigurationError, engine.url, str(error), None, cancelled=False)
    # Outside of the handler, so that psycopg's error, which contains the password, is neither cause nor context.
    raise failure


def _unconnected(engine: Engine, dialect: Dialect, error: BaseException) -> MoltresError:
    kind = dialect.classify(error)
    if not issubclass(kind, TransientQueryError | DatabaseAccessError):
        kind = DatabaseConnectionError if retry_can_help(engine.dialect.name, error) else DatabaseAccessError
    failure = _error(kind, engine.url, str(error), None, cancelled=False)
    failure.suggestion = file_hint(engine.dialect.name, error)
    return failure
