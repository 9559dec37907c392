"""Generated flows, run by Kestra's executor and worker: states, outputs, files, metrics."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from support.kestra_engine import Engine, Run
from truthound_kestra.flows import (
    ConcurrencyConfig,
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
    generate_check_flow,
    generate_compare_flow,
    generate_learn_flow,
    generate_profile_flow,
    generate_quality_pipeline,
)
from truthound_kestra.flows.conditions import all_true
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.serialization import JsonSerializer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Names = Callable[[str], str]

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

#: The tests' own Python runs the tasks: nothing to install.
GENERATOR = FlowGenerator(task_runner="process", dependencies=())
GOOD = [{"type": "not_null", "column": "id"}, {"type": "unique", "column": "id"}]
FOR_EVER = "import threading\nthreading.Event().wait()\n"
BAD = [*GOOD, {"type": "not_null", "column": "email"}, {"type": "in_range", "column": "age", "min": 0}]


def script(name: str, program: str, **options: Any) -> TaskConfig:
    return TaskConfig(id=name, task_type=TaskType.PYTHON_SCRIPT, script=program, **options)


def run(kestra: Engine, *tasks: TaskConfig, name: str, **options: Any) -> Run:
    of_run = {key: options.pop(key) for key in ("before", "trigger", "follow", "timeout") if key in options}
    values = options.pop("values", None)
    flow = FlowConfig(id=name, namespace="tests", tasks=tasks, **options)
    return kestra.run(GENERATOR.generate(flow), inputs=values, **of_run)


@pytest.mark.parametrize("engine_name", ["truthound", "dq_core"])
def test_a_check_that_passes(kestra: Engine, flow_id: Names, users: Path, engine_name: str) -> None:
    flow = generate_check_flow(
        flow_id("passes"), "tests", input_uri=str(users), rules=GOOD, engine_name=engine_name, generator=GENERATOR
    )
    result = kestra.run(flow)
    assert result.state == "SUCCESS", result.logs
    sent = result.vars("check")
    assert (sent["status"], sent["passed"], sent["passed_count"], sent["failed_count"]) == ("passed", True, 2, 0)
    assert (sent["row_count"], sent["pass_rate"]) == (4, 1.0)
    assert result.outputs["check_result"] == sent["result"]
    assert [check["check_name"] for check in sent["result"]["checks"]] == ["not_null_id", "unique_id"]
    assert sent["result"]["engine_name"] == engine_name
    metrics = result.metrics("check")
    assert (metrics["checks.passed"], metrics["checks.failed"], metrics["rows"]) == (2, 0, 4)
    # Kestra takes a timer's seconds and keeps milliseconds.
    assert metrics["check.duration"] == pytest.approx(sent["execution_time_seconds"] * 1000, abs=1)


def test_a_check_that_fails_fails_the_flow_and_leaves_its_outputs(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = generate_check_flow(flow_id("fails"), "tests", input_uri=str(users), rules=BAD, generator=GENERATOR)
    result = kestra.run(flow)
    assert result.state == "FAILED"
    assert result.outputs["check_result"]["failed_count"] == 2
    assert result.vars("check")["failed_checks"] == ["not_null_email", "in_range_age"]
    assert "ERROR CheckFailedError: 2 of 4 checks did not pass: not_null_email, in_range_age." in result.logs
    assert "Traceback" not in result.logs
    files = result.files("check")
    assert sorted(files) == ["check_report.html", "check_report.json", "check_report.md"]
    restored = JsonSerializer().deserialize(files["check_report.json"])
    assert restored.failed_checks == ("not_null_email", "in_range_age")
    assert restored.report.results[3].samples[0]["age"] == -1
    assert files["check_report.html"].lstrip().startswith("<!")


def test_a_check_that_fails_without_failing_the_flow(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = generate_check_flow(
        flow_id("soft"), "tests", input_uri=str(users), rules=BAD, fail_on_error=False, generator=GENERATOR
    )
    result = kestra.run(flow)
    assert result.state == "SUCCESS"
    assert result.vars("check")["passed"] is False
    assert result.outputs["check_result"]["status"] == "failed"


@pytest.mark.parametrize(("severity", "state"), [("low", "WARNING"), ("high", "FAILED")])
def test_a_check_that_only_warns_is_a_warning(
    kestra: Engine, flow_id: Names, users: Path, severity: str, state: str
) -> None:
    rules = [*GOOD, {"type": "not_null", "column": "email", "severity": severity}, {**GOOD[0], "severity": "low"}]
    flow = generate_quality_pipeline(
        flow_id("warns"),
        "tests",
        input_uri=str(users),
        rules=rules,
        include_learn=True,
        engine_name="dq_core",
        generator=GENERATOR,
    )
    result = kestra.run(flow)
    assert result.state == state, result.logs
    if state == "WARNING":
        assert result.task_ids == ["profile", "check", "warn_check", "learn"]
        assert result.task("warn_check")["state"] == "WARNING"
        assert "1 checks of task check failed that only warn." in result.logs


def test_checks_inside_of_other_tasks_that_only_warn_are_warnings(kestra: Engine, flow_id: Names, users: Path) -> None:
    def check(severity: str, uri: str = str(users)) -> TaskConfig:
        rules = [{"type": "not_null", "column": "email", "severity": severity}]
        return TaskConfig(id="check", input_uri=uri, rules=rules, fail_on_error=False, engine_name="dq_core")

    def around(kind: str, **options: Any) -> dict[str, Any]:
        return {"id": "around", "type": f"io.kestra.plugin.core.flow.{kind}", **options}

    low, values = check("low"), [str(users)]
    inner = around("ForEach", values=values, tasks=[check("low", "{{ taskrun.value }}")]) | {"id": "inner"}
    for task, state in (
        (around("Parallel", tasks=[low]), "WARNING"),
        (around("ForEach", values=["a", "b"], tasks=[inner]), "WARNING"),
        (around("If", condition="{{ true }}", then=[low]), "WARNING"),
        (around("If", condition="{{ false }}", then=[low]), "SUCCESS"),
        (around("Sequential", tasks=[check("high")]), "SUCCESS"),
    ):
        result = run(kestra, task, name=flow_id("inside"))
        assert result.state == state, result.logs
    result = run(kestra, around("ForEach", values=["a", "b"], tasks=[inner]), name=flow_id("inside"))
    assert "2 checks inside of task around failed that only warn." in result.logs


def test_rules_of_any_text_arrive_as_they_were(kestra: Engine, flow_id: Names, users: Path) -> None:
    name = "{{ secret('X') }} {% raw %} ' \" \\ é 🙂"
    rules = [
        {"type": "regex", "column": "email", "pattern": "^[a-c]{1}@x[.]org$", "name": name},
        {"type": "in_set", "column": "email", "values": ["a@x.org", "c@x.org", "{{ inputs.x }}", "line\nbreak"]},
    ]
    flow = generate_check_flow(
        flow_id("texts"), "tests", input_uri=str(users), rules=rules, engine_name="dq_core", generator=GENERATOR
    )
    result = kestra.run(flow)
    assert result.state == "SUCCESS", result.logs
    assert result.outputs["check_result"]["checks"][0]["check_name"] == name


def test_a_result_that_is_too_big_is_a_file(kestra: Engine, flow_id: Names, users: Path) -> None:
    rules = [{"type": "row_count", "min": 1, "name": f"{'x' * 200}{n}"} for n in range(400)]
    flow = generate_check_flow(
        flow_id("big"), "tests", input_uri=str(users), rules=rules, engine_name="dq_core", generator=GENERATOR
    )
    result = kestra.run(flow)
    assert result.state == "SUCCESS", result.logs
    assert result.vars("check")["passed_count"] == 400
    assert "INFO The output 'result' has" in result.logs
    assert "List the file" not in result.logs
    sent = result.outputs["check_result"]
    assert (sent["file"], sent["status"], len(sent["checks"]) + sent["left_out"]) == ("result.json", "passed", 400)
    assert result.files("check")["result.json"].startswith('{"status": "passed"')


def test_profile(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = generate_profile_flow(flow_id("profile"), "tests", input_uri=str(users), generator=GENERATOR)
    result = kestra.run(flow)
    assert result.state == "SUCCESS", result.logs
    columns = {column["name"]: column for column in result.outputs["profile_result"]["columns"]}
    assert columns["email"]["null_count"] == 1
    assert (columns["age"]["min"], columns["age"]["max"]) == (-1, 45)
    assert result.vars("profile")["column_count"] == 3
    assert "profile_report.html" in result.files("profile")


def test_learn(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = generate_learn_flow(
        flow_id("learn"), "tests", input_uri=str(users), min_confidence=0.1, engine_name="dq_core", generator=GENERATOR
    )
    result = kestra.run(flow)
    assert result.state == "SUCCESS", result.logs
    rules = {(rule["column"], rule["type"]) for rule in result.outputs["learn_result"]["rules"]}
    assert ("id", "not_null") in rules
    assert ("email", "not_null") not in rules
    assert "type: not_null" in result.files("learn")["learn_report.yaml"]


def test_a_comparison_passes_if_the_copy_is_the_same_and_fails_with_what_differs(
    kestra: Engine, flow_id: Names, tmp_path: Path
) -> None:
    shop, copy = tmp_path / "shop.csv", tmp_path / "copy.db"
    shop.write_text("id,amount\n1,2.5\n2,3.5\n3,4.5\n")
    with sqlite3.connect(copy) as database:
        database.execute("CREATE TABLE orders (id INTEGER, amount REAL)")
        database.executemany("INSERT INTO orders VALUES (?, ?)", [(1, 2.5), (2, 3.5), (3, 4.5)])
    flow = generate_compare_flow(
        flow_id("compares"),
        "tests",
        input_uri=str(shop),
        copy_uri=f"sqlite:///{copy}",
        copy_table="orders",
        keys=["id"],
        read_options={"types": {"id": "BIGINT", "amount": "DOUBLE"}},
        generator=GENERATOR,
    )
    same = kestra.run(flow)
    assert same.state == "SUCCESS", same.logs
    assert (same.vars("compare")["equal"], same.outputs["compare_result"]["status"]) == (True, "passed")
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE orders SET amount = 9 WHERE id = 2")
        database.execute("DELETE FROM orders WHERE id = 3")
    other = kestra.run(flow)
    assert other.state == "FAILED"
    sent = other.vars("compare")
    assert (sent["equal"], sent["changed_count"], sent["missing_count"], sent["extra_count"]) == (False, 1, 1, 0)
    assert other.outputs["compare_result"] == sent["result"]
    assert other.metrics("compare")["compare.changed"] == 1
    assert "compare_report.html" in other.files("compare")


def test_the_pipeline_runs_in_order_and_has_all_outputs(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = generate_quality_pipeline(
        flow_id("pipeline"),
        "tests",
        input_uri=str(users),
        rules=GOOD,
        include_learn=True,
        engine_name="dq_core",
        generator=GENERATOR,
    )
    result = kestra.run(flow)
    assert result.state == "SUCCESS", result.logs
    assert result.task_ids == ["profile", "check", "learn"]
    assert sorted(result.outputs) == ["check_result", "learn_result", "profile_result"]


def test_a_pipeline_that_fails_keeps_what_it_has(kestra: Engine, flow_id: Names, users: Path) -> None:
    flow = generate_quality_pipeline(
        flow_id("half"),
        "tests",
        input_uri=str(users),
        rules=BAD,
        include_learn=True,
        engine_name="dq_core",
        generator=GENERATOR,
    )
    result = kestra.run(flow)
    assert result.state == "FAILED"
    assert result.task_ids == ["profile", "check"]
    assert sorted(result.outputs) == ["check_result", "profile_result"]


def test_a_table_of_a_database(kestra: Engine, flow_id: Names, tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE users (id INTEGER); INSERT INTO users VALUES (1), (2), (NULL)")
    connection.close()
    task = TaskConfig(
        id="check",
        input_uri=f"sqlite:///{path}",
        query="SELECT * FROM users WHERE id IS NOT NULL OR '{{ inputs.all }}' = 'yes'",
        rules=GOOD,
        engine_name="dq_core",
    )
    inputs = (InputConfig(name="all", default="no"),)
    assert run(kestra, task, name=flow_id("table"), inputs=inputs).vars("check")["row_count"] == 2
    assert run(kestra, task, name=flow_id("table"), inputs=inputs, values={"all": "yes"}).state == "FAILED"


def test_a_file_that_is_handed_in(kestra: Engine, flow_id: Names, tmp_path: Path) -> None:
    upload = tmp_path / "upload.csv"
    upload.write_text("id,email\n1,a\n2,b\n", encoding="utf-8")
    task = TaskConfig(
        id="check", input_uri="{{ inputs.upload }}", input_format="csv", rules=GOOD, engine_name="dq_core"
    )
    inputs = (InputConfig(name="upload", type="FILE"),)
    result = run(kestra, task, name=flow_id("upload"), inputs=inputs, values={"upload": str(upload)})
    assert result.document["inputs"]["upload"].startswith("kestra:///")
    assert result.vars("check")["row_count"] == 2, result.logs


def test_a_file_of_an_earlier_task(kestra: Engine, flow_id: Names) -> None:
    program = "import pathlib\npathlib.Path('made.csv').write_text('id\\n1\\n2\\n3\\n')\n"
    task = TaskConfig(
        id="check",
        input_uri="{{ outputs.make.outputFiles['made.csv'] }}",
        rules=GOOD,
        engine_name="dq_core",
    )
    first = script("make", program, output_files=("made.csv",))
    result = run(kestra, first, task, name=flow_id("made"))
    assert result.vars("check")["row_count"] == 3, result.logs


def test_a_script_gets_its_inputs_and_variables(kestra: Engine, flow_id: Names) -> None:
    program = """
