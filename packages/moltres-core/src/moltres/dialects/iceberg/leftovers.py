"""What a killed writer leaves behind: data files that no snapshot has. The next write removes them.

A writer names the folders that it writes to in a file of its own, `<warehouse>/.moltres/<id>.json`, which it keeps
locked. The lock goes with the process. Whoever finds such a file without a lock deletes the files of its folders that
no snapshot of the table has, and then the file itself. Only for warehouses on a local file system: object stores have
no locks; there the engine's own `remove_orphan_files` does it.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from ..._shared.iceberg_scan import local_path

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from .pending import Pending

_FOLDER = ".moltres"
SHARED = "SHARED"
"""The name of a file in a folder whose files another table has taken over."""


class Marker:
    """The file with the folders of one transaction.

    Args:
        file: It, open and locked.
        path: Its place.
    """

    def __init__(self, file: IO[str], path: Path) -> None:
        self._file = file
        self._path = path
        self._folders: list[dict[str, Any]] = []

    @classmethod
    def open(cls, catalog: Catalog) -> Marker | None:
        """Remove what others left behind, and begin a file; None where the warehouse is not local."""
        warehouse = catalog.properties.get("warehouse", "")
        if not warehouse.startswith(("file:", "/")):
            return None
        folder = Path(local_path(warehouse)) / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.json"):
            _clean(catalog, path)
        path = folder / f"{uuid4().hex}.json"
        unlocked = path.with_suffix(".new")
        file = unlocked.open("x")
        fcntl.flock(file, fcntl.LOCK_EX)
        unlocked.rename(path)  # whoever sees it sees the lock
        return cls(file, path)

    def add(self, pending: Pending) -> None:
        """Note the folder of a table."""
        self._folders.append(
            {
                "table": [*pending.schema.split("."), pending.name],
                "data": local_path(pending.place),
                "location": local_path(pending.table.metadata.location) if pending.is_new else None,
            }
        )
        self._file.seek(0)
        self._file.write(json.dumps(self._folders))
        self._file.truncate()
        self._file.flush()

    def finished(self) -> None:
        """What was written is committed."""
        self._folders = []

    def close(self) -> None:
        """Nothing is left behind."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._file.close()


def _clean(catalog: Catalog, path: Path) -> None:
    """Remove what a killed writer left behind, unless it is still alive."""
    try:
        with path.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            text = file.read()
            for one in json.loads(text) if text else []:
                _remove(catalog, one)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return


def _remove(catalog: Catalog, left: dict[str, Any]) -> None:
    from pyiceberg.exceptions import NoSuchTableError

    data = Path(left["data"])
    if (data / SHARED).exists():
        return
    used: set[str] = set()
    location = None
    with suppress(NoSuchTableError):
        table = catalog.load_table(tuple(left["table"]))
        location = local_path(table.metadata.location)
        for snapshot in table.metadata.snapshots:
            for manifest in snapshot.manifests(table.io):
                used |= {local_path(one.data_file.file_path) for one in manifest.fetch_manifest_entry(table.io)}
    for file in data.glob("*") if data.is_dir() else ():
        if str(file) not in used:
            file.unlink(missing_ok=True)
    _remove_empty(data)
    if left["location"] and left["location"] != location:
        _remove_tree(Path(left["location"]))


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _remove_tree(folder: Path) -> None:
    """A table that was never created: nothing refers to its folder, whose name is its own."""
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            Path(root, name).unlink(missing_ok=True)
        for name in folders:
            _remove_empty(Path(root, name))
    _remove_empty(folder)
