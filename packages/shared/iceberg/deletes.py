"""The rows that delete files name: by position in Parquet files, and by deletion vectors in Puffin files."""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..duckdb_literals import literal, names_of_files
from ..problems import UnreadableFileError
from .places import local_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table

__all__ = ["deleted_rows", "refused"]

_MAGIC = bytes.fromhex("d1d33964")


def refused(name: str, reason: str, suggestion: str | None = None) -> UnreadableFileError:
    """The error for a table that cannot be read right."""
    return UnreadableFileError(f"The Iceberg table {name} cannot be read: {reason}.", suggestion=suggestion)


def deleted_rows(raw: Any, table: Table, files: Sequence[DataFile]) -> str:
    """The deleted rows as a query with the columns ``path`` and ``pos``.

    Args:
        raw: The driver's connection, which can open the files.
        table: The table.
        files: Its delete files.

    Raises:
        UnreadableFileError: If a deletion vector is damaged.
    """
    from pyiceberg.manifest import FileFormat

    parquet = sorted({one.file_path for one in files if one.file_format == FileFormat.PARQUET})
    vectors = sorted({one.file_path for one in files if one.file_format != FileFormat.PARQUET})
    parts = []
    if parquet:
        listed = names_of_files(map(local_path, parquet))
        path = "regexp_replace(regexp_replace(file_path, '^file:/+', '/'), '^s3[an]://', 's3://')"
        parts.append(f"SELECT {path} AS path, pos FROM read_parquet({listed}, hive_partitioning=false)")  # noqa: S608 - literals
    parts += [f"SELECT path, pos FROM {_held(raw, table, path)}" for path in vectors]  # noqa: S608 - a name of ours
    return " UNION ALL ".join(parts)


def _held(raw: Any, table: Table, location: str) -> str:
    """The rows that the deletion vectors of a file name, in a temporary table of the transaction."""
    import pyarrow as pa

    name = f"moltres_vectors_{sha256(location.encode()).hexdigest()[:32]}"
    known = raw.execute(f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{name}'").fetchone()  # noqa: S608
    if known is not None:
        return name
    raw.execute(f"CREATE TEMP TABLE {name} (path VARCHAR, pos BIGINT)")
    for of, positions in _vectors(table, location):
        raw.register("moltres_positions", pa.table({"pos": positions}))
        raw.execute(f"INSERT INTO {name} SELECT {literal(local_path(of))}, pos FROM moltres_positions")  # noqa: S608
        raw.unregister("moltres_positions")
    return name


def _vectors(table: Table, location: str) -> Iterator[tuple[str, Any]]:
    """The data files that a Puffin file has deletion vectors for, each with the positions of the deleted rows."""
    from pyiceberg.table.deletion_vector import PROPERTY_REFERENCED_DATA_FILE, deletion_vectors_from_puffin_file
    from pyiceberg.table.puffin import PuffinFile

    with table.io.new_input(location).open() as opened:
        content = opened.read()
    try:
        puffin = PuffinFile(content)
        for blob in puffin.footer.blobs:
            _require_whole(puffin.get_blob_payload(blob))
        vectors = deletion_vectors_from_puffin_file(puffin)
        for blob, vector in zip(puffin.footer.blobs, vectors, strict=True):
            positions = vector.to_vector()
            _require_all(len(positions), blob.properties)
            yield blob.properties[PROPERTY_REFERENCED_DATA_FILE], positions
    except (ValueError, KeyError, IndexError) as error:
        raise refused(".".join(table.name()), f"its deletion vectors in {location} are damaged ({error})") from error


def _require_all(found: int, properties: Mapping[str, str]) -> None:
    """Compare the number of rows with what the file says of it."""
    expected = properties.get("cardinality", str(found))
    if str(found) != expected:
        raise ValueError(f"{found} rows instead of {expected}")


def _require_whole(blob: bytes) -> None:
    """Compare a deletion vector with its own length and checksum."""
    length = int.from_bytes(blob[:4], "big")
    framed, checksum = blob[4 : 4 + length], blob[4 + length :]
    if framed[:4] != _MAGIC or len(checksum) != 4 or zlib.crc32(framed) != int.from_bytes(checksum, "big"):
        raise ValueError("a wrong checksum")
