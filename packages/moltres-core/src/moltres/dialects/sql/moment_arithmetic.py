"""Dates that are added and subtracted, where a database takes them for numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.compiler import OPERATORS

from ...errors import ConfigurationError
from ...types.logical import told

__all__ = ["refusing_moment_arithmetic"]

_MOMENTS = frozenset({"date", "timestamp", "time", "interval"})


class _RefusesMomentArithmetic:
    """Mixed into a compiler.

    Attributes:
        database: Its name.
        instead: What to use.
    """

    database: str
    instead: str

    def visit_add_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        return self._without_moments(binary, operator, options)

    def visit_sub_binary(self, binary: Any, operator: Any, **options: Any) -> str:
        return self._without_moments(binary, operator, options)

    def _without_moments(self, binary: Any, operator: Any, options: Any) -> str:
        compiler: Any = self
        kinds = [told(side.type) for side in (binary.left, binary.right)]
        if any(kind.name in _MOMENTS for kind in kinds):
            raise ConfigurationError(
                f"{self.database} would take dates and times for numbers: {kinds[0]}{OPERATORS[operator]}{kinds[1]}.",
                suggestion=self.instead,
            )
        return str(compiler._generate_generic_binary(binary, OPERATORS[operator], **options))  # noqa: SLF001 - of SQLAlchemy


def refusing_moment_arithmetic(base: type[Any], database: str, instead: str) -> type[Any]:
    """A compiler that adds and subtracts no dates and times.

    Args:
        base: The compiler of the driver's dialect.
        database: The name of the database.
        instead: What to use, as a hint.
    """
    return type(
        f"NoMoments{base.__name__}", (_RefusesMomentArithmetic, base), {"database": database, "instead": instead}
    )
