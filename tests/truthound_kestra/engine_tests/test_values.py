"""Values reach a script as they were given: Kestra renders each of them once, wherever the task stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from truthound_kestra.flows import (
    FlowConfig,
    FlowGenerator,
    InputConfig,
    OutputConfig,
    TaskConfig,
    TaskType,
    TriggerConfig,
    TriggerType,
)
from truthound_kestra.flows.values import values_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.kestra_engine import Engine, Run

    Names = Callable[[str], str]

RETURN = "io.kestra.plugin.core.debug.Return"
pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

GENERATOR = FlowGenerator(task_runner="process", dependencies=())
NASTY = 'a {{ 1+1 }} {% if true %}b{% endif %} {# c #} {{ secret("X") }} "q" \\ é\nline ${HOME} $(id)'
ASKS = """
import os
from truthound_kestra.outputs import send_outputs
from truthound_kestra.utils import get_kestra_variable

names = ["path", "home", "pythonpath", "kestra_execution_id", "data-uri", "data_uri", "limit", "json", "day", "a.b"]
send_outputs({
    "values": {name: get_kestra_variable(name, default=None) for name in names},
    "absent": get_kestra_variable("absent", default="d"),
    "passed": os.environ["PASSED"],
    "path": os.environ["PATH"],
})
"""
INPUTS = (
    InputConfig(name="path", default="s3://bucket/users.parquet"),
    InputConfig(name="home", default="h"),
    InputConfig(name="pythonpath", default="p"),
    InputConfig(name="kestra_execution_id", default="k"),
    InputConfig(name="data-uri"),
    InputConfig(name="data_uri", default="other"),
    InputConfig(name="json", type="JSON", default='{"a": [1, "{{ 1+1 }}"]}'),
    InputConfig(name="day", type="DATE", default="2024-02-29"),
    InputConfig(name="absent", required=False),
    InputConfig(name="a.b", default="d"),
)


def script(name: str) -> TaskConfig:
    return TaskConfig(
        id=name, task_type=TaskType.PYTHON_SCRIPT, script=ASKS, env={"PASSED": "<{{ inputs['data-uri'] }}>"}
    )


def test_scripts_get_what_was_given_also_after_a_failure_and_at_the_end(kestra: Engine, flow_id: Names) -> None:
    broken = TaskConfig(id="broken", task_type=TaskType.PYTHON_SCRIPT, script="raise SystemExit(1)")
    flow = FlowConfig(
        id=flow_id("values"),
        namespace="tests",
        inputs=INPUTS,
        variables={"limit": 5},
        tasks=(script("task"), broken),
        errors=(script("failed"),),
        finally_tasks=(script("end"),),
    )
    result = kestra.run(GENERATOR.generate(flow), inputs={"data-uri": NASTY})
    assert result.task_ids == ["task", "broken", "failed", "end"], result.logs
    for name in ("task", "failed", "end"):
        sent = result.vars(name)
        values = sent["values"]
        assert values.pop("data-uri") == NASTY, name
        assert json.loads(values.pop("json"))["a"][0] == 1
        assert values == {
            "path": "s3://bucket/users.parquet", "home": "h", "pythonpath": "p", "kestra_execution_id": "k",
            "data_uri": "other", "limit": "5", "day": "2024-02-29", "a.b": "d",
        }  # fmt: skip
        assert sent["absent"] == "d"
        assert sent["passed"] == f"<{NASTY}>"
        assert "s3://" not in sent["path"]


def test_data_tables_and_queries_are_rendered_once(kestra: Engine, flow_id: Names, tmp_path: Path) -> None:
    """The names of a table and of a file, and a query, that look like expressions once they are filled in."""
    name = "a {{ 1+1 }} b"
    (tmp_path / f"{name}.csv").write_text("id\n1\n2\n", encoding="utf-8")
    import sqlite3

    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(f'CREATE TABLE "{name}" (id INTEGER); INSERT INTO "{name}" VALUES (1), (2), (3)')
    connection.close()
    rules = [{"type": "not_null", "column": "id"}]
    common: dict[str, Any] = {"rules": rules, "engine_name": "dq_core"}
    flow = FlowConfig(
        id=flow_id("once"),
        namespace="tests",
        inputs=(InputConfig(name="x"),),
        tasks=(
            TaskConfig(id="file", input_uri=f"{tmp_path}/{{{{ inputs.x }}}}.csv", **common),
            TaskConfig(id="table", input_uri=f"sqlite:///{path}", table="{{ inputs.x }}", **common),
            TaskConfig(
                id="query",
                input_uri=f"sqlite:///{path}",
                query='SELECT id FROM\n "{{ inputs.x }}" WHERE id > {% if true %}1{% endif %}',
                **common,
            ),
        ),
    )
    result = kestra.run(GENERATOR.generate(flow), inputs={"x": name})
    assert result.state == "SUCCESS", result.logs
    assert [result.vars(task)["row_count"] for task in ("file", "table", "query")] == [2, 3, 2]


def test_an_input_that_is_not_given_is_no_empty_string_in_the_data(
    kestra: Engine, flow_id: Names, tmp_path: Path
) -> None:
    import sqlite3

    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE t (id INTEGER, c TEXT); INSERT INTO t VALUES (NULL, 'DE'), (1, 'FR')")
    connection.close()
    query = "SELECT id FROM t WHERE c = '{{ inputs.c%s }}'"

    def run(expression: str, **given: str) -> Run:
        task = TaskConfig(
            id="check",
            input_uri=f"sqlite:///{path}",
            query=query % expression,
            rules=({"type": "not_null", "column": "id"},),
            engine_name="dq_core",
        )
        inputs = (InputConfig(name="c", required=False),)
        flow = FlowConfig(id=flow_id("optional"), namespace="tests", inputs=inputs, tasks=(task,))
        return kestra.run(GENERATOR.generate(flow), inputs=given)

    missing = run("")
    assert missing.state == "FAILED"
    assert "query contains {{ inputs.c }}, which has no value in this execution" in missing.logs
    assert run("", c="FR").vars("check")["row_count"] == run(" ?? 'FR'").vars("check")["row_count"] == 1
    assert run("", c="").vars("check")["row_count"] == 0


#: Expressions with a part that has no value: those whose string is printed, those in which something computes with it,
#: and those that say what is meant without it.
PRINTED = (
    "{{ 'F' ~ inputs.c }}", "{{ ('F' ~ inputs.c) }}", "{{ ('F' ~ inputs['c']) ?? 'N' }}", '{{ "F#{inputs.c}" }}',
    "{{ true ? 'F' ~ inputs.c : 'N' }}", "{{ inputs.c | upper ~ 'F' }}", "{{ 'F' ~ (inputs.c ?? inputs.n) }}",
    "{{ '}}' ~ inputs.c }}", "{% if true %}{{ 'F' ~ inputs.c }}{% endif %}", "{{ 'F' ~ vars.none }}",
)  # fmt: skip
COMPUTED = (
    "{{ 'F' ~ inputs.c | lower }}", "{{ ('F' ~ inputs.c) | slice(0, 1) }}", "{{ {'k': 'F' ~ inputs.c} | toJson }}",
    "{{ ['F' ~ inputs.c, 'b'] | join('/') }}", "{{ 'F' == 'F' ~ inputs.c ? 1 : 2 }}", '{{ "F#{inputs.c}" | lower }}',
    "{% set v = 'F' ~ inputs.c %}{{ v }}", "{{ 'a' | replace({'a': 'F' ~ inputs.c}) }}", "{{ 1 + 2 ~ inputs.c }}",
    "{{ 'F' ~ inputs.c | default(inputs.n) }}",
)  # fmt: skip
MEANT = (
    ("{{ 'F' ~ inputs.c ?? 'R' }}", "FR"),
    ("{{ \"F#{inputs.c ?? 'R'}\" }}", "FR"),
    ("{{ ('F' ~ inputs.d) | lower }}", "fd"),
    ("{{ inputs.d is not null ~ 'F' }}", "trueF"),
    ("{{ 1 + 2 ~ 3 }}", "123"),
    ("{{ not true ~ -1 ~ 'F' }}", "false-1F"),
    ("{{ inputs.c is null ? '' : 'F' ~ inputs.c }}", ""),
    ("{{ 1..2 ~ inputs.d | lower }}", "[1, 2]d"),
    ("{{ [inputs.d ~ 'F'] | first }}", "DF"),
)


def test_a_part_without_a_value_is_told_wherever_it_stands(kestra: Engine, flow_id: Names) -> None:
    def shown(number: int, template: str) -> dict[str, Any]:
        file = values_file(inputs=False, variables=False, trigger=False, env=(), data={"table": template})
        return {"id": f"t{number}", "type": RETURN, "format": file, "allowFailure": True}

    every = [*PRINTED, *COMPUTED, *(template for template, _ in MEANT)]
    inputs = ({"id": "c", "type": "STRING", "required": False}, {"id": "d", "type": "STRING", "defaults": "D"})
    inputs += ({"id": "n", "type": "STRING", "required": False},)
    tasks = [shown(number, template) for number, template in enumerate(every)]
    flow = {"id": flow_id("parts"), "namespace": "tests", "inputs": inputs, "variables": {"a": 1}, "tasks": tasks}
    result = kestra.run(json.dumps(flow))
    found = []
    for number, _ in enumerate(every):
        task = result.task(f"t{number}")
        value = json.loads(task["outputs"]["value"])["task"]["table"] if task["state"] == "SUCCESS" else task["logs"][0]
        found.append(value)
    printed, computed = found[: len(PRINTED)], found[len(PRINTED) : -len(MEANT)]
    assert [value for value in printed if "<<no value: " not in value] == []
    assert [value for value in computed if "has no value in this execution; what is made of it" not in value] == []
    assert found[-len(MEANT) :] == [value for _, value in MEANT]


def test_what_another_flow_passes_is_rendered_once(kestra: Engine, flow_id: Names) -> None:
    """A Flow trigger, as a webhook, passes what others have chosen."""
    upstream, downstream = flow_id("passes"), flow_id("gets")
    program = """
