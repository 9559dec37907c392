"""truthound: its own validators, one at a time.

What it evaluates wrongly is avoided. A missing column, a wrong type and an unknown alias of a type pass there:
columns and types are checked before. Validators of one name overwrite each other in parallel: each runs alone.
``unique`` counts NULL as a value, which hides a duplicate: rows without a key are taken out, and ``duplicate`` counts
every row of a repeated one. ``regex`` skips blank text and extrapolates from the first rows of large tables: patterns,
and everything that ``between`` silently skips because it is not a number, are expressions. Errors hide in
``execution_issues``: they are looked for. The default context writes into the working directory; this one does not.
"""

from __future__ import annotations

import contextlib
import functools
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..relation.type_family import wanted_families
from .frames import FrameEngine, Library
from .missing import attribute, imported
from .truthound_profile import learn, profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import polars as pl

    from ..relation.relation import Relation
    from .protocol import Engine
    from .rule_input import RuleInput

__all__ = ["engine"]

_TYPES = {
    "integer": "int",
    "float": "float",
    "boolean": "bool",
    "text": "string",
    "date": "date",
    "datetime": "datetime",
}
_STATISTICS = {
    "min": "MinBetweenValidator", "max": "MaxBetweenValidator", "mean": "MeanBetweenValidator",
    "median": "MedianBetweenValidator", "sum": "SumBetweenValidator", "stddev": "StdBetweenValidator",
}  # fmt: skip
_VALIDATORS = (
    "BetweenValidator", "ColumnTypeValidator", "CustomExpressionValidator", "DistinctCountValidator",
    "DuplicateValidator", "InSetValidator", "LengthValidator", "NotInSetValidator", "NotNullValidator",
    "RowCountValidator", *_STATISTICS.values(),
)  # fmt: skip


@dataclass(frozen=True)
class _Question:
    """A rule for truthound."""

    check: Callable[..., Any]
    validators: Mapping[str, Any]
    given: RuleInput
    frame: pl.DataFrame

    @property
    def rule(self) -> Any:
        return self.given.check

    @property
    def column(self) -> pl.Expr:
        import polars as pl

        return pl.col(self.given.column)

    def issues(self, validator: str, **options: Any) -> tuple[Any, ...]:
        """What one validator finds; alone in its run, so that every issue is about this rule."""
        found = self.check(self.frame, validators=[self.validators[validator](**options)])
        if found.execution_issues:
            raise EngineError(f"truthound reports: {found.execution_issues[0]}")
        return tuple(found.issues)

    def count(self, validator: str, **options: Any) -> int:
        """The number of rows that one validator reports."""
        return sum(int(issue.count) for issue in self.issues(validator, **options))

    def broken(self, holds: pl.Expr) -> int:
        """The rows for which an expression is false."""
        return self.count("CustomExpressionValidator", filter_expr=holds)

    def observed(self, validator: str, **options: Any) -> Any:
        """A measured value, reported only for a broken rule, so the rule is impossible. None without values."""
        found = self.issues(validator, **options)
        return found[0].actual if found else None


def _nulls(question: _Question) -> int:
    return question.count("NotNullValidator", columns=[question.given.column])


def _in_range(question: _Question) -> int:
    """Rows below min and rows above max, each with its own strictness; a row cannot be both."""
    rule, column, given = question.rule, question.column, question.given
    low, high = given.adapted(rule.min), given.adapted(rule.max)
    failed = 0
    if given.family in ("integer", "float"):
        columns = [given.column]
        if low is not None:
            failed += question.count("BetweenValidator", columns=columns, min_value=low, inclusive=not rule.strict_min)
        if high is not None:
            failed += question.count("BetweenValidator", columns=columns, max_value=high, inclusive=not rule.strict_max)
        return failed
    if low is not None:
        failed += question.broken(column > low if rule.strict_min else column >= low)
    if high is not None:
        failed += question.broken(column < high if rule.strict_max else column <= high)
    return failed


def _in_set(question: _Question) -> int:
    """Values that the column's type cannot hold are equal to none of its values, and truthound would raise an error."""
    import polars as pl

    dtype = question.frame.schema[question.given.column]
    values = []
    for value in question.given.values:
        (held,) = pl.Series([value], strict=False).cast(dtype, strict=False)
        if held is not None and held == value:
            values.append(held)
    # A list in one row, because polars reads a column of values as one value for each row.
    listed = pl.Series([values], dtype=pl.List(dtype))
    if question.rule.kind == "not_in_set":
        return question.count("NotInSetValidator", columns=[question.given.column], forbidden_values=listed)
    return question.count("InSetValidator", columns=[question.given.column], allowed_values=listed)


