"""Column types of every database, with values as SQL writes them: what rules, profiles and learning must cope with."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ODD_VALUES", "TYPES", "ColumnType", "OddValue"]


@dataclass(frozen=True)
class ColumnType:
    """A type and some of its values.

    Attributes:
        name: The type as CREATE TABLE writes it.
        values: Different values of it, as SQL writes them.
        before: Statements that must run first.
    """

    name: str
    values: tuple[str, ...]
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class OddValue:
    """A value that the database holds and Python, its driver or arithmetic may not.

    Attributes:
        type: The column's type.
        value: The odd value, as SQL writes it.
        usual: A usual value of the type.
        before: Statements that must run first.
    """

    type: str
    value: str
    usual: str
    before: tuple[str, ...] = ()


def _quoted(*values: str) -> tuple[str, ...]:
    return tuple(f"'{value}'" for value in values)


_DAYS = _quoted("2024-01-01", "2024-02-29", "1999-12-31")
_STAMPS = _quoted("2024-01-01 10:00:00", "2024-02-29 23:59:59", "1999-12-31 00:00:00")
_CLOCKS = _quoted("10:00:00", "23:59:59", "00:00:00")
_UUIDS = _quoted(*(f"0000000{n}-0000-4000-8000-00000000000{n}" for n in (1, 2, 3)))
_NUMBERS = ("1", "2", "30")
_JSON = _quoted('{"a": 1}', "[1, 2]", '"x"')

TYPES: dict[str, tuple[ColumnType, ...]] = {
    "postgresql": (
        ColumnType("e_st", _quoted("new", "paid", "sent"), ("CREATE TYPE e_st AS ENUM ('new', 'paid', 'sent')",)),
        ColumnType(
            "d_st",
            _quoted("new", "paid"),
            ("CREATE TYPE e_base AS ENUM ('new', 'paid')", "CREATE DOMAIN d_st AS e_base"),
        ),
        ColumnType("d_int", _NUMBERS, ("CREATE DOMAIN d_int AS integer CHECK (VALUE > 0)",)),
        ColumnType("d_text", _quoted("a", "b"), ("CREATE DOMAIN d_text AS varchar(5)",)),
        ColumnType("c_pair", _quoted("(1,x)", "(2,y)"), ("CREATE TYPE c_pair AS (a int, b text)",)),
        ColumnType("citext", _quoted("a", "A", "b"), ("CREATE EXTENSION IF NOT EXISTS citext",)),
        ColumnType("hstore", _quoted("a=>1", "b=>2"), ("CREATE EXTENSION IF NOT EXISTS hstore",)),
        ColumnType("inet", _quoted("10.0.0.1", "10.0.0.2", "fe80::1")),
        ColumnType("cidr", _quoted("10.0.0.0/8", "192.168.0.0/16")),
        ColumnType("macaddr", _quoted("08:00:2b:01:02:03", "08:00:2b:01:02:04")),
        ColumnType("macaddr8", _quoted("08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06")),
        ColumnType("money", ("5", "-5", "1.5")),
        ColumnType("char(5)", _quoted("ab", "abc", "x")),
        ColumnType('"char"', _quoted("a", "b")),
        ColumnType("name", _quoted("a", "b")),
        ColumnType("bit(3)", ("B'101'", "B'000'")),
        ColumnType("varbit", ("B'101'", "B'0'")),
        ColumnType("tsvector", _quoted("a fat cat", "b")),
        ColumnType("tsquery", _quoted("a & b", "c")),
        ColumnType("interval", _quoted("1 day", "2 hours", "1 mon")),
        ColumnType("timetz", _quoted("10:00:00+00", "11:00:00+01", "23:59:59-05")),
        ColumnType("timestamptz", _quoted("2024-01-01 10:00:00+00", "2024-02-29 10:00:00+05")),
        ColumnType("timestamp(0)", _STAMPS),
        ColumnType("time", _CLOCKS),
        ColumnType("date", _DAYS),
        ColumnType("oid", _NUMBERS),
        ColumnType("regclass", _quoted("pg_class", "pg_type")),
        ColumnType("xid", _quoted("1", "2")),
        ColumnType("pg_lsn", _quoted("16/B374D848", "0/0")),
        ColumnType("int4range", _quoted("[1,5)", "[2,9)", "empty")),
        ColumnType("daterange", _quoted("[2024-01-01,2024-02-01)", "(,2024-01-01)")),
        ColumnType("int4multirange", _quoted("{[1,5)}", "{}")),
        ColumnType("int[]", _quoted("{1,2}", "{}", "{NULL}")),
        ColumnType("text[]", _quoted("{a,b}", "{c}")),
        ColumnType("json[]", ("ARRAY['1'::json]", "ARRAY['2'::json, '3'::json]")),
        ColumnType("point", _quoted("(1,2)", "(3,4)")),
        ColumnType("box", _quoted("(1,2),(0,0)", "(3,4),(1,1)")),
        ColumnType("polygon", _quoted("((0,0),(1,1),(1,0))", "((0,0),(2,2),(2,0))")),
        ColumnType("circle", _quoted("<(0,0),1>", "<(0,0),2>")),
        ColumnType("jsonpath", _quoted("$.a", "$.b")),
        ColumnType("json", _JSON),
        ColumnType("jsonb", _JSON),
        ColumnType("bytea", _quoted("\\x00ff", "\\x01")),
        ColumnType("uuid", _UUIDS),
        ColumnType("numeric", ("1.50", "2", "1e30")),
        ColumnType("real", ("1.5", "2")),
        ColumnType("boolean", ("true", "false")),
        ColumnType("smallint", _NUMBERS),
    ),
    "duckdb": (
        ColumnType("ENUM('new', 'paid')", _quoted("new", "paid")),
        ColumnType("UUID", _UUIDS),
        ColumnType("HUGEINT", (*_NUMBERS, "170141183460469231731687303715884105727")),
        ColumnType("UHUGEINT", (*_NUMBERS, "340282366920938463463374607431768211455")),
        ColumnType("UBIGINT", (*_NUMBERS, "18446744073709551615")),
        ColumnType("BIGNUM", _quoted("1", "2", "123456789012345678901234567890123456789012345")),
        ColumnType("DECIMAL(38,5)", ("1.5", "2", "123456789012345678901234567890123.12345")),
        ColumnType("FLOAT", ("1.5", "2")),
        ColumnType("INTERVAL", _quoted("1 day", "2 hours", "1 month")),
        ColumnType("BIT", _quoted("101", "0")),
        ColumnType("BLOB", ("'\\x00'::BLOB", "'a'::BLOB")),
        ColumnType("INTEGER[]", ("[1, 2]", "[]", "[NULL]")),
        ColumnType("VARCHAR[]", ("['a']", "['b', 'c']")),
        ColumnType("INTEGER[2]", ("[1, 2]", "[3, 4]")),
        ColumnType("STRUCT(a INTEGER, b VARCHAR)", ("{'a': 1, 'b': 'x'}", "{'a': 2, 'b': 'y'}")),
        ColumnType("MAP(VARCHAR, INTEGER)", ("MAP{'a': 1}", "MAP{'b': 2}")),
        ColumnType("UNION(num INTEGER, str VARCHAR)", ("1", "'x'")),
        ColumnType("TIMESTAMP_NS", _STAMPS),
        ColumnType("TIMESTAMP_MS", _STAMPS),
        ColumnType("TIMESTAMP_S", _STAMPS),
        ColumnType("TIMESTAMPTZ", _STAMPS),
        ColumnType("TIMESTAMP", _STAMPS),
        ColumnType("DATE", _DAYS),
        ColumnType("TIME", _CLOCKS),
        ColumnType("TIMETZ", _quoted("10:00:00+00", "11:00:00+01")),
        ColumnType("JSON", _JSON),
        ColumnType("BOOLEAN", ("true", "false")),
        ColumnType("VARCHAR", _quoted("a", "b")),
        ColumnType("DOUBLE", ("1.5", "2")),
    ),
    "mariadb": (
        ColumnType("ENUM('new', 'paid')", _quoted("new", "paid")),
        ColumnType("SET('a', 'b')", _quoted("a", "a,b", "")),
        ColumnType("YEAR", ("2024", "1999")),
        ColumnType("BIT(8)", ("b'1'", "b'11'")),
        ColumnType("BIT(64)", ("b'1'", "18446744073709551615")),
        ColumnType("INET6", _quoted("::1", "fe80::1")),
        ColumnType("INET4", _quoted("10.0.0.1", "10.0.0.2")),
        ColumnType("UUID", _UUIDS),
        ColumnType("JSON", _JSON),
        ColumnType("GEOMETRY", ("POINT(1, 2)", "POINT(3, 4)")),
        ColumnType("POINT", ("POINT(1, 2)", "POINT(3, 4)")),
        ColumnType("DECIMAL(65,10)", ("1.5", "2", "1e40")),
        ColumnType("FLOAT", ("1.5", "2")),
        ColumnType("BIGINT UNSIGNED", (*_NUMBERS, "18446744073709551615")),
        ColumnType("BOOLEAN", ("true", "false")),
        ColumnType("DATE", _DAYS),
        ColumnType("DATETIME(6)", _STAMPS),
        ColumnType("TIMESTAMP", _STAMPS),
        ColumnType("TIME(6)", _CLOCKS),
        ColumnType("CHAR(5)", _quoted("ab", "abc")),
        ColumnType("BINARY(3)", _quoted("ab", "abc")),
        ColumnType("VARBINARY(9)", _quoted("ab", "abc")),
        ColumnType("LONGBLOB", _quoted("ab", "abc")),
        ColumnType("LONGTEXT", _quoted("ab", "abc")),
        ColumnType("TINYTEXT CHARACTER SET latin1", _quoted("ab", "abc")),
    ),
    "sqlite": (
        ColumnType("", ("1", "'a'", "x'00'", "1.5")),
        ColumnType("ANY", ("1", "'a'")),
        ColumnType("GEOMETRY", ("x'01'", "x'02'")),
        ColumnType("MONEY", ("1.5", "2")),
        ColumnType("DATE", _DAYS),
        ColumnType("DATETIME", _STAMPS),
        ColumnType("TIME", _CLOCKS),
        ColumnType("BOOLEAN", ("0", "1")),
        ColumnType("DECIMAL(10,2)", ("1.5", "2")),
        ColumnType("BLOB", ("x'00'", "x'01'")),
        ColumnType("JSON", _JSON),
        ColumnType("UUID", _UUIDS),
        ColumnType("ENUM", _quoted("new", "paid")),
        ColumnType("BIGINT", _NUMBERS),
        ColumnType("NATIVE CHARACTER(70)", _quoted("a", "b")),
        ColumnType("INTERVAL", _quoted("1", "2")),
    ),
}

ODD_VALUES: dict[str, tuple[OddValue, ...]] = {
    "postgresql": (
        OddValue("timestamp", "'infinity'", "'2024-01-01'"),
        OddValue("timestamp", "'-infinity'", "'2024-01-01'"),
        OddValue("timestamptz", "'infinity'", "'2024-01-01'"),
        OddValue("date", "'infinity'", "'2024-01-01'"),
        OddValue("date", "'0044-03-15 BC'", "'2024-01-01'"),
        OddValue("date", "'20000-01-01'", "'2024-01-01'"),
        OddValue("timestamptz", "'20000-01-01'", "'2024-01-01'"),
        OddValue("time", "'24:00:00'", "'10:00'"),
        OddValue("timetz", "'24:00:00+00'", "'10:00+00'"),
        OddValue("interval", "'178000000 years'", "'1 day'"),
        OddValue("interval", "'-178000000 years'", "'1 day'"),
        OddValue("numeric", "'NaN'", "3"),
        OddValue("numeric", "'Infinity'", "3"),
        OddValue("numeric", "'-Infinity'", "3"),
        OddValue("numeric", "1e400", "3"),
        OddValue("double precision", "'NaN'", "3"),
        OddValue("double precision", "'Infinity'", "3"),
        OddValue("real", "'-Infinity'", "3"),
        OddValue("timestamp[]", "'{infinity}'", "'{2024-01-01}'"),
        OddValue("daterange", "'[0044-03-15 BC,infinity)'", "'[2024-01-01,2024-01-02)'"),
        OddValue("jsonb", "'{\"n\": 1e400}'", "'1'"),
    ),
    "duckdb": (
        OddValue("DATE", "'infinity'", "'2024-01-01'"),
        OddValue("DATE", "'-infinity'", "'2024-01-01'"),
        OddValue("DATE", "'0044-03-15 (BC)'", "'2024-01-01'"),
        OddValue("TIMESTAMP", "'infinity'", "'2024-01-01'"),
        OddValue("TIMESTAMPTZ", "'infinity'", "'2024-01-01'"),
        OddValue("TIMESTAMPTZ", "'290000-01-01 00:00:00+00'", "'2024-01-01'"),
        OddValue("TIMESTAMP", "'290000-01-01'", "'2024-01-01'"),
        OddValue("TIMESTAMP_S", "'290000-01-01'", "'2024-01-01'"),
        OddValue("TIME", "'24:00:00'", "'10:00:00'"),
        OddValue("INTERVAL", "'1000000000 days'", "'1 day'"),
        OddValue("DOUBLE", "'NaN'", "3"),
        OddValue("DOUBLE", "'Infinity'", "3"),
        OddValue("DOUBLE", "1.7e308", "1.7e308"),
        OddValue("FLOAT", "'-Infinity'", "3"),
        OddValue("HUGEINT", "170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
        OddValue("TIMESTAMP[]", "['290000-01-01'::TIMESTAMP]", "['2024-01-01'::TIMESTAMP]"),
    ),
    "mariadb": (
        OddValue("DATE", "'0000-00-00'", "'2024-01-01'"),
        OddValue("DATE", "'2024-00-15'", "'2024-01-01'"),
        OddValue("DATETIME", "'0000-00-00 00:00:00'", "'2024-01-01'"),
        OddValue("TIMESTAMP", "0", "'2024-01-01'"),
        OddValue("TIME", "'838:59:59'", "'10:00:00'"),
        OddValue("TIME", "'-10:00:00'", "'10:00:00'"),
        OddValue("YEAR", "0", "2024"),
        OddValue("DOUBLE", "1.7e308", "1.7e308"),
        OddValue("DECIMAL(65,0)", "9e64", "9e64"),
    ),
    "sqlite": (
        OddValue("DATE", "'0000-00-00'", "'2024-01-01'"),
        OddValue("DATE", "'infinity'", "'2024-01-01'"),
        OddValue("DATETIME", "1704103200", "'2024-01-01 10:00:00'"),
        OddValue("INTEGER", "'x'", "1"),
        OddValue("INTEGER", "9223372036854775807", "9223372036854775807"),
        OddValue("REAL", "9e999", "1"),
        OddValue("TEXT", "CAST(x'ff' AS TEXT)", "'a'"),
        OddValue("BOOLEAN", "7", "1"),
    ),
}
