"""What Kestra would refuse, or could not run, is refused before it is written."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from support.kestra_cases import FLOW, REFUSED, SCRIPT, TAKEN
from truthound_kestra.flows import (
    ExecutionCheck,
    FlowConfig,
    FlowGenerator,
    InputConfig,
    OutputConfig,
    RetryConfig,
    RetryPolicy,
    TaskConfig,
    TaskType,
    TriggerConfig,
    TriggerType,
)
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.exceptions import ConfigurationError, DataQualityError, FlowError

RULES = ({"type": "not_null", "column": "id"},)
CHECK = TaskConfig(id="check", input_uri="users.parquet", rules=RULES)


@pytest.mark.parametrize("name", REFUSED)
def test_what_kestra_refuses_is_refused(name: str) -> None:
    assert len(REFUSED[name].problems()) >= 1
    with pytest.raises(FlowError):
        FlowGenerator().generate(REFUSED[name])


@pytest.mark.parametrize("version", ["1.3", "2.0"])
@pytest.mark.parametrize("name", TAKEN)
def test_what_kestra_takes_is_taken(name: str, version: str) -> None:
    assert TAKEN[name].problems(version) == ()


def problems(task: TaskConfig, **flow: Any) -> tuple[str, ...]:
    return FlowConfig(id="flow", tasks=(task,), **flow).problems()


def check(**changes: Any) -> TaskConfig:
    return dataclasses.replace(CHECK, **changes)


FILE = (InputConfig(name="file", type="FILE"),)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (check(rules=({"type": "not_nul", "column": "id"},)), "Did you mean 'not_null'?"),
        (check(rules=({"type": "in_range", "column": "a", "min": 0, "mxa": 1},)), "no option 'mxa'"),
        (check(rules=({"type": "not_null", "column": "id", "severity": "loud"},)), "severity"),
        (check(rules=()), "has no rules"),
        (check(input_uri=None), "requires input_uri"),
        (check(input_uri=" "), "requires input_uri"),
        (check(engine_name="truthhound"), "Did you mean 'truthound'?"),
        (check(extra_args={"sample_failure": 3}), "Did you mean 'sample_failures'?"),
        (check(extra_args={"engine_name": "pandera"}), "a field of TaskConfig"),
        (check(extra_args={"sample_failures": -1}), "sample_failures must be a whole number from 0"),
        (check(table="users", query="select 1"), "either table or query"),
        (check(input_uri="postgresql://me:pw@host/db", table="users"), "input_uri contains a secret"),
        (check(input_format="csv"), "input_format is only supported for files of Kestra's storage"),
        (check(input_uri="{{ inputs.file }}"), "Give input_format"),
        (check(input_uri="{{ inputs.file }}", input_format="xls"), "input_format must be one of"),
        (check(timeout_seconds=0), "timeout_seconds must be a number of seconds above 0"),
        (check(timeout_seconds=0.0001), "must be from 0.001"),
        (check(conditions=("inputs.full",)), "a condition must be an expression"),
        (check(env={"A B": "x"}), "environment variable 'A B'"),
        (check(env={"A": 1}), "must be a string, not 1"),
        (check(env={"DB_PASSWORD": "hunter2"}), "Use {{ secret('DB_PASSWORD') }}"),
        (check(dependencies=("a\nb",)), "must be a single pip requirement"),
        (check(script="print(1)"), "script is only supported for Python scripts"),
        (check(task_type="chek"), "Did you mean 'check'?"),
        (check(task_type=TaskType.PROFILE), "rules and sla are only supported for checks"),
        (check(task_type=TaskType.LEARN, rules=(), sla=SLAConfig()), "rules and sla are only supported for checks"),
        (dataclasses.replace(SCRIPT, script=None), "requires script"),
        (dataclasses.replace(SCRIPT, script="if"), "is not valid Python"),
        (dataclasses.replace(SCRIPT, rules=RULES), "rules is not supported"),
        (check(retry=RetryConfig(policy="often")), "policy must be one of"),  # type: ignore[arg-type]
        (check(retry=RetryConfig(initial_delay_seconds=-1)), "initial_delay_seconds must be"),
        (check(retry=RetryConfig(backoff_factor=1.5)), "backoff_factor must be a whole number"),
    ],
)
def test_tasks_that_could_not_run(task: TaskConfig, words: str) -> None:
    found = problems(task, inputs=FILE)
    assert len(found) == 1, found
    assert words in found[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ inputs.data_url }}", "the input 'data_url' does not exist. Did you mean 'data_uri'?"),
        ("{{ inputs['data_url'] }}", "the input 'data_url' does not exist"),
        ("{{ vars.limt }}", "Did you mean 'limit'?"),
        ("{{ outputs.other.vars.x }}", "the task 'other' does not exist"),
        ("{{ outputs.last.vars.x }}", "may not have run before"),
        ("{{ outputs.first.result }}", "in outputs.first.vars.result"),
        ("{{ inputs.data_uri", "unclosed expression"),
        ("{% if inputs.nope %}x{% endif %}", "the input 'nope' does not exist"),
    ],
)
def test_references_that_lead_nowhere(text: str, words: str) -> None:
    flow = FlowConfig(
        id="flow",
        inputs=(InputConfig(name="data_uri"),),
        variables={"limit": 1},
        tasks=(
            dataclasses.replace(SCRIPT, id="first"),
            check(input_uri=text),
            dataclasses.replace(SCRIPT, id="last"),
        ),
    )
    found = flow.problems()
    assert len(found) == 1, found
    assert words in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "{{ inputs.data_uri }}",
        "{{ inputs['data_uri'] ?? '' }}",
        "{{ outputs.first.vars.path }}/{{ vars.limit }}.csv",
        "{{ outputs['first']['vars'].x }}",
        "{{ 'inputs.nope is only text' }}",
        "{# outputs.nope #}x",
        "{{ trigger.inputs.nope ?? execution.id }}",
        "plain { braces }",
    ],
)
def test_references_that_lead_somewhere(text: str) -> None:
    flow = FlowConfig(
        id="flow",
        inputs=(InputConfig(name="data_uri"),),
        variables={"limit": 1},
        tasks=(dataclasses.replace(SCRIPT, id="first"), check(input_uri=text)),
    )
    assert flow.problems() == ()


def test_in_branches_only_ancestors_have_surely_run() -> None:
    script = "print('{{ outputs.b.vars.x }}')"
    tasks = (
        dataclasses.replace(SCRIPT, id="a"),
        dataclasses.replace(SCRIPT, id="b"),
        dataclasses.replace(SCRIPT, id="c", depends_on=("a",), script=script),
    )
    assert "Add it to depends_on" in FlowConfig(id="flow", tasks=tasks).problems()[0]
    fixed = (*tasks[:2], dataclasses.replace(tasks[2], depends_on=("a", "b")))
    assert FlowConfig(id="flow", tasks=fixed).problems() == ()


def test_task_ids_stand_for_one_task() -> None:
    (found,) = dataclasses.replace(FLOW, tasks=(SCRIPT, SCRIPT)).problems()
    assert found == "Duplicate task id: 'task'."


def test_dependencies_exist() -> None:
    (found,) = problems(dataclasses.replace(SCRIPT, id="b", depends_on=("c",)))
    assert found == "Task 'b' depends on 'c', which does not exist. The tasks are: b."


def test_circles() -> None:
    tasks = (
        dataclasses.replace(SCRIPT, id="a", depends_on=("c",)),
        dataclasses.replace(SCRIPT, id="b", depends_on=("a",)),
        dataclasses.replace(SCRIPT, id="c", depends_on=("b",)),
    )
    (found,) = FlowConfig(id="flow", tasks=tasks).problems()
    assert found.startswith("Circular dependencies of tasks: ")
    assert "depends on itself" in problems(dataclasses.replace(SCRIPT, depends_on=("task",)))[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"triggers": (TriggerConfig(id="t", type="schedul", cron="@daily"),)}, "Did you mean 'schedule'?"),
        ({"triggers": (TriggerConfig(id="t", cron="@daily", key="x"),)}, "key is not supported"),
        ({"triggers": (TriggerConfig(id="t", cron="@daily", inputs={"y": 1}),)}, "the name of an input must be one of"),
        ({"triggers": (TriggerConfig(id="t", type=TriggerType.FLOW, flow_id="flow"),)}, "in an endless loop"),
        ({"triggers": (TriggerConfig(id="t", type=TriggerType.FLOW, flow_id="o", states=()),)}, "requires states"),
        ({"triggers": (TriggerConfig(id="t", type=TriggerType.POLLING, uri="s3://b/x"),)}, "polls nothing else"),
        ({"triggers": (TriggerConfig(id="t", cron="0 0 31 2 *"),)}, "does not exist"),
        ({"checks": (ExecutionCheck(condition="inputs.x", message="m"),)}, "must be an expression"),
        ({"checks": (ExecutionCheck(condition="{{ outputs.task.vars.x }}", message="m"),)}, "may not have run"),
        ({"outputs": (OutputConfig(name="o", value="{{ outputs.tsk.vars.x }}"),)}, "Did you mean 'task'?"),
        ({"errors": ({"id": "alert", "type": "Log"},)}, "the full name of a plugin task"),
        (
            {"errors": (dataclasses.replace(SCRIPT, id="e", depends_on=("task",)),)},
            "is one of errors, finally_tasks",
        ),
        ({"extra": {"afterExecution": {"id": "a", "type": "a.B"}}}, "afterExecution must be a list of tasks"),
        ({"extra": {"afterExecution": [{"id": "a", "type": "a.B", "x": "{{ vars.x }}"}]}}, "vars.x"),
        ({"inputs": (InputConfig(name="x", type="INT", default="1"),)}, "its default must not be '1'"),
        ({"inputs": (InputConfig(name="x", type="INT", default=True),)}, "its default must not be True"),
        ({"inputs": (InputConfig(name="x", type="DATE", default="2024-13-01"),)}, "month must be in 1..12"),
        ({"inputs": ({"id": "x", "type": "BOOL", "defaults": "yes"},)}, "takes whatever is not true for false"),
        ({"inputs": (InputConfig(name="a.b"), InputConfig(name="a"))}, "The inputs 'a' and 'a.b' do not go together"),
        ({"outputs": (OutputConfig(name="o", type="BOOL", value="yes"),)}, "takes whatever is not true for false"),
        ({"outputs": (OutputConfig(name="o", type="FLOAT", value=16777217),)}, "has 32 bits"),
        ({"outputs": (OutputConfig(name="o", type="INT", value="5.0"),)}, "a whole number"),
        ({"outputs": (OutputConfig(name="o", value=None),)}, "requires a value"),
        ({"inputs": (InputConfig(name="x", type="SELECT"),)}, "requires values"),
        ({"inputs": (InputConfig(name="x", type="SELECT", values=("abc",), default="abd"),)}, "'abd' is none of 'abc'"),
        ({"inputs": (InputConfig(name="x", values=("a",)),)}, "values is only supported for SELECT and MULTISELECT"),
        ({"inputs": (InputConfig(name="x", type="INT", min=3, max=1),)}, "min 3 is greater than max 1"),
        ({"inputs": (InputConfig(name="x", type="INT", min=1.5),)}, "its min must not be 1.5"),
        ({"inputs": (InputConfig(name="x", type="INT", max=2**31),)}, "its max must not be 2147483648"),
        ({"inputs": (InputConfig(name="x", type="FLOAT", max=1e300),)}, "its max must not be 1e+300"),
        ({"inputs": (InputConfig(name="x", type="FILE", extensions=("csv",)),)}, "begin with a dot: '.csv'"),
        ({"labels": {"a": 1}}, "must be a string, not 1"),
        ({"variables": {"": 1}}, "name of a variable"),
    ],
)
def test_other_parts(changes: dict[str, Any], words: str) -> None:
    found = dataclasses.replace(FLOW, **changes).problems()
    assert len(found) == 1, found
    assert words in found[0]


def test_all_problems_at_once() -> None:
    flow = FlowConfig(
        id="a b",
        namespace="Prod",
        tasks=(check(rules=({"type": "x"}, {"type": "unique"}), timeout_seconds=-1),),
        triggers=(TriggerConfig(id="t", cron="bad"),),
    )
    with pytest.raises(FlowError) as caught:
        flow.validate()
    assert len(caught.value.problems) == 6
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    assert isinstance(caught.value, DataQualityError)
    assert isinstance(caught.value, ValueError)


def test_what_only_one_version_of_kestra_has() -> None:
    linear = dataclasses.replace(FLOW, retry=RetryConfig(policy=RetryPolicy.LINEAR))
    assert linear.problems("1.3") == ()
    assert "does not support linear retries" in linear.problems("2.0")[0]
    fraction = dataclasses.replace(FLOW, retry=RetryConfig(backoff_factor=1.5))
    assert "a whole number" in fraction.problems("1.3")[0]
    assert fraction.problems("2.0") == ()
    open_input = dataclasses.replace(
        FLOW, inputs=(InputConfig(name="x"),), triggers=(TriggerConfig(id="t", cron="@daily"),)
    )
    assert open_input.problems("1.3") == ()
    assert "does not set the required input 'x'" in open_input.problems("2.0")[0]
    assert "1.x or 2.x" in FLOW.problems("3.0")[0]


def test_a_generator_that_makes_no_sense() -> None:
    with pytest.raises(ConfigurationError) as caught:
        FlowGenerator(
            python_version="3.9",
            kestra_version="0.21",
            task_runner="dokcer",
            package_manager="pip",
            container_image="x",
        )
    assert len(caught.value.problems) == 5
    assert "Did you mean 'docker'?" in str(caught.value)


def test_a_password_in_an_expression_is_fine() -> None:
    uri = "postgresql+psycopg://me:{{ secret('PW') }}@host/db"
    assert problems(check(input_uri=uri, table="users")) == ()


SCRIPT_TASK = TaskConfig(id="s", task_type=TaskType.PYTHON_SCRIPT, script="print(1)")
UNWATCHED = {
    "no check": (
        SLAConfig(min_pass_rate=0.9),
        {"tasks": (SCRIPT_TASK,)},
        "min_pass_rate can only be evaluated on check",
    ),
    "only in finally": (
        SLAConfig(max_failure_rate=0.1, min_row_count=1),
        {"tasks": (SCRIPT_TASK,), "finally_tasks": (CHECK,)},
        "max_failure_rate and min_row_count can only",
    ),
    "only in errors": (SLAConfig(min_row_count=0), {"tasks": (SCRIPT_TASK,), "errors": (CHECK,)}, "min_row_count"),
    "consecutive failures": (
        SLAConfig(max_consecutive_failures=2),
        {"tasks": (CHECK,)},
        "does not count consecutive failures",
    ),
    "among others": (SLAConfig(min_pass_rate=0.9, max_consecutive_failures=2), {"tasks": (CHECK,)}, "TaskConfig.sla"),
    "nothing else": (SLAConfig(), {"tasks": (CHECK,)}, "would have no effect"),
    "a disabled check": (
        SLAConfig(min_pass_rate=0.9),
        {"tasks": (dataclasses.replace(CHECK, extra={"disabled": True}),)},
        "min_pass_rate can only be evaluated on check",
    ),
    "a check in a disabled task": (
        SLAConfig(min_pass_rate=0.9),
        {"tasks": ({"id": "s", "type": "io.kestra.plugin.core.flow.Sequential", "tasks": [CHECK], "disabled": True},)},
        "min_pass_rate can only be evaluated on check",
    ),
    "another one in extra": (SLAConfig(min_row_count=1), {"tasks": (CHECK,), "extra": {"sla": []}}, "give one of them"),
}


@pytest.mark.parametrize("name", UNWATCHED)
def test_a_limit_that_nothing_evaluates_is_refused(name: str) -> None:
    sla, parts, words = UNWATCHED[name]
    (problem,) = FlowConfig(id="flow", sla=sla, **parts).problems()
    assert words in problem


@pytest.mark.parametrize(
    ("sla", "tasks", "entries"),
    [
        (SLAConfig(min_pass_rate=0.9), (CHECK,), 1),
        (SLAConfig(max_execution_time_seconds=60), (SCRIPT_TASK,), 1),
        (SLAConfig(min_pass_rate=0.9, min_row_count=1), (CHECK, dataclasses.replace(CHECK, id="other")), 4),
        (SLAConfig(enabled=False, max_consecutive_failures=2), (SCRIPT_TASK,), 0),
    ],
)
def test_a_limit_that_kestra_evaluates_is_taken(sla: SLAConfig, tasks: tuple[TaskConfig, ...], entries: int) -> None:
    flow = FlowConfig(id="flow", sla=sla, tasks=tasks)
    assert flow.problems() == ()
    assert len(FlowGenerator().to_dict(flow).get("sla", [])) == entries


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("FLOAT", float("nan"), 1.5),
        ("FLOAT", float("inf"), 1),
        ("INT", True, 5),
        ("DURATION", "5 minutes", "PT5M"),
        ("DURATION", "P1M", "P1DT2H3M4.5S"),
        ("JSON", "{a", '{"a": 1}'),
        ("URI", "a file.csv", "s3://bucket/a.csv"),
        ("DATE", "2026-13-01", "2026-12-01"),
    ],
)
def test_a_default_that_no_execution_could_start_with_is_refused(kind: str, wrong: object, right: object) -> None:
    def flow(default: object) -> FlowConfig:
        return FlowConfig(id="flow", tasks=(CHECK,), inputs=(InputConfig(name="x", type=kind, default=default),))

    (problem,) = flow(wrong).problems()
    assert f"is of type {kind}; its default must not be" in problem
    assert flow(right).problems() == ()


LOST = {
    "errors": {"errors": (dataclasses.replace(SCRIPT_TASK, id="end"),)},
    "finally_tasks": {"finally_tasks": (dataclasses.replace(SCRIPT_TASK, id="end"),)},
    "counted failures": {"tasks": (dataclasses.replace(CHECK, sla=SLAConfig(max_consecutive_failures=2)),)},
    "learned rules": {"tasks": (dataclasses.replace(CHECK, extra_args={"auto_schema": True}),)},
}


@pytest.mark.parametrize("parts", LOST.values(), ids=LOST)
def test_a_retry_of_a_flow_that_would_hide_its_failure_is_refused(parts: dict[str, Any]) -> None:
    """Kestra ends the execution as SUCCESS; its engine is asked in the tests of the engine."""
    flow = FlowConfig(id="flow", **{"tasks": (CHECK,), **parts}, retry=RetryConfig())
    (problem,) = flow.problems()
    assert "do not go together: Kestra ends the execution as SUCCESS although a task has failed" in problem
    constant: dict[str, Any] = {"type": "constant", "interval": "PT1S", "maxAttempts": 2}
    in_extra = dataclasses.replace(flow, retry=None, extra={"retry": constant})
    assert in_extra.problems() == (problem,)
    assert (
        dataclasses.replace(in_extra, extra={"retry": constant | {"behavior": "CREATE_NEW_EXECUTION"}}).problems() == ()
    )
    anew = RetryConfig(extra={"behavior": "CREATE_NEW_EXECUTION"})
    for retry in (None, RetryConfig(policy=RetryPolicy.NONE), anew):
        assert dataclasses.replace(flow, retry=retry).problems() == ()
    assert dataclasses.replace(FlowConfig(id="flow", tasks=(CHECK,)), retry=RetryConfig()).problems() == ()
