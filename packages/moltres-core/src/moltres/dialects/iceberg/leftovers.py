"""What a killed writer leaves behind: files that no snapshot has. The next write removes them.

A writer notes the folders that it writes to, and the snapshots that it commits, in a file of its own,
`<warehouse>/.moltres/<id>.json`, which it keeps locked. The lock goes with the process. Whoever finds such a file
without a lock deletes the files of its folders that no snapshot of the table has, what was written for a snapshot that
the table does not have, and then the file itself. Only for warehouses on a local file system: object stores have no
locks; there `remove_orphan_files` of Trino or Spark does it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from ..._shared.iceberg.places import local_path
from ..._shared.iceberg.session import namespaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from .pending import Pending

_FOLDER = ".moltres"
SHARED = "SHARED"
"""The name of a file in a folder whose files another table has taken over."""
_OWN_FOLDER = re.compile(r"-[0-9a-f]{32}$")
"""How the folder of a table ends that nobody else uses: those of moltres and of Trino."""


class Marker:
    """The file with what one transaction writes.

    Args:
        file: It, open and locked.
        path: Its place.
    """

    def __init__(self, file: IO[str], path: Path) -> None:
        self._file = file
        self._path = path
        self._tables: list[dict[str, Any]] = []
        self._kept = False

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
        for path in folder.glob("*.new"):
            _remove_unlocked(path)
        while True:
            path = folder / f"{uuid4().hex}.json"
            unlocked = path.with_suffix(".new")
            file = unlocked.open("x")
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                unlocked.rename(path)  # whoever sees it sees the lock
            except FileNotFoundError:  # another writer took it for a left-over before it was locked
                file.close()
                continue
            return cls(file, path)

    def add(self, pending: Pending) -> None:
        """Note the folder of a table."""
        self._note(pending, data=local_path(pending.place), whole=pending.is_new)

    def committing(self, pending: Pending, snapshot_id: int, commit: str) -> None:
        """Note a snapshot that is about to be written.

        Args:
            pending: The table.
            snapshot_id: The snapshot.
            commit: What the names of its files of metadata have in common.
        """
        self._note(pending, snapshot=snapshot_id, commit=commit)

    def dropping(self, table: Table) -> None:
        """Note a table whose files are about to be deleted."""
        location = local_path(table.metadata.location)
        if _OWN_FOLDER.search(location):
            self._add(table=list(table.name()), location=location, whole=True)

    def giving(self, staged: tuple[str, ...], target: Pending, folders: Sequence[Path]) -> None:
        """Note a staged table whose files another table is about to take over."""
        self._note(target, staged=list(staged), taken=sorted(map(str, folders)))

    def _note(self, pending: Pending, **entry: Any) -> None:
        location = local_path(pending.table.metadata.location)
        self._add(table=[*pending.schema.split("."), pending.name], location=location, **entry)

    def _add(self, **entry: Any) -> None:
        self._tables.append(entry)
        self._file.seek(0)
        self._file.write(json.dumps(self._tables))
        self._file.truncate()
        self._file.flush()

    def keep(self) -> None:
        """Leave it to the next writer to find out what was committed: the catalog has not answered."""
        self._kept = True

    def close(self) -> None:
        """Nothing is left behind."""
        if not self._kept:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        self._file.close()


def _clean(catalog: Catalog, path: Path) -> None:
    """Remove what a killed writer left behind, unless it is still alive."""
    with suppress(FileNotFoundError), path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for one in _entries(file.read()):
            _remove(catalog, one)
        path.unlink(missing_ok=True)


def _entries(text: str) -> list[dict[str, Any]]:
    """What a marker says; nothing of one whose writer was killed before it had written anything.

    A writer that is killed while it writes an entry has not done yet what that entry is about: those before it count.
    """
    if not text:
        return []
    try:
        entries: list[dict[str, Any]] = json.loads(text)
    except ValueError:
        whole = text.rpartition("}, {")[0]
        return json.loads(whole + "}]") if whole else []
    return entries


def _remove_unlocked(path: Path) -> None:
    """Remove a marker that was never named: its writer was killed before it wrote anything."""
    with suppress(FileNotFoundError, BlockingIOError), path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)


def _remove(catalog: Catalog, left: dict[str, Any]) -> None:
    table = _at(catalog, left)
    if left.get("data") and not (Path(left["data"]) / SHARED).exists():
        _remove_files(Path(left["data"]), table)
    if left.get("commit") and table is not None:
        remove_metadata(table, left["snapshot"], left["commit"])
    if left.get("taken"):
        _give_back(catalog, tuple(left["staged"]), [Path(one) for one in left["taken"]], table)
    if left.get("whole") and table is None:
        _remove_tree(Path(left["location"]))


def _at(catalog: Catalog, left: dict[str, Any]) -> Table | None:
    """The table that was written to, whatever its name is now; None if it was dropped, or not created."""
    from pyiceberg.exceptions import NoSuchTableError

    others = (name for namespace in namespaces(catalog) for name in catalog.list_tables(namespace))
    for name in chain([tuple(left["table"])], others):
        with suppress(NoSuchTableError):
            table = catalog.load_table(name)
            if local_path(table.metadata.location) == left["location"]:
                return table
    return None


def _remove_files(data: Path, table: Table | None) -> None:
    """Remove the data files of a folder that no snapshot of a table has."""
    if not data.is_dir():
        return
    used = set() if table is None else _data_files(table)
    for file in data.glob("*"):
        if str(file) not in used:
            file.unlink(missing_ok=True)
    _remove_empty(data)


def _data_files(table: Table) -> set[str]:
    listed = (one for snapshot in table.metadata.snapshots for one in snapshot.manifests(table.io))
    manifests = {one.manifest_path: one for one in listed}
    return {
        local_path(entry.data_file.file_path)
        for manifest in manifests.values()
        for entry in manifest.fetch_manifest_entry(table.io)
    }


def remove_metadata(table: Table, snapshot_id: int, commit: str) -> None:
    """Remove what was written for a snapshot that a table does not have; nothing on object stores.

    Args:
        table: The table as it is now.
        snapshot_id: The snapshot.
        commit: What the names of its files of metadata have in common.
    """
    metadata = table.metadata
    base = metadata.properties.get("write.metadata.path") or f"{metadata.location}/metadata"
    folder = Path(local_path(base))
    if "://" in local_path(base) or metadata.snapshot_by_id(snapshot_id) is not None or not folder.is_dir():
        return
    used = {one.manifest_list for one in metadata.snapshots}
    used |= {one.manifest_path for snapshot in metadata.snapshots for one in snapshot.manifests(table.io)}
    used |= {table.metadata_location, *(one.metadata_file for one in metadata.metadata_log)}
    kept = {local_path(one) for one in used}
    for path in folder.glob(f"*{commit}*"):
        if str(path) not in kept:
            path.unlink(missing_ok=True)


def _give_back(catalog: Catalog, staged: tuple[str, ...], folders: list[Path], target: Table | None) -> None:
    """Let a staged table have its files again, unless another table has them; delete them if there is none left."""
    from pyiceberg.exceptions import NoSuchTableError

    used = set() if target is None else _data_files(target)
    if any(Path(one).parent in folders for one in used):
        return
    with suppress(NoSuchTableError):
        table = catalog.load_table(staged)
        for folder in folders:
            (folder / SHARED).unlink(missing_ok=True)
        with table.transaction() as transaction:
            transaction.remove_properties("gc.enabled", GIVEN)
        return
    for folder in folders:
        _remove_tree(folder)


GIVEN = "moltres.given-away"
"""The property of a staged table with the folders whose files another table has now."""


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _remove_tree(folder: Path) -> None:
    """Remove a folder that nothing refers to, whose name is its own."""
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            Path(root, name).unlink(missing_ok=True)
        for name in folders:
            _remove_empty(Path(root, name))
    _remove_empty(folder)
