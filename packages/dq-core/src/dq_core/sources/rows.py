"""Rows (lists of dicts) and frames as a relation of an in-memory DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import RuleError
from .values import quoted, store

__all__ = ["NO_COLUMN", "register"]

#: What DuckDB has instead of no column at all.
NO_COLUMN = "(none)"


def register(raw: Any, name: str, source: Any, expected: Sequence[str] = ()) -> tuple[str, frozenset[str]]:
    """Make data known to a DuckDB connection as the relation `name`.

    Args:
        raw: The DuckDB connection.
        name: The relation's name.
        source: A pandas or polars frame, an Arrow table, batch, reader or dataset, or rows as mappings.
        expected: Columns to assume if there are no rows.

    Returns:
        What the data is, for people, and the columns without any value, whose type is unknown.

    Raises:
        RuleError: The data is something else.
    """
    kind = type(source).__name__
    library = type(source).__module__.partition(".")[0]
    match library:
        case "pandas" if hasattr(source, "columns"):  # not a Series
            return "pandas DataFrame", _register_pandas(raw, name, source)
        case "polars" if kind in ("DataFrame", "LazyFrame"):
            raw.register(name, source.collect() if kind == "LazyFrame" else source)
            return f"polars {kind}", frozenset()
        case "pyarrow":
            # A reader can be read only once, and a validation may read more than once.
            raw.register(name, source.read_all() if kind == "RecordBatchReader" else source)
            return f"pyarrow {kind}", frozenset()
    alone = library in ("pandas", "polars")  # a Series is no table
    if isinstance(source, Iterable) and not alone and not isinstance(source, str | bytes | Mapping):
        rows = list(source)
        return f"{len(rows)} rows", _register_rows(raw, name, rows, getattr(source, "columns", None) or expected)
    raise RuleError(
        [f"A value of type {kind} cannot be checked."],
        suggestion="Give a SQLAlchemy Engine, Connection or URL with table= or query=, a moltres DataFrame, a pandas "
        "or polars frame, Arrow data, a list of dicts, or a path.",
    )


def _register_rows(raw: Any, name: str, rows: list[Any], columns: Iterable[str]) -> frozenset[str]:
    wrong = next((row for row in rows if not isinstance(row, Mapping)), None)
    if wrong is not None:
        raise RuleError([f"Rows must be mappings of column to value, not {type(wrong).__name__}: {wrong!r:.80}."])
    names = dict.fromkeys(map(str, columns)) if not rows else dict.fromkeys(str(key) for row in rows for key in row)
    if rows:
        _refuse_twins(names)
    typed = store(raw, f"{name}_values", {column: [row.get(column) for row in rows] for column in names})
    origin = quoted(f"{name}_values") if typed else f"range({len(rows)})"
    return _view(raw, name, names, typed, origin)


def _register_pandas(raw: Any, name: str, frame: Any) -> frozenset[str]:
    """Columns of dtype object may hold anything: they are converted here, the others are read in place."""
    frame = frame.rename(columns=str)
    _refuse_twins(frame.columns)
    objects = [column for column in frame.columns if frame[column].dtype == object]
    rest = frame.drop(columns=objects)
    if not objects:
        raw.register(name, rest)
        return frozenset()
    values = {
        column: [None if gone else value for value, gone in zip(frame[column], frame[column].isna(), strict=True)]
        for column in objects
    }
    typed = store(raw, f"{name}_values", values)
    origins = [quoted(f"{name}_values")] if typed else []
    if len(rest.columns):
        raw.register(f"{name}_frame", rest)
        origins.append(quoted(f"{name}_frame"))
    origin = " POSITIONAL JOIN ".join(origins) or f"range({len(frame)})"
    return _view(raw, name, frame.columns, typed | set(rest.columns), origin)


def _refuse_twins(names: Iterable[str]) -> None:
    """DuckDB ignores the case of column names."""
    seen: dict[str, str] = {}
    twins = [(seen[name.casefold()], name) for name in names if seen.setdefault(name.casefold(), name) is not name]
    if twins:
        raise RuleError(
            [f"Duplicate column names: {one!r} and {other!r} (case does not matter)." for one, other in twins]
        )


def _view(raw: Any, name: str, columns: Iterable[str], typed: set[str], origin: str) -> frozenset[str]:
    """The relation: typed columns from where they are, and a bare NULL, which is of any type, for the others."""
    columns = list(columns)
    selected = ", ".join(quoted(one) if one in typed else f"NULL AS {quoted(one)}" for one in columns)
    # Rows without any column can still be counted.
    selected = selected or f"NULL AS {quoted(NO_COLUMN)}"
    # Every name is quoted; no other part comes from the data.
    raw.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT {selected} FROM {origin}")  # noqa: S608
    return frozenset(columns) - typed
