"""Iceberg without a server, for moltres: DuckDB's dialect, whose new tables are files and commits."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NULLTYPE

from ..._shared.databases.connecting import retry_can_help
from ..._shared.iceberg.session import store_refuses
from ..._shared.iceberg.snapshots import versions_of
from ...errors import (
    ConfigurationError,
    DatabaseAccessError,
    DatabaseConnectionError,
    TransientQueryError,
    problems_translated,
)
from ...types.arrow import plain, to_batch
from ...types.logical import logical_type
from ..base import TEMPORARY, Dialect, named
from ..duckdb import DuckDBDialect
from ..duckdb.batches import arrow_batches
from .engine import full_name, session_of
from .evolution import partitions_without
from .landing import landing
from .loads import receipts_of
from .snapshot_load import SnapshotLoad
from .takeover import take_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Select, Table
    from sqlalchemy.sql.selectable import SelectBase
    from sqlalchemy.types import TypeEngine

    from ..._shared.iceberg.snapshots import AsOf
    from ...errors import MoltresError
    from ...types.arrow import Batch, Named
    from ..base.proving import Landing
    from ..tally import Covered
    from .pending import Pending
    from .session import WritingSession

_ROWS = 50_000


def _is_temporary(table: Table) -> bool:
    return bool(table.info.get(TEMPORARY)) or "TEMPORARY" in table._prefixes  # noqa: SLF001


class IcebergDialect(DuckDBDialect):
    """Tables of a catalog: read as views of files, written as files and one commit."""

    capabilities = replace(DuckDBDialect.capabilities, constraints=False, views=False)
    commits_each_table = True
    keeps_watermarks = False  # a commit records one load
    adds_columns = widens_types = False
    notices_new_rows = True  # its commit fails where another has changed the table
    told = Dialect.told
    spelled = Dialect.spelled

    def __init__(self) -> None:
        super().__init__()
        self.name = "iceberg"

    # -- types

    def column_type(self, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
        """As in DuckDB, but there is no type for JSON and for intervals."""
        kind = logical_type(type_)
        if kind.name in ("json", "interval"):
            return None
        if isinstance(type_, sql.ARRAY) and self.column_type(type_.item_type) is None:
            return None
        return super().column_type(type_)

    # -- errors

    def classify(self, error: BaseException) -> type[MoltresError]:
        """Also what the database of the catalog and the store of the files say."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        module = type(cause).__module__.partition(".")[0]
        if retry_can_help("iceberg", cause):
            conflict = module == "sqlite3" or str(getattr(cause, "sqlstate", None)).startswith("40")
            return TransientQueryError if conflict else DatabaseConnectionError
        if module in ("sqlite3", "psycopg", "psycopg2") or store_refuses(cause):
            return DatabaseAccessError
        return super().classify(error)

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:
        """What fails leaves a part of its changes pending: such a transaction can only be rolled back."""
        try:
            with super().writing(connection):
                yield
        except BaseException:
            session_of(connection).failed = True
            raise

    def begin_together(
        self,
        connections: Sequence[Connection],  # noqa: ARG002
        tables: Sequence[Table],  # noqa: ARG002
        *,
        seconds: float | None,  # noqa: ARG002
    ) -> int:
        """Each table has snapshots of its own."""
        return 0

    def lock(self, connection: Connection, table: Table) -> bool:
        """Nobody waits: the commit fails if another has changed the table, also where it only adds rows."""
        session = session_of(connection)
        place = session.place(full_name(table))
        if place is not None:
            session.held.add(place)
        return False

    def own_load(self, connection: Connection, run_key: str, name: str, schema: str | None) -> SnapshotLoad:
        """Snapshots record the keys."""
        return SnapshotLoad(session_of(connection), run_key, name, schema)

    def own_receipts(self, connection: Connection, name: str, schema: str | None) -> list[str]:
        """Those of the snapshots that the current one follows, and that have not expired."""
        session = session_of(connection)
        return receipts_of(session.load(schema or session.namespace, name).metadata)

    def landing(self, connection: Connection, table: Table, columns: Sequence[Covered]) -> Landing | str:
        """The rows in files that the load adds."""
        return landing(self, connection, table, columns)

    def version(self, connection: Connection, name: str, schema: str | None, as_of: AsOf) -> str:
        """The name that a snapshot has in statements."""
        known: Any = connection.dialect
        with problems_translated():
            return str(known.version(connection, name, schema, as_of))

    def fingerprint(self, connection: Connection, table: Table) -> str | None:
        """The snapshot: its rows never change. A table has none that this transaction has changed."""
        session = session_of(connection)
        place = session.place(full_name(table))
        if place is None or place in session.pending:
            return None
        return f"snapshot {session.load(*place).metadata.current_snapshot_id}"

    def explain(self, connection: Connection, query: Select[Any], *, analyze: bool) -> str:
        """The plan after the tables and snapshots that it reads: DuckDB itself sees files only."""
        plan = super().explain(connection, query, analyze=analyze)
        return "\n".join([*_read(session_of(connection)), plan])

    # -- rows

    def load(self, connection: Connection, table: Table, batch: Batch) -> int:
        """Write the rows to files, in batches."""
        if _is_temporary(table):
            return super().load(connection, table, batch)
        if not len(batch):
            return 0
        columns = named(table)
        if isinstance(batch, list):
            self.require_fit(columns, batch)
            batch = to_batch(batch, columns)
        else:
            self.require_batch(columns, batch)
        session = session_of(connection)
        place = session.place(full_name(table))
        if place is None:
            raise ConfigurationError(f"The table {table.name!r} does not exist.")
        rows = _add(session.change(*place), batch)
        session.outdate(*place)
        return rows

    def insert_select(self, connection: Connection, table: Table, names: Sequence[str], query: SelectBase) -> int:
        """Write the rows of a query to files, in batches."""
        if _is_temporary(table):
            return super().insert_select(connection, table, names, query)
        session = session_of(connection)
        place = session.place(full_name(table))
        if place is None:
            return super().insert_select(connection, table, names, query)
        pending = session.change(*place)
        with self.unchanged(connection, query):
            whole = take_over(session, pending, names, query, full_name)
        if whole is not None:
            session.refresh(*place)
            return whole
        types = {column.key: column.type for column in table.columns}
        rows = 0
        with closing(arrow_batches(connection, query, _ROWS)) as batches:
            for batch in batches:
                rows += _add(pending, _checked(batch, names, types))
        session.refresh(*place)
        return rows

    def create_as(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[Named],
        query: SelectBase,
        *,
        temporary: bool = False,
    ) -> int:
        """Create a table with the columns of a query, then write its rows to files."""
        if temporary:
            return super().create_as(connection, table, columns, query, temporary=True)
        super().create_as(connection, table, columns, query.limit(0))  # type: ignore[attr-defined]
        return self.insert_select(connection, table, [name for name, _ in columns], query)

    def divide(self, connection: Connection, table: Table, columns: Sequence[str]) -> None:
        """Partitions by the values of the columns."""
        session = session_of(connection)
        session.divided[table.schema or session.namespace, table.name] = tuple(columns)

    def replace(self, connection: Connection, old: Table, new: Table) -> None:
        """Give a table the columns and rows of another one: its uuid, history, properties and partitions stay."""
        session = session_of(connection)
        source, target = session.place(full_name(new)), session.place(full_name(old))
        if source is None or target is None:
            raise ConfigurationError(f"The table {old.name!r} does not exist.")
        pending, shadow = session.change(*target), session.pending[source]
        if pending.is_new:
            session.drop(*target)
            session.rename(source, target[1])
            return
        missing = partitions_without(pending.table.metadata, shadow.plan.schema)
        if missing:
            raise ConfigurationError(
                f"The table {old.name!r} is partitioned by {', '.join(missing)}, which the new columns do not have.",
                suggestion="Drop the table first, or keep the columns that partitions are made of.",
            )
        pending.replace_by(shadow)
        session.drop(*source)
        session.refresh(*target)


