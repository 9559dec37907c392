"""Cases that are tried on our own validation and on Kestra's, which must agree."""

from __future__ import annotations

import dataclasses
from typing import Any

from truthound_kestra.flows import (
    ConcurrencyConfig,
    ExecutionCheck,
    FlowConfig,
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

GOOD_CRONS = (
    "0 0 * * *", "*/15 * * * *", "0 0 * * MON-FRI", "0 0 * JAN *", "0 0 * * 7", "0 0 * * sun", "0  0 * * *",
    " 0 0 * * *", "0 0 1,15 * *", "0 0 1-5/2 * *", "0/15 * * * *", "@daily", "@hourly", "@midnight", "@annually",
    "@yearly", "@weekly", "@monthly",
)  # fmt: skip
BAD_CRONS = (
    "0 0 * *", "* * * * * *", "0 0 ? * *", "0 0 * * 8", "60 * * * *", "*/0 * * * *", "*/70 * * * *", "5-1 * * * *",
    "0 0 * * 1#2", "0 0 15W * *", "0 0 0 * *", "0 0 * 13 *", "0 24 * * *", "0 0 * * FRI-MON", "@reboot", "@Daily",
)  # fmt: skip

SCRIPT = TaskConfig(id="task", task_type=TaskType.PYTHON_SCRIPT, script="print(1)\n")
FLOW = FlowConfig(id="flow", namespace="tests", tasks=(SCRIPT,))


def _with(**changes: Any) -> FlowConfig:
    return dataclasses.replace(FLOW, **changes)


def _task(**changes: Any) -> FlowConfig:
    return _with(tasks=(dataclasses.replace(SCRIPT, **changes),))


def _input(**options: Any) -> FlowConfig:
    return _with(inputs=(InputConfig(name=options.pop("name", "x"), **options),))


def _trigger(**options: Any) -> FlowConfig:
    return _with(triggers=(TriggerConfig(id=options.pop("id", "t"), **options),))


def _retry(**options: Any) -> FlowConfig:
    return _task(retry=RetryConfig(**options))


_RULES = ({"type": "not_null", "column": "id"},)


def _checked(name: str) -> TaskConfig:
    return TaskConfig(id=name, input_uri="x.csv", rules=_RULES, sla=SLAConfig(max_consecutive_failures=2))


_LOG = {"type": "io.kestra.plugin.core.log.Log", "message": "m"}


def _group(kind: str, **options: Any) -> FlowConfig:
    return _with(tasks=({"id": "group", "type": f"io.kestra.plugin.core.flow.{kind}", **options},))


def _log(name: str, **options: Any) -> dict[str, Any]:
    return {"id": name, **_LOG, **options}


#: Flows that Kestra refuses, so we must: once written in spite of ourselves, Kestra's verdict is asked for.
REFUSED: dict[str, FlowConfig] = {
    "flow id with blank": _with(id="a b"),
    "flow id too long": _with(id="a" * 101),
    "flow id reserved": _with(id="pause"),
    "namespace in capitals": _with(namespace="Tests"),
    "no tasks": _with(tasks=()),
    "task id with dot": _task(id="a.b"),
    "task id too long": _task(id="a" * 257),
    "task id twice in errors": _with(errors=(SCRIPT,)),
    "label in capitals": _with(labels={"Team": "data"}),
    "label empty": _with(labels={"team": ""}),
    "label of the system": _with(labels={"system.x": "y"}),
    "concurrency of none": _with(concurrency=0),
    "concurrency behavior": _with(concurrency=ConcurrencyConfig(limit=1, behavior="WAIT")),
    "input twice": _with(inputs=(InputConfig(name="x"), InputConfig(name="x"))),
    "input name": _input(name="a b"),
    "input type": _input(type="TEXT"),
    "input default not required": _input(required=False, default="x"),
    "array without items": _input(type="ARRAY"),
    "validator": _input(validator="("),
    **{f"validator of Python: {one}": _input(validator=one) for one in ("(?P<a>x)", "(?#c)x", "(a)?(?(1)b|c)", "a{")},
    **{f"value {one}": _input(type="SELECT", values=(one, "z")) for one in ("*", "+1", "a(", "{{ x }}", "x{")},
    "value of several": _input(type="MULTISELECT", values=("[all", "z")),
    "file in storage by default": _input(type="FILE", default="kestra:///a.csv"),
    "concurrency beyond 32 bits": _with(concurrency=2**31),
    "output twice": _with(outputs=(OutputConfig(name="o", value="1"), OutputConfig(name="o", value="1"))),
    "output without a value": _with(outputs=(OutputConfig(name="o", value=None),)),
    "output type": _with(outputs=(OutputConfig(name="o", value="1", type="TEXT"),)),
    "trigger twice": _with(triggers=(TriggerConfig(id="t", cron="@daily"), TriggerConfig(id="t", cron="@daily"))),
    "trigger id": _trigger(id="a.b", cron="@daily"),
    **{f"time zone {one}": _trigger(cron="@daily", timezone=one) for one in ("EST", "HST", "MST", "ROC", "localtime")},
    "time zone": _trigger(cron="@daily", timezone="Mars/Base"),
    "webhook without key": _trigger(type=TriggerType.WEBHOOK),
    "webhook key too long": _trigger(type=TriggerType.WEBHOOK, key="k" * 257),
    "polling without address": _trigger(type=TriggerType.POLLING),
    "state of flow trigger": _trigger(type=TriggerType.FLOW, flow_id="other", states=("DONE",)),
    "polling with inputs": dataclasses.replace(
        _trigger(type=TriggerType.POLLING, uri="https://x.org", inputs={"x": "1"}), inputs=(InputConfig(name="x"),)
    ),
    "retry without attempts": _retry(max_attempts=0),
    "retry attempts beyond 32 bits": _retry(max_attempts=2**31),
    "retry first as long as any": _retry(initial_delay_seconds=1e9),
    "retry longest not above first": _retry(initial_delay_seconds=5, max_delay_seconds=5),
    "retry duration below delay": _retry(initial_delay_seconds=5, max_duration_seconds=1, policy=RetryPolicy.CONSTANT),
    "check behavior": _with(checks=(ExecutionCheck(condition="{{ true }}", message="m", behavior="STOP"),)),
    "check style": _with(checks=(ExecutionCheck(condition="{{ true }}", message="m", style="LOUD"),)),
    "group without tasks": _group("Parallel"),
    "group of none": _group("Sequential", tasks=[]),
    "group of a string": _group("Parallel", tasks=["a"]),
    "group of a single task": _group("Parallel", tasks=_log("a")),
    "group with a task without type": _group("Parallel", tasks=[{"id": "a", "message": "m"}]),
    "group with a task without id": _group("AllowFailure", tasks=[_LOG]),
    "group with a task id with dot": _group("Sequential", tasks=[_log("a.b")]),
    "group with dependencies": _group("Sequential", tasks=[_log("a"), _log("b", dependsOn=["a"])]),
    "group with a group without type": _group(
        "Sequential", tasks=[{"id": "a", "type": "io.kestra.plugin.core.flow.Parallel", "tasks": [{"id": "b"}]}]
    ),
    "group with errors without type": _group("Sequential", tasks=[_log("a")], errors=[{"id": "b"}]),
    "if without then": _group("If", condition="{{ true }}"),
    "if with an else without type": _group("If", condition="x", then=[_log("a")], **{"else": [{"id": "b"}]}),
    "switch with a case without type": _group("Switch", value="x", cases={"x": [{"id": "b"}]}),
    "switch with a default without type": _group("Switch", value="x", cases={"x": [_log("a")]}, defaults=[{"id": "b"}]),
    "switch with a case of a single task": _group("Switch", value="x", cases={"x": _log("a")}),
    "dag of plain tasks": _group("Dag", tasks=[_log("a")]),
    "dag in a circle": _group(
        "Dag", tasks=[{"task": _log("a"), "dependsOn": ["b"]}, {"task": _log("b"), "dependsOn": ["a"]}]
    ),
    "dag with an unknown task": _group("Dag", tasks=[{"task": _log("a"), "dependsOn": ["b"]}]),
    "type with a blank": _with(tasks=(_log("a", type="io.kestra.plugin.core.log.Log "),)),
    "type with an empty part": _with(tasks=(_log("a", type="io..Log"),)),
    "after the execution: task id twice": _with(extra={"afterExecution": [SCRIPT]}),
    "after the execution: without type": _with(extra={"afterExecution": [{"id": "b"}]}),
    **{f"cron {cron}": _trigger(cron=cron) for cron in BAD_CRONS},
}

_TWO = (SCRIPT, dataclasses.replace(SCRIPT, id="second"))

#: Flows that Kestra takes, so we must.
TAKEN: dict[str, FlowConfig] = {
    "plain": FLOW,
    "everything": _with(
        description="A flow.\n\nWith `code` and: a colon # and a hash",
        disabled=True,
        labels={"team": "data", "cost-center": "42"},
        variables={"threshold": 0.5, "names": ["a", "yes", "1.0", "null"]},
        concurrency=ConcurrencyConfig(limit=2, behavior="CANCEL"),
        inputs=(
            InputConfig(name="data_uri", description="Where"),
            InputConfig(name="int", type="INT", default=3, min=1, max=5),
            InputConfig(name="float", type="FLOAT", default=0.5),
            InputConfig(name="bool", type="BOOLEAN", default=True),
            InputConfig(name="list", type="ARRAY", item_type="STRING", default=["a", "b"]),
            InputConfig(name="one", type="ENUM", values=("a", "b"), default="a"),
            InputConfig(name="many", type="MULTISELECT", values=("a", "b"), default=["a"]),
            InputConfig(name="file", type="FILE", required=False, extensions=(".csv",)),
            InputConfig(name="json", type="JSON", required=False),
            InputConfig(name="day", type="DATE", default="2024-02-29"),
            InputConfig(name="code", validator="[A-Z]{2,3}", default="AB"),
            InputConfig(name="secret", type="SECRET", required=False),
        ),
        checks=(ExecutionCheck(condition="{{ inputs.int > 0 }}", message="too small"),),
        tasks=(
            dataclasses.replace(
                SCRIPT,
                description="Does it " * 20,
                conditions=("{{ inputs.bool }}", "{{ vars.threshold > 0 }}"),
                retry=RetryConfig(),
                timeout_seconds=90,
                env={"A": "{{ inputs.data_uri }}", "EMPTY": ""},
                dependencies=("requests==2.32",),
                allow_failure=True,
            ),
        ),
        errors=({"id": "alert", "type": "io.kestra.plugin.core.log.Log", "message": "failed: {{ execution.id }}"},),
        finally_tasks=(dataclasses.replace(SCRIPT, id="end"),),
        outputs=(
            OutputConfig(name="o", value="{{ outputs.task.vars.x ?? '' }}", description="x", required=False),
            OutputConfig(name="b", value="{{ true }}", type="BOOLEAN"),
        ),
        retry=RetryConfig(
            policy=RetryPolicy.RANDOM, max_duration_seconds=3600, extra={"behavior": "CREATE_NEW_EXECUTION"}
        ),
        triggers=(
            TriggerConfig(id="daily", cron="0 6 * * *", timezone="Europe/Paris", inputs={"data_uri": "s3://b/x"}),
            TriggerConfig(
                id="after",
                type=TriggerType.FLOW,
                flow_id="load",
                inputs={"data_uri": "{{ trigger.outputs.uri }}"},
                conditions=("{{ true }}", "{{ 1 == 1 }}"),
            ),
            TriggerConfig(
                id="hook",
                type=TriggerType.WEBHOOK,
                key="{{ secret('KEY') }}",
                inputs={"data_uri": "{{ trigger.body.uri }}"},
                disabled=True,
            ),
            TriggerConfig(
                id="poll",
                type=TriggerType.POLLING,
                uri="https://example.org/ready",
                interval_seconds=300,
                response_condition="{{ response.statusCode == 200 }}",
                conditions=("{{ true }}",),
            ),
        ),
    ),
    "mappings of other plugins": _with(
        inputs=({"id": "u", "type": "STRING", "defaults": "x.csv", "displayName": "File"},),
        tasks=(
            {"id": "dl", "type": "io.kestra.plugin.core.http.Download", "uri": "https://example.org/y.csv"},
            TaskConfig(id="check", input_uri="{{ outputs.dl.uri }}", input_format="csv.gz", rules=_RULES),
            {
                "id": "group",
                "type": "io.kestra.plugin.core.flow.Sequential",
                "tasks": [TaskConfig(id="one", input_uri="{{ outputs.dl.uri }}", input_format="csv", rules=_RULES)],
            },
        ),
        triggers=({"id": "new", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "@daily"},),
    ),
    "extra everywhere": _with(
        tasks=(dataclasses.replace(SCRIPT, extra={"taskCache": {"enabled": True, "ttl": "PT1H"}}),),
        inputs=(InputConfig(name="x", default="y", extra={"displayName": "X"}),),
        triggers=(TriggerConfig(id="s", cron="@daily", extra={"recoverMissedSchedules": "NONE"}),),
        extra={"afterExecution": [{"id": "said", "type": "io.kestra.plugin.core.log.Log", "message": "ended"}]},
    ),
    "groups": _with(
        tasks=(
            {
                "id": "switch",
                "type": "io.kestra.plugin.core.flow.Switch",
                "value": "{{ 'x' }}",
                "cases": {"x": [dataclasses.replace(SCRIPT, id="x")], "y": [_log("y")]},
                "defaults": [_log("other")],
                "errors": [dataclasses.replace(SCRIPT, id="failed")],
                "finally": [_log("ended")],
            },
            {
                "id": "dag",
                "type": "io.kestra.plugin.core.flow.Dag",
                "tasks": [{"task": _log("a")}, {"task": dataclasses.replace(SCRIPT, id="b"), "dependsOn": ["a"]}],
            },
            {
                "id": "if",
                "type": "io.kestra.plugin.core.flow.If",
                "condition": "{{ true }}",
                "then": [{"id": "both", "type": "io.kestra.plugin.core.flow.Parallel", "tasks": [SCRIPT]}],
                "else": [_log("no")],
            },
        ),
        extra={"afterExecution": [dataclasses.replace(SCRIPT, id="after")]},
    ),
    "state, service levels, warnings, semantics": _with(
        tasks=(
            TaskConfig(
                id="check",
                input_uri="postgresql://h/db",
                table="t",
                rules=({**_RULES[0], "severity": "low"}, _RULES[0]),
                engine_name="dq_core",
                sla=SLAConfig(max_consecutive_failures=2, min_pass_rate=0.9),
                extra_args={"auto_schema": True, "semantics": "database"},
            ),
        ),
        errors=(_checked("in_errors"),),
        finally_tasks=(_checked("at_the_end"),),
    ),
    "longest names": _with(
        tasks=(
            dataclasses.replace(
                _checked("c" * 256), rules=({**_RULES[0], "severity": "low"},), extra_args={"auto_schema": True}
            ),
        ),
        triggers=(TriggerConfig(id="t" * 256, type=TriggerType.FLOW, flow_id="load"),),
    ),
    "branches": _with(
        tasks=(*_TWO, dataclasses.replace(SCRIPT, id="third", depends_on=("task", "second"))),
    ),
    **{f"retry {policy.value}": _retry(policy=policy) for policy in RetryPolicy if policy is not RetryPolicy.LINEAR},
    "retry tiny": _retry(initial_delay_seconds=0.25, policy=RetryPolicy.CONSTANT, max_attempts=1),
    "every check behavior": _with(
        checks=tuple(
            ExecutionCheck(condition="{{ true }}", message="m", behavior=behavior, style=style)
            for behavior, style in zip(
                ("BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION", "CREATE_EXECUTION"),
                ("ERROR", "WARNING", "INFO", "SUCCESS"),
                strict=True,
            )
        )
    ),
    **{f"cron {cron}": _trigger(cron=cron) for cron in GOOD_CRONS},
    "values and validators": _with(
        inputs=(
            InputConfig(name="s", type="SELECT", values=("C++", "50%", "$5", "a|b", r"\{", "[{]"), default="C++"),
            *(
                InputConfig(name=f"v{n}", validator=one, required=False)
                for n, one in enumerate(("a{2,}", r"\{a", "[{(]", r"\p{L}{2}"))
            ),
            InputConfig(name="f", type="FILE", default="nsfile:///a.csv"),
        ),
        concurrency=2**31 - 1,
        triggers=(TriggerConfig(id="t", cron="@daily", timezone="EST5EDT"),),
    ),
}
