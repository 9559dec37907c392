"""SQLite."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import re
import sqlite3
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..._shared.databases.sqlite import begin_immediate, busy_timeout
from ..._shared.fingerprints.canonical_sql import SQLiteForms
from ..._shared.statements import driver_connection, interrupted_after
from ..column import Column
from ..linear import regexp, remember
from ..selection import OneValue, literal_sql
from ..sql_text import SQLITE
from ..type_family import MOMENTS, NUMBERS
from .base import Dialect
from .fragments import with_backquotes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause
    from sqlalchemy.exc import DBAPIError

    from ..pattern import Pattern
    from ..selection import FollowUp, Selection

__all__ = ["SQLite"]

_STORAGE = {
    "integer": ("integer",), "float": ("real", "integer"), "decimal": ("real", "integer"),
    "boolean": ("integer",), "text": ("text",), "date": ("text",), "datetime": ("text",), "time": ("text",),
    "binary": ("blob",),
}  # fmt: skip

#: Flags of SQLite's list of functions.
_DETERMINISTIC, _DIRECT_ONLY = 0x800, 0x80000
#: Functions that give the same within one statement, or belong to an operator.
_STEADY = frozenset({"current_date", "current_time", "current_timestamp", "match"})
_TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
_SCHEMA_TABLES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"})


#: Half of the bits of an integer.
_HALF = 32
_FORM = "0000-00-00 00:00:00"
_CLOCK = "00:00:00"
_MICROSECONDS = "000000"
_DIGIT = "[0-9]"
_TO_SECONDS = f"????-??-?? {_DIGIT * 2}:{_DIGIT * 2}:{_DIGIT * 2}"
#: Families of declared types, which SQLAlchemy takes for numbers where it does not know a type's name.
_DECLARED = MOMENTS | {"time", "uuid", "json"}


def _is_moment(value: ColumnElement[Any], *, only_dates: bool = False) -> ColumnElement[bool]:
    """Whether a value is the text of a date, or of a timestamp, that exists; false and not NULL for any other value.

    SQLite's ``date`` moves 30 February to March, so a date exists if it stays what it is.
    """
    day, clock = sa.func.substr(value, 1, 10), sa.func.substr(value, 12)
    exists = sa.and_(
        sa.func.typeof(value) == "text",
        day.op("GLOB")("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"),
        sa.func.coalesce(sa.func.date(day, "+0 days") == day, sa.false()),
    )
    whole = sa.func.length(value) == 10
    if only_dates:
        return sa.and_(exists, whole)
    timed = sa.and_(
        sa.func.substr(value, 11, 1).in_([" ", "T"]),
        clock.op("GLOB")("[0-2][0-9]:[0-9][0-9]*"),
        sa.func.substr(clock, 1, 2) < "24",
        sa.func.ltrim(clock, "0123456789:.+-Zz ") == "",
        sa.func.time(clock).is_not(None),
    )
    return sa.and_(exists, sa.or_(whole, timed))


def _in_one_form(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text of a date or timestamp with at least six digits of seconds, so that strings are in the order of moments.

    Those with a zone are told in UTC. SQLite knows milliseconds, so it is not asked for the digits behind the second.
    """
    clock = sa.func.substr(value, 12)
    length = sa.case((clock.op("GLOB")("*[Zz]*"), 1), (clock.op("GLOB")("*[-+]*"), 6), else_=0)
    trimmed = sa.func.rtrim(value)
    plain = sa.func.rtrim(sa.func.substr(trimmed, 1, sa.func.length(trimmed) - length))
    whole = sa.func.substr(plain, 1, len(_FORM))
    in_utc = sa.func.strftime("%Y-%m-%d %H:%M:%S", whole.concat(sa.func.substr(trimmed, -length)))
    filled = sa.func.replace(whole, "T", " ").concat(sa.func.substr(_FORM, sa.func.length(whole) + 1))
    any_ = _with_fraction(sa.case((length > 0, in_utc), else_=filled), sa.func.substr(plain, len(_FORM) + 2))
    # The forms that SQLAlchemy and SQLite write need no more than a look.
    return sa.case(
        (value.op("GLOB")(f"{_TO_SECONDS}.{_DIGIT * 6}"), value),
        (value.op("GLOB")(_TO_SECONDS), value.concat(f".{_MICROSECONDS}")),
        else_=any_,
    )


