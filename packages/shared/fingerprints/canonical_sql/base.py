"""What the databases have in common, and the expressions that each of them must give."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

__all__ = ["MOST_BUCKETS", "TO_2000", "CanonicalSQL", "Value", "converted", "operation", "raw", "spelled"]

#: A value with its form and the name of its type, as the database prints it, in lower case.
Value = tuple["ColumnElement[Any]", str, str]
#: How many buckets a hash tells apart.
MOST_BUCKETS = 2**16
#: Microseconds from 1970 to 2000.
TO_2000 = 946_684_800_000_000


def raw(sql: str, type_: Any = None) -> ColumnElement[Any]:
    """A constant, which is no parameter: the same expression in several clauses of a statement stays the same."""
    return _string(sql) if type_ is None else sa.literal_column(sql, type_)


@lru_cache(maxsize=256)
def _string(sql: str) -> ColumnElement[Any]:
    """A wide row has the same few constants for each of its columns."""
    return sa.literal_column(sql, sa.Text())


def converted(value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
    """A cast to a type by its name."""
    return sa.cast(value, _Named(type_name))


def operation(left: ColumnElement[Any], sign: str, right: ColumnElement[Any]) -> ColumnElement[Any]:
    """An operation in parentheses."""
    return Grouping(left.op(sign)(right))


def spelled(sql: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A string by an expression that SQLAlchemy has no words for.

    Args:
        sql: The expression, with ``{value}`` in the places of the value.
        value: The value.
    """
    return _Spelled(raw(sql), value)


class _Spelled(FunctionElement[Any]):
    """An expression with a value in it."""

    name = "canonical_spelled"
    type = sa.Text()
    inherit_cache = True


@compiles(_Spelled)
def _compile_spelled(element: _Spelled, compiler: Any, **options: Any) -> str:
    sql, value = (compiler.process(one, **options) for one in element.clauses)
    return str(sql.replace("{value}", value))


class _Named(sa.types.UserDefinedType[Any]):
    """A type by its name."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class CanonicalSQL:
    """The SQL of one database."""

    def knows(self, type_name: str) -> bool:
        """Whether values of a type have a canonical form, as far as that depends on the database."""
        del type_name
        return True

    def problem(self, connection: Connection) -> str | None:
        """Why this database cannot compute fingerprints; None if it can. May also prepare the connection."""
        del connection
        return None

    def text_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value cast to a string."""
        return sa.cast(value, sa.Text())

    def form(self, value: ColumnElement[Any], form: str, type_name: str) -> ColumnElement[Any]:
        """The canonical form of a value.

        Args:
            value: The value.
            form: Out of `fingerprint.FORMS`.
            type_name: Its type as the database prints it, in lower case.
        """
        found: ColumnElement[Any] = getattr(self, f"{form}_form")(value, type_name)
        return found

    def text_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A string."""
        return value if "char" in type_name or type_name == "text" else self.text_of(value)

    def ready_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A value that is in its canonical form already."""
        del type_name
        return value

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """An integer, a decimal or a boolean."""
        if type_name.startswith("bool"):
            value = sa.cast(value, sa.Integer())
        return self.text_of(value)

    def uuid_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A UUID."""
        del type_name
        return sa.func.lower(self.text_of(value))

    def json_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A JSON document, or a string that holds one; any other string as one that is none."""
        raise NotImplementedError

    def octets(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The number of bytes of a string in UTF-8."""
        return sa.func.octet_length(text, type_=sa.Integer())

    def joined(self, fields: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """Strings, none of which is NULL, joined by ``|``."""
        found = fields[0]
        for field in fields[1:]:
            found = found.concat(raw("'|'")).concat(field)
        return found

    def length_item(self, octets: ColumnElement[Any]) -> ColumnElement[Any]:
        """A number of bytes, which is not NULL, as `joined` takes it."""
        return self.text_of(octets)

    def encoding(self, values: Sequence[Value]) -> ColumnElement[Any]:
        """The encoding of a row."""
        heads: list[ColumnElement[Any]] = []
        strings: list[ColumnElement[Any]] = []
        for value, form, type_name in values:
            field = self.form(value, form, type_name)
            if form == "text":
                heads.append(self.length_item(sa.func.coalesce(self.octets(field), raw("-1", sa.Integer()))))
                strings.append(sa.func.coalesce(field, raw("''")))
            else:
                heads.append(sa.func.coalesce(self.digits(field) if form == "json" else field, raw("''")))
        return self.joined([*heads, *strings])

    def digits(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The MD5 of a string as hexadecimal digits in lower case."""
        return sa.func.md5(text, type_=sa.Text())

    def hash(self, values: Sequence[Value]) -> ColumnElement[Any]:
        """The hash of a row, in the type that `sums` and `bucket` take."""
        return self.digits(self.encoding(values))

    def once(self, hashes: Select[Any]) -> Select[Any]:
        """A SELECT with a hash, so that a statement around it does not compute the hash more than once."""
        return hashes

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Aggregates of hashes for `folded`."""
        raise NotImplementedError

    def folded(self, sums: Sequence[Any]) -> tuple[int, int]:
        """The two sums of a fingerprint from the values of `sums`; 0 of no rows."""
        first, second = (0 if one is None else int(one) for one in sums)
        return first, second

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """One of so many buckets, by the first 16 bits of a hash; the number is a power of two, at most 65536."""
        raise NotImplementedError

    def quotient(self, number: ColumnElement[Any], divisor: int) -> ColumnElement[Any]:
        """The whole quotient of an integer that is not negative."""
        return operation(number, "/", raw(str(divisor), sa.BigInteger()))

    def range_bucket(self, key: ColumnElement[Any], least: int, width: int) -> ColumnElement[Any]:
        """Which of the ranges of a width, beginning with the least key, an integer is in."""
        distance = operation(sa.cast(key, sa.BigInteger()), "-", raw(f"({least})", sa.BigInteger()))
        return self.quotient(distance, width)
