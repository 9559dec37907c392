"""The groups of a frame, on their way to one row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import verbs
from .bound import Bound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .select_state import SelectState

__all__ = ["GroupBy"]

Frame = TypeVar("Frame")


@dataclass(frozen=True, eq=False, repr=False)
class GroupBy(Bound, Generic[Frame]):
    """The groups of a frame. Made by `DataFrame.group_by`."""

    _frame: Callable[[SelectState], Frame]
    _of: str
    _state: SelectState
    _keys: Mapping[str, Any]

    def agg(self, *columns: Any, **expressions: Any) -> Frame:
        """Compute one row per group: its keys and these aggregates.

        Args:
            *columns: Aggregates that have a name, such as `func.sum(col("x")).label("total")`.
            **expressions: Aggregates by name.

        Returns:
            A frame of the keys and the aggregates; without keys it has exactly one row.

        Examples:
            >>> from moltres import col, connect, func
            >>> db = connect()
            >>> df = db.sql("SELECT * FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) AS t(kind, n)")
            >>> df.group_by("kind").agg(total=func.sum(col("n"))).order_by("kind").collect().rows
            [('a', 3), ('b', 5)]
            >>> db.close()
        """
        return self._frame(verbs.aggregate(self._state, self._keys, columns, expressions))

    def __repr__(self) -> str:
        return f"GroupBy({', '.join(self._keys)}) of {self._of}"
