"""State in Kestra's KV store, on Kestra's own engine: each run of a task finds what an earlier one has stored there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from truthound_kestra.flows import FlowConfig, FlowGenerator, TaskConfig, generate_quality_pipeline
from truthound_kestra.sla import SLAConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.kestra_engine import Engine

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

GENERATOR = FlowGenerator(task_runner="process", dependencies=())
# Kestra must not render what was learned from data.
KINDS = ["{{ 1 + 1 }}", "{% if true %}é{% endif %}"]


def test_learned_rules_are_kept(kestra: Engine, flow_id: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    flow = generate_quality_pipeline(
        flow_id("learned"), "tests", input_uri=str(path), auto_schema=True, engine_name="dq_core", generator=GENERATOR
    )
    pd.DataFrame({"id": range(400), "kind": KINDS * 200}).to_parquet(path)
    first, again = kestra.run(flow), kestra.run(flow)
    assert (first.state, again.state) == ("SUCCESS", "SUCCESS"), first.logs + again.logs
    assert [run.vars("check")["learned_count"] > 0 for run in (first, again)] == [True, False]
    assert "judged nothing" in first.logs
    assert [run.task("remember_rules_check")["state"] for run in (first, again)] == ["SUCCESS", "SKIPPED"]
    pd.DataFrame({"id": [None, *range(399)], "kind": [KINDS[0], "2"] * 200}).to_parquet(path)
    last = kestra.run(flow)
    assert last.state == "FAILED"
    assert {"not_null_id", "in_set_kind"} <= set(last.vars("check")["failed_checks"])


def test_a_restart_counts_its_execution_once_and_a_replay_finds_what_was_kept(
    kestra: Engine, flow_id: Callable[[str], str], tmp_path: Path
) -> None:
    path, marker = tmp_path / "data.csv", tmp_path / "marker"
    path.write_text("id,x\n,1\n")
    check = TaskConfig(
        id="check",
        input_uri=str(path),
        rules=({"type": "not_null", "column": "id"},),
        engine_name="dq_core",
        sla=SLAConfig(max_consecutive_failures=9),
    )
    flow = GENERATOR.generate(FlowConfig(id=flow_id("again"), namespace="tests", tasks=(check,)))
    first, second = kestra.run(flow, again=[None]), kestra.run(flow)
    counts = [run.vars("check")["sla_consecutive_failures"] for run in (first, *first.again, second)]
    assert (first.again[0].document["execution"], counts) == (first.document["execution"], [1, 1, 2])

    pd.DataFrame({"id": range(400), "kind": KINDS * 200}).to_parquet(learned := tmp_path / "data.parquet")
    program = f"import os, pathlib\nif not os.path.exists(p := {str(marker)!r}): pathlib.Path(p).touch(); os._exit(1)"
    flaky = TaskConfig(id="flaky", task_type="python_script", script=program)  # type: ignore[arg-type]
    learning = TaskConfig(
        id="learning", input_uri=str(learned), engine_name="dq_core", extra_args={"auto_schema": True}
    )
    steps = FlowConfig(id=flow_id("steps"), namespace="tests", tasks=(learning, flaky))
    failed = kestra.run(GENERATOR.generate(steps), again=[None, "learning"])
    assert [run.state for run in failed.again] == ["SUCCESS", "SUCCESS"]
    assert [run.vars("learning")["learned_count"] > 0 for run in failed.again] == [True, False]


@pytest.mark.parametrize("place", ["errors", "finally_tasks"])
def test_failures_are_counted_wherever_the_check_is(
    kestra: Engine, flow_id: Callable[[str], str], users: Path, place: str
) -> None:
    check = TaskConfig(
        id="check",
        input_uri=str(users),
        rules=({"type": "not_null", "column": "email"},),
        engine_name="dq_core",
        sla=SLAConfig(max_consecutive_failures=9),
    )
    fails = TaskConfig(id="fails", task_type="python_script", script="raise SystemExit(1)")  # type: ignore[arg-type]
    flow = FlowConfig(id=flow_id(f"count-{place}"), namespace="tests", tasks=(fails,), **{place: (check,)})
    runs = [kestra.run(GENERATOR.generate(flow)) for _ in range(2)]
    assert [run.vars("check")["sla_consecutive_failures"] for run in runs] == [1, 2]
    assert all(run.task("check")["state"] == "FAILED" for run in runs)
