"""``custom``: a function judges the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._shared.wording import plural, repr_of
from .. import options
from ..base import Aggregate, EvaluationError, MetricCheck, Outcome, rows_where
from ..registry import register

if TYPE_CHECKING:
    from ...relation.relation import Relation
    from ...relation.selection import FollowUp

Function = Callable[[list[dict[str, Any]]], bool]


@register("custom")
@dataclass(frozen=True, kw_only=True)
class Custom(MetricCheck):
    """A function gets the rows as a list of dicts and returns True or False. Not in YAML or JSON.

    This is the only check that fetches all rows from the database: with more than max_rows its status is error.

    Args:
        function: Gets the rows as a list of dicts, returns True or False.
        max_rows: More rows than this are not fetched: the check's status is error.
    """

    compares = False

    function: Function
    max_rows: int = 1_000_000

    def problems(self) -> Iterator[str]:
        """What is wrong with the options."""
        function: object = self.function
        if not callable(function):
            found = repr_of(function)
            yield f"{self.label}: function must be callable, not {found}; it cannot be given in YAML or JSON."
        yield from options.whole(self.label, "max_rows", self.max_rows, least=1)

    @property
    def default_name(self) -> str:
        """The function's name, unless it has none."""
        name = getattr(self.function, "__name__", "<lambda>")
        return self.kind if name == "<lambda>" else f"{self.kind}_{name}"

    def aggregates(self, relation: Relation) -> dict[str, Aggregate]:
        """The number of rows."""
        del relation
        return {"rows": rows_where(self.where)}

    def follow_up(self, relation: Relation, measured: Mapping[str, Any]) -> FollowUp:
        """Fetch the rows and call the function."""
        count = int(measured["rows"])
        if count > self.max_rows:
            raise EvaluationError(
                f"{count:,} rows are more than max_rows ({self.max_rows:,}); raise it, narrow it with where, or use "
                "an expression, which stays in the database"
            )
        rows = yield relation.select_all().where(*relation.among([], self.where))
        passed = yield lambda: self._call(rows, list(relation.columns))
        return {"passed": passed}

    def _call(self, rows: Sequence[Any], names: list[str]) -> bool:
        data = [dict(zip(names, row, strict=True)) for row in rows]
        try:
            answer: object = self.function(data)
        except Exception as error:
            raise EvaluationError(f"the function raised {type(error).__name__}: {error}") from error
        # NumPy's booleans are of another type, called bool_ or bool.
        if type(answer).__name__ not in ("bool", "bool_"):
            raise EvaluationError(f"the function returned {repr_of(answer, 80)} instead of True or False")
        return bool(answer)

    def outcome(self, relation: Relation, measured: Mapping[str, Any]) -> Outcome:
        """Passed if the function returned True."""
        del relation
        passed, rows = measured["passed"], int(measured["rows"])
        return Outcome(passed, f"The function returned {passed} for {plural(rows, 'row')}.", None, rows, passed)
