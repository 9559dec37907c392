"""What SQLAlchemy's dialect of Trino writes in a way that Trino does not take, or takes for something else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types as sql
from sqlalchemy.sql import elements


def corrected(base: type[Any]) -> type[Any]:
    """A compiler of statements: exact division, IS TRUE, regular expressions, empty lists, the length of strings."""
    return type(f"Moltres{base.__name__}", (_Corrections, base), {})


class _Corrections:
    """Mixed into a compiler."""

    process: Any

    def visit_truediv_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        # Trino divides integers without a rest, and a decimal without digits rounds: 7/2 would be 3, or 4.
        left, right = (self.process(side, **kw) for side in (binary.left, binary.right))
        whole = all(isinstance(side.type, sql.Integer) for side in (binary.left, binary.right))
        return f"(CAST({left} AS DOUBLE) / {right})" if whole else f"({left} / {right})"

    def visit_is__binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return self._same(binary, "NOT DISTINCT FROM", "IS", **kw)

    def visit_is_not_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return self._same(binary, "DISTINCT FROM", "IS NOT", **kw)

    def _same(self, binary: Any, distinct: str, plain: str, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if isinstance(binary.right, elements.Null):
            return f"{left} {plain} NULL"
        return f"{left} IS {distinct} {right}"

    def visit_regexp_match_op_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return self._regexp(binary, **kw)

    def visit_not_regexp_match_op_binary(self, binary: Any, _operator: Any, **kw: Any) -> str:
        return f"NOT {self._regexp(binary, **kw)}"

    def _regexp(self, binary: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        flags = binary.modifiers.get("flags")
        return f"regexp_like({left}, {right})" if not flags else f"regexp_like({left}, concat('(?{flags})', {right}))"

    def visit_empty_set_expr(self, element_types: Any, **_kw: Any) -> str:
        return f"SELECT {', '.join('NULL' for _ in element_types or ' ')} WHERE 1 <> 1"

    def visit_char_length_func(self, fn: Any, **kw: Any) -> str:
        return f"length({self.process(fn.clauses, **kw)})"
