"""The table of finished loads: a load whose key is recorded does nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Column, DateTime, MetaData, String, Table, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from .._shared import arguments
from .._shared.masking import scrubbed, stored_problems
from ..dialects.sql.statements import AddColumn
from ..errors import ConfigurationError, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ..dialects import Dialect

LOADS: Final = "moltres_loads"
"""The table, in the schema of the target. Rows older than any retry can be deleted."""

ADDED: Final = ("receipt", "watermark")
"""The columns that the table did not have at first; both are JSON, or NULL."""

LONGEST_KEY: Final = 512
_LONGEST_NAME = 255


def loads_table(dialect: Dialect, schema: str | None) -> Table:
    """The table of loads, one row for each key and target table. Both are compared byte by byte."""
    return Table(
        LOADS,
        MetaData(),
        Column("run_key", dialect.exact_text(LONGEST_KEY), primary_key=True),
        Column("table_name", dialect.exact_text(_LONGEST_NAME), primary_key=True),
        Column("mode", String(32), nullable=False),
        Column("rows_written", BigInteger),
        # In UTC, without a time zone, which not every database supports.
        Column("loaded_at", DateTime, nullable=False),
        *(Column(name, dialect.column_type(String())) for name in ADDED),
        schema=schema,
    )


@dataclass(frozen=True)
class Recorded:
    """What is on record of a finished load.

    Attributes:
        mode: The mode of the write.
        rows: Rows that it wrote; None if that is not known.
        receipt: Its receipt as JSON; None if it has none.
        watermark: How far it read, as JSON; None if it does not say.
    """

    mode: str
    rows: int | None
    receipt: str | None = None
    watermark: str | None = None


def upgrade(connection: Connection, dialect: Dialect, table: Table, missing: Sequence[str]) -> bool:
    """Give a table of loads that an earlier version has made the columns that it does not have.

    Args:
        connection: A connection that holds the lock of the table's name, where there are such locks.
        dialect: Its dialect.
        table: The table as this version makes it.
        missing: The columns.

    Returns:
        Whether the table has them now. Whoever may only write its rows keeps the table as it is.
    """
    if not dialect.may_alter(connection, table):
        return False
    try:
        for name in missing:
            connection.execute(AddColumn(table, table.columns[name]))
    except DBAPIError as error:
        if dialect.capabilities.transactional_ddl or dialect.classify(error) is not QueryError:
            raise
        return False
    return True


def key_problems(run_key: object) -> Iterator[str]:
    """The problems with a key."""
    yield from arguments.string("run_key", run_key)
    if not isinstance(run_key, str):
        return
    if len(run_key) > LONGEST_KEY:
        yield f"run_key must have at most {LONGEST_KEY} characters, not {len(run_key)}."
    if "\0" in run_key or not arguments.is_unicode(run_key):
        shown = scrubbed(run_key)
        yield f"run_key must not have NUL characters or surrogates, which not every database can store: {shown!r}."
    yield from stored_problems("run_key", run_key)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Load:
    """One load with a key, in the transaction that writes its rows.

    Args:
        connection: A connection in a transaction.
        dialect: Its dialect.
        run_key: The key.
        table_name: The target.
        schema: The schema of the target.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, run_key: str, table_name: str, schema: str | None
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._table = loads_table(dialect, schema)
        self._key = {"run_key": run_key, "table_name": table_name}
        self.run_key = run_key

    def exists(self) -> bool:
        """Whether the table of loads exists."""
        return self._dialect.has(self._connection, LOADS, self._table.schema)

    def create(self, *, owns_transaction: bool, wait: bool = True) -> bool:
        """Create the table of loads, unless a concurrent writer does.

        Args:
            owns_transaction: Whether the transaction is one of moltres.
            wait: Whether to wait for a writer that is creating it.

        Returns:
            Whether it is there; False only if there was no waiting.
        """
        if not self._lock(owns_transaction=owns_transaction, wait=wait):
            return False
        if not self.exists():
            # IF NOT EXISTS, because not every database can lock a name.
            self._connection.execute(CreateTable(self._table, if_not_exists=True))
        return True

    def upgrade(self, *, owns_transaction: bool) -> None:
        """Give a table of loads that an earlier version has made the columns of this one.

        Args:
            owns_transaction: Whether the transaction is one of moltres. In one of the caller the table stays as it is
                where changing a table commits.
        """
        if not self._missing or not (owns_transaction or self._dialect.capabilities.transactional_ddl):
            return
        self._lock(owns_transaction=owns_transaction, wait=True)
        del self._missing  # another writer may have been faster
        if self._missing and upgrade(self._connection, self._dialect, self._table, self._missing):
            self._missing = []

    def _lock(self, *, owns_transaction: bool, wait: bool) -> bool:
        name = f"{self._table.schema}.{LOADS}"
        return self._dialect.lock_name(self._connection, name, owns_transaction=owns_transaction, wait=wait)

    @cached_property
    def _missing(self) -> list[str]:
        """The columns that the table does not have."""
        found = self._dialect.columns_of(self._connection, LOADS, self._table.schema)
        return [name for name in ADDED if name not in {column["name"] for column in found}]

    def keeps(self, column: str) -> bool:
        """Whether the table of loads has one of the columns `ADDED`."""
        return column not in self._missing

    def takes_receipts(self) -> bool:
        """Whether the user of the connection may record receipts in the table of loads, which exists."""
        return self._dialect.may_record(self._connection, self._table)

    def done(self) -> bool:
        """Whether a finished load has the key."""
        return self._connection.execute(select(self._table.columns.mode).where(*self._is_mine())).first() is not None

    def recorded(self) -> Recorded | None:
        """What is on record of the load; None if there is none with the key."""
        if not self.exists():
            return None
        columns = self._table.columns
        added = [columns[name] for name in ADDED if name not in self._missing]
        found = self._connection.execute(
            select(columns.mode, columns.rows_written.label("rows"), *added).where(*self._is_mine())
        ).mappings()
        return next((Recorded(**row) for row in found), None)

    def claim(self, mode: str) -> bool:
        """Record the key in this transaction.

        Returns:
            False if a finished load has it. A concurrent load with the key is waited for, or this one fails with a
            retryable error.
        """
        values = {**self._key, "mode": mode, "loaded_at": _now()}
        return self._dialect.insert_new(self._connection, self._table, values)

    def release(self) -> None:
        """Delete the key, because its rows were dropped."""
        self._connection.execute(delete(self._table).where(*self._is_mine()))

    def release_all(self) -> None:
        """Delete every key of the table, because it is dropped."""
        columns = self._table.columns
        self._connection.execute(delete(self._table).where(columns.table_name == self._key["table_name"]))

    def finish(self, rows: int, receipt: str | None = None, watermark: str | None = None) -> None:
        """Record what the load has done. The commit publishes the rows and the key together.

        Args:
            rows: The number of rows.
            receipt: The receipt as JSON.
            watermark: How far the source was read, as JSON.
        """
        said = {"receipt": receipt, "watermark": watermark}
        self._note(rows, {name: value for name, value in said.items() if value is not None})

    def replace(self, mode: str, rows: int, receipt: str | None, watermark: str) -> None:
        """Record this load in the place of the one before that has the key.

        Args:
            mode: The mode of the write.
            rows: The number of rows.
            receipt: The receipt as JSON; None if nothing is proved.
            watermark: How far the source was read, as JSON.
        """
        self.claim(mode)
        self._note(rows, {"receipt": receipt, "watermark": watermark})

    def record(self, mode: str, rows: int, receipt: str, replaced: str | None) -> bool:
        """Record the receipt of a load whose key no other has.

        Args:
            mode: The mode of the write.
            rows: The number of rows.
            receipt: The receipt as JSON.
            replaced: The beginning of the keys of the loads that are forgotten; None to keep all.

        Returns:
            Whether it is recorded.
        """
        if replaced is not None:
            self.forget(replaced)
        values = {**self._key, "mode": mode, "rows_written": rows, "loaded_at": _now(), "receipt": receipt}
        self._connection.execute(insert(self._table).values(values))
        return True

    def forget(self, beginning: str) -> None:
        """Delete the loads of the table whose keys begin with a string."""
        columns = self._table.columns
        mine = (columns.table_name == self._key["table_name"], columns.run_key.like(f"{beginning}%"))
        # Looked for first: where a search locks what it passes, loads of other tables would wait for this one.
        for key in self._connection.execute(select(columns.run_key).where(*mine)).scalars().all():
            self._connection.execute(delete(self._table).where(mine[0], columns.run_key == key))

    def _note(self, rows: int, said: Mapping[str, str | None]) -> None:
        values: dict[str, Any] = {"rows_written": rows, "loaded_at": _now()}
        values |= {name: value for name, value in said.items() if name not in self._missing}
        self._connection.execute(update(self._table).where(*self._is_mine()).values(values))

    def _is_mine(self) -> list[ColumnElement[bool]]:
        return [self._table.columns[name] == value for name, value in self._key.items()]


def load_of(connection: Connection, dialect: Dialect, run_key: str, table_name: str, schema: str | None) -> Load:
    """One load with a key, recorded as the database does it.

    Raises:
        ConfigurationError: If the database, or the connection, lacks characters of the key.
    """
    reason = dialect.unstorable(connection, String(), [run_key])
    if reason is not None:
        raise ConfigurationError(f"run_key cannot be stored: {reason}.", suggestion="Use a key of ASCII characters.")
    own: Load | None = dialect.own_load(connection, run_key, table_name, schema)
    return own or Load(connection, dialect, run_key, table_name, schema)
