"""Flows as people would write them."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import subprocess
import sys
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from support.kestra_cases import FLOW, SCRIPT, TAKEN
from truthound_kestra.flows import (
    FlowConfig,
    FlowGenerator,
    InputConfig,
    RetryConfig,
    RetryPolicy,
    TaskConfig,
    TaskType,
    TriggerConfig,
    TriggerType,
)
from truthound_kestra.flows.yaml import Folded, flow_yaml
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.exceptions import FlowError

RULES = ({"type": "not_null", "column": "id"}, {"type": "in_range", "column": "age", "min": 0, "severity": "high"})
CHECK = TaskConfig(id="check", input_uri="s3://bucket/users.parquet", rules=RULES)

ANY_FALSE = r"{% filter replace({'(?s).*<<\s*(false|0|-0)?\s*>>.*': 'false'}, regexp=true) %}"


def generated(flow: FlowConfig, **options: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(FlowGenerator(**options).generate(flow))
    return document


def task(config: TaskConfig, **flow: Any) -> dict[str, Any]:
    block: dict[str, Any] = generated(FlowConfig(id="flow", tasks=(config,), **flow))["tasks"][0]
    return block


def test_a_check_task() -> None:
    text = FlowGenerator(python_version="3.12").generate(FlowConfig(id="flow", tasks=(CHECK,)))
    assert (
        """\
    inputFiles:
      kestra.json: |
        {
          "task": {
            "data_uri": "s3://bucket/users.parquet"
          }
        }
      rules.yaml: |
        - {type: not_null, column: id}
        - {type: in_range, column: age, min: 0, severity: error}
    outputFiles:
      - check_report.*
      - result.json
    script: |
      from truthound_kestra.scripts import CheckScriptConfig, check_quality_script, errors_in_log, load_rules
      from truthound_kestra.utils import data_source

      with errors_in_log():
          config = CheckScriptConfig(
              rules=load_rules("rules.yaml"),
              engine_name="truthound",
              fail_on_error=True,
              report="check_report",
          )
          check_quality_script(**data_source(), config=config)
