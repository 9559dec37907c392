"""Casts of MariaDB, with the microseconds that its own cut off and to types that its CAST does not name; weeks of ISO.

SQLAlchemy leaves those out with a warning. Numbers are no dates: 20240131 is what MariaDB makes of the last of January.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError
from ...types.logical import logical_type, told
from ..sql.converted import FALSE_WORDS, TRUE_WORDS, require_meaning
from ..sql.moment_arithmetic import refusing_moment_arithmetic
from ..sql.same_rows import rewriting_aggregates
from ..sql.spread import refusing_lost_spreads
from .quotients import MEANS, with_quotients

if TYPE_CHECKING:
    from ..sql.converted import Converted

__all__ = ["with_casts"]

_INSTEAD = "Use func.datediff(later, earlier), or func.timestampdiff(text('SECOND'), earlier, later)."
#: A warning, which is an error.
_LOST = "CAST('The values are too near to each other for a variance: subtract one of them first' AS DOUBLE)"
_LOST_FLOATS = "CAST('The squares of the values are too large, or too small, for a variance' AS DOUBLE)"
_NUMBERS = frozenset({"integer", "float", "decimal", "boolean"})
_WRITTEN = {"date": "DATE", "timestamp": "DATETIME(6)", "time": "TIME(6)"}
_WITH_DIGITS = {"float": "DOUBLE", "timestamp": "DATETIME(6)", "time": "TIME(6)"}


class _Casts:
    """Mixed into SQLAlchemy's compiler."""

    def visit_converted(self, element: Converted, **options: Any) -> str:
        compiler: Any = self
        source, target = told(element.clause.type), logical_type(element.type)
        require_meaning("MariaDB", source, target)
        value = compiler.process(element.clause.self_group(), **options)
        if target.name in _WITH_DIGITS:
            return f"CAST({value} AS {_WITH_DIGITS[target.name]})"
        if target.name == "boolean" and source.name not in _NUMBERS:
            word = f"LOWER(TRIM({value}))"  # what is none of these fails, as no number
            return f"CASE WHEN {word} IN {TRUE_WORDS} THEN 1 WHEN {word} IN {FALSE_WORDS} THEN 0 ELSE {value} <> 0 END"
        if target.name == "boolean":
            return f"({value} <> 0)"
        if target.name == "text" and source.name == "boolean":
            return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
        if compiler.process(element.typeclause, **options) is None:
            raise ConfigurationError(f"MariaDB cannot cast {source} to {target}.")
        return str(compiler.visit_cast(element, **options))

    def visit_bindparam(self, bindparam: Any, **options: Any) -> str:
        """Dates and times as what they are: the driver writes strings, which are strings in the result."""
        written = str(super().visit_bindparam(bindparam, **options))  # type: ignore[misc]  # of the compiler
        kind = logical_type(bindparam.type)
        if bindparam.expanding or bindparam.required or kind.name not in _WRITTEN:
            return written
        return f"CAST({written} AS {_WRITTEN[kind.name]})"

    def visit_stddev_func(self, function: Any, **options: Any) -> str:
        """Of a sample, as other databases mean it."""
        return f"STDDEV_SAMP{self.function_argspec(function, **options)}"  # type: ignore[attr-defined]  # of the compiler

    def visit_variance_func(self, function: Any, **options: Any) -> str:
        """As above."""
        return f"VAR_SAMP{self.function_argspec(function, **options)}"  # type: ignore[attr-defined]  # as above

    def visit_extract(self, extract: Any, **options: Any) -> str:
        """The week of ISO 8601, as other databases number them; EXTRACT counts from the first Sunday."""
        compiler: Any = self
        if extract.field == "week":
            return f"WEEK({compiler.process(extract.expr, **options)}, 3)"
        return str(super().visit_extract(extract, **options))  # type: ignore[misc]  # of the compiler


def with_casts(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for MariaDB, with such casts and numbers, and without sums of dates.

    Args:
        base: The compiler of the driver's dialect.
    """
    rewrites = {**refusing_lost_spreads(_LOST, _LOST_FLOATS), **MEANS}
    checked = rewriting_aggregates(with_quotients(type(f"Casts{base.__name__}", (_Casts, base), {})), rewrites)
    return refusing_moment_arithmetic(checked, "MariaDB", _INSTEAD)
