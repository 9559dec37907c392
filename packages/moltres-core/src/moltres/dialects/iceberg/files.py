"""Rows as Parquet files of an Iceberg table: by partition, of bounded size, in bounded memory."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import SchemaMismatchError, WriteError
from ...types.arrow import arrow

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema

_HELD_BYTES = 64 * 2**20
"""What all partitions together hold in memory before the largest of them is written."""
_GROUP_ROWS = 122_880
"""Rows of a row group."""
_FILE_BYTES = 128 * 2**20
"""Bytes of a file after which the next one begins, unless the table says ``write.target-file-size-bytes``."""
_OPEN_FILES = 50
MOST_PARTITIONS = 10_000
"""The most partitions that one write fills: each is a file at least, and a value in memory."""


@dataclass
class _Part:
    """What is being written to one partition."""

    key: tuple[Any, ...]
    batches: list[Any] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    path: str = ""
    stream: Any = None
    writer: Any = None
    metadata: list[Any] = field(default_factory=list)


class FileWriter:
    """Writes batches of rows to new files of a table.

    Args:
        io: The file systems.
        folder: The folder of the files, which nobody else writes to.
        schema: The columns.
        spec: How rows are told apart by partition.
        properties: Those of the table.
    """

    def __init__(
        self, io: FileIO, folder: str, schema: Schema, spec: PartitionSpec, properties: dict[str, str]
    ) -> None:
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        self._io = io
        self._folder = folder
        self._schema = schema
        self._spec = spec
        self._properties = properties
        self._target = schema_to_pyarrow(schema, include_field_ids=True)
        self._limit = int(properties.get("write.target-file-size-bytes", _FILE_BYTES))
        self._compression = properties.get("write.parquet.compression-codec", "zstd")
        self._parts: dict[tuple[Any, ...], _Part] = {}
        self._done: list[DataFile] = []
        self.rows = 0

    def write(self, batch: Any) -> int:
        """Add a batch; returns the number of its rows.

        Raises:
            SchemaMismatchError: If a value would be changed, or a column that holds no NULL has one.
        """
        made = self._fitted(batch)
        for key, part in self._partitioned(made):
            found = self._parts.setdefault(key, _Part(key))
            if len(self._parts) > MOST_PARTITIONS:
                raise WriteError(
                    f"The rows belong to more than {MOST_PARTITIONS} partitions of the table, each a file at least.",
                    suggestion="Partition by columns with fewer values; or make the table first, with mode="
                    "'error_if_exists': then it has no partitions, and all modes work on it.",
                )
            found.batches.append(part)
            found.rows += part.num_rows
            found.bytes += part.nbytes
            if found.rows >= _GROUP_ROWS:
                self._flush(found)
        while sum(part.bytes for part in self._parts.values()) > _HELD_BYTES:
            self._flush(max(self._parts.values(), key=lambda part: part.bytes))
        self.rows += made.num_rows
        return int(made.num_rows)

    def close(self) -> list[DataFile]:
        """Write what is held; returns the files."""
        for part in self._parts.values():
            self._flush(part)
            self._finish(part)
        self._parts.clear()
        done, self._done = self._done, []
        return done

    # -- values

    def _fitted(self, batch: Any) -> Any:
        pa = arrow()
        arrays, faults = [], []
        for one in self._target:
            array = batch.column(batch.schema.get_field_index(one.name))
            try:
                made = _cast(pa, array, one.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, OverflowError) as error:
                faults.append(f"column {one.name!r}: {error}")
                continue
            if not one.nullable and made.null_count:
                faults.append(f"column {one.name!r} holds no NULL")
            arrays.append(made)
        if faults:
            raise SchemaMismatchError("Some values do not fit their columns.", mismatches=faults)
        return pa.RecordBatch.from_arrays(arrays, schema=self._target)

    # -- partitions

    def _partitioned(self, batch: Any) -> list[tuple[tuple[Any, ...], Any]]:
        if self._spec.is_unpartitioned() or not batch.num_rows:
            return [((), batch)] if batch.num_rows else []
        import pyarrow.compute as pc

        columns = [self._values_of(batch, one) for one in self._spec.fields]
        keys = list(zip(*columns, strict=True))
        numbers: dict[tuple[Any, ...], int] = {}
        places = arrow().array([numbers.setdefault(key, len(numbers)) for key in keys], arrow().int32())
        if len(numbers) == 1:
            return [(keys[0], batch)]
        return [(key, batch.filter(pc.equal(places, number))) for key, number in numbers.items()]

    def _values_of(self, batch: Any, partition: Any) -> list[Any]:
        """The value of a partition field for each row, in PyIceberg's own form."""
        source = self._schema.find_field(partition.source_id)
        name = self._schema.find_column_name(partition.source_id) or source.name
        array = batch.column(batch.schema.get_field_index(name))
        encoded = _internal(array).dictionary_encode()
        transform = partition.transform.transform(source.field_type)
        values = [None if value is None else transform(value) for value in encoded.dictionary.to_pylist()]
        nothing = transform(None)
        return [nothing if place is None else values[place] for place in encoded.indices.to_pylist()]

    # -- files

    def _flush(self, part: _Part) -> None:
        if not part.rows:
            return
        pa = arrow()
        if part.writer is None:
            self._open(part)
        table = pa.Table.from_batches(part.batches, self._target)
        part.writer.write_table(table, row_group_size=_GROUP_ROWS)
        part.batches, part.rows, part.bytes = [], 0, 0
        del table
        pa.default_memory_pool().release_unused()
        if part.stream.tell() >= self._limit:
            self._finish(part)

    def _open(self, part: _Part) -> None:
        import pyarrow.parquet as pq

        opened = [one for one in self._parts.values() if one.writer is not None]
        if len(opened) >= _OPEN_FILES:
            self._finish(opened[0])
        part.path = f"{self._folder}/{uuid.uuid4()}.parquet"
        part.metadata = []
        part.stream = self._io.new_output(part.path).create()
        part.writer = pq.ParquetWriter(
            part.stream, self._target, compression=self._compression, metadata_collector=part.metadata
        )

    def _finish(self, part: _Part) -> None:
        if part.writer is None:
            return
        from pyiceberg.io.pyarrow import (
            compute_statistics_plan,
            data_file_statistics_from_parquet_metadata,
            parquet_path_to_id_mapping,
        )
        from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
        from pyiceberg.typedef import Record

        part.writer.close()
        part.stream.close()
        statistics = data_file_statistics_from_parquet_metadata(
            parquet_metadata=part.metadata[0],
            stats_columns=compute_statistics_plan(self._schema, self._properties),
            parquet_column_mapping=parquet_path_to_id_mapping(self._schema),
        )
        self._done.append(
            DataFile.from_args(
                content=DataFileContent.DATA,
                file_path=part.path,
                file_format=FileFormat.PARQUET,
                partition=Record(*part.key),
                file_size_in_bytes=len(self._io.new_input(part.path)),
                sort_order_id=None,
                spec_id=self._spec.spec_id,
                equality_ids=None,
                key_metadata=None,
                **statistics.to_serialized_dict(),
            )
        )
        part.writer = part.stream = None


def _cast(pa: Any, array: Any, type_: Any) -> Any:
    """An array as another type, unless that would change a value."""
    if array.type == type_:
        return array
    if isinstance(type_, pa.BaseExtensionType) and type_.extension_name == "arrow.uuid":
        return pa.ExtensionArray.from_storage(type_, _cast(pa, array, type_.storage_type))
    if isinstance(array, pa.ExtensionArray):
        return _cast(pa, array.storage, type_)
    if pa.types.is_fixed_size_binary(type_):
        width = type_.byte_width
        if width == 16 and (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
            values = array.to_pylist()
            return pa.array([None if one is None else uuid.UUID(one).bytes for one in values], type_)
        return array.cast(type_)
    return array.cast(type_)


def _internal(array: Any) -> Any:
    """Dates, times and moments as the numbers that partitions are made of."""
    pa = arrow()
    types, type_ = pa.types, array.type
    if isinstance(array, pa.ExtensionArray):
        return array.storage
    if types.is_date32(type_):
        return array.cast(pa.int32())
    if types.is_timestamp(type_) or types.is_time64(type_):
        return array.cast(pa.int64())
    return array
