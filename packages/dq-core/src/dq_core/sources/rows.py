"""Rows (lists of dicts) and frames as a relation of an in-memory DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from .._shared.duckdb_names import without_case
from .._shared.wording import repr_of
from ..errors import RuleError
from .arrow_columns import arrow_columns, is_odd
from .limit import until
from .odd_columns import is_halved, pandas_column, polars_columns, python_values
from .values import kinds_of, quoted, store

if TYPE_CHECKING:
    from .limit import Deadline

__all__ = ["NO_COLUMN", "Registered", "register"]

#: What DuckDB has instead of no column at all.
NO_COLUMN = "(none)"


class Registered(NamedTuple):
    """What was made known to DuckDB.

    Attributes:
        description: What the data is, for people.
        unknown: The columns without any value, whose type is unknown.
        refused: Why no rule can be evaluated on a column, by its name.
        made: How Python makes the table of it that DuckDB can read.
        kinds: The columns with the family of each value, by the name of the column that they are about.
    """

    description: str = ""
    unknown: frozenset[str] = frozenset()
    refused: Mapping[str, str] = MappingProxyType({})
    made: str = "the data"
    kinds: Mapping[str, str] = MappingProxyType({})


def register(
    raw: Any, name: str, source: Any, expected: Sequence[str] = (), deadline: Deadline | None = None
) -> Registered:
    """Make data known to a DuckDB connection as the relation `name`.

    Args:
        raw: The DuckDB connection.
        name: The relation's name.
        source: A pandas or polars frame, an Arrow table, batch, reader or dataset, or rows as mappings.
        expected: Columns to assume if there are no rows.
        deadline: When to stop.

    Returns:
        What the data is, and what is special about its columns.

    Raises:
        RuleError: The data is something else.
        ValidationTimeoutError: The deadline has passed.
    """
    kind = type(source).__name__
    library = type(source).__module__.partition(".")[0]
    match library:
        case "pandas" if hasattr(source, "columns"):  # not a Series
            return _register_pandas(raw, name, source, deadline)._replace(description="pandas DataFrame")
        case "polars" if kind in ("DataFrame", "LazyFrame"):
            frame = source.collect() if kind == "LazyFrame" else source
            rest, odd = polars_columns(frame)
            found = _combined(raw, name, frame.columns, rest, odd, deadline=deadline)
            return found._replace(description=f"polars {kind}")
        case "pyarrow":
            table = _arrow_table(source, kind, deadline)
            if table is None:
                _refuse_names(getattr(getattr(source, "schema", None), "names", ()))
                raw.register(name, source)
                return Registered(f"pyarrow {kind}")
            rest, odd = arrow_columns(table)
            found = _combined(raw, name, table.column_names, rest, odd, deadline=deadline)
            return found._replace(description=f"pyarrow {kind}")
    alone = library in ("pandas", "polars")  # a Series is no table
    if isinstance(source, Iterable) and not alone and not isinstance(source, str | bytes | Mapping):
        rows = list(until(deadline, source))
        names = getattr(source, "columns", None) or expected
        count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        return _register_rows(raw, name, rows, names, deadline)._replace(
            description=count, made="pyarrow.Table.from_pylist(rows)"
        )
    raise RuleError(
        [f"A value of type {kind} cannot be checked."],
        suggestion="Give a SQLAlchemy Engine, Connection or URL with table= or query=, a moltres DataFrame, a pandas "
        "or polars frame, Arrow data, a list of dicts, or a path.",
    )


def _register_rows(
    raw: Any, name: str, rows: list[Any], columns: Iterable[str], deadline: Deadline | None
) -> Registered:
    for row in until(deadline, rows):
        if not isinstance(row, Mapping):
            raise RuleError(
                [f"Rows must be mappings of column to value, not {type(row).__name__}: {repr_of(row, 80)}."]
            )
    # A key that is no string has a name that no row has.
    keys = list(dict.fromkeys(columns if not rows else (key for row in rows for key in row)))
    names = list(map(str, keys))
    if rows:
        _refuse_names(names)
    named = zip(names, keys, strict=True)
    values, refused = _python({name: [row.get(key) for row in rows] for name, key in named}, deadline)
    kinds, told = _kinds(values, names)
    typed = store(raw, f"{name}_values", values | told, deadline)
    origin = quoted(f"{name}_values") if typed else f"range({len(rows)})"
    return Registered(unknown=_view(raw, name, [*names, *told], typed, origin), refused=refused, kinds=kinds)


def _python(
    values: Mapping[str, Iterable[Any]], deadline: Deadline | None
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Columns of Python's own values, and why no rule can be evaluated on some of them."""
    found = {column: python_values(until(deadline, items)) for column, items in values.items()}
    return {column: items for column, (items, _) in found.items()}, {
        column: reason for column, (_, reason) in found.items() if reason
    }


