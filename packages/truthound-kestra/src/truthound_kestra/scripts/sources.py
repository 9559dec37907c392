"""Data URIs: what they refer to, and whether an engine can open them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, Final

from dq_core.adapters import closest, instance, is_database_url, masked, named_text
from truthound_kestra.errors import ConfigurationError, ScriptError, refuse
from truthound_kestra.kestra.context import run_of_queries

__all__ = ["DataSourceType", "detect_data_source_type", "masked_uri", "usable_source"]


class DataSourceType(Enum):
    """Where data is stored."""

    LOCAL = "local"
    S3 = "s3"
    GCS = "gcs"
    AZURE = "azure"
    HTTP = "http"
    KESTRA = "kestra"
    DATABASE = "database"


_SCHEMES: Final = {
    "": DataSourceType.LOCAL,
    "file": DataSourceType.LOCAL,
    "s3": DataSourceType.S3,
    "s3a": DataSourceType.S3,
    "gs": DataSourceType.GCS,
    "gcs": DataSourceType.GCS,
    "abfs": DataSourceType.AZURE,
    "abfss": DataSourceType.AZURE,
    "az": DataSourceType.AZURE,
    "http": DataSourceType.HTTP,
    "https": DataSourceType.HTTP,
    "kestra": DataSourceType.KESTRA,
}


def detect_data_source_type(uri: str | Path) -> DataSourceType:
    """Where the data of a URI is stored.

    Args:
        uri: A path, a URI, or the URL of a database.

    Raises:
        ConfigurationError: The URI is empty, or its scheme is not supported.
    """
    refuse(instance("A data URI", uri, (str, Path), "a path or URI"))
    text = str(uri).strip()
    if not text:
        raise ConfigurationError("A data URI must not be empty.")
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme in _SCHEMES:
        return _SCHEMES[scheme]
    if is_database_url(text):
        return DataSourceType.DATABASE
    known = [name for name in _SCHEMES if name]
    near = closest(scheme, known)
    hint = f"Did you mean {near}://?" if near else f"Supported: {', '.join(known)}, and URLs of databases."
    raise ConfigurationError(f"{scheme}:// URLs are not supported.", suggestion=hint)


def masked_uri(source: Any) -> str:
    """A data URI with ``***`` for each secret, for messages; the name of the type for anything but a string."""
    return masked(source) if isinstance(source, str | Path) else type(source).__name__


def usable_source(source: Any, *, table: str | None, query: str | None) -> Any:
    """A source that an engine can open; in Kestra, queries on a database that shows such things name their execution.

    Args:
        source: A data URI, or anything else that dq_core opens (DataFrames, engines, lists of mappings), which is
            returned as it is.
        table: The table, if the source is a database.
        query: A SELECT instead of a table.

    Raises:
        ConfigurationError: The arguments do not go together, or the source is nothing that is ever opened.
        ScriptError: The source is in Kestra's storage, which a script cannot read.
    """
    if source is None or isinstance(source, bool | int | float | bytes):
        raise ConfigurationError(f"A data URI must be a path or URI, not {type(source).__name__}.")
    if not isinstance(source, str | Path):
        return source
    kind = detect_data_source_type(source)
    if kind is DataSourceType.KESTRA:
        raise ScriptError(
            "A script cannot read Kestra's storage (kestra:///…).",
            suggestion='Pass the file to the task: inputFiles: {data.csv: "{{ inputs.file }}"}, and read data.csv. '
            "Generated flows do this.",
        )
    if kind is DataSourceType.DATABASE and table is None and query is None:
        raise ConfigurationError("A database requires table or query.")
    if kind is not DataSourceType.DATABASE and (table is not None or query is not None):
        raise ConfigurationError(f"table and query require a database URL, not {masked_uri(source)}.")
    return named_text(str(source), run_of_queries()) if kind is DataSourceType.DATABASE else str(source)
