"""SQLAlchemy's dialect for a catalog of Iceberg tables: DuckDB, whose tables are those of the catalog."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from duckdb_sqlalchemy import Dialect as DuckDB
from sqlalchemy import URL, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.pool import QueuePool

from ..databases.duckdb_optimizers import disable_wrong_optimizers
from ..duckdb_literals import use_literals
from ..problems import InvalidOptionError
from .places import DEFAULT_NAMESPACE, catalog_opener, is_catalog, namespace_of
from .session import Session, files_used
from .snapshots import AsOf, version_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

__all__ = ["IcebergDialect", "catalog_url", "make_engine", "session_of"]

_MEMORY = "1GiB"
"""What DuckDB may hold in memory unless ``connect_args={"config": {"memory_limit": …}}`` says otherwise."""

_GIVE_BACK = ("allocator_flush_threshold", "allocator_bulk_deallocation_flush_threshold")
"""The settings by which DuckDB gives memory that it has freed back to the system at once."""

_sessions: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()


def session_of(connection: Connection) -> Session:
    """The session of a connection."""
    return _session(connection.connection)


def _session(given: Any) -> Session:
    """The session of a driver's connection, as it is or as the pool hands it out."""
    return _sessions[getattr(given, "dbapi_connection", given)]


class IcebergDialect(DuckDB):
    """DuckDB, in which each table of a catalog is a view of its files.

    What is in DuckDB itself goes with each transaction: temporary tables, and what a transaction has not published.
    """

    name = "iceberg"
    supports_statement_cache = True
    session_class: type[Session] = Session
    settings: ClassVar[dict[str, str]] = {}
    core: str
    """The distribution whose extra brings PyIceberg."""

    def __init__(
        self, opener: Callable[..., Any] | None = None, namespace: str = DEFAULT_NAMESPACE, **options: Any
    ) -> None:
        """A dialect for one catalog.

        Args:
            opener: Opens the catalog; None to find it by the URL. See `iceberg_places.catalog_opener`.
            namespace: The namespace of tables that are named without one, if there is an opener.
            **options: Those of DuckDB's dialect.
        """
        super().__init__(**options)
        self.opener = opener
        self.namespace = namespace

    @classmethod
    def get_pool_class(cls, url: URL) -> type[QueuePool]:
        """Each connection is a DuckDB of its own, which is worth keeping."""
        del url
        return QueuePool

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Values are literals in every engine, also in one that `sqlalchemy.create_engine` makes."""
        use_literals(engine)

    def connect(self, *_: Any, **options: Any) -> Any:
        """A connection to a DuckDB of its own, in memory."""
        config = {
            "memory_limit": _MEMORY,
            "temp_directory": tempfile.gettempdir(),
            **dict.fromkeys(_GIVE_BACK, "1MB"),
            **self.settings,
            **options.pop("config", {}),
        }
        options.pop("database", None)
        wrapper = super().connect(config=config, **options)
        disable_wrong_optimizers(wrapper)
        assert self.opener is not None  # noqa: S101 - create_connect_args comes first
        _sessions[wrapper] = self.session_class(wrapper, self.opener, self.namespace)
        return wrapper

    def create_connect_args(self, url: URL) -> Any:
        """The URL says where the catalog is; nothing of it is DuckDB's."""
        if self.opener is None:
            self.opener, self.namespace = catalog_opener(url, core=self.core), namespace_of(url)
        self.default_schema_name = self.namespace
        return (), {}

    def _get_default_schema_name(self, connection: Connection) -> str:
        del connection
        return self.namespace

    def _session_in(self, context: Any) -> Session:
        return _session(context.root_connection.connection)

    def prepare(self, connection: Connection, statement: str) -> str:
        """Make views of the tables that a statement names, which the driver is to run by itself.

        Args:
            connection: The connection.
            statement: The statement.

        Returns:
            The statement to run.
        """
        with files_used():
            return self._prepared(session_of(connection), statement)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """With views of the tables that it names."""
        with files_used():
            statement = self._prepared(self._session_in(context), statement)
        super().do_execute(cursor, statement, parameters, context)
        self._executed(context)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        """With views of the tables that it names."""
        with files_used():
            statement = self._prepared(self._session_in(context), statement)
        super().do_execute_no_params(cursor, statement, context)
        self._executed(context)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """With views of the tables that it names."""
        with files_used():
            statement = self._prepared(self._session_in(context), statement)
        super().do_executemany(cursor, statement, parameters, context)
        self._executed(context)

    def _prepared(self, session: Session, statement: str) -> str:
        """A statement as it is run, once the session has what it names."""
        session.prepare(statement)
        return statement

    def _executed(self, context: Any) -> None:
        """After a statement."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Publish what was changed. DuckDB itself keeps nothing."""
        with files_used():
            _session(dbapi_connection).publish()
        self.do_rollback(dbapi_connection)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Forget the transaction, and what it has seen."""
        super().do_rollback(dbapi_connection)
        _session(dbapi_connection).ended()

    def version(self, connection: Connection, name: str, schema: str | None, as_of: AsOf) -> str:
        """The name that a snapshot of a table has in statements.

        Args:
            connection: Where the statements run.
            name: The table.
            schema: Its namespace; None for the default.
            as_of: A snapshot id, the name of a branch or tag, or a time.

        Raises:
            InvalidOptionError: If the table has no such snapshot.
        """
        session = session_of(connection)
        return str(version_at(session.load(schema or session.namespace, name), name, as_of))

    # -- reflection

    def get_schema_names(self, connection: Connection, **_: Any) -> list[str]:
        """The namespaces."""
        return session_of(connection).schemas()

    def get_table_names(self, connection: Connection, schema: str | None = None, **_: Any) -> list[str]:
        """The tables of a namespace."""
        return session_of(connection).tables(schema)

    def get_view_names(self, *_: Any, **__: Any) -> list[str]:
        """There are no views."""
        return []

    get_materialized_view_names = get_view_names

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """Whether the catalog has a table, or a table such a snapshot."""
        return session_of(connection).has(schema, table_name)

    def has_schema(self, connection: Any, schema: str, **_: Any) -> bool:  # type: ignore[override]  # as DuckDB's
        """Whether the catalog has a namespace."""
        return schema in session_of(connection).schemas()

    def get_columns(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """The columns as DuckDB sees them, and which hold no NULL."""
        session = session_of(connection)
        if not session.has(schema, table_name):
            raise NoSuchTableError(table_name)
        place = schema or session.namespace
        session.define(place, table_name)
        kw.pop("info_cache", None)
        columns = super().get_columns(connection, table_name, place, **kw)
        required = session.required(schema, table_name)
        return [{**one, "nullable": one["name"] not in required} for one in columns]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """Iceberg has no keys that it holds rows to."""
        return {"constrained_columns": [], "name": None}

    def _nothing(self, *_: Any, **__: Any) -> Any:
        return []

    get_foreign_keys = get_indexes = get_unique_constraints = get_check_constraints = _nothing

    def get_table_comment(self, *_: Any, **__: Any) -> Any:
        """No comment."""
        return {"text": None}


def catalog_url(catalog: Any) -> URL:
    """What stands for a given catalog of PyIceberg in messages; without its properties, which may be secret."""
    return URL.create("iceberg", host=str(getattr(catalog, "name", None) or "catalog"))


def _constant(catalog: Any) -> Callable[..., Any]:
    def opened(*, make: bool = False) -> Any:
        del make
        return catalog

    return opened


def make_engine(given: URL | Any, dialect: type[IcebergDialect], **options: Any) -> Engine:
    """An engine for a catalog.

    Args:
        given: A URL (see `iceberg_places.catalog_opener`), or a catalog of PyIceberg.
        dialect: The dialect, of this package or a subclass.
        **options: Arguments of `create_engine`; ``connect_args`` are DuckDB's.
    """
    wrong = sorted({"poolclass", "creator", "module", "pool"} & set(options))
    if wrong:
        raise InvalidOptionError(f"Iceberg tables take no {', '.join(wrong)}: each connection is a DuckDB of its own.")
    if is_catalog(given):
        url: URL = catalog_url(given)
        opener: Callable[..., Any]
        opener, namespace = _constant(given), DEFAULT_NAMESPACE
    else:
        url, opener, namespace = given, catalog_opener(given, core=dialect.core), namespace_of(given)
    name = dialect.core.replace("-", "_")  # both cores can be in one process
    registry.register(f"iceberg.{name}", dialect.__module__, dialect.__name__)
    engine = create_engine(
        URL.create(f"iceberg+{name}"), opener=opener, namespace=namespace, **{"hide_parameters": True, **options}
    )
    engine.url = url
    return engine
