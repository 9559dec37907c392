"""What differs between databases: one module or folder per database, and the portable way in `base`."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from .._shared.iceberg import places as iceberg_places
from .._shared.wording import listing
from ..errors import ConfigurationError
from .base import Dialect
from .capabilities import MYSQL, Capabilities
from .error_translation import connected, translated

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["Capabilities", "Dialect", "dialect_for", "kind_of", "register", "supported"]

_MODULES = {
    "sqlite": (".sqlite", "SQLiteDialect"),
    "duckdb": (".duckdb", "DuckDBDialect"),
    "iceberg": (".iceberg", "IcebergDialect"),
    "mariadb": (".mariadb", "MariaDBDialect"),
    "postgresql": (".postgresql", "PostgreSQLDialect"),
    "trino": (".trino", "TrinoDialect"),
}
# Databases without a module: what is known of them beyond SQLAlchemy.
_PORTABLE = {"mysql": MYSQL}
_LOADED: dict[str, Dialect] = {}

iceberg_places.register(f"{__name__}.iceberg.engine", "WritingDialect", instead=True)


def supported() -> tuple[Dialect, ...]:
    """The dialects of the databases that have a module or folder here, by name."""
    return tuple(_load(name) for name in sorted(_MODULES))


def _load(name: str) -> Dialect:
    module, cls = _MODULES[name]
    dialect: Dialect = getattr(import_module(module, __package__), cls)()
    return dialect


def register(dialect: Dialect) -> None:
    """Use a dialect for every database whose SQLAlchemy dialect has its name.

    Args:
        dialect: The dialect; its `name` is that of the SQLAlchemy dialect.
    """
    _LOADED[dialect.name] = dialect


def dialect_for(bind: Engine | Connection) -> Dialect:
    """The dialect of the database behind an engine or a connection.

    Args:
        bind: A SQLAlchemy engine or connection.

    Raises:
        ConfigurationError: If the driver is none with which values are sure to be those of the database.

    Returns:
        The dialect registered for this database, or the portable one, which uses only SQLAlchemy.
    """
    kind = kind_of(bind)
    if not kind.differs:
        return kind
    engine = bind.engine
    with translated(engine, kind):
        return kind.of(engine, lambda: nullcontext(bind) if isinstance(bind, Connection) else connected(engine, kind))


def kind_of(bind: Engine | Connection) -> Dialect:
    """The same without a question to the server; databases of one kind may still differ in what they can do."""
    name = bind.dialect.name
    if name not in _LOADED:
        if name in _MODULES:
            register(_load(name))
        else:
            known = _PORTABLE.get(name) or Capabilities(
                max_identifier_bytes=bind.dialect.max_identifier_length, counts_characters=True
            )
            register(Dialect(name, known))
    dialect, driver = _LOADED[name], bind.dialect.driver
    if dialect.drivers and driver not in dialect.drivers:
        raise ConfigurationError(
            f"{name} is read and written through {listing(dialect.drivers)}, not {driver}, which tells neither warnings"
            " nor types as the server does.",
            suggestion=f"Use {name}+{dialect.drivers[0]}://… as URL.",
        )
    return dialect
