"""One commit of what a transaction has changed in a table.

The commit requires the snapshot that the changes were made for, and does not let PyIceberg repeat it: its own retry
would add rows on top of a snapshot in which another load may have recorded the same run_key. Rows that are only added
are committed anew on top of the newer snapshot, after its keys were looked at; everything else is refused as
retryable.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ..._shared.iceberg.places import local_path
from .evolution import evolve, evolved_schema
from .leftovers import GIVEN, SHARED
from .loads import KEYS, WATERMARK, is_recorded, with_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyiceberg.catalog import Catalog
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table import Table, Transaction

    from .leftovers import Marker
    from .pending import Pending

ATTEMPTS = 20
"""How often added rows are committed on top of a newer snapshot."""


KEEP = {"gc.enabled": "false"}
"""The property by which a table says that its files are not its own to delete."""


class ConflictError(duckdb.TransactionException):
    """A concurrent commit: the write must begin anew. Its text is what the dialect recognises a lost race by."""


def _conflict(name: str, what: str) -> ConflictError:
    return ConflictError(f"Conflict: another transaction {what} the table {name} at the same moment.")


def create(catalog: Catalog, pending: Pending, marker: Marker | None) -> None:
    """Create a table with its rows, or not at all."""
    from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError

    metadata = pending.table.metadata
    name = f"{pending.schema}.{pending.name}"
    identifier = (*pending.schema.split("."), pending.name)
    transaction = catalog.create_table_transaction(
        identifier,
        pending.table.schema(),
        location=metadata.location,
        partition_spec=metadata.spec(),
        sort_order=metadata.sort_order(),
        properties=metadata.properties,
    )
    _add_snapshot(transaction, pending, transaction.table_metadata, marker)
    uuid = transaction.table_metadata.table_uuid
    try:
        with _answered(pending, marker, lambda: catalog.load_table(identifier).metadata.table_uuid == uuid):
            transaction.commit_transaction()
    except (TableAlreadyExistsError, CommitFailedException):
        raise _conflict(name, "created") from None


def change(catalog: Catalog, pending: Pending, marker: Marker | None, *, held: bool) -> None:
    """Commit the changes of a table that is there.

    Args:
        catalog: The catalog.
        pending: The table.
        marker: Where to note what is about to be written; None where nobody looks for left-overs.
        held: Whether the table's rows decide what is written, so that no other commit may come between.

    Raises:
        ConflictError: If a concurrent commit has changed what these changes were made for, or has recorded the key.
    """
    from pyiceberg.exceptions import CommitFailedException, NoSuchTableError

    name = f"{pending.schema}.{pending.name}"
    identifier = (*pending.schema.split("."), pending.name)
    for _ in range(ATTEMPTS):
        try:
            table = catalog.load_table(identifier)
        except NoSuchTableError:
            raise _conflict(name, "dropped") from None
        _require_same(table, pending, name, held=held)
        transaction = _without_retries(table).transaction()
        _evolve(transaction, pending)
        snapshot_id = _add_snapshot(transaction, pending, table.metadata, marker)
        try:
            with _answered(pending, marker, lambda: _has(catalog, identifier, snapshot_id)):  # noqa: B023 - called at once
                transaction.commit_transaction()
        except CommitFailedException:
            continue
        return
    raise _conflict(name, "kept changing")


@contextmanager
def _answered(pending: Pending, marker: Marker | None, landed: Callable[[], bool]) -> Iterator[None]:
    """A commit whose answer may be lost: then the catalog is asked once more, and the files stay unless it says no.

    Args:
        pending: The table.
        marker: Leaves the files to the next writer, who knows more.
        landed: Asks whether the table has the commit.
    """
    from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError

    try:
        yield
    except (CommitFailedException, TableAlreadyExistsError):
        raise
    except BaseException as error:
        pending.unanswered = True
        if marker is not None:
            marker.keep()
        if isinstance(error, Exception):
            with suppress(Exception):  # the error of the commit says more than that of the question
                if landed():
                    return
        raise


def _has(catalog: Catalog, identifier: tuple[str, ...], snapshot_id: int | None) -> bool:
    metadata = catalog.load_table(identifier).metadata
    return snapshot_id is not None and metadata.snapshot_by_id(snapshot_id) is not None


def drop(catalog: Catalog, schema: str, name: str, marker: Marker | None) -> None:
    """Drop a table with its files, but for those that other tables have taken over."""
    from pyiceberg.exceptions import NoSuchTableError

    identifier = (*schema.split("."), name)
    try:
        table = catalog.load_table(identifier)
        if not KEEP.items() <= table.metadata.properties.items():
            if marker is not None:
                marker.dropping(table)
            catalog.purge_table(identifier)
            return
        manifests = [one for snapshot in table.metadata.snapshots for one in snapshot.manifests(table.io)]
        own = _not_given_away(table, manifests)
        catalog.drop_table(identifier)
    except NoSuchTableError:
        raise _conflict(f"{schema}.{name}", "dropped") from None
    # The files of rows are those of another table now; what only this one needed goes.
    lists = [one.manifest_list for one in table.metadata.snapshots]
    logs = [one.metadata_file for one in table.metadata.metadata_log]
    for path in {*own, *(one.manifest_path for one in manifests), *lists, *logs, table.metadata_location}:
        with suppress(OSError):
            table.io.delete(path)


def _not_given_away(table: Table, manifests: Sequence[ManifestFile]) -> set[str]:
    """The data files of a staged table that no other table has taken over."""
    given = set(json.loads(table.metadata.properties.get(GIVEN, "null")) or ())
    if not given:
        return set()
    paths = {
        entry.data_file.file_path
        for manifest in {one.manifest_path: one for one in manifests}.values()
        for entry in manifest.fetch_manifest_entry(table.io)
    }
    return {one for one in paths if one.rpartition("/")[0] not in given}


def give_away(catalog: Catalog, staged: tuple[str, str], target: Pending, marker: Marker | None) -> None:
    """Let a staged table leave the files alone from now on that another table takes over, whoever drops it."""
    table = catalog.load_table((*staged[0].split("."), staged[1]))
    folders = sorted({path.rpartition("/")[0] for path in target.foreign})
    local = [Path(local_path(one)) for one in folders]
    if marker is not None:
        marker.giving(table.name(), target, local)
    for folder in local:
        with suppress(OSError):  # on object stores nobody looks for left-overs
            (folder / SHARED).touch()
    with table.transaction() as transaction:
        transaction.set_properties({**KEEP, GIVEN: json.dumps(folders)})


def _without_retries(table: Table) -> Table:
    """The table, whose commits PyIceberg does not repeat; the property in the catalog stays as it is."""
    properties = {**table.metadata.properties, "commit.retry.num-retries": "0"}
    table.metadata = table.metadata.model_copy(update={"properties": properties})
    return table


def _require_same(table: Table, pending: Pending, name: str, *, held: bool) -> None:
    metadata, before = table.metadata, pending.table.metadata
    if metadata.table_uuid != before.table_uuid:
        raise _conflict(name, "replaced")
    run_key = None if pending.key is None else pending.key.run_key
    if run_key is not None and is_recorded(metadata, run_key):
        raise _conflict(name, "recorded the same run_key for")
    same_layout = (metadata.current_schema_id, metadata.default_spec_id) == (
        before.current_schema_id,
        before.default_spec_id,
    )
    if not same_layout:
        raise _conflict(name, "changed the columns or partitions of")
    if metadata.current_snapshot_id != pending.snapshot_id and (held or not pending.only_adds):
        raise _conflict(name, "changed")


def _add_snapshot(transaction: Transaction, pending: Pending, metadata: Any, marker: Marker | None) -> int | None:
    """Put the files into a snapshot, with the key in its summary; returns its id, None if there is nothing to add."""
    if not (pending.added or pending.removed or pending.key is not None):
        return None
    key = pending.key
    summary = {} if key is None else key.summary
    update = transaction.update_snapshot(snapshot_properties=summary)
    producer = update.overwrite() if pending.removed else update.fast_append()
    if marker is not None:
        marker.committing(pending, producer.snapshot_id, str(producer.commit_uuid))
    with producer as snapshot:
        for file in pending.removed:
            snapshot.delete_data_file(file)
        for file in pending.added:
            snapshot.append_data_file(file)
    if key is not None and key.run_key is not None:
        said = {} if key.watermark is None else {WATERMARK: key.watermark}
        transaction.set_properties({KEYS: with_key(metadata, key.run_key, snapshot.snapshot_id), **said})
    return int(producer.snapshot_id)


def _evolve(transaction: Transaction, pending: Pending) -> None:
    """Give the table the new columns; what keeps its name and type keeps its id, and with it the partitions."""
    if pending.columns is not None:
        evolve(transaction, evolved_schema(transaction.table_metadata, pending.columns))


__all__ = ["ConflictError", "change", "create", "drop", "give_away"]