def _kinds(
    values: Mapping[str, list[Any]], columns: Iterable[str]
) -> tuple[dict[str, str], dict[str, list[str | None]]]:
    """The columns with the family of each value of others: their names by those of the others, and what they hold."""
    taken = {name.casefold() for name in columns}
    names: dict[str, str] = {}
    told: dict[str, list[str | None]] = {}
    for column, items in values.items():
        if (kinds := kinds_of(items)) is None:
            continue
        name = f"{column} in Python"
        while name.casefold() in taken:
            name += "_"
        taken.add(name.casefold())
        names[column], told[name] = name, kinds
    return names, told


def _arrow_table(source: Any, kind: str, deadline: Deadline | None) -> Any:
    """The data as a table that can be read several times; None for a dataset that DuckDB reads as it is."""
    import pyarrow as pa

    match kind:
        case "RecordBatchReader":
            return pa.Table.from_batches(until(deadline, source), schema=source.schema)
        case "RecordBatch":
            return pa.Table.from_batches([source])
        case "Table":
            return source
    schema = getattr(source, "schema", None)
    return source.to_table() if schema is not None and any(is_odd(one.type) for one in schema) else None


def _register_pandas(raw: Any, name: str, frame: Any, deadline: Deadline | None) -> Registered:
    """Columns of dtype object may hold anything: they are converted here, the others are read in place."""
    # Each name as a string, also one of several levels, which rename() would rename level by level.
    frame = frame.set_axis(list(map(str, frame.columns)), axis=1)
    _refuse_names(frame.columns)
    odd: dict[str, list[Any]] = {}
    changed: dict[str, Any] = {}
    for column in frame.columns:
        native, values = pandas_column(frame[column])
        if values is not None:
            odd[column] = values
        elif native is not frame[column]:
            changed[column] = native
    rest = frame.drop(columns=list(odd)).assign(**changed) if odd or changed else frame
    return _combined(raw, name, list(frame.columns), rest, odd, deadline=deadline)


def _combined(
    raw: Any,
    name: str,
    columns: list[str],
    rest: Any,
    odd: Mapping[str, list[Any]],
    *,
    deadline: Deadline | None,
) -> Registered:
    """A frame and the columns that DuckDB cannot read as they are, as one relation."""
    _refuse_names(columns)
    if not odd:
        raw.register(name, rest)
        return Registered()
    values, refused = _python(odd, deadline)
    kinds, told = _kinds(values, columns)
    typed = store(raw, f"{name}_values", values | told, deadline)
    origins = [quoted(f"{name}_values")] if typed else []
    if len(columns) > len(odd):
        raw.register(f"{name}_frame", rest)
        origins.append(quoted(f"{name}_frame"))
    origin = " POSITIONAL JOIN ".join(origins) or f"range({len(next(iter(odd.values())))})"
    unknown = _view(raw, name, [*columns, *told], typed | (set(columns) - set(odd)), origin)
    return Registered(unknown=unknown, refused=refused, kinds=kinds)


def _refuse_names(names: Iterable[str]) -> None:
    """DuckDB ignores the case of the letters A to Z in column names, and knows no empty ones and no half characters."""
    names = list(names)
    halved = [name for name in names if is_halved(name)]
    if halved:
        raise RuleError([f"The name of the column {name!a} holds half of a surrogate pair." for name in halved])
    if "" in names:
        raise RuleError(["The name of a column is an empty string."])
    seen: dict[str, str] = {}
    twins: list[tuple[str, str]] = []
    for name in names:
        key = without_case(name)
        if key in seen:
            twins.append((seen[key], name))
        else:
            seen[key] = name
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
