"""What a run must remember outlives its container, or is refused; see also engine_tests/test_state.py."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import yaml

from truthound_kestra.flows import FlowConfig, TaskConfig, generate_check_flow, generate_quality_pipeline
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.scripts import (
    DEFAULT_SCRIPT_CONFIG,
    CheckScriptConfig,
    check_quality_script,
    forget_schema,
)
from truthound_kestra.sla import SLAConfig
from truthound_kestra.utils.exceptions import ConfigurationError, OutputError, SLAViolationError
from truthound_kestra.utils.serialization import JsonSerializer, MarkdownSerializer

if TYPE_CHECKING:
    from pathlib import Path

RULES = ({"type": "not_null", "column": "id"},)
LEARNING = TaskConfig(id="check", input_uri="data.parquet", extra_args={"auto_schema": True})
SCRIPT = TaskConfig(id="print", task_type="python_script", script="print(1)")  # type: ignore[arg-type]


def first(path: Path) -> Path:
    """What a first run learns from: ids, and two kinds."""
    pd.DataFrame({"id": range(400), "kind": ["a", "b"] * 200}).to_parquet(path)
    return path


def later(path: Path) -> Path:
    """The same, with a gap and another kind."""
    pd.DataFrame({"id": [None, *range(399)], "kind": ["a", "z"] * 200}).to_parquet(path)
    return path


# Flows

FLOWS = {
    "check": generate_check_flow("f", "n", input_uri="data.parquet", auto_schema=True),
    "pipeline": generate_quality_pipeline("f", "n", input_uri="data.parquet", auto_schema=True),
    "pipeline_with_learn": generate_quality_pipeline(
        "f", "n", input_uri="data.parquet", rules=RULES, auto_schema=True, include_learn=True
    ),
    "branches": FlowConfig(
        id="f", namespace="n", tasks=(SCRIPT, LEARNING, TaskConfig(id="c", input_uri="x.csv", rules=RULES)),
    ).to_yaml(),
    "errors": FlowConfig(id="f", namespace="n", tasks=(SCRIPT,), errors=(LEARNING,)).to_yaml(),
    "finally": FlowConfig(id="f", namespace="n", tasks=(SCRIPT,), finally_tasks=(LEARNING,)).to_yaml(),
}  # fmt: skip


def blocks(document: Any) -> list[dict[str, Any]]:
    """All tasks of a flow, wherever they are."""
    if isinstance(document, list):
        return [block for item in document for block in blocks(item)]
    if not isinstance(document, dict):
        return []
    own = [document] if "type" in document and "id" in document else []
    return own + [block for value in document.values() for block in blocks(value)]


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_keeps_what_its_tasks_learn(name: str) -> None:
    by_id = {block["id"]: block for block in blocks(yaml.safe_load(FLOWS[name]))}
    check, remember = by_id["check"], by_id["remember_rules_check"]
    assert check["inputFiles"][check["env"]["KESTRA_SCHEMA_STATE"]] == (
        "{{ kv('schema.f.check', errorOnMissing=false) ?? '' }}"
    )
    assert "learned_rules.json" in check["outputFiles"]
    assert remember["key"] == "schema.f.check"
    assert remember["value"] == "{{ read(outputs.check.outputFiles['learned_rules.json']) }}"


def test_the_state_of_a_task_is_stored_after_it_wherever_it_is() -> None:
    sla = SLAConfig(max_consecutive_failures=2)
    checks = [
        TaskConfig(id=name, input_uri="x.csv", rules=RULES, sla=sla) for name in ("in_tasks", "in_errors", "at_end")
    ]
    flow = FlowConfig(id="f", tasks=(checks[0],), errors=(checks[1],), finally_tasks=(checks[2],))
    assert [task["id"] for task in yaml.safe_load(flow.to_yaml())["finally"]] == [
        "remember_in_tasks",
        "remember_in_errors",
        "at_end",
        "remember_at_end",
    ]


@pytest.mark.parametrize(
    "extra", [{"auto_schema": True, "baseline_uri": "good.parquet"}, {"auto_schema": False}], ids=str
)
def test_a_task_that_need_not_remember_has_no_state(extra: dict[str, Any]) -> None:
    task = TaskConfig(id="check", input_uri="x.csv", rules=RULES, extra_args=extra)
    assert "finally" not in yaml.safe_load(FlowConfig(id="f", tasks=(task,)).to_yaml())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extra": {"outputFiles": ["x.png"]}}, "outputFiles must list 'learned_rules.json'"),
        ({"extra": {"inputFiles": {"known_rules.json": ""}}}, "'known_rules.json' must not be given"),
        ({"extra": {"env": {"KESTRA_SCHEMA_STATE": ""}}}, "'KESTRA_SCHEMA_STATE' must not be given"),
        ({"env": {"KESTRA_SCHEMA_STATE": ""}}, "'KESTRA_SCHEMA_STATE'"),
        ({"env": {"KESTRA_SLA_STATE": ""}, "sla": SLAConfig()}, "'KESTRA_SLA_STATE'"),
    ],
)
def test_a_task_is_not_cut_off_from_its_state(changes: dict[str, Any], words: str) -> None:
    task = dataclasses.replace(LEARNING, **changes)
    problems = FlowConfig(id="f", tasks=(task,)).problems()
    assert len(problems) == 1
    assert words in problems[0]


def test_further_files_of_a_task_that_remembers_are_fine() -> None:
    task = dataclasses.replace(LEARNING, extra={"outputFiles": ["*.json", "x.png"], "inputFiles": {"a": "b"}})
    assert FlowConfig(id="f", tasks=(task,)).problems() == ()


# Scripts


class Container:
    """Runs of one task, each with nothing but what the flow passes from the KV store."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tmp_path, self.monkeypatch, self.stored, self.runs = tmp_path, monkeypatch, "", 0

    def run(self, source: Path, **options: Any) -> Any:
        self.runs += 1
        folder = self.tmp_path / f"container{self.runs}"
        folder.mkdir()
        self.monkeypatch.chdir(folder)
        self.monkeypatch.delenv("XDG_STATE_HOME", raising=False)
        self.monkeypatch.setenv("HOME", str(folder / "home"))
        (folder / "known.json").write_text(self.stored, encoding="utf-8")
        self.monkeypatch.setenv("KESTRA_SCHEMA_STATE", "known.json")
        config = CheckScriptConfig(engine_name="dq_core", auto_schema=True, fail_on_error=False, **options)
        result = check_quality_script(source, config)
        if (learned := folder / "learned_rules.json").exists():
            self.stored = learned.read_text(encoding="utf-8")
        assert not (folder / "home").exists()
        return result


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_kestra: None) -> Container:
    return Container(tmp_path, monkeypatch)


