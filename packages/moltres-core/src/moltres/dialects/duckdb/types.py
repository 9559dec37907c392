"""DuckDB's types: what they are in SQLAlchemy's, and which of their values no driver hands over as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select
from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from ..._shared.files.parquet_types import LONG_INTEGERS, LONGEST_INTEGER, parquet_type
from ...errors import SchemaMismatchError
from ...types import documents
from ...types.arrow import array_of
from ...types.logical import LogicalType, Within, logical_type, register
from ..base.refusals import REFUSED
from ..rows import selects_all
from .reflected import HELD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Select, Table

    from ...types.arrow import Named


class Nested(sql.JSON):
    """A STRUCT or MAP: JSON for other databases, but its values arrive as dicts and not as text.

    Args:
        read: What reads the documents in a value, which arrive as text; None without such.
        item_type: What the items of a list are; None for other values.
        in_rows: Whether Arrow has another form for something within.
        within: What stands within, where it is known.
    """

    def __init__(
        self,
        read: Callable[[Any], Any] | None = None,
        item_type: TypeEngine[Any] | None = None,
        *,
        in_rows: bool = False,
        within: Within | None = None,
    ) -> None:
        super().__init__()
        self.within = within
        self.read = read
        self.item_type = item_type
        self.in_rows = in_rows

    def __repr__(self) -> str:
        return f"Nested({'' if self.item_type is None else repr(self.item_type)})"

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """Nothing: DuckDB has made Python objects of them."""


class Native(sql.Text):
    """A type that other databases lack, as text."""


class ShortStamp(sql.TIMESTAMP):
    """A time stamp of fewer digits than six after the second.

    Args:
        precision: So many.
    """

    def __init__(self, precision: int) -> None:
        super().__init__()
        self.precision = precision


class _LongStamp(sql.TIMESTAMP):
    """A time stamp of nanoseconds within a list."""


class _LongTime(sql.TIME):
    """A time of nanoseconds within a list."""


SHORT_STAMPS = {"timestamp_s": 0, "timestamp_ms": 3}

_TYPES: dict[str, TypeEngine[Any]] = {
    "boolean": sql.Boolean(),
    "tinyint": sql.SmallInteger(),
    "smallint": sql.SmallInteger(),
    "integer": sql.Integer(),
    "bigint": sql.BigInteger(),
    "utinyint": sql.SmallInteger(),
    "usmallint": sql.Integer(),
    "uinteger": sql.BigInteger(),
    "ubigint": sql.Numeric(20, 0),
    "hugeint": sql.Numeric(38, 0),
    "uhugeint": sql.Numeric(39, 0),
    "float": sql.REAL(),
    "double": sql.Double(),
    "varchar": sql.Text(),
    "enum": sql.Text(),
    "blob": sql.LargeBinary(),
    "date": sql.Date(),
    "time": sql.Time(),
    "time_ns": sql.Time(),
    "time with time zone": sql.Time(timezone=True),
    "timestamp": sql.DateTime(),
    "timestamp_s": ShortStamp(0),
    "timestamp_ms": ShortStamp(3),
    "timestamp_ns": sql.DateTime(),
    "timestamp with time zone": sql.DateTime(timezone=True),
    "timestamptz_ns": sql.DateTime(timezone=True),
    "interval": sql.Interval(),
    "uuid": sql.Uuid(),
    "bit": Native(),
    "bignum": Native(),
    "geometry": Native(),
}
_LONG: dict[str, TypeEngine[Any]] = {"timestamp_ns": _LongStamp(), "time_ns": _LongTime()}


def sql_type(described: Any) -> TypeEngine[Any]:
    """The SQL type for what DuckDB calls the type of a column."""
    if str(described) == "JSON":  # its id is that of VARCHAR
        return sql.JSON()
    if described.id == "decimal":
        (_, precision), (_, scale) = described.children
        return sql.Numeric(precision, scale)
    if described.id in {"list", "array"}:
        child = described.children[0][1]
        item = _LONG.get(child.id) or sql_type(child)
        if isinstance(item, sql.JSON | Native) or type(item) is TypeEngine:
            # A list of what no array holds elsewhere.
            return Nested(_documents(described), item, in_rows=_in_rows(described), within=_within(described))
        return array_of(item)
    if described.id in {"struct", "map"}:
        return Nested(_documents(described), in_rows=_in_rows(described), within=_within(described))
    return _TYPES.get(described.id, TypeEngine())


def _within(described: Any) -> Within:
    """What stands within values that DuckDB describes."""
    kind = {"array": "list"}.get(described.id, described.id)
    parts = [("items", described.children[0][1])] if kind == "list" else described.children
    return Within(kind, tuple((name, _part(child)) for name, child in parts))


def _part(described: Any) -> LogicalType:
    kind = logical_type(_LONG.get(described.id) or sql_type(described))
    return replace(kind, name="json", within=_within(described)) if described.id == "union" else kind


_NOT_ARROW = frozenset({
    "bit", "bignum", "geometry", "hugeint", "interval", "time with time zone", "uhugeint", "union",
})  # fmt: skip
"""What Arrow gives in another form, and where it stands within others nothing tells it apart."""


def _children(described: Any) -> list[Any]:
    nested = described.id in {"list", "array", "struct", "map", "union"}
    return [child for _, child in described.children if hasattr(child, "id")] if nested else []


def _in_rows(described: Any) -> bool:
    return str(described) == "JSON" or described.id in _NOT_ARROW or any(map(_in_rows, _children(described)))


def _documents(described: Any) -> Callable[[Any], Any] | None:
    """What reads the documents in values of a type; None if it has none."""
    if str(described) == "JSON":
        return lambda value: None if value is None else documents.read(value)
    if described.id in {"list", "array"}:
        item = _documents(described.children[0][1])
        return item and (lambda value: value and [item(one) for one in value])
    if described.id == "struct":
        parts = {name: read for name, child in described.children if (read := _documents(child))}
        return (
            (lambda value: value and value | {name: read(value[name]) for name, read in parts.items()})
            if parts
            else None
        )
    if described.id == "map":
        inner = _documents(described.children[1][1])
        return inner and (lambda value: value and {key: inner(one) for key, one in value.items()})
    return None


# -- values that the driver would change


def _outside(value: str) -> str:
    return f"isinf({value}) OR year({value}) NOT BETWEEN 1 AND 9999"


_FAULTS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp with time zone"), _outside),
    "timestamp_ns": lambda value: f"isinf({value}) OR epoch_ns({value}) % 1000 <> 0",
    "timestamptz_ns": lambda value: f"isinf({value}::TIMESTAMPTZ) OR epoch_ns({value}) % 1000 <> 0",  # of DuckDB 2
    "time": lambda value: f"{value} = '24:00:00'::TIME",
    "time_ns": lambda value: f"epoch_ns({value}) % 1000 <> 0 OR {value}::VARCHAR LIKE '24:%'",
    "time with time zone": lambda value: f"{value}::VARCHAR LIKE '24:%'",
    "interval": lambda value: f"datepart('month', {value}) <> 0 OR datepart('year', {value}) <> 0",
}


def _fault(type_: Any, value: str, depth: int = 0, faults: Mapping[str, Callable[[str], str]] = _FAULTS) -> str | None:
    """The condition under which a value has no form elsewhere, in SQL; None if there is none.

    Args:
        type_: Its type.
        value: The value.
        depth: How many lists and maps it is in.
        faults: The condition of each type that has one; by default under which Python has no form.
    """
    if type_.id in {"list", "array"}:
        item = f"x{depth}"
        inner = _fault(type_.children[0][1], item, depth + 1, faults)
        return (
            inner
            and f"coalesce(list_bool_or(list_transform({value}::{_item(type_)}[], lambda {item}: {inner})), false)"
        )
    if type_.id == "struct":
        parts = (
            (name, _fault(child, f"struct_extract({value}, {_text(name)})", depth, faults))
            for name, child in type_.children
        )
        return " OR ".join(f"({fault})" for _, fault in parts if fault) or None
    if type_.id == "map":
        (_, key), (_, item) = type_.children
        if faults is _FAULTS and _children(key):  # no key of a dict: the driver gives two lists instead
            return f"cardinality({value}) > 0"
        lists = ((f"map_keys({value})", key), (f"map_values({value})", item))
        name = f"x{depth}"
        found = [
            f"coalesce(list_bool_or(list_transform({values}, lambda {name}: {inner})), false)"
            for values, child in lists
            if (inner := _fault(child, name, depth + 1, faults))
        ]
        return " OR ".join(found) or None
    made = faults.get(type_.id)
    return made and made(value)


def _item(type_: Any) -> str:
    return str(type_.children[0][1])


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _projected(
    connection: Connection,
    query: Select[Any],
    described: Sequence[tuple[str, Any]],
    made: Callable[[Any, str, str], str],
) -> Select[Any]:
    """The rows of a query with some of their columns computed anew; their order stays that of the query."""
    rows = query.subquery("moltres_rows")
    quote = connection.dialect.identifier_preparer.quote
    everything = selects_all(query)
    types: list[Any] = (
        [sql.NullType() for _ in described] if everything else [one.type for one in query.selected_columns]
    )
    columns: list[Any] = []
    for (name, type_), known in zip(described, types, strict=True):
        value = f"moltres_rows.{quote(name)}"
        columns.append(literal_column(made(type_, value, name), known).label(name))
    return select(*columns).select_from(rows)


def guarded(connection: Connection, query: Select[Any], described: Sequence[tuple[str, Any]]) -> Select[Any]:
    """A query with the same rows, which fails where the driver would hand over another value than DuckDB holds.

    Python's date and datetime know no infinity and the driver gives their last day instead; months become 30 days,
    nanoseconds are cut off.

    Args:
        connection: Where it will run.
        query: The query.
        described: Names and types of its columns, in DuckDB's words.
    """

    def guard(type_: Any, value: str, name: str) -> str:
        if isinstance(sql_type(type_), Native):
            return f"{value}::VARCHAR"
        fault = _fault(type_, value)
        if fault is None:
            return value
        said = f"{_text(f'{REFUSED}column {name!r}: ')} || {value}::VARCHAR"
        return f"CASE WHEN {fault} THEN error({said}) ELSE {value} END"

    return _projected(connection, query, described, guard)


def in_text(connection: Connection, query: Select[Any], described: Sequence[tuple[str, Any]]) -> Select[Any]:
    """A query with the same rows, in which types that other databases lack are text; see `guarded`."""

    def cast(type_: Any, value: str, name: str) -> str:
        del name
        return f"{value}::VARCHAR" if isinstance(sql_type(type_), Native) else value

    return _projected(connection, query, described, cast)


def _holds(type_: Any, wanted: str) -> bool:
    return type_.id == wanted or any(_holds(child, wanted) for child in _children(type_))


_TOO_LONG: dict[str, Callable[[str], str]] = dict.fromkeys(
    LONG_INTEGERS, lambda value: f"(TRY_CAST({value} AS {LONGEST_INTEGER}) IS NULL AND {value} IS NOT NULL)"
)
"""Integers for which Parquet would have floats, and that are too long for what it has instead."""


def _is_text(type_: Any) -> bool:
    return isinstance(sql_type(type_), Native) or type_.id == "time with time zone"


def for_parquet(connection: Connection, query: Select[Any], described: Sequence[tuple[str, Any]]) -> Select[Any]:
    """A query with the same rows, in the types that a Parquet file of DuckDB gives back; see `guarded`.

    Raises:
        SchemaMismatchError: If a column has intervals, which DuckDB writes in milliseconds of 32 bits, or unions, which
            come back as structs.
    """
    faults = [
        f"column {name!r} has {said}"
        for name, type_ in described
        for id_, said in {"interval": "intervals", "union": "unions"}.items()
        if _holds(type_, id_)
    ]
    if faults:
        raise SchemaMismatchError(
            "Parquet files hold neither exact intervals nor unions.",
            mismatches=faults,
            suggestion="Cast the columns, to text for example.",
        )

    def exact(type_: Any, value: str, name: str) -> str:
        form = parquet_type(type_, _is_text)
        if form == str(type_):
            return value
        exact, fault = f"CAST({value} AS {form})", _fault(type_, value, faults=_TOO_LONG)
        said = f"{_text(f'{REFUSED}column {name!r}: ')} || {value}::VARCHAR"
        return exact if fault is None else f"CASE WHEN {fault} THEN error({said}) ELSE {exact} END"

    return _projected(connection, query, described, exact)


def for_csv(connection: Connection, query: Select[Any], described: Sequence[tuple[str, Any]]) -> Select[Any]:
    """A query with the same rows, in which decimals have a digit before their point: DuckDB's .5 is read as text."""
    decimals = {name: set(dict(type_.children).values()) for name, type_ in described if type_.id == "decimal"}
    fractions = {name for name, sizes in decimals.items() if len(sizes) == 1}

    def written(type_: Any, value: str, name: str) -> str:
        del type_
        return f"regexp_replace({value}::VARCHAR, '^(-?)\\.', '\\10.')" if name in fractions else value

    return _projected(connection, query, described, written) if fractions else query