def _with_fraction(seconds: ColumnElement[Any], fraction: ColumnElement[Any]) -> ColumnElement[Any]:
    """The digits behind the second: at least six, and further ones only where they are not 0."""
    digits = sa.func.rtrim(fraction, "0")
    zeros = sa.func.substr(_MICROSECONDS, sa.func.length(digits) + 1)
    return seconds.concat(".").concat(digits).concat(zeros)


def _is_time(value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a value is the text of a time of day without a zone; false and not NULL for any other value."""
    return sa.and_(
        sa.func.typeof(value) == "text",
        value.op("GLOB")("[0-2][0-9]:[0-5][0-9]*"),
        sa.func.substr(value, 1, 2) < "24",
        sa.func.ltrim(value, "0123456789:.") == "",
        sa.func.time(value).is_not(None),
    )


def _time_in_one_form(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text of a time in one form: ``10:00``, ``10:00:00`` and ``10:00:00.000000`` are one time."""
    whole = sa.func.substr(value, 1, len(_CLOCK))
    filled = whole.concat(sa.func.substr(_CLOCK, sa.func.length(whole) + 1))
    return _with_fraction(filled, sa.func.substr(value, len(_CLOCK) + 2))


def _uuid_digits(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The digits of a UUID, as text of any spelling that Python knows or as 16 bytes."""
    plain = sa.func.lower(value)
    for mark in ("urn:", "uuid:", "{", "}", "-"):
        plain = sa.func.replace(plain, mark, "")
    return sa.case((sa.func.typeof(value) == "blob", sa.func.lower(sa.func.hex(value))), else_=plain)


def _is_uuid(value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a value is a UUID; false and not NULL for any other value."""
    digits = _uuid_digits(value)
    return sa.and_(
        sa.func.typeof(value).in_(["text", "blob"]),
        sa.func.length(digits) == 32,
        sa.not_(digits.op("GLOB")("*[^0-9a-f]*")),
    )


class _LongSum(sa.types.TypeDecorator[int]):
    """A sum of integers in two parts, since it may be longer than any number of SQLite: of what is above and below."""

    impl = sa.String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        del dialect
        if not isinstance(value, str):
            return value
        above, below = value.split(":")
        return (int(above) << _HALF) + int(below)


class SQLite(Dialect):
    """SQLite through Python's own driver, for which SQLAlchemy brings a REGEXP function."""

    name = "sqlite"
    conforms = True
    most_columns = 2000
    nul = "char(0)"
    infinity = "{}9e999"
    dates_are_text = True
    types_by_value = True
    canonical = SQLiteForms()
    any_thread = False

    def describe(self, connection: Connection, from_: FromClause | TextClause) -> list[Column]:
        """The columns; of a table with the types that it declares where SQLAlchemy knows no such name."""
        columns = super().describe(connection, from_)
        if not isinstance(from_, sa.TableClause):
            return columns
        quote = connection.dialect.identifier_preparer.quote_identifier
        place = "" if from_.schema is None else f"{quote(from_.schema)}."
        rows = connection.exec_driver_sql(f"PRAGMA {place}table_xinfo({quote(from_.name)})")
        declared = {row[1]: Column.of(row[1], row[2]) for row in rows}
        return [
            found if (found := declared[one.name]).family in _DECLARED and found.family != one.family else one
            for one in columns
        ]

    def names_of(self, connection: Connection, query: str, names: list[str]) -> list[str]:
        """A subquery has ``id:1`` for a second ``id``; only then is the query itself run, to its first row."""
        if not any(re.fullmatch(r".+:\d+", name, re.DOTALL) for name in names):
            return names
        result = connection.exec_driver_sql(query)
        own = [str(column[0]) for column in result.cursor.description]
        result.close()
        return own

    @contextlib.contextmanager
    def snapshot(self, connection: Connection) -> Iterator[None]:
        """Begin explicitly: the driver begins no transaction for a SELECT."""
        with connection.begin() as transaction:
            connection.exec_driver_sql("BEGIN")
            yield
            transaction.rollback()

    def begin_writing(self, connection: Connection) -> None:
        """Python's driver runs CREATE TABLE outside of a transaction unless one is open."""
        begin_immediate(connection)

    @contextlib.contextmanager
    def deadline(self, connection: Connection, seconds: float) -> Iterator[None]:
        """A timer interrupts the running statement; a wait for a lock, which cannot be interrupted, is cut short."""
        with busy_timeout(connection, seconds), interrupted_after(connection, seconds):
            yield

    def timed_out(self, error: DBAPIError) -> bool:
        """Whether the statement was interrupted."""
        return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"

    def prepare(self, connection: Connection) -> None:
        """REGEXP in a time that has a limit; it means the same as SQLAlchemy's, which backtracks."""
        # A connection of the caller with a statement that still runs keeps the function that it has.
        with contextlib.suppress(sqlite3.OperationalError):
            driver_connection(connection).create_function("regexp", 2, regexp, deterministic=True)
            self.canonical.problem(connection)

    def refused(self, connection: Connection, relation: Selection, sqls: Sequence[str]) -> dict[str, str]:
        """By what the compiler of SQLite reports to its authorizer: alone, within parentheses, and with names as names.

        An authorizer that the caller has set on the connection is removed: the driver does not tell it.
        """
        raw = driver_connection(connection)
        alone = f"EXPLAIN {literal_sql(relation.select(sa.literal_column('1')), connection)}"
        select = f"{alone} WHERE "
        functions, tables, modules = _catalog(raw)
        catalog = functions, tables | (_SCHEMA_TABLES & _read(raw, alone)), modules
        found = {}
        for sql in sqls:
            for statement in (f"{select}({with_backquotes(sql, SQLITE)}\n)", f"{select}({sql}\n)", f"{select}{sql}\n"):
                reason = _compiled(raw, statement, *catalog)
                if reason is not None:
                    found[sql] = reason
        return found

    def matches(self, text: ColumnElement[Any], pattern: Pattern) -> ColumnElement[bool]:
        """REGEXP is Python's ``re.search``, or RE2 where that could take long; other values are cast to strings."""
        return sa.cast(text, sa.Text()).regexp_match(remember(pattern))

    def length(self, text: ColumnElement[Any]) -> ColumnElement[int]:
        """The number of code points; ``length`` ends at NUL, ``instr`` does not."""
        nul: ColumnElement[Any]
        end: ColumnElement[Any]
        nul, end = sa.literal_column("char(0)", sa.Text()), sa.literal_column("CAST(x'FF' AS TEXT)", sa.Text())
        whole = sa.func.instr(text + end, end, type_=sa.Integer()) - sa.literal_column("1", sa.Integer())
        return sa.case((sa.func.instr(text, nul) > 0, whole), else_=sa.func.length(text, type_=sa.Integer()))

    def reads(self, value: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Without the collation of a column, which may know no case or no blanks at the end."""
        return sa.collate(value, "BINARY") if column.family in {"text", "unknown"} else value

    def value(self, value: Any, column: Column) -> ColumnElement[Any]:
        """SQLite has no decimals, its integers have 64 bits, and its dates are strings (of one form: `stored_as`)."""
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        if isinstance(value, uuid.UUID):
            return sa.literal(value.hex)
        if isinstance(value, dt.date):
            form = (
                value.isoformat(" ", "microseconds") if isinstance(value, dt.datetime) else f"{value} 00:00:00.000000"
            )
            return sa.literal(form)
        if isinstance(value, dt.time) and value.tzinfo is None:
            return sa.literal(value.isoformat("microseconds"))
        if isinstance(value, decimal.Decimal) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            value = float(value)
        return super().value(value, column)

    def printed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Strings by their bytes: the driver hands over those that are UTF-8."""
        return sa.case((sa.func.typeof(value) == "text", sa.func.quote(sa.cast(value, sa.LargeBinary()))), else_=value)

    def stored_otherwise(self, value: ColumnElement[Any], families: frozenset[str]) -> ColumnElement[bool] | None:
        """Each value has a storage class of its own, whatever type the column declares."""
        if families and families <= MOMENTS:
            return sa.and_(value.is_not(None), sa.not_(_is_moment(value, only_dates=families == {"date"})))
        if families == {"time"}:
            return sa.and_(value.is_not(None), sa.not_(_is_time(value)))
        if families == {"uuid"}:
            return sa.and_(value.is_not(None), sa.not_(_is_uuid(value)))
        if families == {"json"}:
            known = sa.and_(sa.func.typeof(value) != "blob", sa.func.json_valid(value) == 1)
            return sa.and_(value.is_not(None), sa.not_(known))
        classes = {one for family in families for one in _STORAGE.get(family, ())}
        if not classes:
            return None
        otherwise = sa.func.typeof(value).not_in(["null", *sorted(classes)])
        return sa.or_(otherwise, value.not_in([0, 1])) if families == {"boolean"} else otherwise

    def stored_as(
        self, value: ColumnElement[Any], column: Column, family: str
    ) -> tuple[ColumnElement[Any], ColumnElement[bool] | None]:
        """Each value has a storage class of its own: a string is no number, a blob no string, a date must be one."""
        del column
        known: ColumnElement[bool]
        if family in NUMBERS | {"boolean"}:
            known = sa.func.typeof(value).in_(["integer", "real"])
        elif family in MOMENTS:
            known = _is_moment(value)
            return sa.case((known, _in_one_form(value))), sa.and_(value.is_not(None), sa.not_(known))
        elif family == "time":
            known = _is_time(value)
            return sa.case((known, _time_in_one_form(value))), sa.and_(value.is_not(None), sa.not_(known))
        elif family == "uuid":
            known = _is_uuid(value)
            return sa.case((known, _uuid_digits(value))), sa.and_(value.is_not(None), sa.not_(known))
        elif family == "text":
            known = sa.func.typeof(value) == "text"
        else:
            return value, None
        return sa.case((known, value)), sa.and_(value.is_not(None), sa.not_(known))

    def groups(self, value: ColumnElement[Any], column: Column) -> list[ColumnElement[Any]]:
        """Spellings of one moment, of one time, or of one UUID are one value."""
        if column.family == "datetime":
            return [sa.case((_is_moment(value), _in_one_form(value)), else_=value)]
        if column.family == "time":
            return [sa.case((_is_time(value), _time_in_one_form(value)), else_=value)]
        if column.family == "uuid":
            return [sa.case((_is_uuid(value), _uuid_digits(value)), else_=value)]
        return [value]

    def distinct(self, relation: Selection, column: str, where: str | None) -> FollowUp:
        """Spellings of one moment are one value here, too."""
        conditions = relation.among([relation[column].is_not(None)], where)
        count = yield OneValue(relation.select(sa.func.count(sa.distinct(*relation.groups(column)))).where(*conditions))
        return {"value": int(count)}

    def total(self, number: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
        """Integers have an exact sum of any length, in two parts; among other numbers they have the sum of doubles."""
        del column
        doubles = sa.func.sum(sa.case((sa.func.typeof(number) == "real", 1), else_=0))
        above = sa.func.sum(number.op(">>")(_HALF), type_=sa.String())
        below = sa.func.sum(number.op("&")(2**_HALF - 1), type_=sa.String())
        parts = above.concat(":").concat(below)
        # total() takes integers as doubles, where sum() stops beyond 64 bits.
        return sa.type_coerce(sa.case((doubles > 0, sa.func.total(number)), else_=parts), _LongSum())

    def deviation(self, number: ColumnElement[Any]) -> None:
        """SQLite has no such aggregate."""
        del number

    def row_address(self, columns: Collection[str]) -> ColumnElement[int] | None:
        """The ``rowid``: a covering index may change the order in which rows are read, but not the ``rowid``."""
        return None if "rowid" in {name.lower() for name in columns} else sa.literal_column("rowid")

    def absent(
        self, keys: Sequence[ColumnElement[Any]], referenced: Sequence[ColumnElement[Any]]
    ) -> ColumnElement[bool]:
        """NOT IN builds an index of the other table once; NOT EXISTS reads the table for every row."""
        there = sa.select(*referenced).where(*(column.is_not(None) for column in referenced))
        if len(keys) == 1:
            return keys[0].not_in(there)
        return sa.tuple_(*keys).not_in(there)

    def variance(self, relation: Selection, number: ColumnElement[Any], where: str | None) -> FollowUp:
        """SQLite has no such aggregate; two passes (mean, then squared distances) lose no digits."""
        value = sa.cast(number, sa.Float())
        conditions = relation.among([value.is_not(None)], where)
        mean = yield OneValue(relation.select(sa.func.avg(value)).where(*conditions))
        if mean is None:
            return {"value": None}
        distance = value - sa.literal(mean, sa.Double())
        # NULL, and so no value, where the divisor is 0: for fewer than two values.
        variance = sa.func.sum(distance * distance) / (sa.func.count() - 1)
        return {"value": (yield OneValue(relation.select(variance).where(*conditions)))}


def _catalog(raw: Any) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The functions that always give the same for the same, the tables and views, and the modules, in lower case."""
    functions: dict[str, bool] = {}
    for name, kind, flags in raw.execute("SELECT name, type, flags FROM pragma_function_list"):
        steady = (kind != "s" or bool(flags & _DETERMINISTIC) or name in _STEADY) and not flags & _DIRECT_ONLY
        functions[name.lower()] = functions.get(name.lower(), True) and steady
    tables = set(_TABLE_FUNCTIONS)
    for (database,) in raw.execute("SELECT name FROM pragma_database_list").fetchall():
        quoted = database.replace('"', '""')
        tables.update(name.lower() for (name,) in raw.execute(f'SELECT name FROM "{quoted}".sqlite_master'))  # noqa: S608
    modules = frozenset(name.lower() for (name,) in raw.execute("SELECT name FROM pragma_module_list"))
    return frozenset(name for name, steady in functions.items() if steady), frozenset(tables), modules


def _read(raw: Any, statement: str) -> set[str]:
    """The tables that a statement reads, in lower case; it is not run."""
    found: set[str] = set()

    def note(action: int, first: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            found.add(str(first).lower())
        return sqlite3.SQLITE_OK

    raw.set_authorizer(note)
    try:
        raw.execute(statement).close()
    finally:
        raw.set_authorizer(None)
    return found


def _compiled(
    raw: Any, statement: str, functions: frozenset[str], tables: frozenset[str], modules: frozenset[str]
) -> str | None:
    """Why a statement is not compiled; it is not run."""
    reasons: list[str] = []

    def named_query(name: str, column: str | None, database: str | None) -> bool:
        # A common table expression has no database and no columns; so have tables that a module makes up.
        return (
            database is None and not column and name not in modules | _SCHEMA_TABLES and not name.startswith("pragma_")
        )

    def authorize(action: int, first: str | None, second: str | None, database: str | None, _: str | None) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and str(second).lower() in functions:
            return sqlite3.SQLITE_OK
        name = str(first).lower()
        if action == sqlite3.SQLITE_READ and (name in tables or named_query(name, second, database)):
            return sqlite3.SQLITE_OK
        if name in _SCHEMA_TABLES and (action == sqlite3.SQLITE_UPDATE or second == "ROWID"):
            # How a function of subqueries (json_each) makes itself known; no expression updates.
            return sqlite3.SQLITE_OK
        match action:
            case sqlite3.SQLITE_FUNCTION:
                reasons.append(f"it calls {second}, and it is not known that this only computes")
            case sqlite3.SQLITE_READ:
                reasons.append(f"it selects from {first}, which is no table of the database")
            case _:
                reasons.append(f"it does more than read (action {action} of SQLite)")
        return sqlite3.SQLITE_DENY

    raw.set_authorizer(authorize)
    try:
        raw.execute(statement).close()
    except sqlite3.Error as error:
        return reasons[0] if reasons else f"{type(error).__name__}: {error}"
    finally:
        raw.set_authorizer(None)
    return None