def test_the_rules_of_the_first_container_hold_in_the_next(container: Container, tmp_path: Path) -> None:
    good, bad = first(tmp_path / "first.parquet"), later(tmp_path / "later.parquet")
    one, two, three = container.run(good), container.run(bad), container.run(good)
    assert (one.status, one.learned_count > 0) == ("passed", True)
    assert (two.status, two.learned_count) == ("failed", 0)
    assert {"not_null_id", "in_set_kind"} <= set(two.failed_checks)
    assert (three.status, three.learned_count) == ("passed", 0)


def test_the_rules_of_another_flow_are_not_taken_over(
    container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.run(first(tmp_path / "first.parquet"))
    monkeypatch.setenv("KESTRA_NAMESPACE", "production.child")
    assert container.run(later(tmp_path / "later.parquet")).learned_count > 0


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"rules": []}', '{"subject": "x", "rules": 1}'])
def test_what_are_no_learned_rules(container: Container, tmp_path: Path, text: str) -> None:
    container.stored = text
    with pytest.raises(OutputError, match="does not contain learned rules"):
        container.run(first(tmp_path / "first.parquet"))


@pytest.mark.usefixtures("in_kestra")
def test_rules_that_the_flow_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KESTRA_SCHEMA_STATE", "missing.json")
    with pytest.raises(OutputError, match=r"missing\.json, which KESTRA_SCHEMA_STATE names, cannot be read"):
        check_quality_script(first(tmp_path / "first.parquet"))
    with pytest.raises(ConfigurationError, match="KV store"):
        forget_schema("first.parquet")


