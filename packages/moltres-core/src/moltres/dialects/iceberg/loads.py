"""Loads with a key, recorded in the snapshot of their own commit.

The summary of the snapshot has the key. Snapshots expire, so the table's property `KEYS` holds hashes of the last
`KEPT` keys as well, with the snapshots that they belong to; the same commit writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ..._shared.iceberg.snapshots import ancestors

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata


KEY: Final = "moltres.run-key"
"""The entry of a snapshot's summary with the key."""
ROWS: Final = "moltres.rows-written"
"""The entry with the number of rows."""
MODE: Final = "moltres.mode"
"""The entry with the mode."""
RECEIPT: Final = "moltres.receipt"
"""The entry with the receipt as JSON."""
WATERMARK: Final = "moltres.watermark"
"""The entry that says how far the source was read, as JSON; of the last such load also a property of the table."""
KEYS: Final = "moltres.run-keys"
"""The property of a table with the newest keys."""
KEPT: Final = 1000


@dataclass
class LoadKey:
    """A load that a commit records.

    Attributes:
        run_key: Its key; None of one of which only the receipt is recorded.
        mode: The mode of the write.
        rows: Rows that it has written.
        receipt: Its receipt as JSON.
        watermark: How far it read, as JSON.
    """

    run_key: str | None
    mode: str
    rows: int = 0
    receipt: str | None = None
    watermark: str | None = None

    @property
    def summary(self) -> dict[str, str]:
        """What the summary of its snapshot says."""
        said = {KEY: self.run_key, RECEIPT: self.receipt, WATERMARK: self.watermark}
        known = {name: value for name, value in said.items() if value is not None}
        return {ROWS: str(self.rows), MODE: self.mode, **known}


def recorded(metadata: TableMetadata, run_key: str) -> LoadKey | None:
    """The load with this key that is part of the current rows of a table; None too if its snapshot has expired."""
    found = {one.snapshot_id for one in ancestors(metadata, metadata.current_snapshot_id)}
    for snapshot in metadata.snapshots:
        summary = snapshot.summary if snapshot.snapshot_id in found else None
        said = {} if summary is None else summary.additional_properties
        if said.get(KEY) == run_key:
            return LoadKey(run_key, said.get(MODE, ""), int(said.get(ROWS, 0)), said.get(RECEIPT), said.get(WATERMARK))
    return None


def receipts_of(metadata: TableMetadata) -> list[str]:
    """The receipts of the loads whose rows a table has had, as JSON; of those whose snapshots have not expired."""
    found = {one.snapshot_id for one in ancestors(metadata, metadata.current_snapshot_id)}
    summaries = (one.summary for one in metadata.snapshots if one.snapshot_id in found)
    said = (summary.additional_properties.get(RECEIPT) for summary in summaries if summary is not None)
    return [one for one in said if one is not None]


def is_recorded(metadata: TableMetadata, run_key: str) -> bool:
    """Whether a load with this key is part of the current rows of a table, or was when its snapshot expired.

    A load that a rollback of the table has undone is not recorded: its snapshot is there, and no ancestor of the
    current one.
    """
    if recorded(metadata, run_key) is not None:
        return True
    snapshot_id = dict(map(tuple, json.loads(metadata.properties.get(KEYS, "[]")))).get(_hash(run_key))
    return snapshot_id is not None and metadata.snapshot_by_id(snapshot_id) is None


def with_key(metadata: TableMetadata, run_key: str, snapshot_id: int) -> str:
    """The property `KEYS` with one more key."""
    known = [tuple(one) for one in json.loads(metadata.properties.get(KEYS, "[]")) if one[0] != _hash(run_key)]
    return json.dumps([*known, (_hash(run_key), snapshot_id)][-KEPT:], separators=(",", ":"))


def _hash(run_key: str) -> str:
    return sha256(run_key.encode()).hexdigest()[:24]
