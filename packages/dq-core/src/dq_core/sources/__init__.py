"""Opening a source: one connection and one relation, whatever was given."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

from .._shared.arguments import flag, mapping, seconds, strings
from ..errors import RuleError
from ..relation.questions import Questions
from . import memory
from .database import open_database
from .given import database_of, is_files
from .limit import Deadline
from .opened import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import sqlalchemy as sa

    from .._shared.iceberg.snapshots import AsOf

__all__ = ["Opened", "open_source"]


@contextlib.contextmanager
def open_source(
    source: Any,
    *,
    table: str | None = None,
    query: str | sa.Select[Any] | None = None,
    schema: str | None = None,
    as_of: AsOf | None = None,
    storage_options: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    expected: Sequence[str] | None = None,
    by_value: bool = False,
    scans: bool = False,
    timeout_seconds: float | None = None,
    questions: Questions | None = None,
) -> Iterator[Opened]:
    """Open a source for reading; everything that was opened is closed again.

    Args:
        source: A SQLAlchemy Engine, Connection or URL (also as a string), or a catalog of PyIceberg, with ``table`` or
            ``query``; an object with
            the attributes ``statement`` (a SQLAlchemy Select) and ``bind`` (an Engine or Connection), such as a moltres
            DataFrame; a pandas or polars DataFrame, a polars LazyFrame, an Arrow table, reader or dataset; a list of
            dicts; the path or URI of Parquet, CSV or JSON files (globs too; ``s3://`` and others through fsspec).
        table: The table or view in the database.
        query: A SELECT, as a string or a SQLAlchemy construct, instead of a table.
        schema: The table's schema.
        as_of: Of an Iceberg table, the snapshot: its id, a branch or tag, or a time; None for the current one.
        storage_options: Options for the fsspec filesystem of a URI.
        read_options: How CSV files are written: delimiter, quote, encoding, null, decimal, header, types.
        expected: Columns to assume of a list or a JSON file without rows.
        by_value: Whether columns of files that declare no types keep the values as they are in the file, to be read as
            what a rule needs. Otherwise such a column has the type that all its values have, or is text.
        scans: Whether a table is only scanned: a file of DuckDB that nobody else in this process uses is then read with
            little memory.
        timeout_seconds: How long a database may take to say what it has, as its tables may be locked, and how long
            files, frames and rows may take to be opened: some are read or converted for that.
        questions: What will be asked of a database before a row is read; some answer sooner at once.

    Yields:
        The opened source.

    Raises:
        RuleError: The arguments do not fit together.
        SourceError: The source does not exist or cannot be read.
    """
    if isinstance(source, str) and not source:
        raise RuleError(["The source is an empty string, which is no path and no URL."])
    problems = [] if timeout_seconds is None else [*seconds("timeout_seconds", timeout_seconds)]
    asked: object = questions
    if not isinstance(asked, Questions | None):
        problems.append(f"questions must be Questions, not {type(asked).__name__}.")
    problems += [*flag("by_value", by_value), *flag("scans", scans)]
    if expected is not None:
        problems += strings("expected", expected)
    for name, given in (("storage_options", storage_options), ("read_options", read_options)):
        problems += () if given is None else mapping(name, given)
    if problems:
        raise RuleError(problems)
    database = database_of(source, table, query, schema, as_of)
    deadline = None if timeout_seconds is None else Deadline(timeout_seconds)
    if database is None and is_files(source):
        opening = memory.open_files(source, storage_options or {}, read_options, expected, deadline)
    elif read_options:
        raise RuleError([f"read_options say how CSV files are written, and this is {type(source).__name__}, no file."])
    elif database is not None:
        opening = open_database(database, timeout_seconds, questions=questions, scans=scans)
    else:
        opening = memory.open_data(source, storage_options or {}, expected or (), deadline)
    with opening as opened:
        yield opened if by_value else dataclasses.replace(opened, relation=opened.relation.by_type())
