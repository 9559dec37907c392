"""Values of every form that has a canonical one, and how each database stores them: the oracle is plain Python."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from support.shared import shared

__all__ = [
    "ARROW", "COLUMNS", "DOCUMENTS", "EDGES", "FORMS", "canonical_documents", "document_types", "documents", "fitting",
    "stored", "stored_documents", "strategies",
]  # fmt: skip

#: The form of each column of the table.
FORMS: Mapping[str, str] = {
    "i": "number", "d": "number", "b": "number", "f": "float", "t": "text", "s": "text", "dy": "date", "ts": "moment",
    "tz": "moment", "tm": "time", "by": "binary", "u": "uuid", "q": "number",
}  # fmt: skip
#: The type of each column in Arrow, which has UUIDs as strings here.
ARROW = (
    pa.int64(), pa.decimal128(38, 10), pa.bool_(), pa.float64(), pa.string(), pa.string(), pa.date32(),
    pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.time64("us"), pa.binary(), pa.string(),
    pa.decimal128(6, 6),
)  # fmt: skip
#: The type of each column in each database.
COLUMNS: Mapping[str, Sequence[str]] = {
    "postgresql": (
        "bigint", "numeric(38, 10)", "boolean", "double precision", "text", "varchar(200)", "date", "timestamp",
        "timestamptz", "time", "bytea", "uuid", "numeric(6, 6)",
    ),
    "duckdb": (
        "BIGINT", "DECIMAL(38, 10)", "BOOLEAN", "DOUBLE", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMPTZ",
        "TIME", "BLOB", "UUID", "DECIMAL(6, 6)",
    ),
    "mariadb": (
        "BIGINT", "DECIMAL(38, 10)", "BOOLEAN", "DOUBLE", "LONGTEXT CHARACTER SET utf8mb4",
        "VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "DATE", "DATETIME(6)", "DATETIME(6)",
        "TIME(6)", "LONGBLOB", "UUID", "DECIMAL(6, 6)",
    ),
    "trino": (
        "bigint", "decimal(38, 10)", "boolean", "double", "varchar", "varchar(200)", "date", "timestamp(6)",
        "timestamp(6) with time zone", "time(6)", "varbinary", "uuid", "decimal(6, 6)",
    ),
    "sqlite": (
        "INTEGER", "DECIMAL(38, 10)", "BOOLEAN", "REAL", "TEXT", "TEXT COLLATE NOCASE", "DATE", "TIMESTAMP",
        "TIMESTAMP", "TIME", "BLOB", "UUID", "DECIMAL(6, 6)",
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
    "q": (_number(0), _number("0.5"), _number("-0.25"), _number("0.000001"), _number("-0.999999"), None),
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
    "q": st.decimals(decimal.Decimal("-0.999999"), decimal.Decimal("0.999999"), places=6),
}


#: The types of each database in which JSON lies; strings that are no JSON fit into the first only where it is text.
_TYPES: Mapping[str, Sequence[str]] = {
    "postgresql": ("text", "jsonb", "json"), "duckdb": ("VARCHAR", "JSON"), "sqlite": ("TEXT",), "trino": ("varchar",),
    "mariadb": ("LONGTEXT CHARACTER SET utf8mb4", "JSON"),
}  # fmt: skip
#: JSON in many spellings, and strings that are none.
DOCUMENTS: Sequence[str] = (
    "0", "-0", "-0.0", "0e5", "1", "1.0", "1.50", "100", "1e2", "1E+2", "1e-2", "-12.50e3", "0.00012", "1e30", "1e400",
    "9007199254740993", "123456789012345678901234567890.1234567890", "1000000000000000000000", "-1.10E-7", "0.1",
    "true", "false", "null", '""', '"a"', '"S"', '"N1"', '"1.0"', '"null"', '"a|b"',
    "[]", "{}", "[[],{},[{}]]", " [ 1 , 2 ] ",
    r'"\u00e9"', '"\u00e9"', r'"\ud83d\ude00"', '"\U0001f600"', r'"\/"', '"/"', r'"\"\\"', r'"\u0022\u005C"',
    r'"\\u0041\u0041"', r'"\n\u000a\u001F\u001f\b\f\r\t"', '{"b":1,"a":{"d":[1.0,null],"c":"x"}}',
    '{ "a" : { "c":"x", "d":[1,null]\n}, "b":1e0 }', '{"":1,"a":2,"aa":3,"A":4,"a b":5,"\u00e9":6}',
    r'{"\u00e9":6,"a b":5,"A":4,"aa":3,"a":2,"":1}', r'{"a\"b":1,"a\\b":2,"aXb":3,"a!b":4}', '{"a|b":"c|d","{":"}"}',
    "", "nope", "[1", '"a', "{'a': 1}", "'",
    "1.", "-1.", "1.e5", ".5", "01", "[1.]", '{"a":1.}', r'"\x"', r'"\0"', r'"\U0041"', r'"a\\\x"', r'"\u12"', "NaN",
    "[Infinity]", "-inf", "[1,]", '{"a":1 , }', "[,1]", "+1", "1e", '"1. a.b \\\\x"', '["NaN, ]", "inf"]', '"\\\\"',
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A JSON document in one of its spellings: white space, escapes, the order of keys, the forms of numbers."""
    letter = st.sampled_from('ab"\\/|\u00e9\U0001f600{}[]:,0-1.eE \x7f')
    strings = st.text(letter | st.sampled_from("\n\t\x01\x1f"), max_size=6)
    numbers = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda one: abs(one.adjusted()) < 200)
    leaves = st.none() | st.booleans() | st.integers() | numbers | strings
    value = draw(
        st.recursive(
            leaves,
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(letter, max_size=4), inner, max_size=4),
            max_leaves=12,
        )
    )
    return _spelled(value, random.Random(draw(st.integers(0, 2**32))))


