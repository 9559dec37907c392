"""DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..fingerprint import NAN
from .base import TO_2000, CanonicalSQL, converted, operation, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

__all__ = ["DuckDBForms"]


class DuckDBForms(CanonicalSQL):
    """DuckDB."""

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Decimals without the zeros of their scale."""
        text = super().number_form(value, type_name)
        if not type_name.startswith("decimal") or type_name.endswith(",0)"):
            return text
        trimmed = sa.func.rtrim(sa.func.rtrim(text, raw("'0'")), raw("'.'"))
        # Without its scale it may have no fraction, and zeros that count.
        return trimmed if "(" in type_name else sa.case((sa.func.contains(text, raw("'.'")), trimmed), else_=text)

    def float_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bits."""
        del type_name
        double: ColumnElement[Any] = sa.cast(value, sa.Double())
        bits = sa.func.lower(sa.func.hex(converted(converted(double, "BIT"), "BLOB")))
        return sa.case((sa.func.isnan(double), raw(f"'{NAN}'")), else_=bits)

    def date_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """A difference of dates is a number of days."""
        del type_name
        days = self.text_of(operation(value, "-", raw("DATE '1970-01-01'", sa.Date())))
        return sa.case((sa.func.isfinite(value), days), else_=self.text_of(value))

    def moment_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds, and nanoseconds where there are any."""
        if type_name == "timestamp_ns":
            nanos = sa.func.epoch_ns(value)
            found = self._nanoseconds(nanos, TO_2000)
        else:
            if type_name == "date":
                value = sa.cast(value, sa.DateTime())
            found = self._hex(operation(sa.func.epoch_us(value), "-", raw(str(TO_2000))))
        return sa.case((sa.func.isfinite(value), found), else_=self.text_of(value))

    def time_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds, and nanoseconds where there are any."""
        if type_name == "time_ns":
            return self._nanoseconds(sa.func.epoch_ns(value), 0)
        return self._hex(sa.func.epoch_us(value))

    def _nanoseconds(self, nanos: ColumnElement[Any], before: int) -> ColumnElement[Any]:
        rest = sa.func.mod(operation(sa.func.mod(nanos, raw("1000")), "+", raw("1000")), raw("1000"))
        micros = operation(operation(operation(nanos, "-", rest), "//", raw("1000")), "-", raw(str(before)))
        fraction = raw("'.'").concat(sa.func.lpad(self.text_of(rest), raw("3"), raw("'0'")))
        return self._hex(micros).concat(sa.case((operation(rest, ">", raw("0")), fraction), else_=raw("''")))

    def _hex(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.func.lower(sa.func.hex(converted(converted(converted(number, "BIGINT"), "BIT"), "BLOB")))

    def binary_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Hexadecimal digits."""
        del type_name
        return sa.func.lower(sa.func.hex(value))

    def octets(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Of strings; ``octet_length`` is that of bytes."""
        return sa.func.strlen(text, type_=sa.Integer())

    def joined(self, fields: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """``concat_ws``."""
        return sa.func.concat_ws(raw("'|'"), *fields, type_=sa.Text())

    def quotient(self, number: ColumnElement[Any], divisor: int) -> ColumnElement[Any]:
        """``/`` makes a DOUBLE."""
        return operation(number, "//", raw(str(divisor), sa.BigInteger()))

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Unsigned numbers of 64 bits; their sum is one of 128 bits."""
        return [
            sa.cast(sa.func.sum(converted(raw("'0x'").concat(half), "UBIGINT")), sa.Text())
            for half in (sa.func.left(hash_, raw("16")), sa.func.right(hash_, raw("16")))
        ]

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """Four hexadecimal digits as a number."""
        bits = converted(raw("'0x'").concat(sa.func.left(hash_, raw("4"))), "INTEGER")
        return operation(bits, "&", raw(str(number - 1), sa.Integer()))
