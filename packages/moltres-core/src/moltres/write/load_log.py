"""The record of finished loads: a load whose key is there already has nothing left to do."""

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
"""The table, in the schema of the target. Rows that are too old for any retry can be deleted."""

LONGEST_KEY: Final = 512
_LONGEST_NAME = 255


def loads_table(schema: str | None) -> Table:
    """The table of loads, one row for each key and target table."""
    return Table(
        LOADS,
        MetaData(),
        Column("run_key", String(LONGEST_KEY), primary_key=True),
        Column("table_name", String(_LONGEST_NAME), primary_key=True),
        Column("mode", String(32), nullable=False),
        Column("rows_written", BigInteger),
        # In UTC. Without a zone, which not every database has.
        Column("loaded_at", DateTime, nullable=False),
        schema=schema,
    )


def key_problems(run_key: object) -> Iterator[str]:
    """What is wrong with a key."""
    yield from arguments.string("run_key", run_key)
    if isinstance(run_key, str) and len(run_key) > LONGEST_KEY:
        yield f"run_key must have at most {LONGEST_KEY} characters, not {len(run_key)}."


class Load:
    """One load under a key, in the transaction that writes its rows.

    Args:
        connection: A connection in a transaction.
        dialect: Its dialect.
        run_key: What names the run.
        table_name: The target.
        schema: The schema of the target.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, run_key: str, table_name: str, schema: str | None
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._table = loads_table(schema)
        self._key = {"run_key": run_key, "table_name": table_name}

    def exists(self) -> bool:
        """Whether there is a table of loads."""
        return inspect(self._connection).has_table(LOADS, schema=self._table.schema)

    def create(self) -> None:
        """Create the table of loads, unless a concurrent writer does."""
        self._dialect.lock_name(self._connection, f"{self._table.schema}.{LOADS}")
        if not self.exists():
            # IF NOT EXISTS: not every database can make the others wait.
            self._connection.execute(CreateTable(self._table, if_not_exists=True))

    def done(self) -> bool:
        """Whether a finished load has the key."""
        return self._connection.execute(select(self._table).where(*self._is_mine())).first() is not None

    def claim(self, mode: str) -> bool:
        """Take the key for this transaction.

        Returns:
            False if a finished load has it. One that runs at the same time is waited for, or makes this one fail with
            an error that is worth another try.
        """
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        return self._dialect.insert_new(self._connection, self._table, {**self._key, "mode": mode, "loaded_at": now})

    def release(self) -> None:
        """Forget the key: what was loaded under it is gone."""
        self._connection.execute(delete(self._table).where(*self._is_mine()))

    def finish(self, rows: int) -> None:
        """Note how many rows were written. They and the key are there from the commit on, or neither."""
        self._connection.execute(update(self._table).where(*self._is_mine()).values(rows_written=rows))

    def _is_mine(self) -> list[ColumnElement[bool]]:
        return [self._table.columns[name] == value for name, value in self._key.items()]
