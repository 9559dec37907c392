"""CSV and JSON files as SQL of DuckDB: a column has a type where it gives every value back as the file has it.

DuckDB's own detection gives doubles for numbers with more digits than they hold, takes 01/02/2024 for a day in one of
two months, and skips lines that look like comments. Here a column whose values no type holds stays text.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.files import untyped
from .._shared.files.compressed import refuse_cut
from .._shared.files.json_files import json_query, refuse_rounded
from .._shared.files.read_options import ReadOptions
from .._shared.files.readers import reader_call, resolved
from .._shared.files.text_files import csv_query, identifier
from .._shared.problems import InvalidOptionError, UnreadableFileError
from .._shared.wording import question, repr_of
from .stated_types import Held, as_stated, cast_to, is_judged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from .._shared.files.readers import Paths

_OTHER_NAMES = {
    "delim": "delimiter",
    "sep": "delimiter",
    "nullstr": "null",
    "decimal_separator": "decimal",
    "dtypes": "types",
    "column_types": "types",
}
"""DuckDB's names of options that have one of ours."""

_NAMES_OF_TYPES = ("types", "dtypes", "column_types")

_FORMATS_OF_DATES = frozenset({"dateformat", "date_format", "timestampformat", "timestamp_format"})

_SAMPLE = 2_000
"""Rows that show which type a column can have, so that all rows are looked through for that one first."""

_OF_NUMBERS = ("whole", "plain", "number", "usual", "digits", "scale", "double")
_MEASURES = {
    "boolean": ("boolean",),
    "whole": ("whole", "usual", "digits"),
    "usual": _OF_NUMBERS,
    "date": ("date",),
    "time": ("time",),
    "datetime": ("datetime", "zoned"),
}
"""What must be known of a column whose values may all be of a type, by the measure that tells whether they are; the
narrowest types first."""


def csv(connection: Connection, paths: Paths, options: Mapping[str, Any]) -> str:
    """The query for CSV files.

    Args:
        connection: A connection to a DuckDB that knows the file systems of the paths.
        paths: A path, URI or pattern, or several.
        options: Those of `ReadOptions`, also by the names that DuckDB has for them, or others of DuckDB's reader.

    Raises:
        InvalidOptionError: If options are not valid; tells all of them.
        UnreadableFileError: If a file is empty, or its header is none.
    """
    given = _by_our_names(options)
    if not given.keys() <= {one.name for one in fields(ReadOptions)}:
        return _as_duckdb_reads(connection, paths, options)
    how = ReadOptions.of(given)
    query, names = csv_query(_raw(connection), paths, how, empty_strings=True)
    _refuse_one_column(names, how)
    return _typed(connection, query, names, "csv", how)


