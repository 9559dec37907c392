"""The columns of a new Iceberg table, from those of a table in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._shared.iceberg.types import quoted
from ...errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

_SIMPLE = {
    "boolean": "BooleanType",
    "tinyint": "IntegerType",
    "smallint": "IntegerType",
    "integer": "IntegerType",
    "utinyint": "IntegerType",
    "usmallint": "IntegerType",
    "uinteger": "LongType",
    "bigint": "LongType",
    "float": "FloatType",
    "double": "DoubleType",
    "varchar": "StringType",
    "blob": "BinaryType",
    "date": "DateType",
    "time": "TimeType",
    "timestamp": "TimestampType",
    "timestamp_s": "TimestampType",
    "timestamp_ms": "TimestampType",
    "timestamp with time zone": "TimestamptzType",
    "uuid": "UUIDType",
}


class _Ids:
    """Numbers for fields, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


def schema_of(raw: Any, relation: str) -> Schema:
    """The columns of a relation of DuckDB as a schema of Iceberg, with new field ids.

    Args:
        raw: The driver's connection.
        relation: A quoted name, or a query in parentheses.

    Raises:
        SchemaMismatchError: All columns whose type Iceberg does not have.
    """
    from pyiceberg.schema import Schema, assign_fresh_schema_ids
    from pyiceberg.types import NestedField

    described = raw.execute(f"SELECT * FROM {relation} LIMIT 0").description  # noqa: S608 - quoted by the caller
    required = _not_null(raw, relation)
    fields, faults, ids = [], [], _Ids()
    for name, type_, *_ in described:
        try:
            made = _iceberg_type(type_, ids)
        except TypeError as error:
            faults.append(f"column {name!r} is {error}")
            continue
        fields.append(NestedField(ids.next(), name, made, required=name in required))
    if faults:
        raise SchemaMismatchError(
            "Iceberg has no type that keeps these values.",
            mismatches=faults,
            suggestion="Cast the columns before writing, to a string for example.",
        )
    return assign_fresh_schema_ids(Schema(*fields))


_NO_PARTITIONS = ("float", "double")
"""Types whose values are no partitions: NaN is not equal to itself, and -0.0 is equal to 0.0."""


def spec_of(schema: Schema, columns: Sequence[str]) -> PartitionSpec:
    """Partitions by the values of columns; none if one of them has a type whose values make no partitions.

    Args:
        schema: The columns of the new table.
        columns: Those that tell partitions apart; empty for no partitions.
    """
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
    from pyiceberg.transforms import IdentityTransform

    fields = [schema.find_field(name) for name in columns]
    if any(not one.field_type.is_primitive or str(one.field_type) in _NO_PARTITIONS for one in fields):
        return PartitionSpec()
    parts = [
        PartitionField(one.field_id, PARTITION_FIELD_ID_START + place, IdentityTransform(), one.name)
        for place, one in enumerate(fields)
    ]
    return PartitionSpec(*parts)


def _not_null(raw: Any, relation: str) -> set[str]:
    """The columns of a table that are declared NOT NULL."""
    if relation.startswith("("):
        return set()
    rows = raw.execute(f"DESCRIBE {relation}").fetchall()
    return {name for name, _, null, *_ in rows if null == "NO"}


def _iceberg_type(type_: Any, ids: _Ids) -> IcebergType:
    from pyiceberg import types

    kind, children = type_.id, dict(type_.children) if _is_nested(type_) else {}
    if kind == "decimal":
        return types.DecimalType(children["precision"], children["scale"])
    if kind in ("list", "array"):
        return types.ListType(ids.next(), _iceberg_type(children["child"], ids), element_required=False)
    if kind == "map":
        return types.MapType(
            ids.next(), _iceberg_type(children["key"], ids), ids.next(), _iceberg_type(children["value"], ids), False
        )
    if kind == "struct":
        inner = [types.NestedField(ids.next(), name, _iceberg_type(one, ids)) for name, one in children.items()]
        return types.StructType(*inner)
    if kind not in _SIMPLE or str(type_) == "JSON":
        raise TypeError(str(type_))
    made: IcebergType = getattr(types, _SIMPLE[kind])()
    return made


def _is_nested(type_: Any) -> bool:
    return type_.id in ("decimal", "list", "array", "map", "struct")


def constraints(raw: Any, schema: str, name: str) -> Iterator[str]:
    """What a new table of DuckDB declares that a table of Iceberg does not hold its rows to."""
    for kind, text in raw.execute(
        "SELECT constraint_type, constraint_text FROM duckdb_constraints() WHERE schema_name = $1 AND table_name = $2",
        [schema, name],
    ).fetchall():
        if kind != "NOT NULL":
            yield text or kind
    for column, default in raw.execute(
        "SELECT column_name, column_default FROM duckdb_columns() WHERE schema_name = $1 AND table_name = $2"
        " AND column_default IS NOT NULL",
        [schema, name],
    ).fetchall():
        yield f"DEFAULT {default} of {quoted(column)}"