def _spelled(value: Any, draw: random.Random) -> str:
    blank = draw.choice(["", "", " ", "\n"])
    match value:
        case None | bool():
            return json.dumps(value)
        case int() | decimal.Decimal():
            return f"{value}" if draw.random() < 0.5 else f"{decimal.Decimal(value):e}"
        case str():
            return '"' + "".join(_letter(one, draw) for one in value) + '"'
        case list():
            return f"[{blank}" + f"{blank},{blank}".join(_spelled(one, draw) for one in value) + f"{blank}]"
    pairs = draw.sample(list(value.items()), len(value))
    return "{" + ",".join(f"{_spelled(one, draw)}{blank}:{blank}{_spelled(item, draw)}" for one, item in pairs) + "}"


def _letter(letter: str, draw: random.Random) -> str:
    forms = [json.dumps(letter)[1:-1], json.dumps(letter, ensure_ascii=False)[1:-1]]
    forms += [f"\\u{ord(letter):04x}", f"\\u{ord(letter):04X}"] if ord(letter) < 2**16 else []
    return draw.choice([*forms, "\\/"] if letter == "/" else forms)


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


def document_types(engine: sa.Engine) -> Sequence[str]:
    """The types of a database in which JSON lies; the first is one of strings."""
    return _TYPES[engine.dialect.name]


def stored_documents(engine: sa.Engine, name: str, texts: Sequence[str], type_: str) -> None:
    """Make a table of documents in the column ``j``, numbered by ``id``."""
    rows = sa.table(name, sa.column("id", sa.Integer()), sa.column("j", sa.Text()))
    given: list[Any] = [sa.literal(one, sa.Text()) for one in texts]
    if engine.dialect.name == "postgresql" and type_ != "text":
        given = [sa.cast(one, postgresql.JSON()) for one in given]
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER, j {type_})")
        if given:
            connection.execute(sa.insert(rows).values([{"id": at, "j": one} for at, one in enumerate(given)]))
        connection.commit()


def canonical_documents(engine: sa.Engine, texts: Sequence[str], type_: str) -> list[str]:
    """What a database makes of documents in a column of a type."""
    forms = {
        "postgresql": "PostgreSQLForms", "duckdb": "DuckDBForms", "sqlite": "SQLiteForms", "mariadb": "MariaDBForms",
        "trino": "TrinoForms",
    }  # fmt: skip
    sql = getattr(shared("fingerprints.canonical_sql"), forms[engine.dialect.name])()
    stored_documents(engine, "documents", texts, type_)
    rows = sa.table("documents", sa.column("id", sa.Integer()), sa.column("j", sa.Text()))
    with engine.connect() as connection:
        assert sql.problem(connection) is None
        found = sa.select(sql.form(rows.c.j, "json", type_.lower())).order_by(rows.c.id)
        return list(connection.execute(found).scalars())