@pytest.mark.usefixtures("in_kestra")
@pytest.mark.parametrize("options", [{"auto_schema": True}, {"rules": RULES, "sla": SLAConfig()}], ids=["rules", "sla"])
def test_state_that_nothing_would_keep_is_refused_before_any_work(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    config = CheckScriptConfig(engine_name="dq_core", **options)
    with pytest.raises(ConfigurationError, match="would be lost with its container") as caught:
        check_quality_script("missing.parquet", config)
    assert "TRUTHOUND_KESTRA_STATE_URL" in str(caught.value)
    monkeypatch.setenv("TRUTHOUND_KESTRA_STATE_URL", f"sqlite:///{tmp_path / 'volume.sqlite'}")
    assert check_quality_script(first(tmp_path / "data.parquet"), config).is_success


def test_a_task_that_does_not_say_which_it_is_shares_no_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KESTRA_EXECUTION_ID", "e1")
    monkeypatch.setenv("KESTRA_TASK_ID", "check")  # of any flow
    config = CheckScriptConfig(engine_name="dq_core", auto_schema=True)
    for make, name in ((first, "first.parquet"), (later, "later.parquet")):
        handler = KestraOutputHandler(io.StringIO())
        assert check_quality_script(make(tmp_path / name), config, handler=handler).learned_count > 0


def test_outside_of_kestra_failures_are_counted_for_the_data(tmp_path: Path) -> None:
    sla = SLAConfig(max_consecutive_failures=2)
    config = CheckScriptConfig(engine_name="dq_core", rules=RULES, fail_on_error=False, sla=sla)
    one, two = later(tmp_path / "one.parquet"), later(tmp_path / "two.parquet")
    results = [check_quality_script(source, config).sla for source in (one, two)]
    assert [result.consecutive_failures for result in results if result] == [1, 1]
    with pytest.raises(SLAViolationError, match="2 consecutive failed runs"):
        check_quality_script(one, config)


# Without rules and without a config


def test_without_rules_the_first_run_learns_and_the_next_is_checked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = first(tmp_path / "data.parquet")
    with caplog.at_level(logging.INFO, "truthound_kestra.scripts"):
        one = check_quality_script(str(path))
        later(path)
        with pytest.raises(Exception, match="not_null_id") as caught:
            check_quality_script(data_uri=path)
    two = caught.value.result  # type: ignore[attr-defined]
    count = one.total_count
    assert (one.status, one.learned_count) == ("passed", count)
    said = f"This run has learned, and judged nothing: {count} rules were learned from the data of this run, which "
    assert one.notes == (said + "obeys them by construction. Later runs are checked against them.",)
    assert (two.status, two.learned_count) == ("failed", 0)
    assert two.notes == (f"{count} rules were learned from the data of an earlier run.",)
    records = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert records == [("WARNING", f"{path}: {one.notes[0]}"), ("INFO", f"{path}: {two.notes[0]}")]
    for result in (one, two):
        assert result.notes[0] in MarkdownSerializer().serialize(result)
        assert result.summary()["notes"] == list(result.notes)
        assert JsonSerializer().deserialize(JsonSerializer().serialize(result)) == result


@pytest.mark.usefixtures("in_kestra")
def test_kestras_log_says_so_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = first(tmp_path / "data.parquet")
    for level in ("WARN", "INFO"):
        result = check_quality_script(path)
        lines = [json.loads(line[2:-2]) for line in capsys.readouterr().out.splitlines()]
        assert {"level": level, "message": result.notes[0]} in [
            entry for line in lines for entry in line.get("logs", [])
        ]


def test_given_rules_judge_in_the_first_run_too(tmp_path: Path) -> None:
    config = CheckScriptConfig(engine_name="dq_core", rules=RULES, auto_schema=True)
    (note,) = check_quality_script(first(tmp_path / "data.parquet"), config).notes
    assert "judged nothing" not in note
    assert "were learned from the data of this run" in note


def test_rules_of_a_baseline_are_said_to_be_of_it(tmp_path: Path) -> None:
    good = first(tmp_path / "good.parquet")
    config = CheckScriptConfig(engine_name="dq_core", auto_schema=True, baseline_uri=str(good), fail_on_error=False)
    result = check_quality_script(later(tmp_path / "later.parquet"), config)
    assert (result.status, result.learned_count) == ("failed", 0)
    assert result.notes[0].endswith(f"rules were learned from {good}.")


@pytest.mark.parametrize(
    "arguments", [{"config": DEFAULT_SCRIPT_CONFIG}, {"rules": []}, {"config": CheckScriptConfig()}]
)
def test_no_rules_where_rules_were_meant_is_an_error(users: Path, arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="There are no rules"):
        check_quality_script(users, **arguments)
