"""PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..fingerprint import NAN
from .base import CanonicalSQL, converted, operation, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

__all__ = ["PostgreSQLForms"]


class PostgreSQLForms(CanonicalSQL):
    """PostgreSQL 13 and later, in a database of UTF-8."""

    def problem(self, connection: Connection) -> str | None:
        """MD5 is that of the bytes of the server's encoding."""
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        return None if encoding == "UTF8" else f"the database's encoding is {encoding}, not UTF8"

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Decimals without the zeros of their scale."""
        if type_name.startswith(("numeric", "decimal", "money")):
            value = sa.func.trim_scale(value)
        return super().number_form(value, type_name)

    def float_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes that the server sends."""
        del type_name
        double: ColumnElement[Any] = sa.cast(value, sa.Double())
        sent = sa.func.encode(sa.func.float8send(double), raw("'hex'"))
        return sa.case((double == raw("'NaN'::float8", sa.Double()), raw(f"'{NAN}'")), else_=sent)

    def date_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A difference of dates is a number of days."""
        del type_name
        days = self.text_of(operation(value, "-", raw("DATE '1970-01-01'", sa.Date())))
        return sa.case((sa.func.isfinite(value), days), else_=self.text_of(value))

    def moment_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes that the server sends: microseconds since 2000."""
        send = sa.func.timestamp_send
        if type_name == "date":
            value = sa.cast(value, sa.DateTime())
        elif "tz" in type_name or "with time zone" in type_name:
            send = sa.func.timestamptz_send
        sent = sa.func.encode(send(value), raw("'hex'"))
        return sa.case((sa.func.isfinite(value), sent), else_=self.text_of(value))

    def time_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes that the server sends: microseconds since midnight."""
        del type_name
        return sa.func.encode(sa.func.time_send(value), raw("'hex'"))

    def binary_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Hexadecimal digits."""
        del type_name
        return sa.func.encode(value, raw("'hex'"))

    def joined(self, fields: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """``concat_ws``, which takes at most 99 strings."""
        while len(fields) > 90:
            fields = [sa.func.concat_ws(raw("'|'"), *fields[at : at + 90]) for at in range(0, len(fields), 90)]
        return sa.func.concat_ws(raw("'|'"), *fields, type_=sa.Text())

    def once(self, hashes: Select[Any]) -> Select[Any]:
        """OFFSET keeps the subquery from being pulled up."""
        return hashes.offset(raw("0", sa.Integer()))

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Signed numbers of 64 bits; their sum is a numeric, which is exact."""
        return [
            sa.func.sum(converted(converted(raw("'x'").concat(half), "BIT(64)"), "BIGINT"))
            for half in (sa.func.left(hash_, raw("16")), sa.func.right(hash_, raw("16")))
        ]

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """Four hexadecimal digits as a number."""
        bits = converted(converted(raw("'x'").concat(sa.func.left(hash_, raw("4"))), "BIT(16)"), "INTEGER")
        return operation(bits, "&", raw(str(number - 1), sa.Integer()))
