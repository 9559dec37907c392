"""JSON files as tokens of JSON in DuckDB: equal to the file, value by value, with all digits of numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..duckdb_literals import literal
from ..problems import UnreadableFileError
from .compressed import refuse_cut
from .readers import reader_call, resolved
from .text_files import identifier, refuse_twins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .readers import Paths

__all__ = ["json_query", "refuse_rounded"]

_BATCH = 10_000
#: A number with a fraction and more digits than a double holds; DuckDB's reader of JSON would round it.
_LONG_FRACTION = "|".join(
    [*(rf"[0-9]{{{place}}}\.[0-9]{{{16 - place},}}" for place in range(1, 16)), r"[0-9]{16,}\.[0-9]"]
)

_STRING = r'"(?:[^"\\]|\\.)*"'
_FRACTION = r"[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?"


def json_query(raw: Any, paths: Paths, *, form: Mapping[str, Any], table: str | None) -> tuple[str, list[str]]:
    """A query for the objects of JSON files as columns of tokens of JSON; null, and what an object lacks, is NULL.

    Args:
        raw: The DuckDB connection, which knows the file systems of the paths.
        paths: A path, URI or pattern, or several.
        form: The option that says how they are written, if it is known; see `files.function_for`.
        table: The name of a temporary table that holds the tokens where DuckDB's reader would round numbers; None to
            refuse the numbers that a double does not hold.

    Returns:
        The query, and the names of its columns in the order in which they come first; none for files without objects.

    Raises:
        UnreadableFileError: A file holds something else than objects, or numbers that nothing here holds.
    """
    every = resolved(raw, paths)
    refuse_cut(raw, every)
    objects = reader_call("read_json_objects", every, form)
    keys = [
        key
        for (key,) in raw.execute(
            "SELECT key FROM (SELECT unnest(json_keys(json)) AS key, "  # noqa: S608 (literals only)
            f"unnest(range(len(json_keys(json)))) AS place, row FROM (SELECT json, row_number() OVER () AS row "
            f"FROM {objects})) GROUP BY key ORDER BY min([row, place])"
        ).fetchall()
    ]
    others, long = raw.execute(
        "SELECT count(*) FILTER (json_type(json) <> 'OBJECT'), "  # noqa: S608
        f"count(*) FILTER (regexp_matches(json::VARCHAR, '{_LONG_FRACTION}')) FROM {objects}"
    ).fetchone()
    if others:
        raise UnreadableFileError(f"{', '.join(every)}: {others} entries are no objects with columns.")
    if "" in keys:
        raise UnreadableFileError(f"{', '.join(every)}: an object has the key '', which names no column.")
    refuse_twins(keys, "The objects have")
    if not keys:
        return f"SELECT NULL FROM {objects}", []  # noqa: S608
    if long and table is None:
        refuse_rounded(raw, every, form)
    if not long or table is None:
        columns = dict.fromkeys(keys, "JSON")
        call = reader_call("read_json", every, {**form, "columns": columns})
        selected = ", ".join(f"CAST({identifier(key)} AS VARCHAR) AS {identifier(key)}" for key in keys)
        return f"SELECT {selected} FROM {call}", keys  # noqa: S608
    _store(raw, table, f"SELECT json FROM {objects}", keys)  # noqa: S608
    return f"SELECT {', '.join(map(identifier, keys))} FROM {identifier(table)}", keys  # noqa: S608


def refuse_rounded(raw: Any, every: list[str], form: Mapping[str, Any]) -> None:
    """Make sure that the numbers with many digits are doubles as programs write them, with the fewest digits.

    Args:
        raw: The DuckDB connection.
        every: The files.
        form: See `json_query`.

    Raises:
        UnreadableFileError: If DuckDB's reader would round a number.
    """
    objects = reader_call("read_json_objects", every, form)
    outside = f"regexp_replace(json::VARCHAR, '{_STRING}', '', 'g')"
    numbers = f"SELECT unnest(regexp_extract_all({outside}, '{_FRACTION}')) AS number FROM {objects}"  # noqa: S608
    found = raw.execute(
        f"SELECT number FROM ({numbers}) WHERE regexp_matches(number, '{_LONG_FRACTION}') "  # noqa: S608
        "AND number <> CAST(CAST(number AS DOUBLE) AS VARCHAR) LIMIT 1"
    ).fetchone()
    if found is not None:
        ((text,),) = raw.execute(
            f"SELECT json::VARCHAR FROM {objects} WHERE contains(json::VARCHAR, {literal(found[0])}) LIMIT 1"  # noqa: S608
        ).fetchall()
        row = json.loads(text, parse_float=_Number, parse_int=_Number)
        values = row.items() if isinstance(row, dict) else ()
        column = next((name for name, value in values if found[0] in "".join(_written(value))), "")
        raise UnreadableFileError(
            f"{', '.join(every)}: {found[0]} in the column {column!r} has more digits than a double holds.",
            suggestion="Write such numbers as strings.",
        )


def _store(raw: Any, table: str, query: str, keys: Sequence[str]) -> None:
    """Read the objects with all digits of their numbers into a temporary table."""
    raw.execute(f"CREATE TEMP TABLE {identifier(table)} ({', '.join(f'{identifier(key)} VARCHAR' for key in keys)})")
    lists = ", ".join(f"unnest(${place}::VARCHAR[])" for place in range(1, len(keys) + 1))
    reading = raw.cursor()
    reading.execute(query)
    while batch := reading.fetchmany(_BATCH):
        rows = [json.loads(text, parse_float=_Number, parse_int=_Number) for (text,) in batch]
        values = [[_token(row.get(key)) for row in rows] for key in keys]
        raw.execute(f"INSERT INTO {identifier(table)} SELECT {lists}", values)


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _token(value: Any) -> str | None:
    return None if value is None else "".join(_written(value))


def _written(value: Any) -> Iterator[str]:
    match value:
        case _Number():
            yield str(value)
        case dict():
            yield "{" + ",".join(f"{json.dumps(key)}:{''.join(_written(one))}" for key, one in value.items()) + "}"
        case list():
            yield "[" + ",".join("".join(_written(one)) for one in value) + "]"
        case _:
            yield json.dumps(value, ensure_ascii=False)
