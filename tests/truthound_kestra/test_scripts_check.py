"""Checking data against rules, whatever the engine."""

from __future__ import annotations

import io
import json
import pickle
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from truthound_kestra.outputs import KestraOutputHandler, send_check_result
from truthound_kestra.scripts import (
    LENIENT_SCRIPT_CONFIG,
    PRODUCTION_SCRIPT_CONFIG,
    STRICT_SCRIPT_CONFIG,
    CheckScriptConfig,
    check_quality_script,
    errors_in_log,
    forget_schema,
    load_rules,
)
from truthound_kestra.sla import SLAConfig, SQLStateStore
from truthound_kestra.utils.exceptions import (
    CheckFailedError,
    ConfigurationError,
    DataQualityError,
    EngineError,
    RuleError,
    ScriptError,
    SLAViolationError,
    SourceError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_NULL = {"type": "not_null", "column": "email"}
RULES = [NOT_NULL, {"type": "unique", "column": "id"}, {"type": "in_range", "column": "age", "min": 0}]


def config(**options: Any) -> CheckScriptConfig:
    return CheckScriptConfig(**{"engine_name": "dq_core", "rules": RULES, "fail_on_error": False, **options})


@pytest.mark.parametrize("engine", ["dq_core", "truthound", "pandera"])
def test_every_engine_finds_the_same(users: Path, engine: str) -> None:
    result = check_quality_script(users, config(engine_name=engine))
    assert (result.status, result.engine_name, result.row_count) == ("failed", engine, 4)
    assert (result.passed_count, result.failed_count, result.total_count) == (1, 2, 3)
    assert result.failed_checks == ("not_null_email", "in_range_age")
    assert result.pass_rate == pytest.approx(1 / 3)
    assert result.failure_rate == pytest.approx(2 / 3)
    assert not result.is_success


def test_a_failed_check_raises_with_the_result(users: Path) -> None:
    with pytest.raises(CheckFailedError, match="2 of 3 checks did not pass") as caught:
        check_quality_script(users, config(fail_on_error=True))
    assert isinstance(caught.value, DataQualityError)
    assert caught.value.result.failed_count == 2
    assert caught.value.report is caught.value.result.report
    assert pickle.loads(pickle.dumps(caught.value)).result == caught.value.result


def test_rules_of_config_and_call_are_one_list(users: Path) -> None:
    result = check_quality_script(users, config(rules=[NOT_NULL]), rules=[{"type": "row_count", "min": 1}])
    assert [check.type for check in result.report.results] == ["not_null", "row_count"]  # type: ignore[union-attr]


def test_wrong_rules_are_told_before_anything_is_read() -> None:
    with pytest.raises(RuleError, match="Did you mean 'not_null'"):
        check_quality_script("missing.parquet", config(rules=[{"type": "not_nul", "column": "x"}]))


@pytest.mark.parametrize(
    ("severity", "types", "skipped"),
    [
        ("low", ["not_null", "unique", "row_count"], 0),
        ("medium", ["unique", "row_count"], 1),
        ("critical", ["row_count"], 2),
    ],
)
def test_rules_below_the_least_severity_are_not_run(users: Path, severity: str, types: list[str], skipped: int) -> None:
    rules = [
        NOT_NULL | {"severity": "low"},
        {"type": "unique", "column": "id", "severity": "warning"},
        {"type": "row_count", "min": 1, "severity": "critical"},
    ]
    result = check_quality_script(users, config(rules=rules, min_severity=severity))
    assert [check.type for check in result.report.results] == types  # type: ignore[union-attr]
    assert result.skipped_count == skipped


def test_all_rules_below_the_least_severity(users: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing would be checked"):
        check_quality_script(users, config(rules=[NOT_NULL | {"severity": "low"}], min_severity="high"))


def test_warnings_fail_on_request(users: Path) -> None:
    rules = [NOT_NULL | {"severity": "medium"}]
    assert check_quality_script(users, config(rules=rules)).status == "passed"
    result = check_quality_script(users, config(rules=rules, fail_on_warning=True))
    assert (result.status, result.warning_count, result.failed_count) == ("failed", 1, 0)


def test_samples(users: Path) -> None:
    for wanted in (0, 1):
        report = check_quality_script(users, config(sample_failures=wanted)).report
        assert report is not None
        assert [len(check.samples) for check in report.failures] == [wanted, wanted]


def test_a_disabled_script_does_nothing() -> None:
    result = check_quality_script("postgresql://me:pw@nowhere/db", config(enabled=False))
    assert (result.status, result.report, result.is_success) == ("skipped", None, True)
    assert result.data_uri == "postgresql://me:***@nowhere/db"


def test_tags_description_and_metadata_stand_in_the_result(users: Path) -> None:
    result = check_quality_script(users, config(tags=["daily"], description="Users", metadata={"owner": "data"}))
    assert (result.tags, result.description, result.metadata) == (("daily",), "Users", {"owner": "data"})


def test_report_files(users: Path, tmp_path: Path) -> None:
    check_quality_script(users, config(report="quality"))
    assert sorted(path.name for path in tmp_path.glob("quality.*")) == ["quality.html", "quality.json", "quality.md"]


def test_data_frames_and_rows() -> None:
    frame = pd.DataFrame({"id": [1, 1]})
    assert check_quality_script(frame, config(rules=[{"type": "unique", "column": "id"}])).failed_count == 1
    assert check_quality_script([{"id": 1}], config(rules=[{"type": "unique", "column": "id"}])).passed_count == 1


def test_what_cannot_be_read() -> None:
    with pytest.raises(SourceError):
        check_quality_script("missing.parquet", config())
    with pytest.raises(ScriptError, match="inputFiles"):
        check_quality_script("kestra:///x.parquet", config())


def test_an_engine_that_cannot_do_it_says_so(users: Path) -> None:
    rules = [{"type": "expression", "sql": "age > 0"}]
    with pytest.raises(EngineError, match="expression"):
        check_quality_script(users, config(engine_name="truthound", rules=rules))


# auto_schema


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    path = tmp_path / "baseline.parquet"
    pd.DataFrame({"id": range(400), "kind": ["a", "b"] * 200}).to_parquet(path)
    return path


@pytest.fixture
def drifted(tmp_path: Path) -> Path:
    path = tmp_path / "drifted.parquet"
    pd.DataFrame({"id": [None, *range(399)], "kind": ["a", "z"] * 200}).to_parquet(path)
    return path


def test_rules_from_a_baseline(baseline: Path, drifted: Path) -> None:
    learned = config(rules=(), auto_schema=True, baseline_uri=str(baseline))
    assert check_quality_script(baseline, learned).status == "passed"
    result = check_quality_script(drifted, learned)
    assert result.status == "failed"
    assert {"not_null_id", "in_set_kind"} <= set(result.failed_checks)


def test_rules_from_a_file(baseline: Path, drifted: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("- {type: in_set, column: kind, values: [a, b]}\n", encoding="utf-8")
    result = check_quality_script(drifted, config(rules=(), auto_schema=True, baseline_uri="rules.yaml"))
    assert result.failed_checks == ("in_set_kind",)
    assert check_quality_script(baseline, config(rules=(), auto_schema=True, baseline_uri="rules.yaml")).is_success


def test_the_first_run_learns_and_later_runs_are_held_against_it(baseline: Path, drifted: Path) -> None:
    learned = config(rules=(), auto_schema=True)
    assert check_quality_script(baseline, learned).status == "passed"
    baseline.write_bytes(drifted.read_bytes())
    assert check_quality_script(baseline, learned).status == "failed"
    assert forget_schema(baseline)
    assert not forget_schema(baseline)
    assert check_quality_script(baseline, learned).status == "passed"


@pytest.mark.usefixtures("in_kestra")
def test_in_kestra_the_task_is_remembered_and_not_the_file(baseline: Path, drifted: Path) -> None:
    learned = config(rules=(), auto_schema=True)
    assert check_quality_script(baseline, learned).status == "passed"
    assert check_quality_script(drifted, learned).status == "failed"


def test_a_data_frame_cannot_be_remembered() -> None:
    with pytest.raises(ConfigurationError, match="baseline_uri"):
        check_quality_script(pd.DataFrame({"id": [1]}), config(auto_schema=True))


@pytest.mark.parametrize("preset", [STRICT_SCRIPT_CONFIG, LENIENT_SCRIPT_CONFIG, PRODUCTION_SCRIPT_CONFIG])
def test_presets_need_no_rules(baseline: Path, preset: CheckScriptConfig) -> None:
    result = check_quality_script(data_uri=str(baseline), config=preset)
    assert result.status == "passed"
    assert result.engine_name == "truthound"
    assert result.total_count >= 3


# Kestra


def sent(text: str) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for line in text.splitlines():
        outputs |= json.loads(line[2:-2]).get("outputs", {})
    return outputs


def test_outside_of_kestra_nothing_is_printed(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_quality_script(users, config())
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("in_kestra")
def test_in_kestra_outputs_are_sent_before_the_error(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CheckFailedError):
        check_quality_script(users, config(fail_on_error=True))
    outputs = sent(capsys.readouterr().out)
    assert (outputs["status"], outputs["passed"], outputs["failed_count"]) == ("failed", False, 2)
    assert outputs["result"]["checks"][0]["message"]
    assert "samples" not in outputs["result"]["checks"][0]


@pytest.mark.usefixtures("in_kestra")
def test_metrics_add_up_once(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = check_quality_script(users, config())
    send_check_result(result)
    assert capsys.readouterr().out.count('"checks.failed"') == 1


def test_a_handler_sends_anywhere(users: Path, tmp_path: Path) -> None:
    with (tmp_path / "lines").open("w") as stream:
        check_quality_script(users, config(), handler=KestraOutputHandler(stream))
    assert sent((tmp_path / "lines").read_text())["failed_count"] == 2


def test_an_sla_that_holds(users: Path) -> None:
    result = check_quality_script(users, config(sla=SLAConfig(min_row_count=4)))
    assert result.sla is not None
    assert result.sla.is_compliant


def test_an_sla_that_is_broken(users: Path) -> None:
    with pytest.raises(SLAViolationError, match="4 rows; the minimum is 5") as caught:
        check_quality_script(users, config(sla=SLAConfig(min_row_count=5)))
    assert [violation.violation_type.value for violation in caught.value.violations] == ["row_count_below_minimum"]


def test_a_failed_check_goes_before_a_broken_sla(users: Path) -> None:
    with pytest.raises(CheckFailedError) as caught:
        check_quality_script(users, config(fail_on_error=True, sla=SLAConfig(min_row_count=5)))
    assert caught.value.result.sla is not None
    assert not caught.value.result.sla.is_compliant


def test_errors_end_a_script_with_one_entry_in_the_log(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, errors_in_log():
        check_quality_script(users, config(fail_on_error=True))
    assert caught.value.code == 1
    entry = json.loads(capsys.readouterr().out[2:-3])["logs"][0]
    assert entry["level"] == "ERROR"
    assert entry["message"] == "CheckFailedError: 2 of 3 checks did not pass: not_null_email, in_range_age."
    with pytest.raises(ZeroDivisionError), errors_in_log():
        _ = 1 / 0


# Rules from files


@pytest.mark.parametrize(
    "text", ["- {type: unique, column: id, severity: high}", "checks:\n- {type: unique, column: id, severity: error}"]
)
def test_rules_of_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    assert load_rules("rules.yaml") == ({"type": "unique", "column": "id", "severity": "error"},)


@pytest.mark.parametrize("text", ["a: [", "just text", "{a: 1}", "{checks: [], ruels: []}", "checks: 1"])
def test_files_that_hold_no_rules(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError):
        load_rules("rules.yaml")
    with pytest.raises(SourceError, match=r"missing.yaml does not exist"):
        load_rules("missing.yaml")


@pytest.mark.usefixtures("in_kestra")
def test_of_two_first_runs_one_learns_and_both_are_checked_against_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    full, gaps = [f"v{n}" for n in range(100)], [f"v{n}" if n % 2 else None for n in range(100)]
    pd.DataFrame({"a": full, "b": gaps}).to_parquet(one)
    pd.DataFrame({"a": gaps, "b": full}).to_parquet(other)
    together = threading.Barrier(2)
    results: list[str] = []

    def run(source: Path) -> None:
        together.wait()
        options = config(rules=(), auto_schema=True, fail_on_error=False, engine_name="dq_core")
        results.append(check_quality_script(source, options, handler=KestraOutputHandler(io.StringIO())).status)

    threads = [threading.Thread(target=run, args=(source,)) for source in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["failed", "passed"]  # the second to store is checked against the first
    assert forget_schema(one)
    assert not forget_schema(other)  # both are one task, whose rules are stored once


@pytest.mark.usefixtures("in_kestra")
def test_learning_does_not_keep_other_tasks_from_the_state() -> None:
    counts: list[int] = []

    class Slow(list[dict[str, int]]):
        """Rows that are read while another task writes to the state database."""

        def __iter__(self) -> Iterator[dict[str, int]]:
            store = SQLStateStore()
            counts.append(store.record("k", f"r{len(counts)}", failed=True))
            store.close()
            return super().__iter__()

    rows = Slow({"id": n} for n in range(100))
    check_quality_script(rows, config(rules=(), auto_schema=True, engine_name="dq_core"))
    assert counts == list(range(1, len(counts) + 1))
    assert len(counts) >= 2  # once to learn, once to check


def test_a_run_that_learns_nothing_stores_nothing(tmp_path: Path) -> None:
    path = tmp_path / "grows.parquet"
    pd.DataFrame({"note": [None, "a"]}).to_parquet(path)
    learned = config(rules=(), auto_schema=True, engine_name="dq_core")
    with pytest.raises(ConfigurationError, match="none could be learned"):
        check_quality_script(path, learned)
    pd.DataFrame({"note": [f"n{n}" for n in range(100)]}).to_parquet(path)
    assert check_quality_script(path, learned).status == "passed"


def test_problems_name_the_line_of_the_file(users: Path, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("- {type: not_null, column: email}\n\n- {type: unique, column: idd, severity: high}\n")
    with pytest.raises(RuleError, match=r"Rule 2 \(.*rules.yaml:3\): unique_idd: the column 'idd' does not exist"):
        check_quality_script(users, config(rules=()), rules=load_rules(path))
    path.write_text("- {type: not_null, column: email}\n- {type: uniqe, column: id, severity: high}\n")
    with pytest.raises(RuleError, match=r"Rule 2 \(.*rules.yaml:2\): the type of check 'uniqe' does not exist"):
        check_quality_script(users, config(rules=()), rules=load_rules(path))
