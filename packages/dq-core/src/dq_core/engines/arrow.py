"""The rows of a source as Arrow, for engines that evaluate rules on frames."""

from __future__ import annotations

import datetime as dt
import decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .._shared.moments import is_finer
from ..checks.base import PatternCheck
from ..errors import EngineError, MissingDependencyError
from ..relation.selection import literal_sql
from ..relation.type_family import MOMENTS, NUMBERS
from ..run.reader import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    import sqlalchemy as sa

    from ..checks.base import Check
    from ..relation.column import Column
    from ..relation.relation import Relation
    from ..run.reader import Reader

__all__ = ["arrow_table", "is_held"]

_BATCH = 50_000
#: Integers that do not fit into 64 bits; Arrow has them as doubles or strings.
_LONG = frozenset({"HUGEINT", "UHUGEINT", "BIGNUM"})

_FAMILIES = frozenset({"integer", "float", "decimal", "boolean", "text", "date", "datetime"})


def is_held(column: Column, relation: Relation) -> bool:
    """Whether every frame holds a column's values as they are. SQLite gives types only for values."""
    if column.type_name in _LONG:
        return False
    return column.family in _FAMILIES or (column.family == "unknown" and relation.dialect.types_by_value)


def read_alike(check: Check, relation: Relation, name: str) -> bool:
    """Whether a rule reads the values of a column without a declared type as the type that they have in common.

    Args:
        check: The rule.
        relation: The rows, read value by value.
        name: The column.
    """
    family = relation.columns[name].family
    if check.kind in ("type", "schema"):
        return False
    if isinstance(check, PatternCheck) or check.kind == "length":
        return family == "text"
    given = [*getattr(check, "values", ()), getattr(check, "min", None), getattr(check, "max", None)]
    wanted = {relation.family_for(name, value) for value in given if value is not None}
    if check.kind in ("distinct_count", "statistic"):
        wanted = set()
    alike = next((group for group in (NUMBERS, MOMENTS) if family in group), frozenset({family}))
    return wanted <= alike


def arrow_table(reader: Reader, relation: Relation, names: Sequence[str], *conditions: Any) -> pa.Table:
    """The rows that satisfy the conditions, as an Arrow table with these columns.

    Args:
        reader: Runs the statement.
        relation: What to select from.
        names: The columns, each of which `is_held`.
        *conditions: SQL conditions.

    Raises:
        EngineError: A column holds values that are not of its type; SQLite allows that, frames do not.
        SourceError: The rows cannot be read.
        MissingDependencyError: pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise MissingDependencyError.extra("pyarrow", "arrow", "An engine that evaluates rules on frames")
    statement = relation.select(*(relation[name].label(name) for name in names)).where(*conditions)
    if relation.dialect.returns_arrow:
        return _from_driver(reader, statement)
    return _from_rows(reader.fetch(statement), [relation.columns[name] for name in names])


def _from_driver(reader: Reader, statement: sa.Select[Any]) -> pa.Table:
    """The driver returns Arrow."""
    import duckdb

    connection = reader.opened.connection
    raw: Any = connection.connection.dbapi_connection
    sql = literal_sql(statement, connection)
    reader.statements += 1
    try:
        with reader.limited():
            return _simple(raw.sql(sql).to_arrow_table())
    except duckdb.InterruptException:
        raise reader.deadline.error() from None
    except duckdb.Error as error:
        raise StatementError(reader.opened.description, reader.reason(error)) from None


def _simple(table: pa.Table) -> pa.Table:
    """Timestamps of any time zone in UTC, to be compared with bounds in UTC; enumerations as strings."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            utc = pa.timestamp(field.type.unit, tz="UTC")
            table = table.set_column(place, field.name, table.column(place).cast(utc))
    return table


def _from_rows(rows: Sequence[Any], columns: Sequence[Column]) -> pa.Table:
    import pyarrow as pa

    arrays, problems = [], []
    for place, column in enumerate(columns):
        convert = _CONVERSIONS.get(column.family)
        chunks = []
        try:
            for start in range(0, max(len(rows), 1), _BATCH):
                values = [row[place] for row in rows[start : start + _BATCH]]
                if convert is not None:
                    values = [None if value is None else convert(value) for value in values]
                chunks.append(pa.array(values, type=_type(column, pa)))
            arrays.append(pa.chunked_array(chunks) if column.family != "decimal" else _decimals(chunks, pa))
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, decimal.InvalidOperation):
            problems.append(f"{column.name} ({column.type_name or column.family})")
    if problems:
        raise EngineError(
            f"Columns with values that are not of the column's type: {', '.join(problems)}. A frame cannot hold them.",
            suggestion='get_engine("dq_core") evaluates rules on such columns.',
            context={"columns": problems},
        )
    return pa.table(arrays, names=[column.name for column in columns])


def _type(column: Column, pa: Any) -> Any:
    """The Arrow type of a family; a decimal's follows from its values."""
    if column.family == "datetime":
        return pa.timestamp("us", tz="UTC" if column.zoned else None)
    types = {
        "integer": pa.int64, "float": pa.float64, "boolean": pa.bool_, "text": pa.string, "date": pa.date32,
    }  # fmt: skip
    return types[column.family]() if column.family in types else None


def _decimals(chunks: list[Any], pa: Any) -> Any:
    """Chunks of decimals, each of its own precision, as one array of the widest."""
    known = [chunk.type for chunk in chunks if not pa.types.is_null(chunk.type)]
    scale = max((one.scale for one in known), default=0)
    whole = max((one.precision - one.scale for one in known), default=1)
    width = whole + scale
    wanted = pa.decimal128(width, scale) if width <= 38 else pa.decimal256(width, scale)
    return pa.chunked_array([chunk.cast(wanted) for chunk in chunks], type=wanted)


def _boolean(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError(value)
    return bool(value)


def _integer(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _date(value: Any) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _datetime(value: Any) -> dt.datetime:
    if not isinstance(value, str):
        moment: dt.datetime = value
        return moment
    if is_finer(value):
        raise ValueError(value)  # which a frame of microseconds does not hold
    moment = dt.datetime.fromisoformat(value)
    # As in rules, what has no zone is in UTC.
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _decimal(value: Any) -> decimal.Decimal:
    number = decimal.Decimal(str(value)) if isinstance(value, float) else decimal.Decimal(value)
    if not number.is_finite():
        raise ValueError(value)
    return number


def _float(value: Any) -> float:
    if isinstance(value, str):
        raise TypeError(value)
    return float(value)


#: SQLite stores dates as strings and booleans as numbers, and lets any column hold anything.
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "integer": _integer,
    "float": _float,
    "text": _text,
    "date": _date,
    "datetime": _datetime,
    "decimal": _decimal,
}
