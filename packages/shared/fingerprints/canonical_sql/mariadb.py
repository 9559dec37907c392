"""MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from .base import CanonicalSQL, operation, raw, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select

__all__ = ["MariaDBForms"]


class MariaDBForms(CanonicalSQL):
    """MariaDB, in a session whose time zone is UTC."""

    def text_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """In the character set in which MD5 has to see it."""
        return sa.cast(value, mysql.CHAR(charset="utf8mb4"))

    def text_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """As the relation reads strings: in one character set and collation."""
        del type_name
        return value

    def number_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Without the zeros of ZEROFILL and of a scale."""
        text = self.text_of(operation(value, "+", raw("0", sa.Integer())))
        if not type_name.startswith(("decimal", "numeric")):
            return text
        trimmed = sa.func.trim(raw("TRAILING '.' FROM").op("")(sa.func.trim(raw("TRAILING '0' FROM").op("")(text))))
        return sa.case((operation(sa.func.locate(raw("'.'"), text), ">", raw("0")), trimmed), else_=text)

    def float_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """The bytes of a coordinate in the well-known binary form of a point, which are little-endian."""
        del type_name
        point = sa.func.st_aswkb(sa.func.point(value, raw("0")))
        return sa.func.lower(sa.func.hex(sa.func.reverse(sa.func.substr(point, raw("6"), raw("8")))))

    def date_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Days; dates that do not exist (0000-00-00) as they are printed."""
        del type_name
        days = self.text_of(operation(sa.func.to_days(value), "-", raw("719528", sa.Integer())))
        return sa.case(
            (value.is_(None), sa.null()),
            (sa.func.from_days(sa.func.to_days(value)) == value, days),
            else_=raw("'!date '").concat(sa.func.lower(sa.func.hex(self.text_of(value)))),
        )

    def moment_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds; timestamps that do not exist as they are printed."""
        micros = sa.func.timestampdiff(sa.text("MICROSECOND"), raw("TIMESTAMP '2000-01-01 00:00:00'"), value)
        day = value if type_name == "date" else sa.func.date(value)
        return sa.case(
            (value.is_(None), sa.null()),
            (sa.func.from_days(sa.func.to_days(day)) == day, self._hex(micros)),
            else_=raw("'!datetime '").concat(sa.func.lower(sa.func.hex(self.text_of(value)))),
        )

    def time_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Microseconds; a time of MariaDB may be more than a day, or negative."""
        del type_name
        return self._hex(sa.cast(operation(sa.func.time_to_sec(value), "*", raw("1000000")), sa.BigInteger()))

    def _hex(self, number: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.func.lower(sa.func.lpad(sa.func.hex(number), raw("16"), raw("'0'")))

    def binary_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """Hexadecimal digits behind an x."""
        del type_name
        return sa.func.concat(raw("'x'"), sa.func.lower(sa.func.hex(value)))

    def json_form(self, value: ColumnElement[Any], type_name: str) -> ColumnElement[Any]:
        """As MariaDB normalizes it, which does everything but to resolve escapes."""
        del type_name
        return spelled(_JSON, value)

    def octets(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Bytes of a string that is in UTF-8."""
        return sa.func.octet_length(text, type_=sa.Integer())

    def joined(self, fields: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        """``concat_ws``."""
        return sa.func.concat_ws(raw("'|'"), *fields, type_=sa.Text())

    def quotient(self, number: ColumnElement[Any], divisor: int) -> ColumnElement[Any]:
        """``/`` makes a DECIMAL."""
        return operation(number, "DIV", raw(str(divisor), sa.BigInteger()))

    def once(self, hashes: Select[Any]) -> Select[Any]:
        """A LIMIT keeps the subquery from being merged, which would compute the hash for each use of it."""
        return hashes.limit(raw("18446744073709551615", sa.Integer()))

    def sums(self, hash_: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Unsigned numbers of 64 bits; their sum is a decimal, which is exact."""
        return [
            sa.func.sum(sa.cast(sa.func.conv(half, raw("16"), raw("10")), mysql.INTEGER(unsigned=True)))
            for half in (sa.func.left(hash_, raw("16")), sa.func.right(hash_, raw("16")))
        ]

    def bucket(self, hash_: ColumnElement[Any], number: int) -> ColumnElement[Any]:
        """Four hexadecimal digits as a number."""
        bits = sa.cast(sa.func.conv(sa.func.left(hash_, raw("4")), raw("16"), raw("10")), sa.Integer())
        return operation(bits, "&", raw(str(number - 1), sa.Integer()))


def _literal(text: str) -> str:
    """A string whose meaning no setting of the session changes."""
    return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"


def _respelled(text: str, but: str, escape: str, spelling: str) -> str:
    """A document with some of its escapes in another spelling.

    Args:
        text: The document.
        but: A pattern of escapes that stay.
        escape: A pattern of those that are replaced.
        spelling: What to put there: a control character, which no document has, for a backslash.
    """
    return f"REGEXP_REPLACE({text}, {_literal(f'{but}(*SKIP)(*FAIL)|{escape}')}, {_literal(spelling)})"


def _resolved(text: str, but: str) -> str:
    """A document without escapes but some: read as one string of JSON, in which these and all quotes are escaped."""
    found = _respelled(text, but, r"\\", _MARK)
    for one in ("\\", '"'):
        found = f"REPLACE({found}, {_literal(one)}, {_literal(chr(92) + one)})"
    return f"JSON_UNQUOTE(CONCAT({_QUOTE}, REPLACE({found}, {_literal(_MARK)}, {_literal(chr(92))}), {_QUOTE}))"


_MARK = "\1"
_QUOTE = _literal('"')
_BACKSLASH = _literal("\\")
_CONTROL = r"\\(?:[^u/]|u00[01])"
_KEPT = r"\\[\"\\]"
#: Each escape of a quote and of a backslash in its short form.
_SHORT = "JSON_COMPACT({value})"
for code, short in (("0022", '"'), ("005[cC]", r"\\")):
    marked = _respelled(_SHORT, rf"\\(?:[^u]|u(?!{code}))", rf"\\u{code}", _MARK + short)
    _SHORT = f"REPLACE({marked}, {_literal(_MARK)}, {_BACKSLASH})"
#: JSON_NORMALIZE sorts keys as they are written; a control character has to stay an escape for it. Of a mere number it
#: reads digits that lie behind the end of the string (``1e2`` was 1.0E20), but for the blank.
_NORMALIZED = f"JSON_NORMALIZE(CONCAT({_resolved(_SHORT, _CONTROL)}, ' '))"
#: JSON_VALID takes 1. for a number, and any character behind a backslash: both are looked for.
_STRINGS = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_OUTSIDE = f"REGEXP_REPLACE({{value}}, {_literal(_STRINGS)}, {_literal(chr(34) * 2)})"
_ESCAPE = r'(?-i)(?<!\\)(?:\\\\)*\\[^"\\/bfnrtu]'
_POINT = r"\.(?![0-9])"
_IS_JSON = f"""(JSON_VALID({{value}}) AND NOT ({_OUTSIDE} REGEXP {_literal(_POINT)})
 AND (LOCATE({_BACKSLASH}, {{value}}) = 0 OR NOT ({{value}} REGEXP {_literal(_ESCAPE)})))"""
_JSON = f"""CASE WHEN NOT {_IS_JSON} THEN CONCAT('!text ', LOWER(HEX({{value}})))
 WHEN LOCATE({_BACKSLASH}, {{value}}) = 0
  THEN CAST(JSON_NORMALIZE(CONCAT({{value}}, ' ')) AS CHAR CHARACTER SET utf8mb4)
 ELSE CAST({_resolved(_NORMALIZED, _KEPT)} AS CHAR CHARACTER SET utf8mb4) END"""
