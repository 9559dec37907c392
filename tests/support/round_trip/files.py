"""The road by files: rows out of a database as CSV, JSON and Parquet, and in again."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb

from support.round_trip.truth import Document, Short, Special, Stored, same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from moltres import Database, DataFrame

COLUMN = "c_value"

_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    (int, "hugeint"),
    ((float, Short), "double"),
    (str, "text"),
    (bytes, "blob"),
    (dt.datetime, "timestamp"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "interval"),
    (UUID, "uuid"),
    (Document, "json"),
)


def type_of(truths: Sequence[Any]) -> str | None:
    """The type to state for a CSV file's column of these values; None if they have none in common that it has.

    Args:
        truths: The values that were drawn.
    """
    plain = [value.value if isinstance(value, Stored) else value for value in truths]
    present = [value for value in plain if value is not None]
    found = {next((name for classes, name in _TYPES if isinstance(value, classes)), None) for value in present}
    if found <= {"hugeint", None} and present and all(isinstance(value, int | Decimal) for value in present):
        return _number(present)
    if found in ({"timestamp"}, {"time"}):
        zoned = {value.tzinfo is not None for value in present}
        return None if len(zoned) > 1 else f"{found.pop()}{'tz' if zoned == {True} else ''}"
    if any(isinstance(value, list) for value in present):
        items = {type(item) for value in present for item in value if item is not None}
        return {frozenset({int}): "integer[]", frozenset({str}): "varchar[]"}.get(frozenset(items))
    return found.pop() if len(found) == 1 else None


def _number(values: Sequence[Any]) -> str | None:
    finite = [Decimal(value) for value in values]
    if not all(value.is_finite() for value in finite):
        return None
    scale = max(max(0, -int(value.as_tuple().exponent)) for value in finite)
    digits = max(len(str(abs(int(value)))) for value in finite)
    return f"decimal({max(digits + scale, 1)},{scale})" if digits + scale <= 38 else None


def same_as_read(truth: Any, found: Any) -> bool:
    """Whether a value of a file without types is the one that was there, as the guide says that such files are read.

    Strings of which all of a column are numbers, dates, times or booleans are these; see docs/guides/dataframes.md.

    Args:
        truth: The value that was drawn.
        found: What a frame of the file has.
    """
    if isinstance(truth, Special):
        # As its database writes it; what looks like a number, such as a string of bits, or infinity, is one.
        return bool(isinstance(found, str) or any(_same_text(text, found) for text in truth.texts))
    if isinstance(truth, Stored):
        truth = truth.value
        if isinstance(found, bool) and type(truth) is int:
            return found == truth  # of a column that SQLite declares as boolean
    if truth is None or found is None:
        return found is None and truth in (None, Document("null"))
    if isinstance(truth, Short):
        return same(truth, float(found)) if isinstance(found, int | Decimal | str) else same(truth, found)
    if isinstance(truth, list | dict) and isinstance(found, str):
        return True  # as DuckDB writes it; the road with the type tells whether it can be read
    if isinstance(truth, Document):
        try:
            return same(truth, found) or same(truth, found, text=True) or _parsed(truth.text) == _parsed(str(found))
        except ValueError:
            return False
    if isinstance(truth, str):
        return _same_text(truth, found)
    if isinstance(truth, bytes):
        return same(truth, found) or _written(truth) == found
    if isinstance(truth, int | float | Decimal) and not isinstance(truth, bool):
        return _same_number(truth, found)
    if isinstance(truth, UUID):
        return str(truth) == str(found)
    if isinstance(truth, dt.datetime | dt.date | dt.time | dt.timedelta):
        return _same_moment(truth, found)
    return same(truth, found, text=True)


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _same_number(truth: Any, found: Any) -> bool:
    if isinstance(found, str):
        try:
            found = Decimal(found)
        except ArithmeticError:
            return False
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        return False
    if math.isnan(truth) or math.isnan(found):
        return math.isnan(truth) and math.isnan(found)
    exact = [Decimal(repr(value)) if isinstance(value, float) else Decimal(value) for value in (truth, found)]
    return exact[0] == exact[1]


def _same_text(truth: str, found: Any) -> bool:
    if isinstance(found, str):
        return found == truth
    if isinstance(found, bool):
        return truth.strip(" ").lower() == str(found).lower()
    if isinstance(found, dt.datetime):
        return dt.datetime.fromisoformat(truth) == found
    if isinstance(found, dt.date | dt.time):
        return type(found).fromisoformat(truth) == found
    try:
        return _same_number(Decimal(truth.strip(" ")), found)
    except ArithmeticError:
        return False


def _same_moment(truth: Any, found: Any) -> bool:
    if same(truth, found):
        return True
    if isinstance(truth, dt.timedelta) and isinstance(found, dt.time):  # an interval below a day is written as a time
        return truth == dt.datetime.combine(dt.date.min, found) - dt.datetime.combine(dt.date.min, dt.time())
    if isinstance(truth, dt.datetime) and isinstance(found, dt.date) and not isinstance(found, dt.datetime):
        return truth == dt.datetime.combine(found, dt.time())
    if not isinstance(found, str):
        return False
    zone = "TZ" if getattr(truth, "tzinfo", None) else ""
    kinds = {dt.datetime: f"TIMESTAMP{zone}", dt.date: "DATE", dt.time: f"TIME{zone}", dt.timedelta: "INTERVAL"}
    ((read,),) = duckdb.execute(f"SELECT CAST(? AS {kinds[type(truth)]})", [found]).fetchall()
    return same(truth, read)


def _written(value: bytes) -> str:
    return "".join(chr(one) if 32 <= one < 127 and one not in b"\\'\"" else f"\\x{one:02X}" for one in value)


def faults_by_files(
    frame: DataFrame, truths: Sequence[Any], reader: Database, folder: Path, judged: Callable[..., list[str]]
) -> list[str]:
    """What comes back from files neither equal nor refused, one line for each kind of file.

    Args:
        frame: The rows, with a column ``id`` that numbers them.
        truths: The values that it has.
        reader: A DuckDB that reads the files.
        folder: Where they go.
        judged: `roads.judged`.
    """
    written = folder / "copied.csv", folder / "copied.parquet", folder / "copied.jsonl"
    found: list[str] = judged("parquet", truths, lambda: _through_parquet(frame, reader, written[1]))
    written[0].unlink(missing_ok=True)
    found += judged("csv", truths, lambda: _through_csv(frame, reader, written[0]), equal=same_as_read)
    stated = type_of(truths)
    if stated is not None and written[0].exists():
        equal = same if stated == "text" else same_as_read
        types = {COLUMN: stated}
        found += judged(
            f"csv as {stated}", truths, lambda: _stored(reader.read_csv(written[0], types=types)), equal=equal
        )
    if all(map(has_json, truths)):
        array = len(truths) % 2 == 0  # one list, or one object for each line
        found += judged("json", truths, lambda: _through_json(truths, reader, written[2], array), equal=same_as_read)
    return found


def _through_csv(frame: DataFrame, reader: Database, path: Path) -> list[Any]:
    frame.write.csv(path)
    return _stored(reader.read_csv(path))


def _through_parquet(frame: DataFrame, reader: Database, path: Path) -> list[Any]:
    frame.write.parquet(path)
    return _stored(reader.read_parquet(path))


def _through_json(truths: Sequence[Any], reader: Database, path: Path, array: bool) -> list[Any]:
    """The values, written as JSON by the standard library and read again."""
    rows = [f'{{"id": {number}, "{COLUMN}": {_token(value)}}}' for number, value in enumerate(truths)]
    path.write_text(f"[{','.join(rows)}]" if array else "\n".join(rows))
    return _stored(reader.read_json(path))


def has_json(value: Any) -> bool:
    """Whether JSON has a form for a value."""
    try:
        _token(value)
    except (TypeError, ValueError):
        return False
    return True


def _token(value: Any) -> str:
    if isinstance(value, Stored | Short):
        value = value.value
    if isinstance(value, Document):
        return value.text
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("JSON has no NaN")
        return str(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        value = value.isoformat()
    return json.dumps(str(value) if isinstance(value, UUID) else value, allow_nan=False)


def _stored(frame: DataFrame) -> list[Any]:
    records = frame.order_by("id").collect()
    place = records.columns.index(COLUMN)
    return [row[place] for row in records.stored_rows]
