"""Iceberg's types in DuckDB's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType

__all__ = ["UnsupportedTypeError", "duckdb_type", "quoted"]

_NAMES = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "timestamp_ns": "TIMESTAMP_NS",
    "string": "VARCHAR",
    "uuid": "UUID",
    "binary": "BLOB",
}


class UnsupportedTypeError(Exception):
    """A type whose values DuckDB does not hold as they are."""


def quoted(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def duckdb_type(type_: IcebergType) -> str:
    """The type of DuckDB that holds every value of a type of Iceberg.

    Raises:
        UnsupportedTypeError: If there is none; the text says which.
    """
    from pyiceberg.types import DecimalType, FixedType, ListType, MapType, StructType

    if isinstance(type_, DecimalType):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if isinstance(type_, FixedType):
        return "BLOB"
    if isinstance(type_, ListType):
        return f"{duckdb_type(type_.element_type)}[]"
    if isinstance(type_, MapType):
        return f"MAP({duckdb_type(type_.key_type)}, {duckdb_type(type_.value_type)})"
    if isinstance(type_, StructType):
        return f"STRUCT({', '.join(f'{quoted(one.name)} {duckdb_type(one.field_type)}' for one in type_.fields)})"
    found = _NAMES.get(str(type_))
    if found is None:
        raise UnsupportedTypeError(str(type_))
    return found
