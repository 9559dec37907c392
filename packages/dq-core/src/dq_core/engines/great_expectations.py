"""great-expectations: one expectation for each rule, on a pandas frame in an ephemeral context.

Its telemetry is switched off before it is imported. Results are asked for one at a time, because it does not return
them in the order of the suite. Frames hold no missing values where it would turn integers into floats for them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
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

    #: The name of an expectation and its arguments.
    Expectation = tuple[str, dict[str, Any]]

__all__ = ["engine"]

_TYPES = {
    "integer": ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"],
    "float": ["float32", "float64"],
    "boolean": ["bool"],
    "text": ["str"],
}
#: Beyond this, floats cannot represent every integer.
_EXACT = 2**53
_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


def _unique(given: RuleInput) -> Expectation:
    if len(given.names) > 1:
        return "ExpectCompoundColumnsToBeUnique", {"column_list": given.names, "ignore_row_if": "never"}
    return "ExpectColumnValuesToBeUnique", {"column": given.column}


def _in_range(given: RuleInput) -> Expectation:
    check = given.check
    bounds = {"min_value": _moment(given.adapted(check.min)), "max_value": _moment(given.adapted(check.max))}
    strict = {"strict_min": check.strict_min, "strict_max": check.strict_max}
    return "ExpectColumnValuesToBeBetween", {"column": given.column, **bounds, **strict}


def _in_set(given: RuleInput) -> Expectation:
    name = "ExpectColumnValuesToNotBeInSet" if given.check.kind == "not_in_set" else "ExpectColumnValuesToBeInSet"
    return name, {"column": given.column, "value_set": [_moment(value) for value in given.values]}


def _regex(given: RuleInput) -> Expectation:
    name = "ExpectColumnValuesToMatchRegex" if given.check.kind == "regex" else "ExpectColumnValuesToNotMatchRegex"
    return name, {"column": given.column, "regex": _searched(given)}


def _length(given: RuleInput) -> Expectation:
    bounds = {"min_value": given.check.min, "max_value": given.check.max}
    return "ExpectColumnValueLengthsToBeBetween", {"column": given.column, **bounds}


def _type(given: RuleInput) -> Expectation:
    (family,) = wanted_families(given.check.dtype)
    return "ExpectColumnValuesToBeInTypeList", {"column": given.column, "type_list": _TYPES[family]}


def _statistic(given: RuleInput) -> Expectation:
    name = {"stddev": "Stdev"}.get(given.check.statistic, given.check.statistic.title())
    # Any bound works: only the observed value is used.
    return f"ExpectColumn{name}ToBeBetween", {"column": given.column, "min_value": 0}


def _of_column(name: str, **options: Any) -> Callable[[RuleInput], Expectation]:
    return lambda given: (name, {"column": given.column, **options})


_EXPECTATIONS: dict[str, Callable[[RuleInput], Expectation]] = {
    "not_null": _of_column("ExpectColumnValuesToNotBeNull"),
    "completeness": _of_column("ExpectColumnValuesToNotBeNull"),
    "null": _of_column("ExpectColumnValuesToBeNull"),
    "unique": _unique,
    "in_range": _in_range,
    "in_set": _in_set,
    "not_in_set": _in_set,
    "foreign_key": _in_set,
    "regex": _regex,
    "not_regex": _regex,
    "length": _length,
    "type": _type,
    "row_count": lambda _: ("ExpectTableRowCountToBeBetween", {"min_value": 0}),
    "distinct_count": _of_column("ExpectColumnUniqueValueCountToBeBetween", min_value=0),
    "statistic": _statistic,
}


def _refusal(check: Any, relation: Relation) -> str | None:
    """What its expectations cannot express for the columns of a relation."""
    family = relation.columns[check.targets[0]].family if check.targets else ""
    match check.kind:
        case "in_range" if family in ("text", "decimal"):
            return "its bounds are integers, floats and dates"
        case "statistic" if family not in ("integer", "float"):
            return "its statistics are those of integers and floats"
    return None


def _never(check: Any) -> str | None:
    """What its expectations cannot express."""
    match check.kind:
        case "in_range" if any(isinstance(bound, int) and abs(bound) >= _EXACT for bound in (check.min, check.max)):
            return "its bounds are floats, which do not hold such large integers"
        case "foreign_key" if len(check.targets) > 1:
            return "it compares one column with another table, not several"
        case "type" if len(wanted_families(check.dtype)) != 1 or not wanted_families(check.dtype) <= _TYPES.keys():
            return "its frames have no single type for this one"
    return None


@contextlib.contextmanager
def _session() -> Iterator[Callable[[RuleInput], Any]]:
    """Evaluates rules in a context in memory."""
    gx = _library()
    context = gx.get_context(mode="ephemeral")
    # Its progress bars would go to standard error, one for each rule.
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("dq_core")
    numbers = itertools.count(1)

    def answer(given: RuleInput) -> Any:
        definition = source.add_dataframe_asset(f"rule_{next(numbers)}").add_batch_definition_whole_dataframe("rows")
        batch = definition.get_batch({"dataframe": pandas_frame(given, dates_as_moments=True)})
        name, options = _EXPECTATIONS[given.check.kind](given)
        return _answer(batch.validate(getattr(gx.expectations, name)(**options), result_format=_FORMAT), given)

    yield answer


def _library() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    return imported("great_expectations", "great-expectations")


def _answer(found: Any, given: RuleInput) -> Any:
    # Exceptions are reported for the whole expectation, or for each metric that it uses.
    for problem in (found.exception_info, *found.exception_info.values()):
        if isinstance(problem, dict) and problem.get("raised_exception"):
            raise EngineError(f"great-expectations reports: {problem['exception_message']}")
    match given.check.kind:
        case "row_count":
            return int(found.result["observed_value"])
        case "distinct_count":
            return int(found.result["observed_value"] or 0) + (given.nan_rows > 0)
        case "statistic":
            return found.result["observed_value"]
        case "type":
            return 0 if found.success else given.considered
        case _:
            return int(found.result["unexpected_count"])


def _searched(given: RuleInput) -> str:
    """The pattern in the language that its string columns are searched with: Arrow's in pandas 3, Python's before."""
    import pandas as pd

    if pd.Series(["a"]).astype(str).dtype == object:
        return given.python_pattern
    python = str(given.check.compiled.for_python())
    if r"\b" in python or r"\B" in python:
        # There pandas searches with Python's re where strings are not ASCII, and would know the letters of all scripts.
        return given.python_pattern.replace("(?a)", "(?a)(?=)", 1)
    return str(given.check.compiled.for_re2())


def _moment(value: Any) -> Any:
    """A date as the timestamp that the frame has for it."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value


def engine() -> Engine:
    """The engine.

    Raises:
        MissingDependencyError: great-expectations is not installed.
    """
    _library()
    return FrameEngine(LIBRARY)


LIBRARY = Library("great_expectations", frozenset(_EXPECTATIONS), _refusal, _session, parallel=False, never=_never)
refusals = LIBRARY.refusals
