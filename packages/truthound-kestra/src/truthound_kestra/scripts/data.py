"""Reading whole data sets into pandas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import moltres
from dq_core.adapters import instance, is_database_url, mapping, read_options_problems, string
from dq_core.errors import RuleError
from dq_core.sources import open_source
from moltres.errors import MoltresError
from truthound_kestra.errors import ConfigurationError, SourceError, refuse
from truthound_kestra.scripts.sources import masked_uri, usable_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

__all__ = ["load_data"]


def load_data(
    uri: str | Path,
    *,
    table: str | None = None,
    query: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Read a whole data set into memory, as a pandas DataFrame. The scripts themselves read data where it is stored.

    The data is opened as the check opens it, so that both see the same values: column types of a CSV file come from all
    of its rows, ``007`` stays a string, and integers next to NULLs keep all digits (nullable types of pandas). Where
    a column of a JSON file has strings and other values, the strings keep their quotes: ``1`` and ``"1"``.

    Args:
        uri: The path or URI of a Parquet, CSV, TSV or JSON file (an array of objects, or one object per line), also
            compressed (``.gz``, ``.zst``): local, s3://, http(s):// or any other file system of fsspec; or the URL of
            a database.
        table: The table, if it is a database.
        query: A SELECT instead of a table.
        storage_options: Options of the fsspec file system.
        read_options: How CSV files are written, as for the scripts; see `ScriptConfig`.

    Returns:
        The rows.

    Raises:
        ConfigurationError: The URI or format is not supported, or the arguments do not go together.
        ScriptError: The URI is in Kestra's storage.
        SourceError: The data does not exist or cannot be read.
        MissingDependencyError: A required package is not installed.
    """
    refuse(
        [
            *instance("A data URI", uri, (str, Path), "a path or URI"),
            *(() if table is None else string("table", table)),
            *(() if query is None else string("query", query)),
            *(() if storage_options is None else mapping("storage_options", storage_options)),
            *read_options_problems(read_options),
            *_useless(uri, storage_options),
        ]
    )
    source = usable_source(uri, table=table, query=query)
    try:
        with open_source(
            source,
            table=table,
            query=query,
            storage_options=storage_options,
            read_options=read_options,
            by_value=True,
        ) as opened:
            if not opened.relation.columns:
                raise SourceError(f"{masked_uri(uri)} has no columns, and no rows.")
            columns = (opened.relation.apart(name).label(name) for name in opened.relation.columns)
            return moltres.connect(opened.connection).from_select(opened.relation.select(*columns)).to_pandas()
    except RuleError as error:
        raise ConfigurationError(error.problems, suggestion=error.suggestion) from None
    except MoltresError as error:
        raise SourceError(f"{masked_uri(uri)} cannot be read: {error}") from None


def _useless(uri: object, storage_options: object) -> Iterator[str]:
    """Options of a file system for what is read by none."""
    given = isinstance(storage_options, Mapping) and bool(storage_options)
    if given and (not isinstance(uri, str) or "://" not in uri or is_database_url(uri)):
        yield f"storage_options are for the file system of a URI such as s3://, and {masked_uri(uri)} is none."
