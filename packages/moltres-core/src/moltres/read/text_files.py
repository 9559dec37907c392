"""CSV and JSON files as SQL of DuckDB: a column has a type where it gives every value back as the file has it.

DuckDB's own detection gives doubles for numbers with more digits than they hold, takes 01/02/2024 for a day in one of
two months, and skips lines that look like comments. Here a column whose values no type holds stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from .._shared import untyped
from .._shared.compressed import refuse_cut
from .._shared.files import reader_call, resolved
from .._shared.json_files import json_query
from .._shared.problems import InvalidOptionError, UnreadableFileError
from .._shared.read_options import ReadOptions
from .._shared.text_files import csv_query
from .._shared.wording import question

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from .._shared.files import Paths

_OTHER_NAMES = {
    "delim": "delimiter",
    "sep": "delimiter",
    "nullstr": "null",
    "decimal_separator": "decimal",
    "dtypes": "types",
    "column_types": "types",
}
"""DuckDB's names of options that have one of ours."""

_STATE_TYPES = frozenset({"columns", "all_varchar", "auto_type_candidates"})
"""Options of DuckDB by which a caller states the type of each column."""

_FORMATS_OF_DATES = frozenset({"dateformat", "date_format", "timestampformat", "timestamp_format"})

_EXACT_TYPES = frozenset({
    "DECIMAL", "NUMERIC", "DEC",
    *(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE", "")),
    *(f"{sign}INTEGER" for sign in ("", "U")), *(f"INT{size}" for size in (1, 2, 4, 8, 16, 32, 64, 128)),
})  # fmt: skip
"""Types that round a number that they do not hold, and are not meant to."""

_NUMBERS = _EXACT_TYPES | {"FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE", "DOUBLE PRECISION", "BIGNUM"}
"""Types of numbers, which are written with the file's decimal mark."""

_OF_TIME = re.compile(
    r"DATE|DATETIME|INTERVAL|TIMETZ|(TIME|TIMESTAMP)( WITH(OUT)? TIME ZONE)?|TIMESTAMP(TZ|_S|_MS|_US|_NS)"
)
"""Types of days, moments, times and durations."""

_WITHOUT_BLANKS = frozenset({"BOOLEAN", "BOOL", "LOGICAL", "UUID", "GUID", "BIT", "BITSTRING", "JSON"})
"""Other types of whose values blanks around them are no part."""

_DIGITS_OF_SECONDS = {"TIMESTAMP_S": 0, "TIMESTAMP_MS": 3, "TIMESTAMP_NS": 9}
_ZONE = ":[0-9:. ]*[A-Za-z+-]"
_MIDNIGHT = r"[T ]00:00(:00(\.0*)?)?$"

_NESTED_TYPES = frozenset({"STRUCT", "ROW", "MAP", "UNION"})
"""Types of which a cast of text makes NULL of what does not fit within a value."""

_LISTS = re.compile(r"(.*?)((?: *\[ *[0-9]* *\])*) *")
"""A type, and how deep its values are in lists."""

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


@dataclass(frozen=True)
class _Column:
    """How a file holds a column, and the type that holds all its numbers."""

    form: str
    number: str | None
    decimal_mark: str


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
    """The query for JSON files; with options of DuckDB's reader beyond ``format``, this reader.

    Raises:
        UnreadableFileError: If an entry of a file is no object, or has a number that nothing holds.
    """
    if not options.keys() <= {"format"}:
        refuse_cut(_raw(connection), resolved(_raw(connection), paths))
        return f"SELECT * FROM {reader_call('read_json', paths, options)}"  # noqa: S608 - literals
    query, names = json_query(_raw(connection), paths, form=options, table=None)
    if not names:
        raise UnreadableFileError("The files have no objects, so there are no columns.", suggestion="Pass columns={…}.")
    return _typed(connection, query, names, "json", ReadOptions())


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
    unknown = [name for name in how.types if name not in names]
    if unknown:
        raise InvalidOptionError(
            " ".join(f"types: the column {name!r} does not exist.{question(name, names)}" for name in unknown)
        )
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
    yield "zoned", sa.func.count(sa.case((_is(untyped.string_of(raw, form), untyped.ZONED), 1)))


def _is(value: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    return sa.func.regexp_full_match(value, pattern, type_=sa.Boolean())


def _column(raw: Any, measured: Mapping[str, Any], form: str, how: ReadOptions) -> ColumnElement[Any]:
    typing = untyped.typing_of(measured, form)
    held = _Column(form, typing.number, how.decimal)
    if raw.name in how.types:
        return _stated(raw, how.types[raw.name], held)
    if typing.whole is not None:
        return _with_type(raw, typing.whole, measured, held)
    if form == "json" and measured["string"] < measured["known"]:
        return sa.cast(raw, sa.JSON())  # values of several types
    return untyped.text_of(raw, form)


def _with_type(raw: Any, whole: tuple[str, str], measured: Mapping[str, Any], held: _Column) -> ColumnElement[Any]:
    """The values as what all of them can be read as, or as text where that would change one."""
    (type_name, family), known, text = whole, measured["known"], untyped.text_of(raw, held.form)
    if family in ("decimal", "float") and measured["double"] == known:
        return untyped.read(raw, _Column(held.form, "DOUBLE", held.decimal_mark), "float")
    if family == "datetime" and measured["zoned"]:
        return _cast(text, "TIMESTAMPTZ") if measured["zoned"] == known else text
    if family == "float":
        return text
    typed = untyped.read(raw, held, family)
    return _cast(typed, type_name) if family in ("date", "json") else typed


class _Named(UserDefinedType[Any]):
    """A type of DuckDB by its name."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The name."""
        return self.name


def _cast(value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    return sa.cast(value, _Named(type_name))


def _stated(raw: ColumnElement[Any], type_name: str, held: _Column) -> ColumnElement[Any]:
    """The values as a type that the caller states; what is none, or a number that it would round, is an error."""
    name = type_name.strip().upper()
    if not _is_name(name):
        raise InvalidOptionError(f"types: {type_name!r} is not the name of a type.")
    text = untyped.text_of(raw, held.form)
    if name in ("TEXT", "VARCHAR", "STRING"):
        return text
    base, lists = _LISTS.fullmatch(name).groups()  # type: ignore[union-attr]
    if base.partition("(")[0].strip() in _NESTED_TYPES:
        raise InvalidOptionError(
            f"types: {type_name!r} is a type of values within values; read column {raw.name!r} as text or JSON."
        )
    kind, written = name.partition("(")[0].strip(), text
    if kind in _NUMBERS:
        written = untyped.digits_of(raw, held.form, held.decimal_mark)
    elif kind in _WITHOUT_BLANKS or _OF_TIME.fullmatch(kind):
        written = sa.func.trim(text, type_=sa.Text())
    value = _tried(written, name)
    # An empty string is NULL where the type has no such value.
    wrong = text.is_not(None) & (sa.func.trim(text) != "") & value.is_(None)
    if lists:
        wrong = wrong | _loses_items(text, base.strip(), lists.count("["))
    if held.number is not None and kind in _EXACT_TYPES:
        exact = untyped.read(raw, held, "decimal")
        wrong = wrong | (exact.is_not(None) & (value != exact))
    if kind == "BIGNUM":
        wrong = wrong | ~_is(written, r"[+-]?[0-9]+(\.0*)?")
    if _OF_TIME.fullmatch(kind) and not lists:
        wrong = wrong | _loses_time(written, kind, name)
    refusal = sa.func.error(sa.func.concat(text, f" is no {type_name} of column {raw.name!r}"))
    return sa.case((wrong, _cast(refusal, name)), else_=value)


def _tried(text: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    return sa.func.try_cast(text.op("AS")(sa.literal_column(type_name)))


def _loses_time(text: ColumnElement[Any], kind: str, name: str) -> ColumnElement[bool]:
    """Whether a cast to a type of days or times leaves a part of what is written out: a time, a day, a zone, digits."""

    def has(pattern: str) -> ColumnElement[bool]:
        return sa.func.regexp_matches(text, pattern, type_=sa.Boolean())

    if kind == "DATE":
        return has(":") & ~has(_MIDNIGHT)
    stated = re.fullmatch(r".*\(\s*([0-9]+)\s*\).*", name)
    digits = min(int(stated[1]), 9) if stated and kind != "INTERVAL" else _DIGITS_OF_SECONDS.get(kind, 6)
    lost = has(rf"\.[0-9]{{{digits}}}[0-9]*[1-9]")
    if kind.startswith("TIME") and not kind.startswith("TIMESTAMP"):
        lost = lost | _tried(text, "DATE").is_not(None)
    if "TZ" not in kind and "WITH TIME" not in kind:
        lost = lost | has(_ZONE)
    return lost


def _loses_items(text: ColumnElement[Any], item: str, depth: int) -> ColumnElement[bool]:
    """Whether a cast of lists has made NULL or another value of an item, which TRY_CAST does not tell."""
    items, strings = (_tried(text, f"{one}{'[]' * depth}") for one in (item, "VARCHAR"))
    for _ in range(depth - 1):
        items, strings = sa.func.flatten(items), sa.func.flatten(strings)
    kind, _, parameters = item.partition("(")
    kept = "true"
    if kind.strip() in _EXACT_TYPES:
        scale = (parameters.rstrip(") ").partition(",")[2].strip() or 0) if parameters else 3 if "DEC" in kind else 0
        kept = f"regexp_full_match(trim(pair[1]), '[-+]?[0-9]*(\\.[0-9]{{0,{int(scale)}}}0*)?')"
    elif _OF_TIME.fullmatch(kind.strip()):
        loses = _loses_time(sa.literal_column("pair[1]", sa.Text()), kind.strip(), item)
        kept = f"NOT ({loses.compile(compile_kwargs={'literal_binds': True})})"
    lost = f"pair[1] IS NOT NULL AND (pair[2] IS NULL OR NOT {kept})"
    pairs = sa.func.list_zip(strings, items)
    found = sa.func.list_filter(pairs, sa.literal_column(f"lambda pair: {lost}"))
    return sa.func.coalesce(sa.func.len(found), 0) > 0


def _as_duckdb_reads(connection: Connection, paths: Paths, options: Mapping[str, Any]) -> str:
    """The query for files as options of DuckDB's reader say; types that it would guess are those of `_typed`."""
    raw, stated = _raw(connection), dict(options)
    refuse_cut(raw, resolved(raw, paths))
    call = reader_call("read_csv", paths, stated)
    types: Any = next((stated.pop(name) for name in ("types", "dtypes", "column_types") if name in stated), {})
    if not _STATE_TYPES.isdisjoint(options) or not isinstance(types, dict):
        return f"SELECT * FROM {call}"  # noqa: S608 - literals
    in_files = _described(raw, paths, {**options, "hive_partitioning": False, "filename": False})
    dated = frozenset() if _FORMATS_OF_DATES.isdisjoint(options) else frozenset({"DATE", "TIMESTAMP"})
    guessed = [name for name, kind in in_files.items() if name not in types and kind not in dated]
    # DuckDB's reader rounds numbers to the type that a caller states.
    judged = {name: kind for name, kind in types.items() if name in in_files and _is_judged(kind, dated)}
    stated["types"] = {**types, **dict.fromkeys([*guessed, *judged], "VARCHAR")}
    stated.setdefault("header", not all(name.startswith("column") for name in in_files))
    names = list(_described(raw, paths, stated))
    query = f"SELECT * FROM {reader_call('read_csv', paths, stated)}"  # noqa: S608 - literals
    how = ReadOptions(decimal=options.get("decimal_separator", "."), types=judged)
    return _typed(connection, query, names, "csv", how, as_they_are={*names} - {*guessed} - {*judged})


def _is_judged(type_name: object, dated: Collection[str]) -> bool:
    """Whether `_stated` reads values as a type, and no format of the caller does."""
    if not isinstance(type_name, str) or not _is_name(name := type_name.strip().upper()):
        return False
    return name.partition("(")[0].strip() not in _NESTED_TYPES and not (dated and name.startswith(("DATE", "TIME")))


def _is_name(type_name: str) -> bool:
    return all(character.isalnum() or character in "_ (),[]" for character in type_name)


def _described(raw: Any, paths: Paths, options: Mapping[str, Any]) -> dict[str, str]:
    """The columns of files and their types as DuckDB sees them."""
    call = reader_call("read_csv", paths, options)
    return {name: kind for name, kind, *_ in raw.execute(f"DESCRIBE SELECT * FROM {call}").fetchall()}  # noqa: S608
