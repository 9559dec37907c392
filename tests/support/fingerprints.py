"""Values of every form that has a canonical one, and how each database stores them: the oracle is plain Python."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from hypothesis import strategies as st

__all__ = ["ARROW", "COLUMNS", "EDGES", "FORMS", "fitting", "stored", "strategies"]

#: The form of each column of the table.
FORMS: Mapping[str, str] = {
    "i": "number", "d": "number", "b": "number", "f": "float", "t": "text", "s": "text", "dy": "date", "ts": "moment",
    "tz": "moment", "tm": "time", "by": "binary", "u": "uuid",
}  # fmt: skip
#: The type of each column in Arrow, which has UUIDs as strings here.
ARROW = (
    pa.int64(), pa.decimal128(38, 10), pa.bool_(), pa.float64(), pa.string(), pa.string(), pa.date32(),
    pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.time64("us"), pa.binary(), pa.string(),
)  # fmt: skip
#: The type of each column in each database.
COLUMNS: Mapping[str, Sequence[str]] = {
    "postgresql": (
        "bigint", "numeric(38, 10)", "boolean", "double precision", "text", "varchar(200)", "date", "timestamp",
        "timestamptz", "time", "bytea", "uuid",
    ),
    "duckdb": (
        "BIGINT", "DECIMAL(38, 10)", "BOOLEAN", "DOUBLE", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMPTZ",
        "TIME", "BLOB", "UUID",
    ),
    "mariadb": (
        "BIGINT", "DECIMAL(38, 10)", "BOOLEAN", "DOUBLE", "LONGTEXT CHARACTER SET utf8mb4",
        "VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "DATE", "DATETIME(6)", "DATETIME(6)",
        "TIME(6)", "LONGBLOB", "UUID",
    ),
    "trino": (
        "bigint", "decimal(38, 10)", "boolean", "double", "varchar", "varchar(200)", "date", "timestamp(6)",
        "timestamp(6) with time zone", "time(6)", "varbinary", "uuid",
    ),
    "sqlite": (
        "INTEGER", "DECIMAL(38, 10)", "BOOLEAN", "REAL", "TEXT", "TEXT COLLATE NOCASE", "DATE", "TIMESTAMP",
        "TIMESTAMP", "TIME", "BLOB", "UUID",
    ),
}  # fmt: skip

_Z = dt.timezone(dt.timedelta(hours=5, minutes=30))
_at, _number = dt.datetime.fromisoformat, decimal.Decimal
#: The edges of every form; the shorter ones are repeated.
EDGES: Mapping[str, Sequence[Any]] = {
    "i": (0, 1, -1, 2**63 - 1, -(2**63), 10, 100, None),
    "d": (
        _number(0), _number("1.00"), _number("1.0"), _number("-0.0000000001"), _number(100), _number("-1E+3"),
        _number("9999999999999999999999999999.9999999999"), None,
    ),
    "b": (True, False, None),
    "f": (
        0.0, -0.0, 1.0, 0.1, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 123456789.123456789,
        math.nan, math.inf, -math.inf, None,
    ),
    "t": (
        "", " ", "a", "a ", "A", "\u00e9", "e\u0301", "\U0001f600", "a|b", "||", "\n", "-1", "NULL", "\u00df",
        "x" * 5000,
        None,
    ),
    "s": ("", "a", "a ", "A", "\u00e4", "\u00c4", "|", None),
    "dy": (dt.date.min, dt.date.max, dt.date(1970, 1, 1), dt.date(1969, 12, 31), dt.date(2024, 2, 29), None),
    "ts": (
        _at("0001-01-01"), _at("9999-12-31T23:59:59.999999"), _at("1970-01-01"), _at("1999-12-31T23:59:59.999999"),
        _at("2024-02-29T12:00:00.000001"), None,
    ),
    "tz": (
        _at("2024-03-31T02:30:00+05:30"), _at("1970-01-01T00:00:00+00:00"), _at("1900-01-01T00:00:00.000005+05:30"),
        None,
    ),
    "tm": (dt.time(), dt.time(23, 59, 59, 999999), dt.time(12, 0, 0, 1), None),
    "by": (b"", b"\0", b"\xff\x00|", bytes(range(256)), None),
    "u": (uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID("0aA0B0c0-0000-4000-8000-00000000000f"), None),
}  # fmt: skip

strategies: Mapping[str, st.SearchStrategy[Any]] = {
    "i": st.integers(-(2**63), 2**63 - 1),
    "d": st.decimals(-(10**27), 10**27, places=10, allow_nan=False),
    "b": st.booleans(),
    "f": st.floats(),
    "t": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    "s": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    "dy": st.dates(),
    "ts": st.datetimes(),
    "tz": st.datetimes(_at("1600-01-01"), _at("3000-01-01"), timezones=st.sampled_from([dt.UTC, _Z])),
    "tm": st.times(),
    "by": st.binary(max_size=40),
    "u": st.uuids(version=4),
}


def fitting(database: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the values that a database cannot hold: NULL in their place."""
    found = {name: row[name] for name in FORMS}
    number = found["f"]
    no_number = {"mariadb": (math.nan, math.inf, -math.inf), "sqlite": (math.nan,)}.get(database, ())
    if number is not None and repr(number) in map(repr, no_number):
        found["f"] = None
    if database in ("mariadb", "sqlite") and found["f"] == 0:
        # They store -0.0 as 0.
        found["f"] = 0.0
    if database == "sqlite" and found["d"] is not None:
        # Its decimals are floats, and that one would have more than 38 digits.
        number = decimal.Decimal(repr(float(found["d"])))
        found["d"] = None if abs(number) >= 10**28 else decimal.Decimal(f"{number:f}")
    return found