def json(connection: Connection, paths: Paths, options: Mapping[str, Any]) -> str:
    """The query for JSON files; with options of DuckDB's reader beyond ``format`` and ``columns``, this reader.

    Raises:
        InvalidOptionError: If a type that ``columns`` states is none, or is one of values within values.
        UnreadableFileError: If an entry of a file is no object, or has a number that nothing holds.
    """
    raw, form = _raw(connection), {name: value for name, value in options.items() if name == "format"}
    stated = options.get("columns", {})
    if not isinstance(stated, dict) or not all(isinstance(one, str) for pair in stated.items() for one in pair):
        raise InvalidOptionError(f"columns must map columns to types, not {repr_of(stated, 200)}.")
    how = ReadOptions(types=stated)
    if options.keys() <= {"format", "columns"}:
        query, found = json_query(raw, paths, form=form, table=None)
        if not found:
            raise UnreadableFileError("The files have no objects, so there are no columns.")
        _refuse_unknown(how.types, found, "columns")
        return _typed(connection, query, list(how.types) or found, "json", how)
    every = resolved(raw, paths)
    refuse_cut(raw, every)
    refuse_rounded(raw, every, form)
    if not how.types:
        return f"SELECT * FROM {reader_call('read_json', paths, options)}"  # noqa: S608 - literals
    call = reader_call("read_json", paths, {**options, "columns": dict.fromkeys(how.types, "JSON")})
    texts = ", ".join(f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}" for name in how.types)
    names = _described(raw, call)
    return _typed(
        connection,
        f"SELECT * REPLACE ({texts}) FROM {call}",  # noqa: S608 - literals
        list(names),
        "json",
        how,
        as_they_are=names.keys() - how.types.keys(),
    )


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _by_our_names(options: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in options.items():
        own = _OTHER_NAMES.get(name, name)
        if own in found:
            raise InvalidOptionError(f"{name} and another name of the option {own} are both given.")
        found[own] = value
    return found


def _refuse_one_column(names: Sequence[str], how: ReadOptions) -> None:
    """A file of another delimiter would be one column."""
    found = next((mark for mark in ";\t|," if len(names) == 1 and mark in names[0]), None)
    if found is not None and how.delimiter is None:
        raise InvalidOptionError(
            f"The first line has one column, {names[0]!r}, with {found!r} in its name.",
            suggestion=f"Pass delimiter={found!r} if that separates columns, or delimiter=',' if it does not.",
        )


def _typed(
    connection: Connection,
    query: str,
    names: Sequence[str],
    form: str,
    how: ReadOptions,
    *,
    as_they_are: Collection[str] = (),
) -> str:
    """The query with each column of text as the type that its values have.

    Args:
        connection: A connection to a DuckDB that knows the file systems of the paths.
        query: The query.
        names: Its columns.
        form: "csv" or "json".
        how: How the files are written.
        as_they_are: Columns whose types are not looked for.
    """
    _refuse_unknown(how.types, names, "types")
    texts = sa.text(query.replace(":", "\\:")).columns(*(sa.column(name, sa.Text()) for name in names))
    files = texts.subquery("files")
    searched = [name for name in names if name not in as_they_are]
    measured = _measured(connection, files, searched, form, how)
    columns = [
        files.c[name] if name in as_they_are else _column(files.c[name], measured[name], form, how).label(name)
        for name in names
    ]
    statement = sa.select(*columns).select_from(files)
    return str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))


def _refuse_unknown(given: Iterable[str], names: Sequence[str], option: str) -> None:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InvalidOptionError(
            " ".join(f"{option}: the column {name!r} does not exist.{question(name, names)}" for name in unknown)
        )


def _measured(
    connection: Connection, files: Any, names: Sequence[str], form: str, how: ReadOptions
) -> dict[str, dict[str, Any]]:
    """What `typing_of` and `_column` must know of all rows."""
    sample = sa.select(*files.c).limit(_SAMPLE).subquery("sample")
    always = {name: {"known", "string", "nested"} | set(_OF_NUMBERS if name in how.types else ()) for name in names}
    guess = {name: _narrowest(of) for name, of in _counted(connection, sample, dict.fromkeys(names), form, how).items()}
    first = {name: {*always[name], *_MEASURES.get(guess[name], ())} for name in names}
    found = _counted(connection, files, first, form, how)
    for name, measured in found.items():
        if guess[name] == "whole" and name not in how.types:
            measured["plain"] = measured["number"] = measured["whole"]
    wrong = {name: None for name in names if guess[name] and found[name][guess[name]] < found[name]["known"]}
    return found | _counted(connection, files, wrong, form, how)


def _narrowest(measured: Mapping[str, Any]) -> str:
    """The measure of the narrowest type that all values have; empty if they have none."""
    known = measured["known"]
    if measured["usual"] < known:
        return next((test for test in ("boolean", "date", "time", "datetime") if measured[test] == known), "")
    return next(test for test in _MEASURES if measured[test] == known)


def _counted(
    connection: Connection, rows: Any, names: Mapping[str, Collection[str] | None], form: str, how: ReadOptions
) -> dict[str, dict[str, Any]]:
    """Measures of columns: those that are named for each, or all; 0 for the others."""
    found: dict[str, dict[str, Any]] = {}
    wanted: dict[tuple[str, str], ColumnElement[Any]] = {}
    for name, only in names.items():
        every = {**dict(untyped.measures(rows.c[name], form, how.decimal)), **dict(_further(rows.c[name], form))}
        found[name] = dict.fromkeys(every, 0)
        wanted |= {(name, what): measure for what, measure in every.items() if only is None or what in only}
    if wanted:
        labelled = [measure.label(f"m{place}") for place, measure in enumerate(wanted.values())]
        row = connection.execute(sa.select(*labelled).select_from(rows)).one()
        for (name, what), value in zip(wanted, row, strict=True):
            found[name][what] = value
    return found