def _length(question: _Question) -> int:
    bounds = {"min_length": question.rule.min, "max_length": question.rule.max}
    return question.count("LengthValidator", columns=[question.given.column], **bounds)


def _type(question: _Question) -> int:
    """All rows or none: a column of a frame has one type."""
    (family,) = wanted_families(question.rule.dtype)
    unsigned = question.frame.schema[question.given.column].is_unsigned_integer()
    wanted = "uint" if family == "integer" and unsigned else _TYPES[family]
    wrong = question.count("ColumnTypeValidator", expected_types={question.given.column: wanted})
    return question.given.considered if wrong else 0


def _distinct_count(question: _Question) -> int:
    given = question.given
    count = question.observed("DistinctCountValidator", columns=[given.column], min_count=given.considered + 1)
    return int(count or 0) + (given.nan_rows > 0)


def _statistic(question: _Question) -> Any:
    return question.observed(_STATISTICS[question.rule.statistic], columns=[question.given.column], min_value=math.inf)


_ANSWERS: dict[str, Callable[[_Question], Any]] = {
    "not_null": _nulls,
    "completeness": _nulls,
    "null": lambda question: question.broken(question.column.is_null()),
    "unique": lambda question: question.count("DuplicateValidator", subset=question.given.names),
    "in_range": _in_range,
    "in_set": _in_set,
    "not_in_set": _in_set,
    "regex": lambda question: question.broken(question.column.str.contains(question.rule.compiled.for_rust())),
    "not_regex": lambda question: question.broken(~question.column.str.contains(question.rule.compiled.for_rust())),
    "length": _length,
    "type": _type,
    # Its own validator of references raises on valid data.
    "foreign_key": _in_set,
    "row_count": lambda question: question.observed("RowCountValidator", min_count=question.given.considered + 1),
    "distinct_count": _distinct_count,
    "statistic": _statistic,
}


def _refusal(check: Any, relation: Relation) -> str | None:
    """What its validators cannot express for the columns of a relation."""
    if check.kind == "statistic" and relation.columns[check.column].family not in ("integer", "float"):
        return "its statistics are those of integers and floats"
    return None


def _never(check: Any) -> str | None:
    """What its validators cannot express."""
    match check.kind:
        case "type" if len(wanted_families(check.dtype)) != 1 or not wanted_families(check.dtype) <= _TYPES.keys():
            return "its frames have no single type for this one"
        case "foreign_key" if len(check.targets) > 1:
            return "it compares one column with another table, not several"
        case "regex" | "not_regex":
            try:
                check.compiled.for_rust()
            except ValueError as error:
                return f"the pattern {error}"
    return None


@contextlib.contextmanager
def _session() -> Iterator[Callable[[RuleInput], Any]]:
    """Evaluates rules in a context without state, in a temporary folder."""
    truthound = imported("truthound", "truthound")
    # Each is imported when it is first asked for; after this, no thread imports anything.
    validators = {name: attribute("truthound.validators", name) for name in _VALIDATORS}
    import polars as pl
    from truthound.context import TruthoundContext, TruthoundContextConfig

    keep_nothing = TruthoundContextConfig(
        persist_runs=False, persist_docs=False, auto_create_baseline=False, auto_create_workspace=False
    )
    with tempfile.TemporaryDirectory(prefix="dq-truthound-") as folder:
        context = TruthoundContext(Path(folder), keep_nothing)
        check = functools.partial(truthound.check, context=context, catch_exceptions=False, parallel=False)

        yield lambda given: _ANSWERS[given.check.kind](_Question(check, validators, given, pl.DataFrame(given.table)))


def engine() -> Engine:
    """The engine.

    Raises:
        MissingDependencyError: truthound is not installed.
    """
    imported("truthound", "truthound")
    return FrameEngine(LIBRARY)


LIBRARY = Library(
    "truthound", frozenset(_ANSWERS), _refusal, _session, parallel=True, never=_never, profile=profile, learn=learn
)
refusals = LIBRARY.refusals