def has_nanoseconds(type_: TypeEngine[Any]) -> bool:
    """Whether a column is a TIMESTAMP_NS."""
    return type(type_).__name__ == "TimestampNs"


_NANOSECONDS = dict.fromkeys(("timestamp_ns", "timestamptz_ns", "time_ns"), "epoch_ns({}) % 1000 <> 0")


def keep_nanoseconds(
    connection: Connection,
    query: Select[Any],
    describe: Callable[[], Sequence[tuple[str, Any]]],
    table: Table,
    names: Sequence[str],
) -> Select[Any]:
    """A query for INSERT, which fails where a column of microseconds would cut nanoseconds off.

    Args:
        connection: Where it will run.
        query: The query.
        describe: Tells the names and types of its columns, in DuckDB's words.
        table: Where the rows go.
        names: The columns of the table, in the order of the query's.
    """
    targets = [table.columns[name].type for name in names]
    if not any(isinstance(type_, sql.DateTime | sql.Time) for type_ in targets):
        return query
    described = list(describe())
    cut = {
        name
        for (name, type_), target in zip(described, targets, strict=True)
        if type_.id in _NANOSECONDS and type(target).__name__ not in {"TimestampNs", "TimeNs"}
    }

    def guard(type_: Any, value: str, name: str) -> str:
        if name not in cut:
            return value
        fault = _NANOSECONDS[type_.id].format(value)
        said = f"{_text(f'{REFUSED}column {name!r}: ')} || {value}::VARCHAR"
        return f"CASE WHEN {fault} THEN error({said}) ELSE {value} END"

    return _projected(connection, query, described, guard) if cut else query