from truthound_kestra.outputs import send_outputs
from truthound_kestra.utils import get_execution_context, get_kestra_variable

context = get_execution_context()
send_outputs({
    "uri": get_kestra_variable("data-uri"),
    "limit": get_kestra_variable("limit"),
    "other": get_kestra_variable("other", default="none"),
    "where": [context.namespace, context.flow_id, context.task_id, context.attempt],
    "execution": context.execution_id,
    "values": {"nan": float("nan"), "none": None, "text": "two\\nlines ::{}::"},
})
"""
    name = flow_id("script")
    result = run(
        kestra,
        script("task", program),
        name=name,
        inputs=(InputConfig(name="data-uri"), InputConfig(name="other", required=False)),
        variables={"limit": 3},
        values={"data-uri": 's3://b/{x} "quoted" \\ é'},
    )
    sent = result.vars("task")
    assert sent["uri"] == 's3://b/{x} "quoted" \\ é'
    assert (sent["limit"], sent["other"]) == ("3", "none")
    assert sent["where"] == ["tests", name, "task", 0]
    assert sent["execution"] == result.document["execution"]
    # Kestra itself drops what is None.
    assert sent["values"] == {"nan": "NaN", "text": "two\nlines ::{}::"}


def test_every_kind_of_output_is_one_that_kestra_reads(kestra: Engine, flow_id: Names) -> None:
    program = """
