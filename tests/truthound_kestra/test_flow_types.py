"""Wrong types raise FlowError or ConfigurationError, whatever stands in whatever field; never anything else."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dq_core
from truthound_kestra.flows import (
    ConcurrencyConfig,
    ExecutionCheck,
    FlowConfig,
    FlowGenerator,
    InputConfig,
    OutputConfig,
    RetryConfig,
    TaskConfig,
    TaskType,
    TriggerConfig,
    TriggerType,
    generate_check_flow,
    generate_learn_flow,
    generate_profile_flow,
    generate_quality_pipeline,
)
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.exceptions import ConfigurationError, FlowError

RULES = ({"type": "not_null", "column": "id"},)
CHECK = TaskConfig(id="check", input_uri="x.csv", rules=RULES)
SCRIPT = TaskConfig(id="script", task_type=TaskType.PYTHON_SCRIPT, script="print(1)")
FLOW = FlowConfig(id="flow", tasks=(CHECK, SCRIPT), inputs=(InputConfig(name="x"),))


class _Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class _UnshowableText(str):
    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("no")


#: A value of each kind that someone may give, by name.
ODD: dict[str, Any] = {
    "not available": pd.NA,
    "none": None,
    "true": True,
    "int": 3,
    "negative": -1,
    "huge": 10**400,
    "float": 0.5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "decimal": Decimal("1.5"),
    "fraction": Fraction(1, 3),
    "numpy": np.int64(3),
    "array": np.array([1, 2]),
    "frame": pd.DataFrame({"a": [1]}),
    "text": "a b",
    "empty": "",
    "expression": "{{ inputs.nope }}",
    "open": "{{ inputs",
    "half": "\ud800",
    "nul": "a\0b",
    "bytes": b"x",
    "list": ["a"],
    "list of numbers": [1, None],
    "list of lists": [["a"], {}],
    "tuple": (),
    "set": {"a"},
    "generator": (one for one in "ab"),
    "mapping": {"a": 1},
    "mapping of numbers": {1: 2},
    "mapping of odd": {"a": {1, 2}, "b": object()},
    "date": dt.date(2024, 1, 1),
    "duration": dt.timedelta(1),
    "path": Path("x.csv"),
    "object": object(),
    "class": int,
    "function": print,
    "config": CHECK,
    "retry": RetryConfig(),
    "input": InputConfig(name="a"),
    "sla": SLAConfig(),
    "check": dq_core.parse([{"type": "unique", "column": "id"}])[0],
    "checks": dq_core.parse([{"type": "unique", "column": "id"}]),
    "type": TaskType.CHECK,
    "unshowable": _Unshowable(),
    "unshowable in a list": [_Unshowable()],
    "unshowable text": _UnshowableText("x"),
    "unshowable key": {_UnshowableText("x"): 1, _Unshowable(): 2},
    "key not available": {pd.NA: "x"},
    "too many digits": 10**5000,
}
_NESTED: dict[str, Any] = {}
_NESTED["again"] = [_NESTED]
ODD["endless"] = _NESTED

#: A config of each kind, and how a flow with it is made.
CONFIGS: dict[str, tuple[Any, Any]] = {
    "flow": (FLOW, lambda config: config),
    "check": (CHECK, lambda config: FlowConfig(id="f", tasks=(config,))),
    "script": (SCRIPT, lambda config: FlowConfig(id="f", tasks=(config,))),
    "error": (CHECK, lambda config: dataclasses.replace(FLOW, errors=(config,))),
    "inner": (CHECK, lambda config: FlowConfig(id="f", tasks=({"id": "p", "type": "a.B", "tasks": [config]},))),
    "input": (InputConfig(name="y"), lambda config: dataclasses.replace(FLOW, inputs=(config,))),
    "select": (
        InputConfig(name="y", type="MULTISELECT", values=("a",), default=["a"]),
        lambda config: dataclasses.replace(FLOW, inputs=(config,)),
    ),
    "output": (OutputConfig(name="y", value="1"), lambda config: dataclasses.replace(FLOW, outputs=(config,))),
    "retry": (RetryConfig(), lambda config: dataclasses.replace(FLOW, retry=config)),
    "task's retry": (
        RetryConfig(),
        lambda config: FlowConfig(id="f", tasks=(dataclasses.replace(CHECK, retry=config),)),
    ),
    "concurrency": (ConcurrencyConfig(limit=1), lambda config: dataclasses.replace(FLOW, concurrency=config)),
    "before": (
        ExecutionCheck(condition="{{ true }}", message="m"),
        lambda config: dataclasses.replace(FLOW, checks=(config,)),
    ),
    **{
        f"trigger {kind.value}": (config, lambda config: dataclasses.replace(FLOW, triggers=(config,)))
        for kind, config in {
            TriggerType.SCHEDULE: TriggerConfig(id="t", cron="@daily"),
            TriggerType.FLOW: TriggerConfig(id="t", type=TriggerType.FLOW, flow_id="up"),
            TriggerType.WEBHOOK: TriggerConfig(id="t", type=TriggerType.WEBHOOK, key="k"),
            TriggerType.POLLING: TriggerConfig(id="t", type=TriggerType.POLLING, uri="https://x.org"),
        }.items()
    },
}
FIELDS = [(name, field.name) for name, (config, _) in CONFIGS.items() for field in dataclasses.fields(config)]


def written_or_refused(make: Any) -> str | None:
    """What is written, as UTF-8; None if it is refused by an error of ours, which can be shown."""
    try:
        text: str = make()
    except (FlowError, ConfigurationError) as error:
        return None if error.problems and str(error) else pytest.fail("an error without a problem")
    text.encode()
    return text


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_any_value_in_any_field(kind: str, field: str) -> None:
    config, flow_of = CONFIGS[kind]
    for name, value in ODD.items():
        changed = flow_of(dataclasses.replace(config, **{field: value}))
        try:
            written_or_refused(changed.to_yaml)
        except Exception as error:
            raise AssertionError(f"{kind}.{field} = {name}: {type(error).__name__}: {error}") from error


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(FlowGenerator)])
def test_any_value_in_any_field_of_a_generator(field: str) -> None:
    for value in ODD.values():
        written_or_refused(lambda: FlowGenerator(**{field: value}).generate(FLOW))  # noqa: B023


FUNCTIONS = [generate_check_flow, generate_profile_flow, generate_learn_flow, generate_quality_pipeline]
ARGUMENTS = (
    "flow_id", "namespace", "input_uri", "rules", "fail_on_error", "schedule", "timezone", "generator",
    "include_profile", "include_check", "include_learn", "min_confidence", "outputs", "triggers", "inputs", "labels",
    "extra", "extra_args", "description", "engine_name", "table", "query", "sla", "metadata", "tags", "sample_failures",
    "min_severity", "baseline_uri", "auto_schema", "top_n", "nonsense", "env", "retry",
)  # fmt: skip


@pytest.mark.parametrize("argument", ARGUMENTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_any_argument_of_the_functions(function: Any, argument: str) -> None:
    usual = {"flow_id": "f", "input_uri": "x.csv"}
    if function in (generate_check_flow, generate_quality_pipeline):
        usual["rules"] = RULES  # type: ignore[assignment]
    for name, value in list(ODD.items())[::3]:
        try:
            written_or_refused(lambda: function(**{**usual, argument: value}))  # noqa: B023
        except Exception as error:
            raise AssertionError(f"{argument} = {name}: {type(error).__name__}: {error}") from error


def odd_fields(config: type) -> st.SearchStrategy[dict[str, str]]:
    names = [field.name for field in dataclasses.fields(config)]
    return st.dictionaries(st.sampled_from(names), st.sampled_from(list(ODD)))


@given(odd_fields(TaskConfig), odd_fields(FlowConfig))
@settings(max_examples=30, deadline=None)
def test_several_wrong_fields_at_once(task: dict[str, str], flow: dict[str, str]) -> None:
    tasks = (dataclasses.replace(CHECK, **{name: ODD[value] for name, value in task.items()}), SCRIPT)
    fields = {"tasks": tasks, **{name: ODD[value] for name, value in flow.items()}}
    written_or_refused(lambda: dataclasses.replace(FLOW, **fields).to_yaml())


@pytest.mark.parametrize("name", list(ODD))
def test_builders_of_any_flow(name: str) -> None:
    value = ODD[name]
    fields = {"tasks": "add_task", "inputs": "with_inputs", "outputs": "with_outputs", "triggers": "with_triggers"}
    fields |= {"checks": "with_checks", "errors": "with_errors", "finally_tasks": "with_finally"}
    for field, method in fields.items():
        broken = FlowConfig(id="f", **{field: value})
        written_or_refused(lambda: getattr(broken, method)(value).to_yaml())  # noqa: B023
    for field, method in {"labels": "with_labels", "variables": "with_variables", "extra": "with_extra"}.items():
        written_or_refused(lambda: getattr(FlowConfig(id="f", **{field: value}), method)(a=value).to_yaml())  # noqa: B023
    written_or_refused(lambda: FLOW.with_concurrency(value, value).with_retry(value).with_sla(value).to_yaml())
    written_or_refused(lambda: FLOW.with_description(value).to_yaml())
    written_or_refused(lambda: FlowGenerator().generate(value))


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (
            dataclasses.replace(SCRIPT, dependencies="pandas", output_files="out.csv"),
            ("dependencies", "output_files"),
        ),
        (TaskConfig(id="c", conditions="{{ inputs.a }}", depends_on="ab"), ("depends_on", "conditions")),
        (dataclasses.replace(CHECK, rules="not_null"), ("rules",)),
        (dataclasses.replace(CHECK, rules={"type": "not_null", "column": "id"}), ("rules",)),
        (InputConfig(name="x", type="SELECT", values="abc"), ("values",)),
        (InputConfig(name="x", type="FILE", extensions=".csv"), ("extensions",)),
        (TriggerConfig(id="t", type=TriggerType.FLOW, flow_id="up", states="SUCCESS"), ("states",)),
        (TriggerConfig(id="t", cron="@daily", conditions="{{ true }}"), ("conditions",)),
    ],
)
def test_text_where_a_list_is_meant_is_one_problem_for_each_field(config: Any, fields: tuple[str, ...]) -> None:
    place = {TaskConfig: "tasks", InputConfig: "inputs", TriggerConfig: "triggers"}[type(config)]
    found = dataclasses.replace(FLOW, **{place: (config,)}).problems()
    assert len(found) == len(fields), found
    for field, problem in zip(fields, found, strict=True):
        assert f": {field} must be a list of " in problem


def test_text_where_a_generator_or_flow_means_a_list() -> None:
    with pytest.raises(ConfigurationError, match="must be a list of strings, not 'pandas'") as caught:
        FlowGenerator(dependencies="pandas")
    assert len(caught.value.problems) == 1
    for field in ("tasks", "inputs", "outputs", "triggers", "errors", "finally_tasks", "checks"):
        for value in ("daily", CHECK, {"id": "a", "type": "a.b"}):
            (found,) = dataclasses.replace(FLOW, **{field: value}).problems()
            assert found.startswith(f"The flow: {field} must be a list of ")


@pytest.mark.parametrize("rules", [None, (), 5, "not_null", {"type": "not_null", "column": "id"}, [None]])
def test_a_check_without_a_list_of_rules_is_refused(rules: Any) -> None:
    with pytest.raises(FlowError, match="rule"):
        generate_check_flow("f", input_uri="x.csv", rules=rules)


def test_a_path_is_a_path() -> None:
    flow = generate_check_flow(
        "f", input_uri=Path("data") / "x.csv", rules=RULES, baseline_uri=Path("b.csv"), auto_schema=True
    )
    assert '"data_uri": "data/x.csv"' in flow
    assert 'baseline_uri="b.csv"' in flow


@pytest.mark.parametrize("kind", ["STRING", "INT", "BOOL", "DATE", "JSON"])
def test_a_value_that_cannot_be_shown_is_refused(kind: str) -> None:
    value: Any = _Unshowable()
    inputs = (InputConfig(name="y", type=kind, default=value),)
    trigger = TriggerConfig(id="t", cron="@daily", inputs={"y": value})
    for changes in (
        {"inputs": inputs},
        {"inputs": (InputConfig(name="y", type=kind),), "triggers": (trigger,)},
        {"outputs": (OutputConfig(name="y", type=kind, value=value),)},
        {"variables": {"y": value}},
        {"description": value},
    ):
        with pytest.raises(FlowError):
            dataclasses.replace(FLOW, **changes).to_yaml()
