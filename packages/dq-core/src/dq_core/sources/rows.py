"""Rows (lists of dicts) and frames as a relation of an in-memory DuckDB."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dq_core.errors import RuleError
from dq_core.families import family_of_value

__all__ = ["register"]

_BATCH = 50_000
_INT64, _INT128 = 2**63, 2**127


def register(raw: Any, name: str, source: Any, expected: Sequence[str] = ()) -> str:
    """Make data known to a DuckDB connection as the relation `name`.

    Args:
        raw: The DuckDB connection.
        name: The relation's name.
        source: A pandas or polars frame, an Arrow table, batch, reader or dataset, or rows as mappings.
        expected: Columns to assume where there are no rows to tell.

    Returns:
        What the data is, for people.

    Raises:
        RuleError: The data is something else.
    """
    match type(source).__module__.partition(".")[0]:
        case "pandas":
            return _register_pandas(raw, name, source)
        case "polars":
            frame = source.collect() if type(source).__name__ == "LazyFrame" else source
            raw.register(name, frame)
            return f"polars {type(source).__name__}"
        case "pyarrow":
            # A reader can be read only once, and a validation may read more than once.
            raw.register(name, source.read_all() if type(source).__name__ == "RecordBatchReader" else source)
            return f"pyarrow {type(source).__name__}"
    if isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping):
        return _register_rows(raw, name, list(source), getattr(source, "columns", None) or expected)
    raise RuleError(
        [
            f"{type(source).__name__!r} is nothing that can be checked: give a SQLAlchemy Engine, Connection or URL with "
            "table= or query=, a moltres DataFrame, a pandas or polars frame, Arrow data, a list of dicts, or a path."
        ]
    )


def _register_rows(raw: Any, name: str, data: list[Any], columns: Iterable[str]) -> str:
    wrong = next((row for row in data if not isinstance(row, Mapping)), None)
    if wrong is not None:
        raise RuleError([f"Rows must be mappings of column to value, not {type(wrong).__name__}: {wrong!r:.80}."])
    names = dict.fromkeys(map(str, columns)) if not data else dict.fromkeys(str(key) for row in data for key in row)
    create(raw, name, {column: [row.get(column) for row in data] for column in names})
    return f"{len(data)} rows"


def _register_pandas(raw: Any, name: str, frame: Any) -> str:
    """Columns of dtype object may hold anything: they are converted here, the others are read where they lie."""
    frame = frame.rename(columns=str)
    if not frame.columns.is_unique:
        raise RuleError([f"The frame has columns of the same name: {sorted(frame.columns[frame.columns.duplicated()])}."])
    objects = [column for column in frame.columns if frame[column].dtype == object]
    if not objects:
        raw.register(name, frame)
        return "pandas DataFrame"
    missing = frame[objects].isna()
    values = {
        column: [None if gone else value for value, gone in zip(frame[column], missing[column], strict=True)]
        for column in objects
    }
    create(raw, f"{name}_objects", values)
    raw.register(f"{name}_frame", frame.drop(columns=objects))
    pieces = f'"{name}_objects"'
    if len(objects) < len(frame.columns):
        pieces += f' POSITIONAL JOIN "{name}_frame"'
    raw.execute(f"CREATE TEMP VIEW {_quoted(name)} AS SELECT {', '.join(map(_quoted, frame.columns))} FROM {pieces}")
    return "pandas DataFrame"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclasses.dataclass(frozen=True)
class _Storage:
    """How the values of a column are handed to DuckDB."""

    type_name: str
    convert: Callable[[Any], Any] | None = None


def create(raw: Any, name: str, values: Mapping[str, list[Any]]) -> None:
    """A temporary table from columns of Python values, with types that hold all of them exactly."""
    storages = {column: storage_of(items) for column, items in values.items()}
    columns = ", ".join(f"{_quoted(column)} {storage.type_name}" for column, storage in storages.items())
    if not storages:
        return
    raw.execute(f"CREATE TEMP TABLE {_quoted(name)} ({columns})")
    total = len(next(iter(values.values())))
    unnested = ", ".join(f"unnest(${place}::{one.type_name}[])" for place, one in enumerate(storages.values(), 1))
    for start in range(0, total, _BATCH):
        batch = [
            [None if item is None else storage.convert(item) for item in items]
            if storage.convert
            else items
            for items, storage in (
                (values[column][start : start + _BATCH], storage) for column, storage in storages.items()
            )
        ]
        raw.execute(f"INSERT INTO {_quoted(name)} SELECT {unnested}", batch)


def storage_of(values: Iterable[Any]) -> _Storage:
    """The DuckDB type that holds all of these values."""
    present = [value for value in values if value is not None]
    families = {family_of_value(value) or "struct" for value in present}
    simple = {
        "boolean": "BOOLEAN", "text": "VARCHAR", "float": "DOUBLE", "date": "DATE", "time": "TIME",
        "interval": "INTERVAL", "binary": "BLOB", "uuid": "UUID",
    }  # fmt: skip
    if not families:
        return _Storage("VARCHAR")
    if len(families) == 1 and (family := next(iter(families))) in simple:
        return _Storage(simple[family])
    if families == {"integer"}:
        largest = max(abs(value) for value in present)
        return _Storage("BIGINT" if largest < _INT64 else "HUGEINT" if largest < _INT128 else "DOUBLE")
    if families <= {"integer", "decimal"}:
        return _decimal(present)
    if families <= {"integer", "decimal", "float"}:
        return _Storage("DOUBLE", float)
    if families <= {"date", "datetime"}:
        zoned = any(isinstance(value, dt.datetime) and value.tzinfo for value in present)
        return _Storage("TIMESTAMPTZ" if zoned else "TIMESTAMP", _moment if zoned else None)
    if families <= {"list", "struct"}:
        return _Storage("JSON", _json)
    return _Storage("VARCHAR", str)


def _decimal(values: list[Any]) -> _Storage:
    numbers = [decimal.Decimal(value) for value in values]
    if any(not number.is_finite() for number in numbers):
        return _Storage("DOUBLE", float)
    scale = max(0, *(-int(number.as_tuple().exponent) for number in numbers)) if len(numbers) > 1 else max(
        0, -int(numbers[0].as_tuple().exponent)
    )
    width = max(number.adjusted() + 1 for number in numbers) + scale
    return _Storage(f"DECIMAL({max(width, scale, 1)}, {scale})") if width <= 38 else _Storage("DOUBLE", float)


def _moment(value: dt.date) -> dt.datetime:
    """A naive timestamp is UTC."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)
