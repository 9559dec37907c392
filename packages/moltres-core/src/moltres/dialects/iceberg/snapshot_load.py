"""A load with a key, as the writer knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .loads import LoadKey, is_recorded, recorded

if TYPE_CHECKING:
    from .session import WritingSession


class SnapshotLoad:
    """One load with a key, in the transaction that writes its rows; as `moltres.write.load_log.Load`.

    Args:
        session: The transaction.
        run_key: The key.
        name: The target.
        schema: The namespace of the target; None for the default.
    """

    def __init__(self, session: WritingSession, run_key: str, name: str, schema: str | None) -> None:
        self._session = session
        self._schema = schema or session.namespace
        self._name = name
        self.run_key = run_key

    def exists(self) -> bool:
        """There is nothing to create."""
        return True

    def create(self, *, owns_transaction: bool) -> None:
        """Nothing: snapshots record the keys."""

    def upgrade(self, *, owns_transaction: bool) -> None:
        """Nothing: a summary has room for whatever is to be recorded."""

    def done(self) -> bool:
        """Whether a finished load has the key."""
        table = self._session.committed(self._schema, self._name)
        return table is not None and is_recorded(table.metadata, self.run_key)

    def claim(self, mode: str) -> bool:
        """Let the commit record the key; False if a finished load has it."""
        if self.done():
            return False
        self._session.keys[self._schema, self._name] = LoadKey(self.run_key, mode)
        return True

    def release(self) -> None:
        """Nothing: the keys of a table that was dropped went with it."""

    def recorded(self) -> LoadKey | None:
        """What is on record of the load; None if there is none with the key, or its snapshot has expired."""
        table = self._session.committed(self._schema, self._name)
        return None if table is None else recorded(table.metadata, self.run_key)

    def keeps(self, column: str) -> bool:
        """Whether the record has room for what `moltres.write.load_log.ADDED` names."""
        del column
        return True

    def takes_receipts(self) -> bool:
        """Whoever may commit a snapshot may say in it what it is."""
        return True

    def record(self, mode: str, rows: int, receipt: str, replaced: str | None) -> bool:
        """Let the commit record the receipt, if there is one: the load must have changed rows.

        Args:
            mode: The mode of the write.
            rows: The number of rows.
            receipt: The receipt as JSON.
            replaced: Nothing: the receipts of earlier snapshots expire with these.
        """
        del replaced
        place = self._schema, self._name
        if rows == 0 or place in self._session.keys:
            return False
        self._session.keys[place] = LoadKey(None, mode, rows, receipt)
        return True

    def finish(self, rows: int, receipt: str | None = None, watermark: str | None = None) -> None:
        """Let the commit record what the load has done.

        Args:
            rows: The number of rows.
            receipt: The receipt as JSON.
            watermark: How far the source was read, as JSON.
        """
        key = self._session.keys[self._schema, self._name]
        key.rows, key.receipt, key.watermark = rows, receipt, watermark
