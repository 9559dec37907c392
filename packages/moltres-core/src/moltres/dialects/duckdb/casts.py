"""Casts of DuckDB, which has strings of every length and takes no notice of that of a cast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types.logical import logical_type
from ..spread import refusing_lost_spreads

if TYPE_CHECKING:
    from ..converted import Converted

__all__ = ["with_casts"]

_LOST = "CAST(error('The values are too near to each other for a variance: subtract one of them first') AS DOUBLE)"


class _Casts:
    """Mixed into SQLAlchemy's compiler."""

    def visit_converted(self, element: Converted, **options: Any) -> str:
        compiler: Any = self
        written = str(compiler.visit_cast(element, **options))
        length = getattr(element.type, "length", None)
        if logical_type(element.type).name != "text" or length is None:
            return written
        return f"substr({written}, 1, {int(length)})"


def with_casts(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for DuckDB, with casts that cut as the standard says, and variances that are right or fail.

    Args:
        base: The compiler of the driver's dialect.
    """
    return refusing_lost_spreads(type(f"Casts{base.__name__}", (_Casts, base), {}), _LOST)
