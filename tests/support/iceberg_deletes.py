"""Deletes that PyIceberg does not write, as other engines leave them: by position, by deletion vector, by equality."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
import zlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.manifest import (
    MANIFEST_LIST_FILE_SCHEMAS,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestListWriterV2,
    ManifestWriterV2,
)
from pyiceberg.typedef import Record
from pyroaring import BitMap

from support.iceberg import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyiceberg.table import Table
    from sqlalchemy import URL

__all__ = ["delete_by_equality", "delete_by_position", "delete_by_vector", "upgrade"]


class _Deletes(ManifestWriterV2):
    """A manifest of delete files, of format version 2 or 3."""

    format = 2

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def version(self) -> Any:
        return self.format

    def new_writer(self) -> AvroOutputFile[ManifestEntry]:
        schema = self._with_partition(self.version)
        metadata = {**self._meta, "content": "deletes"}
        return AvroOutputFile(self._output_file, schema, schema_name="manifest_entry", metadata=metadata)


class _List(ManifestListWriterV2):
    """A manifest list of format version 2 or 3."""

    def __init__(self, version: int, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._format_version = version  # type: ignore[assignment]
        self._meta["format-version"] = str(version)

    def __enter__(self) -> Self:
        self._writer = AvroOutputFile(
            self._output_file,
            MANIFEST_LIST_FILE_SCHEMAS[self._format_version],
            schema_name="manifest_file",
            record_schema=MANIFEST_LIST_FILE_SCHEMAS[2],
            metadata=self._meta,
        )
        self._writer.__enter__()
        return self


def upgrade(url: URL, name: str, **changes: Any) -> None:
    """Let a table be of format version 3, which PyIceberg reads and does not write, with other metadata."""
    _commit(url, load(url, name), {"format-version": 3, "next-row-id": 0, **changes})


def _commit(url: URL, table: Table, changes: dict[str, Any]) -> None:
    """Change the metadata of a table by hand."""
    before = Path(table.metadata_location.removeprefix("file://"))
    after = before.with_name(f"{uuid.uuid4()}.metadata.json")
    log = {"metadata-file": table.metadata_location, "timestamp-ms": table.metadata.last_updated_ms}
    metadata = json.loads(before.read_text())
    metadata["metadata-log"] = [*metadata.get("metadata-log", []), log]
    after.write_text(json.dumps(metadata | changes))
    with closing(sqlite3.connect(str(url.database))) as catalog, catalog:
        catalog.execute(
            "UPDATE iceberg_tables SET metadata_location = ? WHERE metadata_location = ?",
            (after.as_uri(), table.metadata_location),
        )


def commit_deletes(url: URL, table: Table, files: Sequence[DataFile]) -> None:
    """Commit a snapshot with further delete files."""
    metadata = table.metadata
    snapshot_id, version = metadata.new_snapshot_id(), metadata.format_version
    current = metadata.current_snapshot()
    assert current is not None
    base = f"{metadata.location}/metadata/{uuid.uuid4()}"
    writer = _Deletes(metadata.spec(), metadata.schema(), table.io.new_output(f"{base}-m0.avro"), snapshot_id, "null")
    writer.format = version
    with writer:
        for file in files:
            writer.add_entry(
                ManifestEntry.from_args(
                    _table_format_version=version,
                    status=ManifestEntryStatus.ADDED,
                    snapshot_id=snapshot_id,
                    sequence_number=None,
                    file_sequence_number=None,
                    data_file=file,
                )
            )
    sequence = metadata.next_sequence_number()
    listed = table.io.new_output(f"{base}.avro")
    with _List(version, listed, snapshot_id, current.snapshot_id, sequence, "null") as manifests:
        manifests.add_manifests([*current.manifests(table.io), writer.to_manifest_file()])
    now = max(current.timestamp_ms + 1, int(time.time() * 1000))
    snapshot = {
        "snapshot-id": snapshot_id,
        "parent-snapshot-id": current.snapshot_id,
        "sequence-number": sequence,
        "timestamp-ms": now,
        "manifest-list": listed.location,
        "summary": {"operation": "delete"},
        "schema-id": metadata.current_schema_id,
        **({"first-row-id": 0, "added-rows": 0} if version >= 3 else {}),
    }
    known = json.loads(Path(table.metadata_location.removeprefix("file://")).read_text())
    changes = {
        "snapshots": [*known["snapshots"], snapshot],
        "snapshot-log": [*known["snapshot-log"], {"snapshot-id": snapshot_id, "timestamp-ms": now}],
        "current-snapshot-id": snapshot_id,
        "last-sequence-number": sequence,
        "last-updated-ms": now,
        "refs": {**known["refs"], "main": {"snapshot-id": snapshot_id, "type": "branch"}},
    }
    _commit(url, table, changes)


def delete_file(table: Table, content: DataFileContent, path: str, **given: Any) -> DataFile:
    """A delete file in the partition of a data file."""
    version = table.metadata.format_version
    arguments: dict[str, Any] = {
        "content": content,
        "file_path": path,
        "file_format": FileFormat.PARQUET,
        "partition": Record(),
        "record_count": 1,
        "file_size_in_bytes": len(table.io.new_input(path)),
        **given,
    }
    return DataFile.from_args(_table_format_version=version, **arguments)


def delete_by_position(url: URL, name: str, rows: Mapping[str, Sequence[int]], *, as_path: Any = str) -> None:
    """Delete rows by the paths of their files and their positions, by one Parquet file.

    Args:
        url: The catalog.
        name: The table.
        rows: Positions by data file.
        as_path: How the delete file names a data file.
    """
    table = load(url, name)
    pairs = sorted((as_path(path), place) for path, places in rows.items() for place in places)
    schema = pa.schema(
        [
            pa.field("file_path", pa.string(), nullable=False, metadata={"PARQUET:field_id": "2147483546"}),
            pa.field("pos", pa.int64(), nullable=False, metadata={"PARQUET:field_id": "2147483545"}),
        ]
    )
    path = f"{table.metadata.location}/data/{uuid.uuid4()}-deletes.parquet"
    columns = [pa.array([one for one, _ in pairs]), pa.array([place for _, place in pairs], pa.int64())]
    with table.io.new_output(path).create() as file:
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), file)
    commit_deletes(url, table, [delete_file(table, DataFileContent.POSITION_DELETES, path, record_count=len(pairs))])


def delete_by_vector(url: URL, name: str, rows: Mapping[str, Sequence[int]], *, spoil: Any = None) -> None:
    """Delete rows by deletion vectors, all in one Puffin file.

    Args:
        url: The catalog.
        name: The table.
        rows: Positions by data file.
        spoil: What to do with the blobs before they are written.
    """
    table = load(url, name)
    blobs = {path: _vector(places) for path, places in rows.items()}
    if spoil is not None:
        blobs = {path: spoil(blob) for path, blob in blobs.items()}
    content, entries, offset = b"PFA1", [], 4
    for path, blob in blobs.items():
        entries.append(
            {
                "type": "deletion-vector-v1",
                "fields": [2147483545],
                "snapshot-id": -1,
                "sequence-number": -1,
                "offset": offset,
                "length": len(blob),
                "properties": {"referenced-data-file": path, "cardinality": str(len(set(rows[path])))},
            }
        )
        content, offset = content + blob, offset + len(blob)
    footer = json.dumps({"blobs": entries, "properties": {}}).encode()
    content += b"PFA1" + footer + len(footer).to_bytes(4, "little") + bytes(4) + b"PFA1"
    path = f"{table.metadata.location}/data/{uuid.uuid4()}.puffin"
    with table.io.new_output(path).create() as file:
        file.write(content)
    files = [
        delete_file(
            table,
            DataFileContent.POSITION_DELETES,
            path,
            file_format=FileFormat.PUFFIN,
            record_count=len(set(rows[one["properties"]["referenced-data-file"]])),
            referenced_data_file=one["properties"]["referenced-data-file"],
            content_offset=one["offset"],
            content_size_in_bytes=one["length"],
        )
        for one in entries
    ]
    commit_deletes(url, table, files)


def _vector(places: Sequence[int]) -> bytes:
    """A 64-bit Roaring bitmap in the frame of a deletion vector: length, magic bytes, bitmap, checksum."""
    keys = sorted({place >> 32 for place in places})
    bitmap = len(keys).to_bytes(8, "little")
    for key in keys:
        inner = BitMap([place & 0xFFFFFFFF for place in places if place >> 32 == key])
        bitmap += key.to_bytes(4, "little") + inner.serialize()
    framed = bytes.fromhex("d1d33964") + bitmap
    return len(framed).to_bytes(4, "big") + framed + zlib.crc32(framed).to_bytes(4, "big")


def delete_by_equality(url: URL, name: str, rows: pa.Table) -> None:
    """Delete the rows that have these values, as Flink does."""
    table = load(url, name)
    ids = [table.schema().find_field(column).field_id for column in rows.column_names]
    path = f"{table.metadata.location}/data/{uuid.uuid4()}-equality.parquet"
    with table.io.new_output(path).create() as file:
        pq.write_table(rows, file)
    commit_deletes(
        url,
        table,
        [delete_file(table, DataFileContent.EQUALITY_DELETES, path, record_count=rows.num_rows, equality_ids=ids)],
    )