_TEXT = LogicalType("text", native=True)
_MODULE = "duckdb_sqlalchemy.datatypes"
register(
    {
        **HELD,
        f"{__name__}.Native": _TEXT,
        f"{__name__}.Nested": lambda type_: LogicalType("json", within=type_.within),
        f"{__name__}._LongStamp": LogicalType("timestamp", scale=9),
        f"{__name__}._LongTime": LogicalType("time", scale=9),
        "sqlalchemy.dialects.postgresql.types.BIT": _TEXT,
        f"{_MODULE}.VarInt": _TEXT,
        f"{_MODULE}.TinyInteger": LogicalType("integer", bits=8),
        f"{_MODULE}.UInt8": LogicalType("integer", bits=9),
        f"{_MODULE}.UTinyInteger": LogicalType("integer", bits=9),
        f"{_MODULE}.UInt16": LogicalType("integer", bits=17),
        f"{_MODULE}.USmallInteger": LogicalType("integer", bits=17),
        f"{_MODULE}.UInt32": LogicalType("integer", bits=33),
        f"{_MODULE}.UInteger": LogicalType("integer", bits=33),
        f"{_MODULE}.UInt64": LogicalType("integer", bits=65),
        f"{_MODULE}.UBigInteger": LogicalType("integer", bits=65),
        f"{_MODULE}.HugeInteger": LogicalType("integer", bits=128),
        f"{_MODULE}.UHugeInteger": LogicalType("integer", bits=129),
    }
)


DECIMAL_DIGITS = 38
"""The most digits of a DECIMAL."""


def comes_in_rows(column: Named) -> bool:
    """Whether a column is read in rows: Arrow has no times with a zone, and integers of 128 bits come wrong.

    Args:
        column: Its name and type.
    """
    kind, in_list = logical_type(column[1]), False
    while kind.name == "array" and kind.item is not None:
        kind, in_list = kind.item, True
    if isinstance(column[1], Nested) and column[1].in_rows:
        return True
    too_long = kind.name == "decimal" and (kind.precision or 0) > DECIMAL_DIGITS
    zoned = kind.name == "time" and kind.zoned
    return kind.name == "other" or too_long or zoned or (in_list and kind.name == "interval")
