"""Reading whole data sets into pandas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from dq_core.errors import MissingDependencyError, SourceConnectionError, closest
from dq_core.sources import open_source
from truthound_kestra.errors import ConfigurationError, SourceError
from truthound_kestra.scripts.sources import DataSourceType, detect_data_source_type, masked_uri, usable_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

__all__ = ["load_data"]

_PACKAGES: Final = {
    DataSourceType.S3: "s3fs",
    DataSourceType.GCS: "gcsfs",
    DataSourceType.AZURE: "adlfs",
    DataSourceType.HTTP: "aiohttp",
}
_COMPRESSED: Final = (".gz", ".zst", ".bz2", ".xz")


def load_data(
    uri: str | Path,
    *,
    table: str | None = None,
    query: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Read a data set as a pandas DataFrame, all of it into memory; the scripts themselves read where the data lies.

    Args:
        uri: A path or URI of a Parquet, CSV, TSV or JSON file (an array of objects, or one object a line), local, s3://,
            http(s):// and whatever else fsspec reads; or the URL of a database.
        table: The table, if it is a database; ``schema.table`` is understood.
        query: A SELECT instead of a table.
        storage_options: For the fsspec file system.

    Returns:
        The rows.

    Raises:
        ConfigurationError: Nothing reads such a URI or format.
        ScriptError: The URI points into Kestra's storage.
        SourceError: The data is not there or cannot be read.
        MissingDependencyError: What reads it is not installed.
    """
    source = usable_source(uri, table=table, query=query)
    if detect_data_source_type(uri) is DataSourceType.DATABASE:
        return _from_database(source, table, query)
    reader = _reader(source)
    if source.startswith("file://"):
        source = unquote(urlsplit(source).path)
    try:
        return reader(source, storage_options=dict(storage_options) if storage_options else None)
    except ImportError as error:
        package = error.name or _PACKAGES.get(detect_data_source_type(uri), "fsspec[full]")
        raise MissingDependencyError(
            f"Reading {masked_uri(uri)} needs {package}, which is not installed.",
            suggestion=f'pip install "{package}"',
            context={"package": package},
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{masked_uri(uri)} cannot be read: {error}") from error


def _reader(source: str) -> Callable[..., pd.DataFrame]:
    import pandas as pd

    readers: dict[str, Callable[..., pd.DataFrame]] = {
        ".parquet": pd.read_parquet,
        ".pq": pd.read_parquet,
        ".csv": pd.read_csv,
        ".tsv": lambda path, **options: pd.read_csv(path, sep="\t", **options),
        ".json": pd.read_json,
        ".jsonl": lambda path, **options: pd.read_json(path, lines=True, **options),
        ".ndjson": lambda path, **options: pd.read_json(path, lines=True, **options),
    }
    name = urlsplit(source).path.lower() if "://" in source else source.lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    suffix = Path(name).suffix
    if suffix not in readers:
        near = closest(suffix, readers)
        hint = f"Did you mean {near}?" if near else f"Known: {', '.join(readers)}."
        raise ConfigurationError(f"{masked_uri(source)} is of no format that can be read.", suggestion=hint)
    return readers[suffix]


def _from_database(url: str, table: str | None, query: str | None) -> pd.DataFrame:
    import pandas as pd

    with open_source(url, table=table, query=query) as opened:
        names = [opened.relation[name].label(name) for name in opened.relation.columns]
        try:
            result = opened.connection.execute(opened.relation.select(*names))
            rows = result.fetchall()
        except sa.exc.DBAPIError as error:
            raise SourceConnectionError(f"{masked_uri(url)} cannot be read: {type(error.orig).__name__}.") from None
        return pd.DataFrame.from_records(list(map(tuple, rows)), columns=list(result.keys()))