def _add(pending: Pending, batch: Any) -> int:
    """Write a batch, whose missing columns are NULL."""
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    present = set(batch.schema.names)
    for one in pending.plan.schema.fields:
        if one.name not in present:
            type_ = schema_to_pyarrow(one.field_type)
            batch = batch.append_column(pa.field(one.name, type_), pa.nulls(batch.num_rows, type_))
    return pending.add(batch)


def _read(session: WritingSession) -> Iterator[str]:
    """The tables that the last statement names, each with the snapshot that it reads."""
    for schema, name in session.named:
        version = None if name in session.listing().get(schema, ()) else versions_of(name)
        if version is not None:
            yield f"{schema}.{version.name}: snapshot {version.snapshot_id}"
        elif (schema, name) in session.pending:
            yield f"{schema}.{name}: as this transaction has changed it"
        else:
            yield f"{schema}.{name}: snapshot {session.load(schema, name).metadata.current_snapshot_id}"


def _checked(batch: Any, names: Sequence[str], types: dict[str, Any]) -> Any:
    """A batch of DuckDB's under the names of the table, without values that others do not have."""
    import pyarrow as pa

    plain_names = [place for place, one in enumerate(batch.schema) if not pa.types.is_nested(one.type)]
    made = plain(
        batch.select(plain_names), [(names[place], types.get(names[place], NULLTYPE)) for place in plain_names]
    )
    arrays = list(batch.columns)
    for place, array in zip(plain_names, made.columns, strict=True):
        arrays[place] = array
    return pa.RecordBatch.from_arrays(arrays, names=list(names))