import datetime as dt
from decimal import Decimal
from truthound_kestra.outputs import KestraOutputHandler

handler = KestraOutputHandler()
handler.send_outputs({"inf": float("inf"), "decimal": Decimal("1.10"), "day": dt.date(2024, 2, 29), "big": 10**30})
handler.send("nul", "a\\0b")
handler.send("report", {"rows": ["x" * 1000] * 5200})
handler.counter("count", 2, {"a": "b"})
handler.gauge("share", 0.5)
handler.log("WARN", "careful")
handler.log("ERROR", "{" + "{ braces }} stay")
"""
    result = run(kestra, script("task", program, output_files=("report.json",)), name=flow_id("outputs"))
    assert result.state == "SUCCESS", result.logs
    sent = result.vars("task")
    assert (sent["inf"], sent["decimal"], sent["day"], sent["big"]) == ("Infinity", "1.10", "2024-02-29", 10**30)
    assert sent["nul"] == "a\ufffdb"
    assert sent["report"]["bytes"] > 5_000_000
    assert result.files("task")["report.json"].startswith('{"rows": ["xxx')
    assert result.metrics("task") == {"count": 2, "share": 0.5}
    assert "WARN careful" in result.logs
    assert "ERROR {{ braces }} stay" in result.logs


FLAKY = """
import pathlib, sys
from truthound_kestra.utils import get_execution_context
path = pathlib.Path({path!r})
attempts = int(path.read_text()) if path.exists() else 0
path.write_text(str(attempts + 1))
sys.exit(0 if attempts >= 2 else 1)
"""


@pytest.mark.parametrize(
    "policy", [RetryPolicy.CONSTANT, RetryPolicy.EXPONENTIAL, RetryPolicy.LINEAR, RetryPolicy.RANDOM]
)
def test_a_task_is_tried_again(kestra: Engine, flow_id: Names, tmp_path: Path, policy: RetryPolicy) -> None:
    retry = RetryConfig(max_attempts=3, initial_delay_seconds=0.2, policy=policy, max_delay_seconds=0.4)
    program = FLAKY.format(path=str(tmp_path / "attempts"))
    result = run(kestra, script("flaky", program, retry=retry), name=flow_id("retry"))
    assert result.state == "SUCCESS", result.logs
    assert result.task("flaky")["attempts"] == ["FAILED", "FAILED", "SUCCESS"]


def test_attempts_run_out(kestra: Engine, flow_id: Names) -> None:
    retry = RetryConfig(max_attempts=2, initial_delay_seconds=0.1, policy=RetryPolicy.CONSTANT)
    result = run(kestra, script("broken", "raise SystemExit(1)", retry=retry), name=flow_id("retry"))
    assert result.state == "FAILED"
    assert result.task("broken")["attempts"] == ["FAILED", "FAILED"]


def test_a_retry_of_the_flow(kestra: Engine, flow_id: Names, tmp_path: Path) -> None:
    retry = RetryConfig(max_attempts=3, initial_delay_seconds=0.2, policy=RetryPolicy.CONSTANT)
    program = FLAKY.format(path=str(tmp_path / "attempts"))
    result = run(kestra, script("flaky", program), name=flow_id("retry"), retry=retry)
    assert result.state == "SUCCESS", result.logs


@pytest.mark.parametrize("place", ["errors", "finally_tasks"])
def test_kestra_hides_a_failure_that_a_retry_of_the_flow_meets(kestra: Engine, flow_id: Names, place: str) -> None:
    """Why such flows are refused; once this fails, they need not be."""
    retry = RetryConfig(max_attempts=2, initial_delay_seconds=0.2, policy=RetryPolicy.CONSTANT)
    log = {"id": "log", "type": "io.kestra.plugin.core.log.Log", "message": "m"}
    flow = FlowConfig(
        id=flow_id("hidden"),
        namespace="tests",
        tasks=(script("broken", "raise SystemExit(1)"),),
        retry=retry,
        **{place: (log,)},  # type: ignore[arg-type]
    )
    with mock.patch.object(FlowConfig, "problems", return_value=()):
        written = GENERATOR.generate(flow)
    assert kestra.run(written).state == "SUCCESS"


def test_a_task_that_takes_too_long(kestra: Engine, flow_id: Names) -> None:
    program = f"print('begins', flush=True)\n{FOR_EVER}"
    result = run(kestra, script("slow", program, timeout_seconds=1), name=flow_id("timeout"))
    assert result.state == "FAILED"
    assert "Timeout" in result.logs


def test_branches_run_as_a_dag(kestra: Engine, flow_id: Names, users: Path) -> None:
    common = {"input_uri": str(users), "engine_name": "dq_core"}
    result = run(
        kestra,
        TaskConfig(id="profile", task_type=TaskType.PROFILE, **common),
        TaskConfig(id="check", rules=GOOD, **common),
        script(
            "report",
            "from truthound_kestra.outputs import send_outputs\n"
            "rows = {{ outputs.check.vars.row_count }} + {{ outputs.profile.vars.row_count }}\n"
            "send_outputs({'rows': rows})\n",
            depends_on=("profile", "check"),
        ),
        name=flow_id("dag"),
        outputs=(OutputConfig(name="rows", type="INT", value="{{ outputs.report.vars.rows }}"),),
    )
    assert result.state == "SUCCESS", result.logs
    assert result.task_ids[0] == "branches"
    assert result.task_ids[-1] == "report"
    assert result.outputs == {"rows": 8}


def test_errors_finally_and_allowed_failures(kestra: Engine, flow_id: Names) -> None:
    result = run(
        kestra,
        script("soft", "raise SystemExit(1)", allow_failure=True),
        script("hard", "raise SystemExit(1)"),
        name=flow_id("errors"),
        errors=(
            {"id": "alert", "type": "io.kestra.plugin.core.log.Log", "message": "failed: {{ execution.id }}"},
            script("alert_script", "print('alert')"),
        ),
        finally_tasks=(script("end", "print('end')"),),
    )
    assert result.state == "FAILED"
    assert result.task_ids == ["soft", "hard", "alert", "alert_script", "end"]
    assert result.task("soft")["state"] == "WARNING"
    assert f"failed: {result.document['execution']}" in result.logs


def test_conditions(kestra: Engine, flow_id: Names) -> None:
    tasks = (
        script("always", "print(1)"),
        script("full", "print(1)", conditions=("{{ inputs.full }}", "{{ vars.limit > 1 }}")),
    )
    inputs = (InputConfig(name="full", type="BOOL", default=False),)
    for full, state in ((False, "SKIPPED"), (True, "SUCCESS")):
        result = run(
            kestra,
            *tasks,
            name=flow_id(f"conditions-{full}".lower()),
            inputs=inputs,
            variables={"limit": 2},
            values={"full": full},
        )
        assert result.task("full")["state"] == state


#: Conditions, and whether Kestra takes them for true.
CONDITIONS = {
    "{{ inputs.none }}": False, "{{ inputs.text }}": False, "{{ inputs.zero }}": False, "{{ inputs.full }}": True,
    "{{- true -}}": True, "{{ true }}{{ false }}": True, "{% if false %}true{% endif %}": False, "a{{ false }}": True,
    "{{ '-0' }}": False, "{{ ' false ' }}": False, "{{ 'False' }}": True, "{{ 0.0 }}": True, "{{ inputs.list }}": True,
    "{{ inputs.none is null }}": True, "{{ inputs.zero == 1 }}": False,
}  # fmt: skip


def test_several_conditions_are_true_if_each_is(kestra: Engine, flow_id: Names) -> None:
    inputs = [
        {"id": "none", "type": "STRING", "required": False},
        {"id": "text", "type": "STRING", "defaults": "false"},
        {"id": "zero", "type": "INT", "defaults": 0},
        {"id": "full", "type": "BOOL", "defaults": True},
        {"id": "list", "type": "ARRAY", "itemType": "STRING", "defaults": []},
    ]
    kind = "io.kestra.plugin.core.debug.Return"
    tasks = [
        {
            "id": f"t{number}-{many}",
            "type": kind,
            "format": "x",
            "runIf": all_true([condition, "{{ 1 == 1 }}"][:many]),
        }
        for number, condition in enumerate(CONDITIONS)
        for many in (1, 2)
    ]
    result = kestra.run(json.dumps({"id": flow_id("several"), "namespace": "tests", "inputs": inputs, "tasks": tasks}))
    states = [[result.task(f"t{number}-{many}")["state"] for many in (1, 2)] for number, _ in enumerate(CONDITIONS)]
    assert states == [["SUCCESS" if true else "SKIPPED"] * 2 for true in CONDITIONS.values()]


@pytest.mark.parametrize(
    ("behavior", "state"),
    [("BLOCK_EXECUTION", "BLOCKED"), ("FAIL_EXECUTION", "FAILED"), ("CREATE_EXECUTION", "SUCCESS")],
)
def test_checks_before_the_start(kestra: Engine, flow_id: Names, behavior: str, state: str) -> None:
    check = ExecutionCheck(condition="{{ inputs.n > 0 }}", message="too small", behavior=behavior)
    inputs = (InputConfig(name="n", type="INT", default=1),)
    name = flow_id(f"checks-{behavior}")
    task = script("task", "print(1)")
    assert run(kestra, task, name=name, inputs=inputs, checks=(check,)).state == "SUCCESS"
    result = run(kestra, task, name=name, inputs=inputs, checks=(check,), values={"n": 0})
    assert result.state == state
    assert result.document["checks"][0]["message"] == "too small"


def test_labels_and_concurrency_do_not_hinder(kestra: Engine, flow_id: Names) -> None:
    result = run(
        kestra,
        script("task", "print(1)"),
        name=flow_id("labels"),
        labels={"team": "data"},
        concurrency=ConcurrencyConfig(limit=1),
    )
    assert result.state == "SUCCESS"
    assert result.labels["team"] == "data"


def test_a_schedule_hands_over_its_inputs(kestra: Engine, flow_id: Names, users: Path) -> None:
    task = TaskConfig(id="check", input_uri="{{ inputs.data_uri }}", rules=GOOD, engine_name="dq_core")
    result = run(
        kestra,
        task,
        name=flow_id("schedule"),
        inputs=(InputConfig(name="data_uri"),),
        triggers=(TriggerConfig(id="daily", cron="0 6 * * *", inputs={"data_uri": str(users)}),),
        trigger="daily",
    )
    assert result.state == "SUCCESS", result.logs
    assert result.vars("check")["row_count"] == 4


def test_a_flow_starts_another_with_its_outputs(kestra: Engine, flow_id: Names, users: Path) -> None:
    upstream, downstream = flow_id("load"), flow_id("check-after")
    task = TaskConfig(id="check", input_uri="{{ inputs.data_uri }}", rules=GOOD, engine_name="dq_core")
    after = FlowConfig(
        id=downstream,
        namespace="tests",
        tasks=(task,),
        inputs=(InputConfig(name="data_uri"),),
        triggers=(
            TriggerConfig(
                id="loaded",
                type=TriggerType.FLOW,
                flow_id=upstream,
                inputs={"data_uri": "{{ trigger.outputs.uri }}"},
                conditions=("{{ 1 == 1 }}",),
            ),
        ),
    )
    result = run(
        kestra,
        script("load", "print(1)"),
        name=upstream,
        outputs=(OutputConfig(name="uri", value=str(users)),),
        before=[GENERATOR.generate(after)],
        follow=1,
    )
    (checked,) = result.triggered
    assert checked.document["flow"] == f"tests.{downstream}"
    assert checked.state == "SUCCESS", checked.logs
    assert checked.vars("check")["row_count"] == 4


@pytest.mark.parametrize(("age", "state"), [(0, "FAILED"), (-1, "SUCCESS")])
def test_kestra_watches_over_the_native_sla(kestra: Engine, flow_id: Names, users: Path, age: int, state: str) -> None:
    rules = [*GOOD, {"type": "in_range", "column": "age", "min": age}]
    flow = generate_check_flow(
        flow_id("sla"),
        "tests",
        input_uri=str(users),
        rules=rules,
        fail_on_error=False,
        engine_name="dq_core",
        sla=SLAConfig(min_pass_rate=0.95, max_failure_rate=0.05, min_row_count=1),
        generator=GENERATOR,
    )
    result = kestra.run(flow)
    assert result.state == state, result.logs
    assert result.labels.get("sla") == ("violated" if state == "FAILED" else None)


@pytest.mark.parametrize("limit", [{"max_failure_rate": 1e-06}, {"min_pass_rate": 1 - 1e-12}, {"min_row_count": 5}])
@pytest.mark.parametrize("task_id", ["not", "is", "a-b"])
def test_no_limit_of_the_native_sla_is_ignored(
    kestra: Engine, flow_id: Names, users: Path, limit: dict[str, Any], task_id: str
) -> None:
    warns = [{"type": "not_null", "column": "email", "severity": "low"}]
    task = TaskConfig(
        id=task_id, input_uri=str(users), rules=[*BAD, *warns], fail_on_error=False, engine_name="dq_core"
    )
    result = run(kestra, task, name=flow_id("limits"), sla=SLAConfig(max_consecutive_failures=None, **limit))
    assert (result.state, result.labels.get("sla")) == ("FAILED", "violated"), result.logs
    assert "Ignoring SLA" not in result.logs


@pytest.mark.parametrize("limit", [{"max_failure_rate": 0.5}, {"min_pass_rate": 0.5}, {"min_row_count": 2}, {}])
def test_the_native_sla_covers_checks_in_loops(
    kestra: Engine, flow_id: Names, tmp_path: Path, limit: dict[str, Any]
) -> None:
    """Beside a check that is none: one of the runs in the loop violates each of the limits."""
    for name, content in {"good": "id\n1\n2\n", "bad": "id\n7\n"}.items():
        (tmp_path / f"{name}.csv").write_text(content)
    rules = [{"type": "in_set", "column": "id", "values": ["1", "2"]}]

    def check(name: str, file: str) -> TaskConfig:
        uri = f"{tmp_path}/{file}.csv"
        return TaskConfig(id=name, input_uri=uri, rules=rules, fail_on_error=False, engine_name="dq_core")

    loop = {
        "id": "loop",
        "type": "io.kestra.plugin.core.flow.ForEach",
        "values": ["good", "bad"] if limit else ["good"],
        "tasks": [check("in-loop", "{{ taskrun.value }}")],
    }
    sla = SLAConfig(max_consecutive_failures=None, **limit or {"min_pass_rate": 1, "min_row_count": 2})
    result = run(kestra, check("first", "good"), loop, name=flow_id("loop"), sla=sla)  # type: ignore[arg-type]
    expected = ("FAILED", "violated") if limit else ("SUCCESS", None)
    assert (result.state, result.labels.get("sla")) == expected, result.logs
    assert "Ignoring SLA" not in result.logs


def test_kestra_watches_over_the_duration(kestra: Engine, flow_id: Names) -> None:
    result = run(
        kestra,
        script("slow", FOR_EVER),
        name=flow_id("duration"),
        sla=SLAConfig(max_execution_time_seconds=1),
    )
    assert result.state == "FAILED"
    assert result.labels["sla"] == "violated"


def test_failures_in_a_row_are_kept_in_kestras_kv_store(kestra: Engine, flow_id: Names, users: Path) -> None:
    name = flow_id("in-a-row")
    sla = SLAConfig(max_consecutive_failures=2)

    def check(rules: list[dict[str, Any]]) -> Run:
        task = TaskConfig(
            id="check", input_uri=str(users), rules=rules, fail_on_error=False, engine_name="dq_core", sla=sla
        )
        return run(kestra, task, name=name)

    first, second, good, third = check(BAD), check(BAD), check(GOOD), check(BAD)
    assert [result.state for result in (first, second, good, third)] == ["SUCCESS", "FAILED", "SUCCESS", "SUCCESS"]
    assert [result.vars("check")["sla_consecutive_failures"] for result in (first, second, good, third)] == [1, 2, 0, 1]
    assert second.vars("check")["sla_violations"][0]["violation_type"] == "consecutive_failures"
    assert "2 consecutive failed runs; the limit is 2" in second.logs
    assert second.metrics("check")["sla.violations"] == 1
    assert second.task("remember_check")["state"] == "SUCCESS"
    assert json.loads(third.vars("check")["sla_state"])["failures"] == 1


def test_a_polling_trigger_asks_an_address(kestra: Engine, flow_id: Names, users: Path, file_server: str) -> None:
    task = TaskConfig(id="check", input_uri="{{ trigger.uri }}", rules=GOOD, engine_name="dq_core")
    poll = TriggerConfig(id="poll", type=TriggerType.POLLING, uri=f"{file_server}/{users.name}")
    result = run(kestra, task, name=flow_id("poll"), triggers=(poll,), trigger="poll")
    assert result.state == "SUCCESS", result.logs
    assert result.vars("check")["row_count"] == 4
    missing = TriggerConfig(id="poll", type=TriggerType.POLLING, uri=f"{file_server}/missing.parquet")
    refused = run(kestra, task, name=flow_id("poll"), triggers=(missing,), trigger="poll")
    assert (refused.state, refused.document["error"]) == ("REFUSED", "trigger poll did not fire")
