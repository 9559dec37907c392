"""Bytes in SQL that is written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ExactBytes"]

#: How a database writes bytes by their hexadecimal digits, where it is not as the standard says.
_WRITTEN = {"duckdb": "from_hex('{}')", "iceberg": "from_hex('{}')", "postgresql": "'\\x{}'::bytea"}


class ExactBytes(sa.types.TypeDecorator[bytes]):
    """Bytes; SQLAlchemy writes them as the text that they may be in UTF-8, which is no value of the same type."""

    impl = sa.LargeBinary
    cache_ok = True

    def literal_processor(self, dialect: sa.Dialect) -> Callable[[Any], str]:
        """The bytes as SQL of a database."""
        form = _WRITTEN.get(dialect.name, "X'{}'")
        return lambda value: form.format(bytes(value).hex())
