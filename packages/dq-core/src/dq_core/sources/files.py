"""Files that DuckDB reads: the query that reads them, their columns, their file systems, and their errors."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from .._shared.files import parquet_columns
from .._shared.files import readers as files
from .._shared.files.filesystems import register_filesystem
from .._shared.files.json_files import json_query
from .._shared.files.read_options import ReadOptions
from .._shared.files.readers import Paths
from .._shared.files.text_copies import original_of
from .._shared.files.text_files import csv_query, identifier, line_fault, other_line_end
from .._shared.masking import masked, scrubbed, secrets_of
from .._shared.problems import UnknownFormatError
from ..errors import RuleError, SourceConnectionError, SourceError, TableNotFoundError, translated
from ..relation.column import Column
from ..relation.dialects.duckdb.dialect import DuckDB, read_exactly
from ..relation.relation import Relation
from ..relation.type_family import MOST_DIGITS, family_of_name
from .untyped import untyped_relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Opening", "Paths", "describe", "readable", "secrets", "without_own_sql"]

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_EXTRAS = {"s3": "s3", "s3a": "s3", "http": "http", "https": "http"}


@dataclass(frozen=True)
class Opening:
    """How files are opened.

    Attributes:
        connection: A DuckDB in memory.
        storage_options: For the fsspec file system of URIs.
        read_options: How CSV files are written; None for what their names and headers say.
        expected: Columns to assume of files that have none, because they have no rows.
        read: The files that have been opened.
        seen: What they were, by name, before anything was found out about them.
    """

    connection: sa.Connection
    storage_options: Mapping[str, Any]
    read_options: Mapping[str, Any] | None = None
    expected: Sequence[str] | None = None
    read: list[str] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    def referenced(self, path: str, schema: str | None = None) -> Relation:
        """Files that a foreign key refers to, by their path."""
        if schema is not None:
            raise SourceError(f"Files have no schemas, so there is no file {path!r} in the schema {schema!r}.")
        # What cannot be opened is one problem of several: the others must still be found.
        with readable(path), DuckDB().guard(self.connection, owns_transaction=True):
            return dataclasses.replace(self, read_options=None, expected=None).relation(path, "referenced")

    def relation(self, source: Paths, alias: str) -> Relation:
        """The files as a relation.

        Args:
            source: A path, URI or pattern, or several.
            alias: The relation's name.

        Raises:
            RuleError: The name does not show the format, or an option does not fit.
            SourceError: There is no such file, or it does not hold what its name says.
        """
        raw: Any = self.connection.connection.dbapi_connection
        try:
            function, options = files.function_for(source)
        except UnknownFormatError as problem:
            urls = [url for path in files.each_path(source) if (url := files.meant_url(path)) is not None]
            url = f"this one by {masked(urls[0])!r}" if urls else "such as postgresql://user@host/name"
            raise RuleError(
                [problem.message], suggestion=f"Databases are given by a URL, {url}, with table= or query=."
            ) from None
        with translated():
            how = ReadOptions.of(self.read_options)
            for path in files.each_path(source):
                register_filesystem(raw, path, self.storage_options, core="dq-core", extras=_EXTRAS)
            every = files.resolved(raw, source)
            self.read.extend(every)
            self.seen.update(files.stamps_of(raw, every))
            if function == "read_csv":
                query, names = csv_query(raw, source, how)
                return untyped_relation(self.connection, query, names, form="csv", how=how, alias=alias)
            if function == "read_json":
                _refuse_csv_options(self.read_options, "JSON", allowed=("types",))
                query, names = json_query(raw, source, form=options, table=f"values of {alias}")
                if not names:
                    return _without_columns(query, self.expected or (), alias)
                return untyped_relation(self.connection, query, names, form="json", how=how, alias=alias)
            _refuse_csv_options(self.read_options, "Parquet")
            return self._parquet(raw, source, alias)

    def require_unchanged(self) -> None:
        """Make sure that the files are at the end what they were.

        Raises:
            SourceConnectionError: If some have changed: what was found out holds for none of their states.
        """
        raw: Any = self.connection.connection.dbapi_connection
        with translated():
            now = files.stamps_of(raw, list(self.seen)) if self.seen else {}
        if changed := files.changed_files(self.seen, now):
            raise SourceConnectionError(
                f"{len(changed):,} of the files have changed while they were read, such as {masked(changed[0])!r}.",
                suggestion="Try again when nothing writes them; replace a file by renaming another to its name.",
            )

    def _parquet(self, raw: Any, source: Paths, alias: str) -> Relation:
        dialect = DuckDB()
        call = files.reader_call("read_parquet", source, {})
        several = not isinstance(source, str) or "*" in call or "?" in call or "[" in call
        differing: dict[str, list[str]] = {}
        every = files.resolved(raw, source)
        if several:
            call = files.reader_call("read_parquet", every if len(every) > 1 else every[0], {"union_by_name": True})
            differing = _differing_types(raw, every) if len(every) > 1 else {}
        call, misread = parquet_columns.exactly(raw, call, every, "the column {!r} {}".format)
        described = dialect.describe(self.connection, sa.text(call))
        read_exactly(raw, described)
        refusals = {one.name.casefold(): f"it {one.reason}" for one in misread if one.reason}
        columns = {one.name: _checked(one, differing, refusals) for one in described}
        return Relation(_reading(call, columns, alias), columns, dialect)


def _reading(call: str, columns: Mapping[str, Column], alias: str) -> sa.FromClause:
    """What follows FROM; floats by an expression without statistics, which DuckDB 2 asks even for ``isnan``."""
    floats = [(identifier(one.name), one.type_name) for one in columns.values() if one.type_name in ("FLOAT", "DOUBLE")]
    if not floats and call.startswith("read_parquet("):
        _, _, arguments = call.partition("(")
        reader = sa.func.read_parquet(sa.literal_column(arguments[:-1]))
        return reader.table_valued(*(sa.column(name) for name in columns)).alias(alias)
    exact = ", ".join(f"if(isnan({name}), 'NaN'::{type_}, {name}) AS {name}" for name, type_ in floats)
    written = f"SELECT *{f' REPLACE ({exact})' if exact else ''} FROM {call}"  # noqa: S608 - literals and quoted names
    named = sa.text(written.replace(":", "\\:")).columns(*(sa.column(name) for name in columns))
    return named.subquery(alias)


def _differing_types(raw: Any, every: list[str]) -> dict[str, list[str]]:
    """The columns whose types are of several families in several files, with the types."""
    seen: dict[str, dict[str, None]] = {}
    for path in every:
        call = files.reader_call("read_parquet", path, {})
        untyped = parquet_columns.without_type(raw, path)
        for name, type_name, *_ in raw.execute(f"DESCRIBE SELECT * FROM {call}").fetchall():  # noqa: S608 (literals)
            if name not in untyped:
                seen.setdefault(name.casefold(), {}).setdefault(type_name)
    return {name: list(types) for name, types in seen.items() if len(types) > 1 and _differ(raw, types)}


def _differ(raw: Any, types: Mapping[str, None]) -> bool:
    """Whether types, or those of values within them, have no type that holds the values of all as they are."""
    parts: dict[tuple[str, ...], dict[str, None]] = {}
    for one in types:
        for path, name in _parts(raw.type(one), ()):
            parts.setdefault(path, {}).setdefault(name)
    return any(
        len({family_of_name(one) for one in several}) > 1 or ('"NULL"' not in several and _odd(several))
        for several in parts.values()
        if len(several) > 1
    )


def _parts(kind: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """A type of DuckDB and, if its values consist of others, the types of these, by where they are."""
    if kind.id not in ("list", "array", "struct", "map"):
        yield path, str(kind)
        return
    yield path, kind.id
    for name, child in kind.children:
        if name != "size":
            yield from _parts(child, (*path, name.casefold()))


def _odd(types: Mapping[str, None]) -> bool:
    """Whether types of one family may not be the same: timestamps with and without zones, decimals too long for one."""
    decimals = [(int(found[1]), int(found[2])) for found in map(_DECIMAL.fullmatch, types) if found]
    # DuckDB rounds what does not fit beside the most digits before the point.
    if decimals and max(size - scale for size, scale in decimals) + max(scale for _, scale in decimals) > MOST_DIGITS:
        return True
    names = {one.partition("(")[0] for one in types}
    return len(names) > 1 and bool(names & {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS"})


def _checked(column: Column, differing: Mapping[str, list[str]], refusals: Mapping[str, str]) -> Column:
    types = differing.get(column.name.casefold(), ())
    refusal = f"the files have it in several types: {', '.join(types)}" if types else ""
    refusal = refusals.get(column.name.casefold(), refusal)
    return dataclasses.replace(column, refusal=refusal) if refusal else column


def _without_columns(query: str, expected: Sequence[str], alias: str) -> Relation:
    """Files without any object: an empty table with the columns that are needed, as an empty list of rows is."""
    names = list(expected) or ["(none)"]
    selected = ", ".join(f"NULL AS {identifier(name)}" for name in names)
    statement = f"SELECT {selected} FROM ({query}) AS objects"  # noqa: S608 (names are quoted)
    written = sa.text(statement.replace(":", "\\:"))
    from_ = written.columns(*(sa.column(name) for name in names)).subquery(alias)
    return Relation(from_, {name: Column(name, "", "unknown") for name in expected}, DuckDB())


def _refuse_csv_options(given: Mapping[str, Any] | None, what: str, allowed: tuple[str, ...] = ()) -> None:
    wrong = [name for name in given or {} if name not in allowed]
    if wrong:
        raise RuleError(
            [f"read_options: {', '.join(wrong)} say how CSV files are written, and these are {what} files."]
        )


@contextlib.contextmanager
def readable(source: Paths) -> Iterator[None]:
    """Translate the errors of opening and reading files."""
    import duckdb

    try:
        yield
    except (DBAPIError, OSError, duckdb.Error, ValueError) as error:
        if isinstance(error, RuleError):
            raise
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = scrubbed(str(cause).strip(), secrets(source))
        if isinstance(cause, FileNotFoundError) or "No files found" in reason:
            if isinstance(source, str | PathLike) and Path(files.local_path(fspath(source))).is_dir():
                raise TableNotFoundError(f"The folder {describe(source)} has no files that are read.") from None
            hints = (files.near_file(path) for path in files.each_path(source))
            hint = next((masked(one) for one in hints if one is not None), None)
            raise TableNotFoundError(f"The file {describe(source)} does not exist.", suggestion=hint) from None
        raise SourceError(
            f"{describe(source)} cannot be read: {plain_reason(reason)}", suggestion=_hint(reason)
        ) from None


def without_own_sql(message: str) -> str:
    """A database's message without the line of our own SQL that it shows."""
    return re.sub(r"\n+LINE \d+:[^\n]*(?:\n[ \t]*\^[^\n]*)?", "", message)