from truthound_kestra.outputs import send_outputs
from truthound_kestra.utils import get_kestra_variable
send_outputs({"input": get_kestra_variable("x"), "trigger": get_kestra_variable("trigger.outputs.x")})
"""
    after = FlowConfig(
        id=downstream,
        namespace="tests",
        tasks=(TaskConfig(id="task", task_type=TaskType.PYTHON_SCRIPT, script=program),),
        inputs=(InputConfig(name="x"),),
        triggers=(
            TriggerConfig(id="after", type=TriggerType.FLOW, flow_id=upstream, inputs={"x": "{{ trigger.outputs.x }}"}),
        ),
    )
    before = FlowConfig(
        id=upstream,
        namespace="tests",
        inputs=(InputConfig(name="x"),),
        tasks=({"id": "log", "type": "io.kestra.plugin.core.log.Log", "message": "{{ inputs.x }}"},),
        outputs=(OutputConfig(name="x", value="{{ inputs.x }}"),),
    )
    generated = GENERATOR.generate(after)
    result = kestra.run(GENERATOR.generate(before), inputs={"x": "a {{ 1+1 }} b"}, before=[generated], follow=1)
    (other,) = result.triggered
    assert other.vars("task") == {"input": "a {{ 1+1 }} b", "trigger": "a {{ 1+1 }} b"}, other.logs


def test_mappings_loops_and_extra_run(kestra: Engine, flow_id: Names, tmp_path: Path) -> None:
    """Tasks of other plugins around and between ours; a check in a loop gets each file of Kestra's storage."""
    make = TaskConfig(
        id="make",
        task_type=TaskType.PYTHON_SCRIPT,
        script="open('a.csv.gz', 'wb').write(__import__('gzip').compress(b'id\\n1\\n2\\n'))\n",
        output_files=("*.gz",),
    )
    check = TaskConfig(
        id="check",
        input_uri="{{ taskrun.value }}",
        input_format="csv.gz",
        rules=[{"type": "not_null", "column": "id"}],
        engine_name="dq_core",
        extra={"description": "from extra", "env": {"MORE": "1"}},
    )
    flow = FlowConfig(
        id=flow_id("mappings"),
        namespace="tests",
        inputs=({"id": "word", "type": "STRING", "defaults": "hello", "displayName": "Word"},),
        tasks=(
            {"id": "first", "type": "io.kestra.plugin.core.debug.Return", "format": "{{ inputs.word }}"},
            make,
            {
                "id": "each",
                "type": "io.kestra.plugin.core.flow.ForEach",
                "values": ["{{ outputs.make.outputFiles['a.csv.gz'] }}"],
                "tasks": [check],
            },
            {"id": "tell", "type": "io.kestra.plugin.core.log.Log", "message": "said {{ outputs.first.value }}"},
        ),
        extra={"labels": {"team": "data"}},
    )
    result = kestra.run(GENERATOR.generate(flow))
    assert result.state == "SUCCESS", result.logs
    assert result.vars("check")["row_count"] == 2
    assert "said hello" in result.logs
    assert result.labels["team"] == "data"


def test_an_address_is_no_file_of_kestras_storage(kestra: Engine, flow_id: Names) -> None:
    """Kestra writes the text of a foreign address into the file; the check does not read it as data."""
    task = TaskConfig(
        id="check",
        input_uri="{{ inputs.x }}",
        input_format="csv",
        rules=[{"type": "row_count", "min": 0}],
        engine_name="dq_core",
    )
    flow = FlowConfig(id=flow_id("address"), namespace="tests", inputs=(InputConfig(name="x"),), tasks=(task,))
    result = kestra.run(GENERATOR.generate(flow), inputs={"x": "s3://bucket/users.csv"})
    assert result.state == "FAILED"
    assert "is not a file of Kestra's storage" in result.logs
