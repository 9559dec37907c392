"""Random suites on random rows: every database says what plain Python says."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_core import validate
from support.check_conformance import store

TYPES = {"id": sa.Integer(), "n": sa.BigInteger(), "f": sa.Double(), "t": sa.Text()}

integers = st.integers(-3, 3) | st.integers(-(2**40), 2**40)
floats = st.floats(-10, 10, allow_nan=False).map(lambda value: value + 0.0) | st.sampled_from([0.0, -0.0, 1.5])
texts = st.text("abAB1 é'%_\\\n", max_size=4)
rows = st.lists(
    st.fixed_dictionaries({"n": st.none() | integers, "f": st.none() | floats, "t": st.none() | texts}), max_size=12
)
COLUMNS = {"n": integers, "f": floats, "t": texts}

Predicate = Callable[[dict[str, Any]], bool | None]
Rule = tuple[dict[str, Any], Predicate]


def of_value(column: str, test: Callable[[Any], bool]) -> Predicate:
    """True if the row passes, None if it is not considered."""
    return lambda row: None if row[column] is None else test(row[column])


@st.composite
def row_rules(draw: st.DrawFn) -> Rule:
    column = draw(st.sampled_from(sorted(COLUMNS)))
    values = COLUMNS[column]
    kind = draw(
        st.sampled_from(["not_null", "null", "in_range", "in_set", "not_in_set", "length", "regex", "not_regex"])
    )
    rule: dict[str, Any] = {"type": kind, "column": column}
    match kind:
        case "not_null":
            return rule, lambda row: row[column] is not None
        case "null":
            return rule, lambda row: row[column] is None
        case "in_range":
            low, high = sorted([draw(values), draw(values)])
            strict = low < high and draw(st.booleans())
            rule |= {"min": low, "max": high, "strict_min": strict}
            return rule, of_value(column, lambda value: (low < value if strict else low <= value) and value <= high)
        case "in_set" | "not_in_set":
            chosen = draw(st.lists(values, max_size=4))
            wanted = kind == "in_set"
            return {**rule, "values": chosen}, of_value(column, lambda value: (value in chosen) is wanted)
        case "length":
            low = draw(st.integers(0, 4))
            return {"type": kind, "column": "t", "min": low}, of_value("t", lambda value: len(value) >= low)
    letter, start = draw(st.sampled_from(["a", "B", "'", "%", "é", "1"])), draw(st.booleans())
    wanted = kind == "regex"
    found = str.startswith if start else str.__contains__
    rule = {"type": kind, "column": "t", "pattern": ("^" if start else "") + letter}
    return rule, of_value("t", lambda value: found(value, letter) is wanted)


unique_rules = st.lists(st.sampled_from(["n", "f", "t"]), min_size=1, max_size=3, unique=True)
numbers = itertools.count(1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=rows, rules=st.lists(row_rules(), min_size=1, max_size=6), keys=unique_rules, part=st.booleans())
def test_databases_say_what_python_says(
    engine: sa.Engine, data: list[dict[str, Any]], rules: list[Rule], keys: list[str], part: bool
) -> None:
    data = [{"id": number, **row} for number, row in enumerate(data)]
    where = {"where": "id % 2 = 0"} if part else {}
    considered = [row for row in data if not part or row["id"] % 2 == 0]
    name = f"random_{next(numbers)}"
    store(engine, name, data, TYPES)
    dicts = [{**rule, **where} for rule, _ in rules] + [{"type": "unique", "columns": keys, **where}]
    report = validate(engine, dicts, table=name, samples=len(data))

    for (rule, predicate), result in zip(rules, report.results[:-1], strict=True):
        answers = {row["id"]: predicate(row) for row in considered}
        failing = [number for number, answer in answers.items() if answer is False]
        looked_at = sum(answer is not None for answer in answers.values())
        assert (result.failed_rows, result.considered_rows) == (len(failing), looked_at), rule
        assert sorted(sample["id"] for sample in result.samples) == failing, rule

    found = {row["id"]: tuple(row[key] for key in keys) for row in considered}
    found = {number: key for number, key in found.items() if any(value is not None for value in key)}
    counts = Counter(found.values())
    repeated = [number for number, key in found.items() if counts[key] > 1]
    assert (report.results[-1].failed_rows, report.results[-1].considered_rows) == (len(repeated), len(found))
    assert sorted(sample["id"] for sample in report.results[-1].samples) == repeated
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP TABLE {name}"))


@settings(max_examples=40, deadline=None)
@given(data=rows, rules=st.lists(row_rules(), min_size=1, max_size=4))
def test_rows_say_what_python_says(data: list[dict[str, Any]], rules: list[Rule]) -> None:
    report = validate(data, [rule for rule, _ in rules], samples=0)
    for (rule, predicate), result in zip(rules, report.results, strict=True):
        answers = [predicate(row) for row in data]
        assert (result.failed_rows, result.considered_rows) == (
            answers.count(False),
            len(answers) - answers.count(None),
        ), rule
