"""pandera: lazy validation of a pandas frame, one rule at a time; the failed rows are its failure cases.

It validates lazily, because otherwise only the first problem is reported. A check that raised is a failure case without
a row. ``str_matches`` anchors at the beginning, so patterns are searched with ``str_contains``. Environment variables
can switch validation off, so it is switched on. It has no rules about the table as a whole; these are refused.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from ..errors import EngineError
from ..relation.type_family import wanted_families
from .frames import FrameEngine, Library
from .missing import imported
from .rule_input import pandas_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..relation.relation import Relation
    from .protocol import Engine
    from .rule_input import RuleInput

__all__ = ["engine"]

#: The names of its types for whole families.
_TYPES = {"integer": "int64", "float": "float64", "boolean": "bool", "text": "object", "datetime": "datetime64[us]"}


def _in_range(make: Any, given: RuleInput) -> Any:
    check = given.check
    low, high = given.adapted(check.min), given.adapted(check.max)
    if low is None:
        return make.lt(high) if check.strict_max else make.le(high)
    if high is None:
        return make.gt(low) if check.strict_min else make.ge(low)
    return make.in_range(low, high, include_min=not check.strict_min, include_max=not check.strict_max)


def _nowhere(pattern: str) -> str:
    """A pattern that matches a string if the given one, with its flags, is not found in it."""
    flags, body = re.fullmatch(r"((?:\(\?[a-z]+\))*)(.*)", pattern, re.DOTALL).groups()  # type: ignore[union-attr]
    return rf"{flags}(?![\s\S]*?(?:{body}))"


#: The checks of values, from the library's Check and the rule.
_CHECKS: dict[str, Callable[[Any, RuleInput], Any]] = {
    # Every value but NULL is not in an empty list.
    "null": lambda make, _: make.isin([]),
    "in_range": _in_range,
    "in_set": lambda make, given: make.isin(given.values),
    "foreign_key": lambda make, given: make.isin(given.values),
    "not_in_set": lambda make, given: make.notin(given.values),
    "regex": lambda make, given: make.str_contains(given.python_pattern),
    "not_regex": lambda make, given: make.str_matches(_nowhere(given.python_pattern)),
    "length": lambda make, given: make.str_length(min_value=given.check.min, max_value=given.check.max),
}


def _never(check: Any) -> str | None:
    """What its checks cannot express."""
    if check.kind == "foreign_key" and len(check.targets) > 1:
        return "it compares one column with another table, not several"
    if check.kind != "type":
        return None
    wanted = wanted_families(check.dtype)
    return None if len(wanted) == 1 and wanted <= _TYPES.keys() else "its frames have no single type for this one"


def _refusal(check: Any, relation: Relation) -> str | None:
    """What its checks cannot express for the columns of a relation."""
    if check.kind != "type":
        return None
    if relation.columns[check.column].family not in _TYPES or relation.columns[check.column].zoned:
        return "its frames have no single type for such a column"
    return None


@contextlib.contextmanager
def _session() -> Iterator[Callable[[RuleInput], Any]]:
    """Evaluates rules; there is no state to clean up."""
    library = imported("pandera.pandas", "pandera")
    yield lambda given: _failed(library, given)


def _failed(library: Any, given: RuleInput) -> int:
    """The number of rows that break the rule."""
    frame, kind = pandas_frame(given), given.check.kind
    if kind == "unique":
        return _rows(library.DataFrameSchema(unique=given.names, report_duplicates="all"), frame)
    if kind in ("not_null", "completeness"):
        return _rows(library.DataFrameSchema({given.column: library.Column(nullable=False)}), frame)
    if kind == "type":
        return _of_other_type(library, given, frame)
    column = library.Column(checks=_CHECKS[kind](library.Check, given), nullable=True)
    return _rows(library.DataFrameSchema({given.column: column}), frame)


def _of_other_type(library: Any, given: RuleInput, frame: Any) -> int:
    """All rows or none: a column of a frame has one type. The width of numbers does not matter to the rule."""
    (wanted,) = wanted_families(given.check.dtype)
    frame = frame.astype({given.column: _TYPES[given.family]})
    failed = _rows(
        library.DataFrameSchema({given.column: library.Column(_TYPES[wanted], nullable=True)}), frame, by_row=False
    )
    return given.considered if failed else 0


def _rows(schema: Any, frame: Any, *, by_row: bool = True) -> int:
    """How many rows are failure cases."""
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrors

    try:
        # The environment may switch off validation, or the checks of values.
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        raised = cases[cases["index"].isna()]
        if by_row and len(raised):
            raise EngineError(f"pandera reports: {raised['failure_case'].iloc[0]}") from None
        return int(cases["index"].nunique()) if by_row else len(cases)
    return 0


def engine() -> Engine:
    """The engine.

    Raises:
        MissingDependencyError: pandera or pandas is not installed.
    """
    imported("pandera.pandas", "pandera")
    return FrameEngine(LIBRARY)


_KINDS = frozenset({*_CHECKS, "not_null", "completeness", "unique", "type"})
LIBRARY = Library("pandera", _KINDS, _refusal, _session, parallel=True, never=_never)
refusals = LIBRARY.refusals
