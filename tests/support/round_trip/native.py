"""What columns of each database can hold: types in the database's own words, and literals with the values they are."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from support.round_trip.truth import Document, Short, Special, Stored

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Drawn = tuple[str, Any]
"""A literal in SQL, and the value that it is."""


@dataclass(frozen=True)
class Native:
    """A type of one database.

    Attributes:
        name: What the type is called.
        values: Literals with their values.
        setup: Statements that make the type.
        holds_null: Whether it is worth drawing NULL beside the values.
    """

    name: str
    values: SearchStrategy[Drawn]
    setup: tuple[str, ...] = ()
    holds_null: bool = True


def quoted(text: str) -> str:
    """A text as a literal of standard SQL."""
    return "'" + text.replace("'", "''") + "'"


def fixed(*pairs: Drawn) -> SearchStrategy[Drawn]:
    return st.sampled_from(pairs)


def special(*texts: str) -> SearchStrategy[Drawn]:
    """Values that may arrive as this text, or are refused."""
    return st.sampled_from([(quoted(text), Special((text,))) for text in texts])


def nowhere(*texts: str) -> SearchStrategy[Drawn]:
    """Values that have no form outside of their database: they are refused, or arrive as their text."""
    return special(*texts)


def integers(low: int, high: int) -> SearchStrategy[Drawn]:
    edges = [value for value in (low, high, 0, 1, -1) if low <= value <= high]
    return (st.sampled_from(edges) | st.integers(low, high)).map(lambda value: (str(value), value))


def decimals(precision: int, scale: int) -> SearchStrategy[Drawn]:
    limit = 10**precision - 1
    units = st.sampled_from([limit, -limit, 0, 1]) | st.integers(-limit, limit)
    values = units.map(lambda unit: Decimal(unit).scaleb(-scale, _WIDE))
    return values.map(lambda value: (f"{value:f}", value))


_WIDE = Context(prec=200)

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    [
        "",
        " ",
        "a ",
        "NULL",
        "null",
        "\\N",
        "\\",
        '"',
        "'",
        ",",
        "\n",
        "\r\n",
        "\t",
        "🦆",
        "é",
        "NaN",
        "1",
        "true",
        "%s",
        ":x",
    ]
)
texts = _TEXTS.map(lambda value: (quoted(value), value))
_DATES = st.sampled_from([dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1970, 1, 1)]) | st.dates()
dates = _DATES.map(lambda value: (quoted(value.isoformat()), value))
_TIMES = st.sampled_from([dt.time(0), dt.time(23, 59, 59, 999999)]) | st.times()
times = _TIMES.map(lambda value: (quoted(value.isoformat()), value))
_STAMPS = (
    st.sampled_from(
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)]  # noqa: DTZ001 - without a zone
    )
    | st.datetimes()
)
timestamps = _STAMPS.map(lambda value: (quoted(value.isoformat(" ")), value))
_ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(-dt.timedelta(hours=9))])
_INSTANTS = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=_ZONES)  # noqa: DTZ001 - zones are drawn
instants = _INSTANTS.map(lambda value: (quoted(value.isoformat(" ")), value))
uuids = st.uuids().map(lambda value: (quoted(str(value)), value))
uuids_of_versions = st.sampled_from([1, 3, 4, 5]).flatmap(lambda version: st.uuids(version=version))
floats = st.floats().map(lambda value: (_float(value), value))
finite = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: (repr(value), value))
shorts = st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda value: (repr(value), Short(value)))
#: A number with a point is a decimal for some databases, without the sign of zero.
short_strings = shorts.map(lambda drawn: (quoted(drawn[0]), drawn[1]))


def _float(value: float) -> str:
    if math.isnan(value):
        return "'NaN'"
    return repr(value) if math.isfinite(value) else ("'Infinity'" if value > 0 else "'-Infinity'")


_DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
_JSON = _DOCUMENTS.map(json.dumps) | st.sampled_from(
    [
        "null",
        '"x"',
        "1",
        "1.5",
        "true",
        "[]",
        "{}",
        '{"n": 1.10000000000000000001}',
        "123456789012345678901234567890",
        '""',
    ]
)


def documents(quote: Any = quoted) -> SearchStrategy[Drawn]:
    return _JSON.map(lambda text: (quote(text), Document(text)))


def arrays(items: SearchStrategy[Drawn]) -> SearchStrategy[Drawn]:
    null: SearchStrategy[Drawn] = st.just(("NULL", None))
    return st.lists(items | null, max_size=3).map(
        lambda drawn: (f"ARRAY[{', '.join(literal for literal, _ in drawn)}]", [value for _, value in drawn])
    )


_DAYS = st.timedeltas(dt.timedelta(days=-9999), dt.timedelta(days=9999))
intervals = _DAYS.map(
    lambda value: (quoted(f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"), value)
)
months = special("1 mon", "1 year", "1 year 2 mons", "-1 mons", "1 mon 00:00:01", "1 mon -30 days")
_OFFSETS = st.integers(-720, 720).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
zoned_times = st.times(timezones=_OFFSETS).map(lambda value: (quoted(value.isoformat()), value))
padded = st.text(st.characters(codec="ascii", categories=["L", "Nd"]), min_size=1, max_size=5).map(
    lambda value: (quoted(value), Special((value, value.ljust(5))))
)

POSTGRESQL = (
    Native("boolean", fixed(("true", True), ("false", False))),
    Native("smallint", integers(-(2**15), 2**15 - 1)),
    Native("integer", integers(-(2**31), 2**31 - 1)),
    Native("bigint", integers(-(2**63), 2**63 - 1)),
    Native("oid", integers(0, 2**32 - 1)),
    Native("numeric(10,2)", decimals(10, 2) | fixed(("'NaN'", Decimal("NaN")))),
    Native("numeric(38,10)", decimals(38, 10)),
    Native(
        "numeric", decimals(60, 30) | decimals(20, 0) | fixed(("'NaN'", Decimal("NaN")), ("'Infinity'", Decimal("inf")))
    ),
    Native("numeric(5,-2)", integers(-99999, 99999).map(lambda drawn: (f"{drawn[1] * 100}", drawn[1] * 100))),
    Native("real", short_strings | fixed(("'NaN'", Short(math.nan)), ("'Infinity'", Short(math.inf)))),
    Native("double precision", floats),
    Native("text", texts),
    Native("varchar(8)", texts),
    Native("char(5)", padded),
    Native("bytea", st.binary(max_size=6).map(lambda value: (rf"'\x{value.hex()}'", value))),
    Native("date", dates | nowhere("infinity", "-infinity", "0044-03-15 BC", "20000-01-01")),
    Native("time", times | nowhere("24:00:00")),
    Native("timetz", zoned_times),
    Native(
        "timestamp", timestamps | nowhere("infinity", "-infinity", "0044-03-15 00:00:00 BC", "20000-01-01 00:00:00")
    ),
    Native("timestamptz", instants | nowhere("infinity", "-infinity")),
    Native("interval", intervals | months),
    Native("interval day", fixed(("'3 days'", dt.timedelta(3)))),
    Native("uuid", uuids),
    Native("json", documents()),
    Native("numeric(40,20)", decimals(40, 20)),
    Native("numeric(900,500)", decimals(20, 3)),
    Native(
        "numeric[]",
        arrays(decimals(10, 2) | fixed(("'NaN'", Decimal("NaN")))).map(
            lambda drawn: (f"{drawn[0]}::numeric[]", drawn[1])
        ),
    ),
    Native("inet[]", fixed(("'{10.0.0.1}'", [Special(("10.0.0.1",))]))),
    Native("timestamptz[]", arrays(instants).map(lambda drawn: (f"{drawn[0]}::timestamptz[]", drawn[1]))),
    Native("integer[]", arrays(integers(-9, 9)).map(lambda drawn: (f"{drawn[0]}::integer[]", drawn[1]))),
    Native("text[]", arrays(texts).map(lambda drawn: (f"{drawn[0]}::text[]", drawn[1]))),
    Native("date[]", arrays(dates | nowhere("infinity")).map(lambda drawn: (f"{drawn[0]}::date[]", drawn[1]))),
    Native("int4range", special("[1,5)", "empty", "(,)", "[1,)")),
    Native("tsrange", special('["2024-01-01 00:00:00",infinity)', '["2024-01-01 00:00:00","2024-01-02 00:00:00")')),
    Native("int4multirange", special("{}", "{[1,2),[5,7)}")),
    Native("inet", fixed(*[(quoted(text), Special((text,))) for text in ("10.0.0.1", "::1", "10.0.0.1/24")])),
    Native("cidr", special("10.0.0.0/8")),
    Native("macaddr", special("08:00:2b:01:02:03")),
    Native("bit(4)", fixed(("B'1010'", Special(("1010",))))),
    Native("varbit", fixed(("B'101'", Special(("101",))))),
    Native("mood", special("sad", "very glad"), ("CREATE TYPE mood AS ENUM ('sad', 'very glad')",)),
    Native("small", integers(0, 9), ("CREATE DOMAIN small AS integer CHECK (VALUE < 10)",)),
    Native(
        "colour[]",
        fixed(("'{red,NULL,\"dark red\"}'", ["red", None, "dark red"]), ("'{}'", [])),
        ("CREATE TYPE colour AS ENUM ('red', 'dark red')",),
    ),
    Native("digit[]", fixed(("'{1,2,NULL}'", [1, 2, None])), ("CREATE DOMAIN digit AS integer CHECK (VALUE < 10)",)),
    Native(
        "depth[]", fixed(("'{1,2,NULL}'", [1, 2, None])), ("CREATE DOMAIN low AS integer; CREATE DOMAIN depth AS low",)
    ),
    Native("pair", special("(1,a)", "(,)"), ("CREATE TYPE pair AS (x integer, y text)",)),
    Native("tsvector", special("'a' 'b'")),
    Native("point", special("(1,2)")),
)
"""Types of PostgreSQL."""


def _duck_times(unit: int) -> SearchStrategy[Drawn]:
    def made(value: dt.datetime) -> Drawn:
        cut = value.replace(microsecond=value.microsecond // unit * unit)
        return quoted(cut.isoformat(" ")), cut

    return st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)).map(made)  # noqa: DTZ001 - without a zone


DUCKDB = (
    Native("boolean", fixed(("true", True), ("false", False))),
    Native("tinyint", integers(-128, 127)),
    Native("utinyint", integers(0, 255)),
    Native("uinteger", integers(0, 2**32 - 1)),
    Native("bigint", integers(-(2**63), 2**63 - 1)),
    Native("ubigint", integers(0, 2**64 - 1)),
    Native("hugeint", integers(-(2**127) + 1, 2**127 - 1)),
    Native("uhugeint", integers(0, 2**128 - 1)),
    Native("decimal(10,2)", decimals(10, 2)),
    Native("decimal(38,0)", decimals(38, 0).map(lambda drawn: (quoted(drawn[0]), drawn[1]))),
    Native("decimal(38,38)", decimals(38, 38).map(lambda drawn: (quoted(drawn[0]), drawn[1]))),
    Native(
        "float",
        short_strings | fixed(("'NaN'", Short(math.nan)), ("'Infinity'", Short(math.inf))),
    ),
    # As a string: DuckDB reads a number with a point as a decimal, whose last digit a double can lose.
    Native("double", st.floats().map(lambda value: (f"'{value!r}'", value))),
    Native("varchar", texts),
    Native("blob", st.binary(max_size=6).map(lambda value: (f"unhex('{value.hex()}')", value))),
    Native("date", dates | nowhere("infinity", "-infinity", "0044-03-15 (BC)", "20000-01-01")),
    Native("time", times | nowhere("24:00:00")),
    Native("time_ns", times | nowhere("10:00:00.123456789")),
    Native("timetz", zoned_times),
    Native(
        "timestamp", timestamps | nowhere("infinity", "-infinity", "0044-03-15 (BC) 00:00:00", "20000-01-01 00:00:00")
    ),
    Native("timestamp_s", _duck_times(10**6)),
    Native("timestamp_ms", _duck_times(10**3)),
    Native("timestamp_ns", _duck_times(1) | fixed(("'2024-01-01 00:00:00.123456789'", Special()))),
    Native("timestamptz", instants | nowhere("infinity")),
    Native("interval", intervals | months),
    Native("uuid", uuids),
    Native("json", documents()),
    Native("enum('sad', 'very glad')", fixed(("'sad'", "sad"), ("'very glad'", "very glad"))),
    Native("bit", fixed(("'1010'::BIT", Special(("1010",))))),
    Native(
        "bignum",
        fixed(
            (
                "'123456789012345678901234567890123456789012'::BIGNUM",
                Special(("123456789012345678901234567890123456789012",)),
            )
        ),
    ),
    Native("integer[]", arrays(integers(-9, 9))),
    Native("varchar[]", arrays(texts)),
    Native("integer[][]", arrays(arrays(integers(-9, 9)))),
    Native("timestamp[]", arrays(timestamps | nowhere("infinity"))),
    Native(
        "integer[2]",
        st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda pair: (f"[{pair[0]}, {pair[1]}]", list(pair))),
    ),
    Native("varchar[2][]", fixed(("[['a', 'b']]", [["a", "b"]]), ("[['a', NULL], NULL]", [["a", None], None]))),
    Native("varchar[][2]", fixed(("[['ab'], ['c', 'd']]", [["ab"], ["c", "d"]]))),
    Native("uuid[][]", st.uuids().map(lambda value: (f"[['{value}'], []]", [[value], []]))),
    Native(
        "struct(x integer, y varchar)",
        st.tuples(st.integers(-9, 9), _TEXTS).map(
            lambda pair: (f"{{'x': {pair[0]}, 'y': {quoted(pair[1])}}}", {"x": pair[0], "y": pair[1]})
        ),
    ),
    Native("struct(t timestamp)", fixed(("{'t': TIMESTAMP 'infinity'}", Special()))),
    Native("map(varchar, integer)", fixed(("MAP {'a': 1}", {"a": 1}), ("MAP {}", {}))),
    Native(
        "json[]",
        fixed(("['{\"a\": [1]}'::JSON, 'null']", Document('[{"a": [1]}, null]')), ("[]", Document("[]"))),
    ),
    Native("struct(x json)", fixed(("{'x': '{\"a\": 1}'::JSON}", {"x": {"a": 1}}))),
    Native("map(varchar, json)", fixed(("MAP {'a': '[1]'::JSON}", {"a": [1]}))),
    Native("struct(x bit)", fixed(("{'x': '101'::BIT}", {"x": "101"}))),
    Native("hugeint[]", arrays(integers(-(2**127) + 1, 2**127 - 1))),
    Native("struct(x uhugeint)", integers(0, 2**128 - 1).map(lambda drawn: (f"{{'x': {drawn[0]}}}", {"x": drawn[1]}))),
    Native("timetz[]", arrays(zoned_times)),
    Native("struct(x bignum)", fixed(("{'x': 5::BIGNUM}", {"x": "5"}))),
    Native("interval[]", arrays(intervals)),
)
"""Types of DuckDB."""


def _sqlite_literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return quoted(value)
    return "9e999" if value == math.inf else "-9e999" if value == -math.inf else repr(value)


_STORED = (
    st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([0, 1, 3, 2**53 + 1])
    | st.floats(allow_nan=False)
    | st.sampled_from([3.7, 12.345, 0.1 + 0.2, 1e300])
    | _TEXTS
    | st.sampled_from(
        [
            "False",
            "true",
            "",
            "2024-01-01",
            "2024-01-01 00:00:00",
            "2024-01-01T10:00:00+05:30",
            "25:00:00",
            "10:00",
            "20240101",
            "2024-01-01 00:00:00.123456789",
            "2024-W01-1",
            "{}",
            '{"a": 1}',
            "[1",
            "1.10",
            "0x10",
            "1e5",
            "infinity",
            "12345678-1234-5678-1234-567812345678",
            "0044-03-15",
        ]
    )
    | st.binary(max_size=4)
)
_DECLARED = (
    "integer",
    "boolean",
    "decimal(10,2)",
    "double",
    "text",
    "varchar(3)",
    "blob",
    "date",
    "time",
    "datetime",
    "json",
    "uuid",
    "timestamp with time zone",
    "real",
    "bigint",
    "",
    "string",
)
SQLITE = tuple(
    Native(declared, _STORED.map(lambda value: (_sqlite_literal(value), Stored(value)))) for declared in _DECLARED
)
"""Types of SQLite, with values of any."""


def _mysql(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


_MY_TEXTS = _TEXTS.filter(lambda text: "\0" not in text)
_MY_TIMES = st.timedeltas(-dt.timedelta(hours=838), dt.timedelta(hours=838))


def _my_time(value: dt.timedelta) -> Drawn:
    sign, size = ("-", -value) if value < dt.timedelta(0) else ("", value)
    seconds, microseconds = size.days * 86_400 + size.seconds, size.microseconds
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{microseconds:06}"
    if dt.timedelta(0) <= value < dt.timedelta(days=1):
        return f"'{text}'", dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, microseconds)
    return f"'{text}'", value


MARIADB = (
    Native("boolean", fixed(("true", True), ("false", False))),
    Native("tinyint(1)", fixed(("3", 3), ("-1", -1), ("1", True))),
    Native("tinyint unsigned", integers(0, 255)),
    Native("mediumint", integers(-(2**23), 2**23 - 1)),
    Native("int unsigned", integers(0, 2**32 - 1)),
    Native("bigint unsigned", integers(0, 2**64 - 1)),
    Native("bigint", integers(-(2**63), 2**63 - 1)),
    Native("decimal(10,2) unsigned", decimals(10, 2).map(lambda drawn: (drawn[0].lstrip("-"), abs(drawn[1])))),
    Native("decimal(65,30)", decimals(65, 30)),
    # The server reads -0.0 as 0.
    Native("float", shorts.filter(lambda drawn: abs(drawn[1].value) < 1e38 and drawn[0] != "-0.0")),
    Native("double", finite),
    Native("varchar(8) charset utf8mb4", _MY_TEXTS.map(lambda value: (_mysql(value), value))),
    Native("longtext charset utf8mb4", _MY_TEXTS.map(lambda value: (_mysql(value), value))),
    Native("char(8) charset utf8mb4", _MY_TEXTS.map(lambda value: (_mysql(value), value.rstrip(" ")))),
    Native("blob", st.binary(max_size=6).map(lambda value: (f"X'{value.hex()}'", value))),
    Native("varbinary(6)", st.binary(max_size=6).map(lambda value: (f"X'{value.hex()}'", value))),
    Native("binary(3)", st.binary(min_size=3, max_size=3).map(lambda value: (f"X'{value.hex()}'", value))),
    Native("date", dates | fixed(("'0000-00-00'", Special(("0000-00-00",))))),
    Native("time(6)", _MY_TIMES.map(_my_time)),
    Native("datetime(6)", timestamps),
    Native("year", integers(1901, 2155)),
    Native("bit(1)", fixed(("b'1'", 1), ("b'0'", 0))),
    Native("bit(64)", integers(0, 2**64 - 1)),
    Native("enum('sad', 'very glad')", fixed(("'sad'", "sad"), ("'very glad'", "very glad"))),
    Native("set('x', 'y')", fixed(("'x,y'", "x,y"), ("''", ""))),
    Native("json", documents(_mysql)),
    # Of any other version MariaDB refuses some.
    Native("uuid", uuids_of_versions.map(lambda value: (quoted(str(value)), value))),
    Native("inet6", special("::1", "2001:db8::ff00:42:8329")),
)
"""Types of MariaDB."""
