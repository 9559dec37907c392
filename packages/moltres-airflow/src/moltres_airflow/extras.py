"""The extra of an Airflow connection: for the engine, for the driver, for the hook; what nobody takes is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowException
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from moltres.errors import ConfigurationError, refuse
from moltres.task import make_engine, masked, parse_url
from moltres_airflow.sqlite import sqlite_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_OF_ENGINE: Final = ("connect_args", "execution_options", "isolation_level")
"""Keys that are arguments of ``create_engine``."""

_OF_HOOK: Final = frozenset({
    "cursor", "dialect", "escape_column_names", "escape_word_format", "insert_statement_format", "placeholder",
    "replace_statement_format", "sqlalchemy_query", "sqlalchemy_scheme",
})  # fmt: skip
"""Keys that hooks keep for themselves: how they write SQL, and what their cursors return."""

_BASE_HOOK: Final = "airflow.providers.common.sql.hooks.sql"
"""Where the base class of hooks lives, whose engine knows nothing of the extra."""

_WHOLE: Final = "__extra__"
"""The key under which Airflow writes an extra into a URL that is no flat mapping of strings."""


def extra_of(connection: Any, conn_id: str) -> Mapping[str, Any]:
    """The extra of a connection.

    Args:
        connection: The connection of Airflow.
        conn_id: Its name, for messages.

    Raises:
        ConfigurationError: If it is no JSON object, which Airflow takes for no extra, or has parts of another type.
    """
    given = connection.extra
    if not given:
        return {}
    try:
        is_object = isinstance(json.loads(given), Mapping)
    except ValueError:
        is_object = False
    if not is_object:
        raise ConfigurationError(
            f"The extra of the connection {conn_id!r} is no JSON object.", suggestion='Write it as {"name": "value"}.'
        )
    extra: Mapping[str, Any] = connection.extra_dejson  # which Airflow's logs mask from now on
    types = {"connect_args": Mapping, "execution_options": Mapping, "isolation_level": str}
    words = {Mapping: "an object", str: "a string"}
    refuse(
        (
            f"{name} must be {words[kind]}, not {type(extra[name]).__name__}."
            for name, kind in types.items()
            if extra.get(name) is not None and not isinstance(extra[name], kind)
        ),
        f"The extra of the connection {conn_id!r} cannot be used",
        always_headed=True,
    )
    return extra


def engine_of_hook(hook: Any, conn_id: str, extra: Mapping[str, Any]) -> Engine:
    """The engine of a connection, which connects as the hook itself does.

    Args:
        hook: The hook of the connection.
        conn_id: Its name, for messages.
        extra: Its extra.

    Raises:
        ConfigurationError: If something in the extra cannot be honoured; also when the engine connects.
    """
    arguments = {name: extra[name] for name in _OF_ENGINE if extra.get(name) is not None}
    if _maker(hook) != _BASE_HOOK:
        # It makes its engine in its own way, of its own extra.
        with _of_hook(conn_id):
            engine: Engine = hook.get_sqlalchemy_engine(engine_kwargs=arguments)
        return engine
    own = _OF_HOOK | frozenset(getattr(hook, "ignored_extra_options", ())) | {*_OF_ENGINE}
    driver = {name: value for name, value in extra.items() if name not in own}
    given = {**driver, **arguments.pop("connect_args", {})}
    try:
        with _of_hook(conn_id):
            _ = hook.sqlalchemy_url
    except NotImplementedError:
        # Such a hook writes the extra into the query of its URL, where SQLAlchemy drops what it does not know.
        with _of_hook(conn_id):
            uri = hook.get_uri()
        url = parse_url(uri)
        url = url.difference_update_query([*extra, _WHOLE])
        if url.get_backend_name() == "sqlite":
            url, given = sqlite_arguments(url, given, conn_id)
        engine = make_engine(url, {"connect_args": given, **arguments})
    else:
        with _of_hook(conn_id):
            options = {"hide_parameters": True, "connect_args": given, **arguments}
            engine = hook.get_sqlalchemy_engine(engine_kwargs=options)
    _refuse_unknown(engine, conn_id)
    return engine


@contextmanager
def _of_hook(conn_id: str) -> Iterator[None]:
    """Let a hook that refuses its connection say so in an error of ours."""
    try:
        yield
    except (AirflowException, ImportError, KeyError, SQLAlchemyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"The hook of the connection {conn_id!r} makes no engine of it: {masked(str(error))}.",
            suggestion="Correct the connection, or use dsn.",
        ) from error


def _maker(hook: object) -> str:
    """The module of the class that makes a hook's engine."""
    return next(kind.__module__ for kind in type(hook).__mro__ if "get_sqlalchemy_engine" in vars(kind))


def _refuse_unknown(engine: Engine, conn_id: str) -> None:
    """Let a driver that does not know an argument say so in an error of ours."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except TypeError as error:
            raise ConfigurationError(
                f"The extra of the connection {conn_id!r} has an option that the driver does not take: {error}.",
                suggestion="Remove it, or put arguments of create_engine under connect_args or execution_options.",
            ) from error
