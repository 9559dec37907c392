"""Whatever Kestra can do can be said: mappings as tasks, triggers and inputs, and ``extra`` for every config."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

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
)
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.exceptions import FlowError

RULES = ({"type": "not_null", "column": "id"},)
LOG = "io.kestra.plugin.core.log.Log"
DOWNLOAD = {"id": "dl", "type": "io.kestra.plugin.core.http.Download", "uri": "https://example.org/y.csv"}
TELL = {"id": "tell", "type": LOG, "message": "{{ outputs.check.vars.status }}"}
CHECK = TaskConfig(id="check", input_uri="{{ outputs.dl.uri }}", input_format="csv", rules=RULES)
PLAIN = TaskConfig(id="check", input_uri="x.csv", rules=RULES)


def flow(*tasks: Any, **changes: Any) -> FlowConfig:
    return FlowConfig(id="flow", tasks=tasks, **changes)


def written(config: FlowConfig, **options: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(FlowGenerator(**options).generate(config))
    return document


def test_tasks_of_other_plugins_stand_where_they_are_given() -> None:
    tasks = written(flow(DOWNLOAD, CHECK, TELL))["tasks"]
    assert [task["id"] for task in tasks] == ["dl", "check", "tell"]
    assert (tasks[0], tasks[2]) == (DOWNLOAD, TELL)
    assert tasks[1]["inputFiles"]["data.csv"] == "{{ outputs.dl.uri }}"


def test_dependencies_between_both_kinds() -> None:
    late = dataclasses.replace(CHECK, depends_on=("dl",))
    assert [task["id"] for task in written(flow(late, DOWNLOAD))["tasks"]] == ["dl", "check"]
    tell = {**TELL, "dependsOn": ["check"]}
    tasks = written(flow(tell, late, DOWNLOAD))["tasks"]
    assert [task["id"] for task in tasks] == ["dl", "check", "tell"]
    assert "dependsOn" not in tasks[2]
    other = {"id": "other", "type": LOG, "message": "m", "dependsOn": ["dl"]}
    (dag,) = written(flow(tell, late, other, DOWNLOAD))["tasks"]
    needs = {one["task"]["id"]: one.get("dependsOn") for one in dag["tasks"]}
    assert needs == {"tell": ["check"], "check": ["dl"], "other": ["dl"], "dl": None}


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (({"type": LOG, "message": "m"},), "The task id must be a string, not None."),
        (({"id": "a b", "type": LOG},), "The task id 'a b'"),
        (({"id": 5, "type": LOG},), "The task id must be a string, not 5."),
        (({"id": "log", "message": "m"},), "type must be the full name of a plugin task"),
        (({"id": "log", "type": 3},), "type must be the full name of a plugin task"),
        ((DOWNLOAD, DOWNLOAD), "Duplicate task id: 'dl'."),
        ((DOWNLOAD, dataclasses.replace(PLAIN, id="dl")), "Duplicate task id: 'dl'."),
        (({**DOWNLOAD, "uri": "{{ inputs.u }}"},), "the input 'u' does not exist"),
        (({**DOWNLOAD, "headers": {"a": ["{{ vars.v }}"]}},), "the variable 'v' does not exist"),
        ((TELL, PLAIN), "may not have run before"),
        ((PLAIN, {**TELL, "message": "{{ outputs.check.status }}"}), "in outputs.check.vars.status"),
        ((PLAIN, {**TELL, "dependsOn": ["chek"]}), "Did you mean 'check'?"),
        ((PLAIN, {**TELL, "dependsOn": "check"}), "dependsOn must be a list of strings"),
        (({**DOWNLOAD, "uri": "https://me:hunter2@host/x"},), "contains a secret"),
        (({**DOWNLOAD, "options": {"at": {1, 2}}},), "A value of type set has no form in YAML"),
        (({**DOWNLOAD, "options": {1: 2}},), "Keys must be strings, not 1"),
        (({"id": "p", "type": "a.Parallel", "tasks": [DOWNLOAD]}, DOWNLOAD), "Duplicate task id: 'dl'."),
        (
            ({"id": "p", "type": "a.Parallel", "tasks": [dataclasses.replace(PLAIN, rules=())]},),
            "Task 'check' has no rules",
        ),
        (
            ({"id": "p", "type": "a.Each", "tasks": [dataclasses.replace(PLAIN, sla=SLAConfig())]},),
            "nothing keeps its consecutive failures",
        ),
    ],
)
def test_tasks_of_other_plugins_that_could_not_run(tasks: tuple[Any, ...], words: str) -> None:
    found = flow(*tasks).problems()
    assert len(found) == 1, found
    assert words in found[0]
    with pytest.raises(FlowError):
        flow(*tasks).to_yaml()


def test_tasks_inside_of_tasks() -> None:
    inner = dataclasses.replace(PLAIN, input_uri="{{ taskrun.value }}", input_format="csv")
    each = {"id": "each", "type": "io.kestra.plugin.core.flow.ForEach", "values": ["a"], "tasks": [inner, TELL]}
    document = written(flow(each, {"id": "end", "type": LOG, "message": "{{ outputs.check }}"}))
    check, tell = document["tasks"][0]["tasks"]
    assert check["type"] == "io.kestra.plugin.scripts.python.Script"
    assert check["inputFiles"]["data.csv"] == "{{ taskrun.value }}"
    assert tell == TELL


@pytest.mark.parametrize("place", ["errors", "finally_tasks"])
def test_errors_and_finally_take_both(place: str) -> None:
    config = flow(PLAIN, **{place: (TELL, dataclasses.replace(PLAIN, id="again"))})
    assert [task["id"] for task in written(config)[place.removesuffix("_tasks")]] == ["tell", "again"]
    needs = flow(PLAIN, **{place: ({**TELL, "dependsOn": ["check"]},)})
    assert "depends_on is not supported there" in needs.problems()[0]


S3 = {"id": "new", "type": "io.kestra.plugin.aws.s3.Trigger", "bucket": "b", "interval": "PT1M"}
WORD = {"id": "u", "type": "STRING", "defaults": "x.csv", "displayName": "File"}


def test_triggers_and_inputs_as_kestra_writes_them() -> None:
    document = written(flow(dataclasses.replace(PLAIN, input_uri="{{ inputs.u }}"), triggers=(S3,), inputs=(WORD,)))
    assert document["triggers"] == [S3]
    assert document["inputs"] == [WORD]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"triggers": ({**S3, "id": None},)}, "The trigger id must be a string"),
        ({"triggers": ({**S3, "type": "schedule"},)}, "type must be the full name of a plugin trigger"),
        ({"triggers": (S3, S3)}, "Duplicate trigger id: 'new'."),
        ({"triggers": ({**S3, "inputs": {"v": 1}},), "inputs": (WORD,)}, "the name of an input must be one of 'u'"),
        ({"triggers": ({**S3, "prefix": "{{ vars.p }}"},)}, "the variable 'p' does not exist"),
        ({"triggers": ({**S3, "prefix": "{{ outputs.check.x }}"},)}, "may not have run before"),
        ({"triggers": ({**S3, "endpoint": "https://h/?sig=hunter2-Zq9"},)}, "contains a secret"),
        ({"inputs": ({**WORD, "id": "a b"},)}, "The input name 'a b'"),
        ({"inputs": ({**WORD, "type": "STRNG"},)}, "Did you mean 'STRING'?"),
        ({"inputs": ({"id": "u"},)}, "its type must be one of"),
        ({"inputs": (WORD, InputConfig(name="u"))}, "Duplicate input: 'u'."),
        ({"inputs": ({**WORD, "id": "api_key", "defaults": "hunter2"},)}, "contains a secret"),
        ({"inputs": ({**WORD, "defaults": object()},)}, "A value of type object has no form in YAML"),
    ],
)
def test_triggers_and_inputs_that_kestra_would_refuse(changes: dict[str, Any], words: str) -> None:
    found = flow(PLAIN, **changes).problems()
    assert len(found) == 1, found
    assert words in found[0]


def test_a_flow_trigger_may_ask_for_outputs_of_the_other_flow() -> None:
    trigger = {"id": "t", "type": "io.kestra.plugin.core.trigger.Flow", "inputs": {"u": "{{ outputs.load.uri }}"}}
    assert flow(PLAIN, triggers=(trigger,), inputs=(WORD,)).problems() == ()


def test_a_mapping_that_leaves_an_input_open_gets_a_comment() -> None:
    needed = {"id": "u", "type": "STRING"}
    assert "A trigger must set u" in flow(PLAIN, triggers=(S3,), inputs=(needed,)).to_yaml()
    nothing = TriggerConfig(id="t", cron="@daily", inputs={"u": None})
    assert "A trigger must set u" in flow(PLAIN, triggers=(nothing,), inputs=(needed,)).to_yaml()
    optional = {**needed, "required": False}
    assert "A trigger must set" not in flow(PLAIN, triggers=(S3,), inputs=(optional,)).to_yaml()


EXTRA = {"key": {"a": [1, "{{ 1 }}"]}}


def extra_of_everything() -> FlowConfig:
    return FlowConfig(
        id="flow",
        tasks=(dataclasses.replace(PLAIN, retry=RetryConfig(extra=EXTRA), extra=EXTRA),),
        inputs=(InputConfig(name="x", default="d", extra=EXTRA),),
        outputs=(OutputConfig(name="o", value="1", extra=EXTRA),),
        checks=(ExecutionCheck(condition="{{ true }}", message="m", extra=EXTRA),),
        concurrency=ConcurrencyConfig(limit=1, extra=EXTRA),
        retry=RetryConfig(extra=EXTRA),
        triggers=(TriggerConfig(id="s", cron="@daily", extra={**EXTRA, "recoverMissedSchedules": "NONE"}),),
        extra={**EXTRA, "afterExecution": [{"id": "log", "type": LOG, "message": "m"}]},
    )


@pytest.mark.parametrize("version", ["1.3", "2.0"])
def test_every_config_has_extra(version: str) -> None:
    document = written(extra_of_everything(), kestra_version=version)
    parts = [document, document["concurrency"], document["retry"], document["tasks"][0]["retry"]]
    parts += [document[name][0] for name in ("tasks", "inputs", "outputs", "checks", "triggers")]
    assert [part["key"] for part in parts] == [EXTRA["key"]] * 9
    assert document["triggers"][0]["recoverMissedSchedules"] == "NONE"
    assert document["afterExecution"][0]["id"] == "log"


def test_extra_wins_and_extends_maps_of_names() -> None:
    runner = {"type": "io.kestra.plugin.ee.kubernetes.runner.Kubernetes", "namespace": "n"}
    extra = {"taskRunner": runner, "outputFiles": ["x"], "env": {"A": "1"}, "inputFiles": {"a.txt": "a"}}
    (block,) = written(flow(dataclasses.replace(PLAIN, extra=extra), labels={"a": "b"}, extra={"labels": {"c": "d"}}))[
        "tasks"
    ]
    assert (block["taskRunner"], block["outputFiles"]) == (runner, ["x"])
    assert {"A", "KESTRA_VALUES"} <= set(block["env"])
    assert list(block["inputFiles"]) == ["kestra.json", "rules.yaml", "a.txt"]
    assert written(flow(PLAIN, labels={"a": "b"}, extra={"labels": {"c": "d"}}))["labels"] == {"a": "b", "c": "d"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (flow(dataclasses.replace(PLAIN, extra={"id": "x"})), "extra must not contain 'id'"),
        (flow(PLAIN, extra={"tasks": []}), "extra must not contain 'tasks'; it is a field of its own"),
        (flow(dataclasses.replace(PLAIN, extra={"env": {"U": "https://me:hunter2@h/x"}})), "contains a secret"),
        (flow(dataclasses.replace(PLAIN, extra={"x": object()})), "has no form in YAML"),
        (flow(dataclasses.replace(PLAIN, extra={"runIf": "{{ inputs.x }}"})), "the input 'x' does not exist"),
        (
            flow(PLAIN, extra={"afterExecution": [{**TELL, "message": "{{ vars.x }}"}]}),
            "the variable 'x' does not exist",
        ),
        (flow(PLAIN, extra={"afterExecution": [{**TELL, "id": "check"}]}), "Duplicate task id: 'check'"),
        (
            flow(PLAIN, extra={"afterExecution": [dataclasses.replace(PLAIN, id="c", sla=SLAConfig())]}),
            "Task 'c' runs after the execution, where nothing keeps its consecutive failures",
        ),
        (flow(PLAIN, retry=RetryConfig(extra=[])), "extra must be a mapping"),  # type: ignore[arg-type]
    ],
)
def test_extra_is_looked_at(config: FlowConfig, words: str) -> None:
    found = config.problems()
    assert len(found) == 1, found
    assert words in found[0]


def test_builders_take_both() -> None:
    built = FlowConfig(id="flow").add_task(DOWNLOAD).with_triggers(S3).with_inputs(WORD).with_extra(afterExecution=[])
    assert list(written(built)) == ["id", "namespace", "inputs", "tasks", "triggers", "afterExecution"]


def test_tasks_of_this_package_may_run_after_the_execution() -> None:
    document = written(flow(DOWNLOAD, extra={"afterExecution": [PLAIN, TELL]}))
    assert [task["id"] for task in document["afterExecution"]] == ["check", "tell"]
    assert "rules.yaml" in document["afterExecution"][0]["inputFiles"]


def test_a_script_in_a_mapping_has_its_packages() -> None:
    inner = TaskConfig(id="s", task_type=TaskType.PYTHON_SCRIPT, script="import somewhere_else")
    each = {"id": "each", "type": "a.b.ForEach", "tasks": [inner]}
    with pytest.raises(FlowError, match="imports somewhere_else"):
        flow(each).to_yaml()


def test_outputs_of_a_script_in_a_loop_are_by_the_values_of_the_loop() -> None:
    loop = {"id": "e", "type": "io.kestra.plugin.core.flow.ForEach", "values": ["a"], "tasks": [PLAIN]}
    log = {"id": "l", "type": "io.kestra.plugin.core.log.Log", "message": f"{{{{ outputs.{PLAIN.id}.a.vars.x }}}}"}
    assert flow(loop, log).problems() == ()
    (problem,) = flow(PLAIN, log).problems()
    assert "the outputs of a script are in" in problem
