"""MariaDB, and MySQL as far as it agrees with it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError

from ..._shared.databases.mariadb_documents import checked_document
from ..._shared.databases.mariadb_settings import TELLS_ALL, with_whole_results
from ..._shared.databases.mariadb_warnings import ASKS, changed_value
from ..._shared.fingerprints.canonical_sql import MariaDBForms
from ..column import Column
from ..sql_text import Lexis
from . import fragments
from .base import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause

    from ..pattern import Pattern
    from ..selection import Selection

__all__ = ["MariaDB", "MySQL"]

#: Character sets in which no byte of a character is a quote or a backslash.
_PLAIN_CHARSETS = frozenset({"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"})
#: Functions that only compute, beside those that other databases have too.
_COMPUTING = fragments.COMPUTING | frozenset({
    "adddate", "add_months", "addtime", "any_value", "bin", "bit_and", "bit_count", "bit_or", "bit_xor", "char", "chr",
    "conv", "convert_tz", "crc32", "curdate", "current_date", "current_time", "current_timestamp", "curtime",
    "date_add", "date_format", "date_sub", "dayname", "dayofmonth", "dayofweek", "dayofyear", "elt", "export_set",
    "extractvalue", "field", "find_in_set", "format", "from_base64", "from_days", "from_unixtime", "get_format",
    "group_concat", "hex", "if", "inet6_aton", "inet6_ntoa", "inet_aton", "inet_ntoa", "insert", "is_ipv4", "is_ipv6",
    "json_array", "json_array_append", "json_arrayagg", "json_array_insert", "json_compact", "json_contains",
    "json_contains_path", "json_depth", "json_detailed", "json_equals", "json_exists", "json_extract", "json_keys",
    "json_length", "json_loose", "json_merge_patch", "json_merge_preserve", "json_normalize", "json_object",
    "json_objectagg", "json_overlaps", "json_pretty", "json_query", "json_quote", "json_remove", "json_replace",
    "json_search", "json_set", "json_type", "json_unquote", "json_valid", "json_value", "last_day", "localtime",
    "localtimestamp", "maketime", "makedate", "make_set", "median", "microsecond", "mid", "monthname",
    "natural_sort_key", "nvl2", "oct", "ord", "percentile_cont", "percentile_disc", "period_add", "period_diff",
    "quote", "regexp_instr", "regexp_like", "regexp_replace", "regexp_substr", "sec_to_time", "sformat", "sha", "sha1",
    "sha2", "soundex", "space", "std", "str_to_date", "strcmp", "subdate", "substring_index", "subtime", "time_format",
    "time_to_sec", "timediff", "timestampadd", "timestampdiff", "to_base64", "to_char", "to_days", "to_seconds",
    "unhex", "unix_timestamp", "utc_date", "utc_time", "utc_timestamp", "weekday", "weekofyear", "weight_string",
    "yearweek",
})  # fmt: skip

#: Families of types that other databases do not have, or call otherwise.
_FAMILIES = {
    "year": "integer", "bit": "integer", "enum": "text", "set": "text", "inet4": "text", "inet6": "text",
    "uuid": "text",
}  # fmt: skip
#: What stands behind a type, and is no part of it: how it is shown, or stored (`` /*M!100301 COMPRESSED*/``).
_ASIDE = re.compile(r"(?: zerofill| ?/\*[^']*\*/)+$")
#: Strings of so many characters are grouped as they are; sorts compare no more than the first MB of longer ones.
_SORTED_CHARACTERS = 255
#: Types by the codes of the protocol, which every driver reports; those of strings also stand for bytes.
_CODES = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 7: "timestamp", 8: "bigint",
    9: "mediumint", 10: "date", 11: "time", 12: "datetime", 13: "year", 16: "bit", 245: "json", 246: "decimal",
    255: "geometry",
}  # fmt: skip
#: The code of TINYINT, and what BOOLEAN is another name of.
_TINY, _BOOLEAN = 1, "tinyint(1)"
_SHAPES = frozenset({
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection",
})  # fmt: skip
#: The checks of a table.
_CHECKS = sa.text(
    "SELECT check_clause FROM information_schema.check_constraints"
    " WHERE constraint_schema = coalesce(:schema, database()) AND table_name = :table AND level = 'Column'"
)
_NOTHING: ColumnElement[Any] = sa.literal_column("0", sa.Integer())
_TEXT_CODES = frozenset({15, 247, 248, 249, 250, 251, 252, 253, 254})


class MariaDB(Dialect):
    """MariaDB: strings are compared by code points, whatever the collation of a column."""

    name = "mariadb"
    conforms = True
    most_columns = 4000
    ddl_commits = True
    canonical = MariaDBForms()
    # INSERT … SELECT reads what is committed, not the snapshot, unless all reads lock what they have seen.
    snapshot_options: ClassVar[Mapping[str, Any]] = {"isolation_level": "SERIALIZABLE"}

    most_digits = 65
    collation = "utf8mb4_nopad_bin"
    #: Whether JSON is another name of LONGTEXT.
    json_is_text = True
    #: Settings of a session: means keep their digits, no warning is lost, timestamps
    #: are UTC.
    settings: ClassVar[Mapping[str, Any]] = {
        # The cache of results of subqueries takes outer values as equal by the column's own collation.
        "optimizer_switch": "subquery_cache=off",
        "div_precision_increment": 30,
        "time_zone": "+00:00",
        **TELLS_ALL,
    }
    #: The setting that limits the time of a statement, and how many of its units a second has.
    time_limit = ("max_statement_time", 1.0)
    #: The errors of a statement that was stopped.
    stopped = frozenset({1317, 1969})

    # Reading what is there

    def can_name(self, name: str) -> bool:
        """No name ends in a blank there; to be asked for one is an error."""
        return not name.endswith(" ")

    def describe(self, connection: Connection, from_: FromClause | TextClause) -> list[Column]:
        """The columns of a table as the database prints them; those of a query by the codes of an empty result."""
        if isinstance(from_, sa.TableClause):
            name = connection.dialect.identifier_preparer.format_table(from_)
            rows = connection.exec_driver_sql(f"SHOW COLUMNS FROM {name}", execution_options={"no_parameters": True})
            columns = [_column(row[0], row[1]) for row in rows]
            long = self.json_is_text and any(one.type_name == "longtext" for one in columns)
            declared = _documents(connection, from_) if long else ()
            return [replace(one, declared="json") if one.name in declared else one for one in columns]
        result = connection.execute(sa.select(sa.text("*")).select_from(from_).where(sa.false()))
        codes: list[tuple[str, Any]] = [(entry[0], entry[1]) for entry in result.cursor.description]
        short = {entry[0] for entry in result.cursor.description if entry[1] == _TINY and entry[3] == 1}
        result.close()
        texts = [name for name, code in codes if code in _TEXT_CODES]
        charsets: dict[str, str] = {}
        if texts and len(set(texts)) == len(texts):
            # The protocol has one code for strings and bytes; only their character sets tell them apart.
            asked = (sa.func.charset(sa.func.max(sa.column(name))).label(f"m{n}") for n, name in enumerate(texts))
            found = connection.execute(sa.select(*asked).select_from(from_).where(sa.false())).one()
            charsets = dict(zip(texts, found, strict=True))
        return [_column(name, _printed(code, charsets.get(name, ""), name in short)) for name, code in codes]

    def reads(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Strings in one character set and one collation, which knows case, accents and trailing blanks."""
        if _base(column.type_name) in _SHAPES:
            value = sa.func.st_astext(value)
        if column.family == "text":
            return sa.collate(sa.cast(value, mysql.CHAR(charset="utf8mb4")), self.collation)
        if _base(column.type_name) == "float":
            # A FLOAT is sent with six digits, though it has more.
            return self.double(value)
        return value + sa.literal_column("0", sa.BigInteger()) if _base(column.type_name) == "bit" else value

    def groups(self, value: ColumnElement[Any], column: Column) -> list[ColumnElement[Any]]:
        """Long strings by a hash first: sorts compare only their first ``max_sort_length`` bytes."""
        if column.family != "text" or _longest(column.type_name) <= _SORTED_CHARACTERS:
            return [value]
        return [sa.func.sha2(value, sa.literal_column("256")), value]

    # Running

    @contextlib.contextmanager
    def session(self, connection: Connection) -> Iterator[None]:
        """Settings that decide what expressions mean; put back afterwards."""
        names = ", ".join(f"@@SESSION.{name}" for name in self.settings)
        before = connection.exec_driver_sql(f"SELECT {names}").one()
        _set(connection, self.settings)
        try:
            with with_whole_results(connection):
                yield
        finally:
            if not connection.invalidated and not connection.closed:
                _set(connection, dict(zip(self.settings, before, strict=True)))

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """A read-only transaction whose snapshot is taken at once."""
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin() as transaction:
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield
            transaction.rollback()

    @contextlib.contextmanager
    def guard(self, connection: Connection, *, owns_transaction: bool) -> Iterator[None]:
        """An error does not end the transaction; a value that the server changed is an error."""
        del owns_transaction
        yield
        self.refuse_warnings(connection)

    def refuse_warnings(self, connection: Connection) -> None:
        """Raise where the server only warns: of a pattern that it gave up, of a string that it took for 0."""
        message = changed_value(connection)
        if message is not None:
            raise DBAPIError(ASKS, None, ChangedValueError(message))

    @contextlib.contextmanager
    def deadline(self, connection: Connection, seconds: float) -> Iterator[None]:
        """The server stops a statement that takes longer; the limit of the session is put back."""
        name, units = self.time_limit
        before = connection.exec_driver_sql(f"SELECT @@SESSION.{name}").scalar_one()
        limit = max(0.001, seconds) * units
        _set(connection, {name: int(limit) if units > 1 else round(limit, 6)})
        try:
            yield
        finally:
            if not connection.invalidated:
                _set(connection, {name: before})

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was stopped."""
        arguments: tuple[Any, ...] = getattr(error.orig, "args", ())
        return len(arguments) > 0 and arguments[0] in self.stopped

    def declared(self, connection: Connection, column: str) -> str:
        """A cast cannot name LONGTEXT. In the same statement, because a kill can come behind each, which commits."""
        quoted = connection.dialect.identifier_preparer.quote_identifier(column)
        return f" ({quoted} LONGTEXT CHARACTER SET utf8mb4)"

    # Fragments of SQL in rules

    def refused(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> dict[str, str]:
        """By a list of functions: the catalog does not say which have effects, and stored ones may have any."""
        del relation
        mode, charset = connection.exec_driver_sql("SELECT @@SESSION.sql_mode, @@SESSION.character_set_client").one()
        if charset.lower() not in _PLAIN_CHARSETS:
            return dict.fromkeys(sqls, f"the connection's character set {charset} is not one that is known to be safe")
        lexis = Lexis(
            escapes="NO_BACKSLASH_ESCAPES" not in mode,
            hash=True,
            double_quoted="name" if "ANSI_QUOTES" in mode else "string",
        )
        return fragments.refused_by_list(sqls, lexis, _COMPUTING, marks="\\$@?:{}\0")

    def compile(self, connection: Connection, statement: str) -> None:
        """PREPARE parses one statement, and resolves its names."""
        connection.exec_driver_sql(f"SET @dq_core_fragment = CONVERT(0x{statement.encode().hex()} USING utf8mb4)")
        try:
            connection.exec_driver_sql("PREPARE dq_core_fragment FROM @dq_core_fragment")
            connection.exec_driver_sql("DEALLOCATE PREPARE dq_core_fragment")
        finally:
            if not connection.invalidated:
                connection.exec_driver_sql("SET @dq_core_fragment = NULL")

    # Expressions

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """The operator REGEXP searches, by PCRE."""
        return text.op("REGEXP", is_comparison=True)(sa.literal(pattern.for_pcre()))

    def double(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        """By a sum: SQLAlchemy leaves the cast out."""
        return number + sa.literal_column("0e0", sa.Double())

    def mean(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """What is beyond a DOUBLE is 0 there, and an error only where it is computed with."""
        return super().mean(number, column) + _NOTHING

    def total(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """As the mean."""
        return super().total(number, column) + _NOTHING

    def absent(
        self, keys: Sequence[ColumnElement[Any]], referenced: Sequence[ColumnElement[Any]]
    ) -> ColumnElement[bool]:
        """NOT IN, because the cache of a NOT EXISTS compares the stored values of the outer row."""
        there = sa.select(*referenced).where(*(column.is_not(None) for column in referenced))
        return keys[0].not_in(there) if len(keys) == 1 else sa.tuple_(*keys).not_in(there)

    def stored_otherwise(self, value: ColumnElement[Any], families: frozenset[str]) -> ColumnElement[bool] | None:
        """BOOLEAN is another name of TINYINT(1), which holds any small number."""
        return value.not_in([0, 1]) if families == {"boolean"} else None


class MySQL(MariaDB):
    """MySQL 8: another name of the collation, of patterns and of the time limit. No conformance suite ran on it."""

    name = "mysql"
    conforms = False
    collation = "utf8mb4_0900_bin"
    json_is_text = False
    settings: ClassVar[Mapping[str, Any]] = {
        name: value for name, value in MariaDB.settings.items() if name != "optimizer_switch"
    }
    time_limit = ("max_execution_time", 1000.0)
    stopped = frozenset({1317, 3024})

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """``REGEXP_LIKE`` with the flag for case."""
        return sa.func.regexp_like(text, sa.literal(pattern.for_pcre()), "c", type_=sa.Boolean())


class ChangedValueError(Exception):
    """The database answered with another value than was asked for."""


def _set(connection: Connection, settings: Mapping[str, Any]) -> None:
    given = ", ".join(f"SESSION {name} = {_written(value)}" for name, value in settings.items())
    connection.exec_driver_sql(f"SET {given}")


def _written(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _base(type_name: str) -> str:
    found = re.match(r"[a-z0-9_]+", type_name.lower())
    return found.group() if found else ""


def _longest(type_name: str) -> float:
    """The most characters of a string of a type; infinite if the type does not say."""
    found = re.fullmatch(r"(?:var)?char\((\d+)\).*", type_name.lower())
    return int(found[1]) if found else float("inf")


def _printed(code: int, charset: str, of_one_digit: bool) -> str:
    """A type by its code, character set and length."""
    if code == _TINY and of_one_digit:
        return _BOOLEAN
    if code in _TEXT_CODES:
        return "varbinary" if charset == "binary" else "varchar"
    return _CODES.get(code, "")


def _documents(connection: Connection, table: sa.TableClause) -> set[str]:
    """The columns that were declared as JSON, which is LONGTEXT with a check there."""
    clauses = connection.execute(_CHECKS, {"schema": table.schema, "table": table.name}).scalars()
    return {name for name in map(checked_document, clauses) if name is not None}


def _column(name: str, type_name: str) -> Column:
    type_name = _ASIDE.sub("", type_name)
    column = Column.of(name, type_name)
    if type_name.lower().startswith(_BOOLEAN):
        return replace(column, family="boolean")
    family = "text" if _base(type_name) in _SHAPES else _FAMILIES.get(_base(type_name))
    return column if family is None else replace(column, family=family)
