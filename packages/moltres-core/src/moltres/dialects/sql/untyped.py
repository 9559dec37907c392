"""Strings whose type the database infers from where they stand, as it does for a literal in the text of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable


class Untyped(UserDefinedType[str]):
    """A string that is written as a literal: a parameter would have a type, and would not be compared with a date."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """No column has this type."""
        return "TEXT"

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        """What refuses strings that no literal holds."""
        del dialect
        return _checked

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        """The literal as standard SQL has it; with backslashes as an E'…' of PostgreSQL."""
        doubled = dialect.identifier_preparer._double_percents  # noqa: SLF001 - as SQLAlchemy's own strings ask it

        def write(value: str) -> str:
            text = _checked(value).replace("'", "''")
            literal = "E'" + text.replace("\\", "\\\\") + "'" if "\\" in text else f"'{text}'"
            return f" {literal.replace('%', '%%') if doubled else literal}"

        return write


def _checked(value: str) -> str:
    if "\0" in value:
        raise ValueError("a string has a NUL character, which PostgreSQL does not store")
    value.encode()
    return value
