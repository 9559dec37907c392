"""Rows (lists of dicts) and frames as a relation of an in-memory DuckDB."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dq_core.errors import RuleError
from dq_core.families import MOMENTS, NUMBERS, family_of_value

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
        raise RuleError(
            [f"The frame has columns of the same name: {sorted(frame.columns[frame.columns.duplicated()])}."]
        )
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
    """How the values of a column are handed to DuckDB: its type, and a conversion of every value that is not NULL.

    `sent_as` is the type in which the values cross over, where that is another one.
    """

    type_name: str
    convert: Callable[[Any], Any] | None = None
    sent_as: str | None = None


def create(raw: Any, name: str, values: Mapping[str, list[Any]]) -> None:
    """A temporary table from columns of Python values, with types that hold all of them exactly."""
    columns: list[str] = []
    selected: list[str] = []
    sent: list[tuple[list[Any], _Storage]] = []
    for column, items in values.items():
        pieces = _pieces(items)
        places = range(len(sent) + 1, len(sent) + len(pieces) + 1)
        type_name = next(iter(pieces.values())).type_name if len(pieces) == 1 else _union(pieces)
        columns.append(f"{_quoted(column)} {type_name}")
        for family, storage in pieces.items():
            mine = (
                items
                if len(pieces) == 1
                else [one if family_of_value(one) in _ALIKE[family] else None for one in items]
            )
            sent.append((mine, storage))
        selected.append(_expression(pieces, places, type_name))
    if not columns:
        raw.execute(f'CREATE TEMP TABLE {_quoted(name)} ("" VARCHAR)')
        return
    raw.execute(f"CREATE TEMP TABLE {_quoted(name)} ({', '.join(columns)})")
    unnested = ", ".join(
        f"unnest(${place}::{one.sent_as or one.type_name}[]) AS v{place}" for place, (_, one) in enumerate(sent, 1)
    )
    insert = f"INSERT INTO {_quoted(name)} SELECT {', '.join(selected)} FROM (SELECT {unnested})"
    for start in range(0, len(sent[0][0]), _BATCH):
        raw.execute(insert, [_converted(items[start : start + _BATCH], storage) for items, storage in sent])


def _converted(items: list[Any], storage: _Storage) -> list[Any]:
    if storage.convert is None:
        return items
    return [None if item is None else storage.convert(item) for item in items]


def _union(pieces: Mapping[str, _Storage]) -> str:
    """Values of several types in one column keep their types: ``1`` and ``'1'`` stay different."""
    return f"UNION({', '.join(f'{_quoted(family)} {one.type_name}' for family, one in pieces.items())})"


def _expression(pieces: Mapping[str, _Storage], places: range, type_name: str) -> str:
    if len(pieces) == 1:
        return f"v{places[0]}::{type_name}"
    cases = " ".join(
        f"WHEN v{place} IS NOT NULL THEN union_value({_quoted(family)} := v{place}::{one.type_name})::{type_name}"
        for place, (family, one) in zip(places, pieces.items(), strict=True)
    )
    return f"CASE {cases} END"


def _pieces(values: Iterable[Any]) -> dict[str, _Storage]:
    """The storage for the values of each family, by family; one that holds all of them if there is one."""
    by_family: dict[str, list[Any]] = {}
    for value in values:
        if value is not None:
            by_family.setdefault(family_of_value(value) or _unknown(value), []).append(value)
    pieces: dict[str, _Storage] = {}
    for alike in (NUMBERS, MOMENTS, frozenset({"list", "struct"})):
        together = [value for family in alike for value in by_family.get(family, ())]
        if together:
            families = {family for family in alike if by_family.pop(family, None)}
            family, storage = _storage_of_several(families, together)
            pieces[family] = storage
    pieces.update((family, _SIMPLE[family]) for family in by_family)
    return pieces or {"text": _SIMPLE["text"]}


def _unknown(value: Any) -> str:
    raise RuleError([f"Rows hold {value!r:.80} ({type(value).__name__}), which no column can hold."])


_SIMPLE = {
    "boolean": _Storage("BOOLEAN"), "text": _Storage("VARCHAR"), "time": _Storage("TIME"),
    "interval": _Storage("INTERVAL"), "binary": _Storage("BLOB"), "uuid": _Storage("UUID"),
}  # fmt: skip
#: The families that are kept together, by the family that they are kept as.
_ALIKE = {
    **{family: NUMBERS for family in NUMBERS},
    **{family: MOMENTS for family in MOMENTS},
    **{family: frozenset({family}) for family in _SIMPLE},
    "json": frozenset({"list", "struct"}),
}


def _storage_of_several(families: set[str], values: list[Any]) -> tuple[str, _Storage]:
    """The family and storage that hold values of these families, which are kept together."""
    if families <= {"list", "struct"}:
        return "json", _Storage("JSON", _json)
    if families == {"date"}:
        return "date", _Storage("DATE")
    if families <= MOMENTS:
        zoned = any(isinstance(value, dt.datetime) and value.tzinfo for value in values)
        return "datetime", _Storage("TIMESTAMPTZ", _moment) if zoned else _Storage("TIMESTAMP")
    if families == {"integer"}:
        largest = max(abs(value) for value in values)
        if largest < _INT128:
            return "integer", _Storage("BIGINT" if largest < _INT64 else "HUGEINT")
    elif families <= {"integer", "decimal"} and (exact := _decimal(values)):
        return "decimal", exact
    # DuckDB's driver takes NaN for NULL, so numbers cross over as text, which is exact.
    return "float", _Storage("DOUBLE", lambda value: repr(float(value)), "VARCHAR")


def _decimal(values: list[Any]) -> _Storage | None:
    """A decimal type that holds all values without rounding, if there is one."""
    numbers = [decimal.Decimal(value) for value in values]
    if not all(number.is_finite() for number in numbers):
        return None
    scale = max(0, max(-int(number.as_tuple().exponent) for number in numbers))
    width = max(number.adjusted() + 1 for number in numbers) + scale
    return _Storage(f"DECIMAL({max(width, scale, 1)}, {scale})") if width <= 38 else None


def _moment(value: dt.date) -> dt.datetime:
    """A naive timestamp is UTC."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)