def stored(engine: sa.Engine, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make the table ``t`` of these rows."""
    name = engine.dialect.name
    types = zip(FORMS, COLUMNS[name], strict=True)
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        run("DROP TABLE IF EXISTS t")
        quoted = connection.dialect.identifier_preparer.quote
        run(f"CREATE TABLE t ({', '.join(f'{quoted(column)} {kind}' for column, kind in types)})")
        written = [f"({', '.join(_written(value, column, name) for column, value in row.items())})" for row in rows]
        if rows:
            run(f"INSERT INTO t VALUES {', '.join(written)}", execution_options={"no_parameters": True})
        connection.commit()


def _written(value: Any, column: str, database: str) -> str:
    """A value as SQL."""
    kind = COLUMNS[database][list(FORMS).index(column)].partition(" CHARACTER")[0]
    if value is None:
        return "NULL"
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value) if value > -(2**63) else f"({value + 1} - 1)"
        case float() if database == "mariadb":
            return f"{value!r}e0" if "e" not in repr(value) else repr(value)
        case float() if database == "sqlite":
            return {"inf": "9e999", "-inf": "-9e999"}.get(repr(value), repr(value))
        case float() if database == "trino":
            names = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
            return f"CAST('{names.get(repr(value), repr(value))}' AS double)"
        case float():
            return f"CAST('{value!r}' AS {kind})"
        case decimal.Decimal():
            return f"DECIMAL '{value:f}'" if database == "trino" else f"{value:f}"
        case bytes():
            forms = {"postgresql": "'\\x{}'::bytea", "duckdb": "from_hex('{}')"}
            return forms.get(database, "X'{}'").format(value.hex())
        case dt.datetime():
            plain = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
            zones = {"postgresql": "+00", "duckdb": "+00", "trino": " UTC"}
            zone = zones.get(database, "") if column == "tz" else ""
            kind = "TIMESTAMP " if database == "trino" else ""
            return f"{kind}'{plain.isoformat(' ', 'microseconds')}{zone}'"
        case dt.date() | dt.time() | uuid.UUID():
            kind = f"{type(value).__name__.upper()} " if database == "trino" else ""
            return f"{kind}'{value}'"
    escaped = value.replace("'", "''")
    return "'" + (escaped.replace("\\", "\\\\") if database == "mariadb" else escaped) + "'"