def _further(raw: ColumnElement[Any], form: str) -> Iterable[tuple[str, ColumnElement[Any]]]:
    """What must be known beyond the measures of dq-core to keep every value as it is."""
    yield "zoned", sa.func.count(sa.case((untyped.is_like(untyped.string_of(raw, form), untyped.ZONED), 1)))


def _column(raw: Any, measured: Mapping[str, Any], form: str, how: ReadOptions) -> ColumnElement[Any]:
    typing = untyped.typing_of(measured, form)
    held = Held(form, typing.number, how.decimal)
    if raw.name in how.types:
        return as_stated(raw, how.types[raw.name], held)
    if typing.whole is not None:
        return _with_type(raw, typing.whole, measured, held)
    if form == "json" and measured["string"] < measured["known"]:
        return sa.cast(raw, sa.JSON())  # values of several types
    return untyped.text_of(raw, form)


def _with_type(raw: Any, whole: tuple[str, str], measured: Mapping[str, Any], held: Held) -> ColumnElement[Any]:
    """The values as what all of them can be read as, or as text where that would change one."""
    (type_name, family), known, text = whole, measured["known"], untyped.text_of(raw, held.form)
    if family in ("decimal", "float") and measured["double"] == known:
        return untyped.read(raw, Held(held.form, "DOUBLE", held.decimal_mark), "float")
    if family == "datetime" and measured["zoned"]:
        return cast_to(untyped.with_seconds(text), "TIMESTAMPTZ") if measured["zoned"] == known else text
    if family == "float":
        return text
    typed = untyped.read(raw, held, family)
    return cast_to(typed, type_name) if family in ("date", "json") else typed


def _as_duckdb_reads(connection: Connection, paths: Paths, options: Mapping[str, Any]) -> str:
    """The query for files as options of DuckDB's reader say; types that it would guess are those of `_typed`."""
    raw, passed = _raw(connection), dict(options)
    if "auto_type_candidates" in options:
        raise InvalidOptionError(
            "auto_type_candidates would round values.",
            suggestion="Pass types={…}, or nothing: no type changes a value.",
        )
    refuse_cut(raw, resolved(raw, paths))
    reader_call("read_csv", paths, passed)  # refuses what DuckDB's reader does not take
    option = next((name for name in ("columns", *_NAMES_OF_TYPES) if name in passed), "types")
    types: Any = passed.pop(option, {})
    if options.get("all_varchar") or not isinstance(types, dict):
        return f"SELECT * FROM {reader_call('read_csv', paths, options)}"  # noqa: S608 - literals
    option = option if option == "columns" else "types"
    places = {"hive_partitioning": False, "filename": False}
    in_files = _described(raw, reader_call("read_csv", paths, {**options, **places}))
    dated = frozenset() if _FORMATS_OF_DATES.isdisjoint(options) else frozenset({"DATE", "TIMESTAMP"})
    guessed = [name for name, kind in in_files.items() if name not in types and kind not in dated]
    # DuckDB's reader rounds numbers to the type that a caller states.
    judged = {name: kind for name, kind in types.items() if name in in_files and is_judged(kind, dated)}
    passed[option] = {**types, **dict.fromkeys([*guessed, *judged], "VARCHAR")}
    passed.setdefault("header", not all(name.startswith("column") for name in in_files))
    call = reader_call("read_csv", paths, passed)
    names = list(_described(raw, call))
    how = ReadOptions(decimal=options.get("decimal_separator", "."), types=judged)
    as_they_are = {*names} - {*guessed} - {*judged}
    return _typed(connection, f"SELECT * FROM {call}", names, "csv", how, as_they_are=as_they_are)  # noqa: S608


def _described(raw: Any, call: str) -> dict[str, str]:
    """The columns of files and their types as DuckDB sees them."""
    return {name: kind for name, kind, *_ in raw.execute(f"DESCRIBE SELECT * FROM {call}").fetchall()}  # noqa: S608
