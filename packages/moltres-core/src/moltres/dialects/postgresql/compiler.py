"""Strings that are compared are sent without a type, so that PostgreSQL compares them as the other side's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter
from sqlalchemy import types as sql
from sqlalchemy.sql.elements import ClauseList, ExpressionClauseList, Grouping

from ..sql.untyped import Untyped

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Comparing:
    """Mixed into SQLAlchemy's compiler, which casts each string to VARCHAR: ``day >= $1::VARCHAR`` is an error."""

    _truncate_bindparam: Any
    dialect: Any

    def visit_binary(self, binary: Any, *args: Any, **options: Any) -> Any:
        for side in (binary.left, binary.right):
            self._uncast.update(self._truncate_bindparam(bound) for bound in _strings(side))
        return super().visit_binary(binary, *args, **options)  # type: ignore[misc]  # of the compiler it is mixed into

    def bindparam_string(self, name: str, **options: Any) -> Any:
        if name in self._uncast and not options.get("post_compile"):
            options["bindparam_type"] = None
        return super().bindparam_string(name, **options)  # type: ignore[misc]  # as above

    def _literal_execute_expanding_parameter(self, name: str, parameter: Any, values: Any, **options: Any) -> Any:
        if values and self._truncate_bindparam(parameter) in self._uncast:
            parameter = SimpleNamespace(literal_execute=False, type=_UNCAST, expand_op=parameter.expand_op)
        found: Any = super()._literal_execute_expanding_parameter(name, parameter, values, **options)  # type: ignore[misc]  # as above
        return found

    def render_literal_value(self, value: Any, type_: Any) -> Any:
        if isinstance(type_, Untyped):  # has its own way with backslashes
            return type_.literal_processor(self.dialect)(value)
        return super().render_literal_value(value, type_)  # type: ignore[misc]  # as above

    @property
    def _uncast(self) -> set[str]:
        found: set[str] = vars(self).setdefault("moltres_uncast", set())
        return found


class _Uncast(sql.UserDefinedType[str]):
    cache_ok = True


_UNCAST = _Uncast()


def _strings(side: Any) -> Iterator[BindParameter[Any]]:
    """The strings that are an operand of an operator, or the items of one."""
    if isinstance(side, BindParameter):
        if isinstance(side.type, sql.String) and not isinstance(side.type, sql.Enum):
            yield side
    elif isinstance(side, Grouping):
        yield from _strings(side.element)
    elif isinstance(side, ClauseList | ExpressionClauseList):
        for part in side.clauses:
            yield from _strings(part)


def comparing(base: type[Any]) -> type[Any]:
    """SQLAlchemy's compiler for PostgreSQL, comparing so.

    Args:
        base: The compiler of the driver's dialect.
    """
    return type(f"Comparing{base.__name__}", (_Comparing, base), {})