def plain_reason(reason: str) -> str:
    """DuckDB's message without advice about options that do not exist here."""
    if (fault := line_fault(reason)) is not None:
        return masked(fault)
    kept, _, rest = without_own_sql(reason).partition("\nPossible ")
    kept = re.sub(r"(?<=\nOriginal Line: )(.{200}).*?(?=\n|$)", r"\1…", kept)
    # Where in Python a file system has failed is for those who wrote it.
    kept = re.sub(r"\n+At:\n.*", "", kept, flags=re.DOTALL)
    kept = re.sub(r"\bTry (setting|using|passing|increasing) .*", "", kept, flags=re.DOTALL)
    file = re.search(r"^\s*file = (\S.*)$", rest, re.MULTILINE)
    if file is not None and "CSV Parser state machine" in kept:
        kept = other_line_end(file[1]) or kept
    return " ".join(kept.split()) + (f" (file {masked(original_of(file[1]))})" if file else "")


def _hint(reason: str) -> str | None:
    if "utf-8" in reason.lower() or "unicode" in reason.lower() or "encod" in reason.lower():
        return 'If the file is written in another encoding, name it: read_options={"encoding": "latin-1"}.'
    if "CSV Error" in reason:
        return 'If the file is written in another way, say how: read_options={"delimiter": ";", "quote": "\'"}.'
    return None


def describe(source: Paths) -> str:
    """The paths for people, without secrets."""
    return ", ".join(map(masked, files.each_path(source)))


def secrets(source: Paths) -> tuple[str, ...]:
    """The parts of URIs that are secret."""
    return tuple({secret for path in files.each_path(source) for secret in secrets_of(path)})
