"""Strictness: what is wrong with rules is said before any scan, all of it, with the closest valid name."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import Check, DataQualityCheck, RuleError, Suite, parse, validate
from dq_core.checks import KINDS
from support.check_conformance import store
from support.engine_conformance import RULES

# Without kinds that other tests have registered.
OWN = [cls for cls in KINDS.values() if cls.__module__.startswith("dq_core.")]
#: One rule of every kind.
EXAMPLES = list({rule["type"]: rule for rule in reversed(RULES.values())}.values())


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule["type"])
def test_every_kind_takes_the_common_options_and_refuses_others(rule: dict[str, Any]) -> None:
    (check,) = parse([{**rule, "name": "n", "severity": "critical", "description": "d"}])
    assert (check.label, check.severity, check.description, check.kind) == ("n", "critical", "d", rule["type"])
    for option, value in {"severity": "high", "threshold": 1.1, "name": 5, "where": " ", "description": 1}.items():
        with pytest.raises(RuleError, match=option):
            parse([{**rule, option: value}])
    with pytest.raises(RuleError, match="severity must be one of"):
        parse([{**rule, "severity": sa.column("x")}])  # whose comparisons have no truth value
    with pytest.raises(RuleError, match=rf"{rule['type']} has no option 'threshhold'. Did you mean 'threshold'\?"):
        parse([{**rule, "threshhold": 1}])


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule["type"])
def test_a_missing_option_is_named(rule: dict[str, Any]) -> None:
    required = [field.name for field in dataclasses.fields(KINDS[rule["type"]]) if field.default is dataclasses.MISSING]
    for option in required:
        with pytest.raises(RuleError, match=f"{rule['type']}: the option '{option}' is missing"):
            parse([{key: value for key, value in rule.items() if key != option}])


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule["type"])
def test_checks_are_values(rule: dict[str, Any]) -> None:
    (first,), (second,) = parse([rule]), parse([rule])
    assert first == second
    assert parse([first]) == (first,)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule["type"])
def test_every_kind_has_a_function(rule: dict[str, Any]) -> None:
    """Written by hand, or derived from the options of the kind."""
    options = {name: value for name, value in rule.items() if name != "type"}
    fields = [field.name for field in dataclasses.fields(KINDS[rule["type"]])]
    name = f"column_{rule['type']}" if "column" in fields else rule["type"]
    if "columns" in options and "column" in fields:
        options["column"], *more = options.pop("columns")
        made = getattr(DataQualityCheck, name)(options.pop("column"), *more, **options)
    elif rule["type"] == "type":
        made = DataQualityCheck.column_type(options["column"], options["dtype"])
    else:
        made = getattr(DataQualityCheck, name)(**options)
    assert (made,) == parse([rule])


def test_a_registered_kind_gets_a_function_which_takes_the_required_options_by_position() -> None:
    assert DataQualityCheck.column_in_range("x", min=1) == DataQualityCheck.column_range("x", min=1)  # type: ignore[attr-defined]
    assert "column_in_range" in dir(DataQualityCheck)
    with pytest.raises(TypeError, match="column_in_range takes 1 arguments by position: column"):
        DataQualityCheck.column_in_range("x", 1)  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"no function 'column_not_nul'. Did you mean 'column_not_null'\?"):
        DataQualityCheck.column_not_nul("x")  # type: ignore[attr-defined]


def test_numbers_of_numpy_are_numbers(engine: sa.Engine) -> None:
    np = pytest.importorskip("numpy")
    rules = [
        {"type": "in_range", "column": "x", "min": np.int64(1), "max": np.float64(2.5), "strict_min": np.bool_(False)},
        {"type": "in_set", "column": "x", "values": [np.int32(1), 2]},
        {"type": "row_count", "min": np.int8(2)},
        {"type": "not_null", "column": "x", "threshold": np.float32(0.5)},
    ]
    own = [
        {"type": "in_range", "column": "x", "min": 1, "max": 2.5},
        {"type": "in_set", "column": "x", "values": [1, 2]},
        {"type": "row_count", "min": 2},
        {"type": "not_null", "column": "x", "threshold": 0.5},
    ]
    assert parse(rules) == parse(own)
    assert Suite.from_yaml(Suite(rules).to_yaml()) == Suite(own)
    table = store(engine, "t", [{"x": 1}, {"x": 2}], {"x": sa.Integer()})
    assert validate(engine, rules, table=table).passed


def test_factories_of_the_user_guide() -> None:
    checks = [
        DataQualityCheck.column_not_null("email"),
        DataQualityCheck.column_range("age", min=0, max=150),
        DataQualityCheck.column_unique("email"),
        DataQualityCheck.column_type("age", int),
        DataQualityCheck.row_count(min=1, max=1000),
        DataQualityCheck.column_completeness("email", threshold=0.9),
        DataQualityCheck.custom(lambda data: len(data) > 0, check_name="has_rows"),
    ]
    assert all(isinstance(check, Check) for check in checks)
    assert [check.label for check in checks] == [
        "not_null_email", "in_range_age", "unique_email", "type_age", "row_count", "completeness_email", "has_rows",
    ]  # fmt: skip
    rows = [{"email": f"{number}@x", "age": number} for number in range(10)]
    assert validate(rows, checks).passed


def test_all_problems_of_all_rules_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        parse(
            [
                {"type": "in_rnge", "column": "x"},
                {"column": "x"},
                "not_null",
                {"type": "not_null", "columm": "x", "severity": "eror"},
                {"type": "in_range", "column": 5, "min": 3, "max": 1, "threshold": 2, "severity": "eror"},
                {"type": "row_count", "min": 1, "name": "n", "check_name": "m"},
            ]
        )
    assert caught.value.problems == (
        "Rule 1: the type of check 'in_rnge' does not exist. Did you mean 'in_range'?",
        "Rule 2: the key 'type' is missing: {'column': 'x'}.",
        "Rule 3: a rule must be a check or a dict, not 'not_null'.",
        "Rule 4: not_null has no option 'columm'. Did you mean 'column'?",
        "Rule 5: in_range_5: severity must be one of info, warning, error, critical, not 'eror'. Did you mean 'error'?",
        "Rule 5: in_range_5: threshold must be a number from 0 to 1, not 2.",
        "Rule 5: in_range_5: column must be the name of a column, not 5.",
        "Rule 5: in_range_5: min 3 is greater than max 1.",
        "Rule 6: row_count: name is given twice, once as 'check_name'.",
    )
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith("9 problems:\n  - Rule 1:")


@pytest.mark.parametrize("rules", [[], None, {"type": "row_count", "min": 1}, "row_count", 5])
def test_no_rules_are_no_pass(rules: Any) -> None:
    with pytest.raises(RuleError, match=r"no checks|must be a list"):
        parse(rules)


def test_an_unknown_type_without_a_close_name_lists_all() -> None:
    with pytest.raises(RuleError, match=r"The types are: .*completeness.*unique") as caught:
        parse([{"type": "zzz"}])
    assert "between" not in str(caught.value)


@pytest.mark.parametrize("alias", ["range", "between"])
def test_aliases(alias: str) -> None:
    assert parse([{"type": alias, "column": "x", "min": 1}]) == parse([{"type": "in_range", "column": "x", "min": 1}])


def test_what_does_not_fit_the_table_is_refused_before_any_scan(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE people (age INTEGER, name TEXT, born DATE)"))
    seen: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with pytest.raises(RuleError) as caught:
        validate(
            engine,
            [
                {"type": "not_null", "column": "agee"},
                {"type": "in_range", "column": "age", "min": "old"},
                {"type": "in_range", "column": "born", "min": "yesterday"},
                {"type": "in_set", "column": "name", "values": [1]},
                {"type": "regex", "column": "age", "pattern": "1"},
                {"type": "not_null", "column": "age", "where": "nmae = 'x'"},
                {"type": "expression", "sql": "agee > 1"},
                {"type": "unique", "columns": ["name", "bron"]},
            ],
            table="people",
            mask=["nme"],
        )
    problems = caught.value.problems
    assert problems[0] == "Rule 1: not_null_agee: the column 'agee' does not exist. Did you mean 'age'?"
    assert "'old' (text) cannot be compared with a column of type integer" in problems[1]
    assert "'yesterday' is not an ISO 8601 date" in problems[2]
    assert "1 (integer) cannot be compared with a column of type text" in problems[3]
    assert "regex is for columns of type text, and age is INTEGER" in problems[4].replace("integer;", "INTEGER;")
    assert "the column 'bron' does not exist. Did you mean 'born'?" in problems[5]
    assert problems[6] == "mask: the column 'nme' does not exist. Did you mean 'name'?"
    assert "not_null_age: where \"nmae = 'x'\" cannot be evaluated" in problems[7]
    assert "expression: sql 'agee > 1' cannot be evaluated" in problems[8]
    assert len(problems) == 9
    reading = [sql.lower() for sql in seen if "from people" in sql.lower().replace("\n", "")]
    assert all(
        sql.startswith(("prepare", "describe", "explain")) or "false" in sql or "0 = 1" in sql for sql in reading
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"samples": -1}, "samples must be a whole number from 0, not -1"),
        ({"samples": True}, "samples must be a whole number"),
        ({"timeout_seconds": 0}, "timeout_seconds must be a number of seconds above 0, not 0"),
        ({"mask": "x"}, "mask must be a list of column names, not 'x'"),
        ({"table": "t"}, "table= goes with a database, not with files, frames and rows"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        validate([{"x": 1}], [{"type": "not_null", "column": "x"}], **options)


def _function(name: str) -> Any:
    """A function of `DataQualityCheck` that no type checker sees."""
    return getattr(DataQualityCheck, name)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: DataQualityCheck.column_range("age", minn=0), r"column_range has no option 'minn'. Did you mean"),
        (lambda: DataQualityCheck.column_range("age", 0, 9), "column_range: too many positional arguments"),
        (lambda: DataQualityCheck.column_in_set("age"), "column_in_set: missing a required argument: 'values'"),
        (lambda: _function("column_in_range")("age", minn=0), r"column_in_range has no option 'minn'. Did you mean"),
        (_function("column_in_range"), "column_in_range: the option 'column' is missing"),
        (lambda: DataQualityCheck.row_count(min=0, columns=1), "row_count has no option 'columns'"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_functions_are_errors_of_ours(make: Any, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        make()