"""
        in text
    )
    assert "    containerImage: python:3.12-slim\n" in text
    assert '    pythonVersion: "3.12"\n    packageManager: PIP\n' in text


def test_dependencies_are_pinned_to_what_is_installed() -> None:
    wanted = task(CHECK)["dependencies"]
    assert wanted == [
        f"truthound-kestra[truthound,s3]=={version('truthound-kestra')}",
        f"dq-core=={version('dq-core')}",
        f"moltres-core=={version('moltres-core')}",
        f"truthound=={version('truthound')}",
        f"s3fs=={version('s3fs')}",
    ]
    local = task(dataclasses.replace(CHECK, input_uri="/data/users.csv", engine_name="dq_core"))["dependencies"]
    assert [requirement.split("==")[0] for requirement in local] == ["truthound-kestra", "dq-core", "moltres-core"]


def test_own_dependencies_or_none() -> None:
    flow = FlowConfig(id="flow", tasks=(dataclasses.replace(CHECK, dependencies=("boto3",)),))
    assert generated(flow, dependencies=("./wheels/x.whl",))["tasks"][0]["dependencies"] == ["./wheels/x.whl", "boto3"]
    bare = generated(FlowConfig(id="flow", tasks=(CHECK,)), dependencies=())["tasks"][0]
    assert "dependencies" not in bare
    assert "packageManager" not in bare


def test_runners() -> None:
    flow = FlowConfig(id="flow", tasks=(CHECK,))
    docker = generated(flow, container_image="registry/quality:1")["tasks"][0]
    assert docker["containerImage"] == "registry/quality:1"
    process = generated(flow, task_runner="process")["tasks"][0]
    assert process["taskRunner"] == {"type": "io.kestra.plugin.core.runner.Process"}
    assert "containerImage" not in process


def test_linear_flows_are_plain_tasks_in_order() -> None:
    given_order = (
        dataclasses.replace(SCRIPT, id="b", depends_on=("a",)),
        dataclasses.replace(SCRIPT, id="c", depends_on=("b",)),
        dataclasses.replace(SCRIPT, id="a"),
    )
    tasks = generated(dataclasses.replace(FLOW, tasks=given_order))["tasks"]
    assert [one["id"] for one in tasks] == ["a", "b", "c"]
    assert all("dependsOn" not in one for one in tasks)


def test_without_dependencies_the_order_is_that_of_the_tasks() -> None:
    tasks = tuple(dataclasses.replace(SCRIPT, id=name) for name in "cab")
    assert [one["id"] for one in generated(dataclasses.replace(FLOW, tasks=tasks))["tasks"]] == ["c", "a", "b"]


def test_branches_are_a_dag() -> None:
    (dag,) = generated(TAKEN["branches"])["tasks"]
    assert dag["type"] == "io.kestra.plugin.core.flow.Dag"
    assert [(one["task"]["id"], one.get("dependsOn")) for one in dag["tasks"]] == [
        ("task", None),
        ("second", None),
        ("third", ["task", "second"]),
    ]


def test_the_dag_has_an_id_of_its_own() -> None:
    tasks = (
        dataclasses.replace(SCRIPT, id="branches"),
        dataclasses.replace(SCRIPT, id="b"),
        dataclasses.replace(SCRIPT, id="c", depends_on=("b",)),
    )
    assert generated(dataclasses.replace(FLOW, tasks=tasks))["tasks"][0]["id"] == "branches_"


@pytest.mark.parametrize(
    ("retry", "block"),
    [
        (
            RetryConfig(max_attempts=3, initial_delay_seconds=30),
            {
                "type": "exponential",
                "interval": "PT30S",
                "maxInterval": "PT2M",
                "delayFactor": 2.0,
                "maxAttempts": 3,
            },
        ),
        (
            RetryConfig(policy=RetryPolicy.CONSTANT, max_attempts=2, initial_delay_seconds=1.5),
            {"type": "constant", "interval": "PT1.5S", "maxAttempts": 2},
        ),
        (
            RetryConfig(policy=RetryPolicy.RANDOM, max_delay_seconds=60, max_duration_seconds=600),
            {
                "type": "random",
                "minInterval": "PT30S",
                "maxInterval": "PT1M",
                "maxAttempts": 3,
                "maxDuration": "PT10M",
            },
        ),
        (
            RetryConfig(policy=RetryPolicy.LINEAR, initial_delay_seconds=10),
            {"type": "exponential", "interval": "PT10S", "maxInterval": "PT40S", "delayFactor": 1.0, "maxAttempts": 3},
        ),
    ],
)
def test_retries(retry: RetryConfig, block: dict[str, Any]) -> None:
    assert task(dataclasses.replace(CHECK, retry=retry))["retry"] == block


def test_no_retry() -> None:
    none = RetryConfig(policy=RetryPolicy.NONE)
    assert "retry" not in task(dataclasses.replace(CHECK, retry=none))
    assert "retry" not in generated(dataclasses.replace(FLOW, retry=none))


def test_a_file_of_kestras_storage_is_handed_in() -> None:
    config = dataclasses.replace(CHECK, input_uri="{{ inputs.upload }}", input_format="csv")
    block = task(config, inputs=(InputConfig(name="upload", type="FILE"),))
    assert block["inputFiles"]["data.csv"] == "{{ inputs.upload }}"
    assert '"data_uri": "data.csv"' in block["inputFiles"]["kestra.json"]


def test_an_output_file_tells_its_format() -> None:
    first = dataclasses.replace(SCRIPT, id="make", script="open('users.parquet', 'w')")
    second = dataclasses.replace(CHECK, input_uri="{{ outputs.make.outputFiles['users.parquet'] }}")
    block = generated(FlowConfig(id="flow", tasks=(first, second)))["tasks"][1]
    assert block["inputFiles"]["data.parquet"] == "{{ outputs.make.outputFiles['users.parquet'] }}"


def test_options_of_the_script_are_literals() -> None:
    extra = {"tags": ["a", "it's", '"{{ x }}"'], "metadata": {"k": None, "n": 0.5}, "sample_failures": 3}
    script = task(dataclasses.replace(CHECK, extra_args=extra, timeout_seconds=60))["script"]
    assert "{{" not in script
    calls: list[Any] = []
    program = "\n".join(line for line in script.splitlines() if not line.startswith("from "))
    names = {
        "CheckScriptConfig": lambda **options: options,
        "load_rules": lambda name: name,
        "errors_in_log": contextlib.nullcontext,
        "check_quality_script": lambda data_uri, config: calls.append((data_uri, config)),
        "data_source": lambda: {"data_uri": "u"},
    }
    exec(program, {"__name__": "x"} | names)
    uri, config = calls[0]
    assert uri == "u"
    assert {name: config[name] for name in extra} == extra
    assert config["timeout_seconds"] is None


def test_an_sla_is_evaluated_and_remembered() -> None:
    config = dataclasses.replace(CHECK, sla=SLAConfig(min_pass_rate=0.95))
    document = generated(FlowConfig(id="users", tasks=(config,)))
    block = document["tasks"][0]
    assert block["env"]["KESTRA_SLA_STATE"] == "{{ kv('sla.users.check', errorOnMissing=false) ?? '' }}"
    assert "    sla=SLAConfig(min_pass_rate=0.95),\n" in block["script"]
    assert document["finally"] == [
        {
            "id": "remember_check",
            "type": "io.kestra.plugin.core.kv.Set",
            "runIf": "{{ (outputs.check.vars.sla_state ?? '') != '' }}",
            "key": "sla.users.check",
            "kvType": "STRING",
            "value": "{{ outputs.check.vars.sla_state }}",
        }
    ]
    forgetful = dataclasses.replace(CHECK, sla=SLAConfig(max_consecutive_failures=None))
    assert "finally" not in generated(FlowConfig(id="users", tasks=(forgetful,)))


def test_the_task_that_remembers_has_an_id_of_its_own() -> None:
    config = dataclasses.replace(CHECK, sla=SLAConfig())
    end = dataclasses.replace(SCRIPT, id="remember_check")
    document = generated(FlowConfig(id="users", tasks=(config,), finally_tasks=(end,)))
    assert [one["id"] for one in document["finally"]] == ["remember_check_", "remember_check"]


def test_versions_say_some_things_differently() -> None:
    one, two = (generated(TAKEN["everything"], kestra_version=number) for number in ("1.3", "2.0"))
    upstream = [{"namespace": "tests", "flowId": "load", "states": ["SUCCESS", "WARNING"]}]
    assert one["triggers"][1]["preconditions"] == {"id": "after_ends", "flows": upstream}
    assert two["triggers"][1]["dependsOn"] == upstream
    assert two["triggers"][1]["when"] == "{{ (true) and (1 == 1) }}"
    assert [condition["expression"] for condition in one["triggers"][1]["conditions"]] == ["{{ true }}", "{{ 1 == 1 }}"]
    assert "condition" in one["checks"][0]
    assert "when" in two["checks"][0]


def test_a_trigger_that_leaves_an_input_open_gets_a_comment() -> None:
    flow = dataclasses.replace(
        FLOW, inputs=(InputConfig(name="data_uri"),), triggers=(TriggerConfig(id="t", cron="@daily"),)
    )
    comment = "# A trigger must set data_uri (inputs:), or its executions fail.\ntriggers:"
    assert comment in flow.to_yaml()
    given_value = dataclasses.replace(
        flow, triggers=(TriggerConfig(id="t", cron="@daily", inputs={"data_uri": "x.csv"}),)
    )
    assert "A trigger must" not in given_value.to_yaml()


def test_builders_leave_the_flow_as_it_was() -> None:
    flow = FlowConfig(id="flow")
    built = (
        flow.add_task(SCRIPT)
        .with_labels(team="data")
        .with_variables(x=1)
        .with_inputs(InputConfig(name="a"))
        .with_triggers(TriggerConfig(id="t", type=TriggerType.WEBHOOK, key="k"))
        .with_errors({"id": "log", "type": "io.kestra.plugin.core.log.Log", "message": "failed"})
        .with_retry(RetryConfig(extra={"behavior": "CREATE_NEW_EXECUTION"}))
        .with_sla(SLAConfig(max_execution_time_seconds=60))
        .with_concurrency(1)
        .with_description("A flow.")
    )
    assert flow == FlowConfig(id="flow")
    document = generated(built)
    assert list(document) == [
        "id", "namespace", "description", "labels", "inputs", "variables", "concurrency", "sla", "retry", "tasks",
        "errors", "triggers",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["everything", "branches"])
def test_the_same_flow_gives_the_same_text_in_every_process(name: str) -> None:
    program = f"from support.kestra_cases import TAKEN; print(TAKEN[{name!r}].to_yaml(), end='')"
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {TAKEN[name].to_yaml()}


def test_no_anchors_for_values_that_stand_twice() -> None:
    shared = {"a": [1]}
    text = dataclasses.replace(FLOW, variables={"x": shared, "y": shared}).to_yaml()
    assert "&" not in text
    assert yaml.safe_load(text)["variables"] == {"x": shared, "y": shared}


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(st.dictionaries(st.text(min_size=1), values, min_size=1, max_size=4))
def test_any_values_read_back_as_they_were(document: dict[str, Any]) -> None:
    assert yaml.safe_load(flow_yaml(document, "head", {})) == document


@given(st.text())
def test_text_for_people_reads_back_as_it_was(text: str) -> None:
    assert yaml.safe_load(flow_yaml({"description": Folded(text)}, "head", {})) == {"description": text}


def test_long_text_is_folded_and_expressions_are_not() -> None:
    long = "words " * 60 + "end"
    text = flow_yaml({"description": Folded(long), "expression": "{{ " + "a and " * 60 + "b }}"}, "head", {})
    lines = text.splitlines()
    assert lines[1] == "description: >-"
    assert len(lines) > 4
    assert max(len(line) for line in lines[1:-1]) <= 100
    assert lines[-1].startswith('expression: "{{ a and')


@pytest.mark.parametrize("kind", [kind for kind in TaskType if kind is not TaskType.PYTHON_SCRIPT])
def test_task_types_may_be_given_as_text(kind: TaskType) -> None:
    more: dict[str, Any] = {
        TaskType.CHECK: {"rules": RULES},
        TaskType.COMPARE: {"copy_uri": "y.csv", "engine_name": "dq_core"},
    }.get(kind, {})
    config = TaskConfig(id="t", task_type=kind.value, input_uri="x.csv", **more)  # type: ignore[arg-type]
    assert f"{kind.value}_report.*" in task(config)["outputFiles"]


def test_numbers_of_numpy_are_numbers() -> None:
    flow = FlowConfig(
        id="flow",
        variables={"limit": np.float64(0.5), "rows": np.int64(3)},
        concurrency=np.int64(2),  # type: ignore[arg-type]
        retry=RetryConfig(max_attempts=np.int64(3), initial_delay_seconds=np.float64(1.5)),  # type: ignore[arg-type]
        sla=SLAConfig(max_failure_rate=np.float64(0.05)),
        tasks=(
            TaskConfig(
                id="check",
                input_uri="users.parquet",
                rules=({"type": "not_null", "column": "id"},),
                extra_args={
                    "sample_failures": np.int64(7),
                    "metadata": {"share": np.float32(0.5), "d": Decimal("1.5")},
                },
            ),
        ),
    )
    document = yaml.safe_load(flow.to_yaml())
    assert document["variables"] == {"limit": 0.5, "rows": 3}
    assert document["concurrency"]["limit"] == 2
    assert (document["retry"]["maxAttempts"], document["retry"]["interval"]) == (3, "PT1.5S")
    assert document["sla"][0]["assert"] == "{{ (outputs.check.vars.failure_rate ?? 0.05) <= 0.05 }}"
    assert "sample_failures=7," in document["tasks"][0]["script"]
    assert 'metadata={"share": 0.5, "d": 1.5},' in document["tasks"][0]["script"]


def test_an_option_that_a_program_cannot_hold_is_refused() -> None:
    task = TaskConfig(
        id="check",
        input_uri="users.parquet",
        rules=({"type": "not_null", "column": "id"},),
        extra_args={"metadata": {"at": dt.date(2024, 1, 1)}},
    )
    (found,) = FlowConfig(id="flow", tasks=(task,)).problems()
    assert found == "Task 'check': metadata contains a value of type date, which a flow cannot contain."


def test_a_variable_without_a_form_in_yaml_is_refused() -> None:
    with pytest.raises(FlowError, match="A value of type object has no form in YAML"):
        dataclasses.replace(FLOW, variables={"x": object()}).to_yaml()


WARNS = dataclasses.replace(CHECK, rules=({"type": "not_null", "column": "id", "severity": "low"},))


@pytest.mark.parametrize("rules", [WARNS.rules, (*RULES, {"type": "unique", "column": "id", "severity": "warning"})])
def test_a_check_that_can_only_warn_gives_the_execution_that_state(rules: tuple[dict[str, Any], ...]) -> None:
    after = dataclasses.replace(SCRIPT, id="after")
    flow = FlowConfig(id="flow", tasks=(dataclasses.replace(WARNS, rules=rules), after))
    tasks = generated(flow)["tasks"]
    assert [one["id"] for one in tasks] == ["check", "warn_check", "after"]
    assert tasks[1] == {
        "id": "warn_check",
        "type": "io.kestra.plugin.core.execution.Fail",
        "runIf": "{{ (outputs.check.vars.warning_count ?? 0) > 0 }}",
        "errorMessage": "{{ outputs.check.vars.warning_count }} checks of task check failed that only warn.",
        "allowFailure": True,
    }


def test_in_a_dag_no_task_waits_for_the_warning() -> None:
    other, last = (dataclasses.replace(SCRIPT, id=name) for name in ("warn_check", "last"))
    flow = FlowConfig(id="flow", tasks=(WARNS, other, dataclasses.replace(last, depends_on=("check", "warn_check"))))
    (dag,) = generated(flow)["tasks"]
    assert [(one["task"]["id"], one.get("dependsOn")) for one in dag["tasks"]] == [
        ("check", None),
        ("warn_check_", ["check"]),
        ("warn_check", None),
        ("last", ["check", "warn_check"]),
    ]


def test_checks_inside_of_other_tasks_give_the_execution_that_state() -> None:
    other = dataclasses.replace(WARNS, id="not")
    each = {"id": "each", "type": "io.kestra.plugin.core.flow.ForEach", "values": [1], "tasks": [WARNS, CHECK, other]}
    each["tasks"][1] = dataclasses.replace(CHECK, id="no_warning")
    after = dataclasses.replace(SCRIPT, id="warn_each")
    tasks = generated(FlowConfig(id="flow", tasks=(each, after)))["tasks"]
    assert [one["id"] for one in tasks] == ["each", "warn_each_", "warn_each"]
    condition = tasks[1]["runIf"]
    assert condition.startswith("{{ (((outputs.check ?? {}) | jq(")
    assert "(outputs['not'] ?? {})" in condition
    assert "no_warning" not in condition


def test_tasks_that_a_flow_adds_have_names_of_their_own() -> None:
    names = ("a", "warn_a", "a_", "branches")
    inner = {"id": "warn_a_", "type": "io.kestra.plugin.core.log.Log", "message": "m"}
    tasks = [dataclasses.replace(WARNS, id=name, depends_on=() if name == "a" else ("a",)) for name in names]
    outer = {"id": "outer", "type": "io.kestra.plugin.core.flow.Sequential", "tasks": [inner], "dependsOn": ["a"]}
    end = dataclasses.replace(SCRIPT, id="branches_")
    (dag,) = generated(FlowConfig(id="flow", tasks=(*tasks, outer), finally_tasks=(end,)))["tasks"]
    found = [dag["id"], "branches_", "warn_a_", *(one["task"]["id"] for one in dag["tasks"])]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "check", [CHECK, dataclasses.replace(WARNS, extra_args={"fail_on_warning": True})], ids=["errors", "fails"]
)
def test_a_check_that_cannot_end_with_warnings_has_no_task_for_them(check: TaskConfig) -> None:
    assert len(generated(FlowConfig(id="flow", tasks=(check,)))["tasks"]) == 1


def test_a_script_knows_which_files_kestra_keeps() -> None:
    check = dataclasses.replace(CHECK, output_files=("*.png", "{{ inputs.name }}.csv"))
    flow = FlowConfig(id="flow", inputs=(InputConfig(name="name"),), tasks=(check, SCRIPT))
    first, second = generated(flow)["tasks"]
    assert first["env"]["KESTRA_OUTPUT_FILES"] == "check_report.*\nresult.json\n*.png"
    assert "KESTRA_OUTPUT_FILES" not in second["env"]


@pytest.mark.parametrize(
    ("conditions", "written"),
    [
        (("{{ a }}",), "{{ a }}"),
        (("{{ a == 'b' }}", "{{- not c -}}"), "{{ (a == 'b') and (not c) }}"),
        (("{{ a is not null }}", " {{ (a > 1 or true) }}\n"), "{{ (a is not null) and ((a > 1 or true)) }}"),
        (("{{ true }}", "{{ a }}"), f"{ANY_FALSE}<<{{{{ true }}}}>> and <<{{{{ a }}}}>>{{% endfilter %}}"),
        (("{{ a | f }}", "x{{ true }}"), f"{ANY_FALSE}<<{{{{ a | f }}}}>> and <<x{{{{ true }}}}>>{{% endfilter %}}"),
        (("{{ a }}{{ b }}", "{{ 1 }}"), f"{ANY_FALSE}<<{{{{ a }}}}{{{{ b }}}}>> and <<{{{{ 1 }}}}>>{{% endfilter %}}"),
    ],
)  # fmt: skip
def test_several_conditions_are_one(conditions: tuple[str, ...], written: str) -> None:
    """Each as Kestra takes it alone: false if it prints ``false``, which is true for the operator ``and``."""
    task = dataclasses.replace(FLOW.tasks[0], conditions=conditions)
    document = yaml.safe_load(dataclasses.replace(FLOW, tasks=(task,)).to_yaml())
    assert document["tasks"][0]["runIf"] == written
