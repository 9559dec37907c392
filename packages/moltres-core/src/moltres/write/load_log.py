"""The table of finished loads: a load whose key is recorded does nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Column, DateTime, MetaData, String, Table, delete, inspect, select, update
from sqlalchemy.schema import CreateTable

from .._shared import arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection

    from ..dialects import Dialect

LOADS: Final = "moltres_loads"
"""The table, in the schema of the target. Rows older than any retry can be deleted."""

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
        schema=schema,
    )


def key_problems(run_key: object) -> Iterator[str]:
    """The problems with a key."""
    yield from arguments.string("run_key", run_key)
    if not isinstance(run_key, str):
        return
    if len(run_key) > LONGEST_KEY:
        yield f"run_key must have at most {LONGEST_KEY} characters, not {len(run_key)}."
    if "\0" in run_key or any("\ud800" <= character <= "\udfff" for character in run_key):
        yield f"run_key must not have NUL characters or surrogates, which not every database can store: {run_key!r}."


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
        return inspect(self._connection).has_table(LOADS, schema=self._table.schema)

    def create(self, *, owns_transaction: bool) -> None:
        """Create the table of loads, unless a concurrent writer does.

        Args:
            owns_transaction: Whether the transaction is one of moltres.
        """
        self._dialect.lock_name(
            self._connection, f"{self._table.schema}.{LOADS}", owns_transaction=owns_transaction, wait=True
        )
        if not self.exists():
            # IF NOT EXISTS, because not every database can lock a name.
            self._connection.execute(CreateTable(self._table, if_not_exists=True))

    def done(self) -> bool:
        """Whether a finished load has the key."""
        return self._connection.execute(select(self._table).where(*self._is_mine())).first() is not None

    def claim(self, mode: str) -> bool:
        """Record the key in this transaction.

        Returns:
            False if a finished load has it. A concurrent load with the key is waited for, or this one fails with a
            retryable error.
        """
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        return self._dialect.insert_new(self._connection, self._table, {**self._key, "mode": mode, "loaded_at": now})

    def release(self) -> None:
        """Delete the key, because its rows were dropped."""
        self._connection.execute(delete(self._table).where(*self._is_mine()))

    def finish(self, rows: int) -> None:
        """Record the number of rows. The commit publishes the rows and the key together."""
        self._connection.execute(update(self._table).where(*self._is_mine()).values(rows_written=rows))

    def _is_mine(self) -> list[ColumnElement[bool]]:
        return [self._table.columns[name] == value for name, value in self._key.items()]


def load_of(connection: Connection, dialect: Dialect, run_key: str, table_name: str, schema: str | None) -> Load:
    """One load with a key, recorded as the database does it."""
    own: Load | None = dialect.own_load(connection, run_key, table_name, schema)
    return own or Load(connection, dialect, run_key, table_name, schema)
