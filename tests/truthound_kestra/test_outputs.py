"""The lines that Kestra reads."""

from __future__ import annotations

import io
import json
import math
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound_kestra.outputs import (
    KestraOutputHandler,
    log_line,
    metric_line,
    outputs_line,
    send_check_result,
    send_outputs,
)
from truthound_kestra.scripts import CheckScriptConfig, CheckScriptResult, check_quality_script
from truthound_kestra.utils.exceptions import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def sent(text: str) -> list[dict[str, Any]]:
    """What Kestra would read: whole lines between double colons that hold strict JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    lines = text.splitlines()
    assert all(line.startswith("::{") and line.endswith("}::") for line in lines)
    return [json.loads(line[2:-2], parse_constant=refuse) for line in lines]


def test_outputs_are_one_line_of_strict_json(capsys: pytest.CaptureFixture[str]) -> None:
    send_outputs({"a": math.nan, "b": None, "c": "two\nlines", "d": "ü}::", "e": {"f": [math.inf]}})
    assert sent(capsys.readouterr().out) == [
        {"outputs": {"a": "NaN", "b": None, "c": "two\nlines", "d": "ü}::", "e": {"f": ["Infinity"]}}}
    ]


@given(st.dictionaries(st.text(min_size=1).filter(str.strip), st.floats() | st.text() | st.none(), max_size=5))
def test_any_values_make_one_line_of_ascii(values: dict[str, object]) -> None:
    line = outputs_line(values)
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert set(sent(line)[0]["outputs"]) == set(values)


def test_metrics() -> None:
    out = io.StringIO()
    handler = KestraOutputHandler(out)
    handler.counter("rows", 3, {"engine": "dq_core", "none": None, "n": 1})
    handler.timer("duration", 1.5)
    handler.gauge("share", 0.25)
    assert [metric["metrics"][0] for metric in sent(out.getvalue())] == [
        {"name": "rows", "type": "counter", "value": 3, "tags": {"engine": "dq_core", "n": "1"}},
        {"name": "duration", "type": "timer", "value": 1.5, "tags": {}},
        {"name": "share", "type": "gauge", "value": 0.25, "tags": {}},
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", True, None])
def test_a_metric_is_a_finite_number(value: Any) -> None:
    with pytest.raises(OutputError, match="finite number"):
        metric_line("counter", "rows", value)


def test_kestras_own_package_writes_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    kestra = import_module("kestra").Kestra
    kestra.outputs({"a": [1, "x"]})
    kestra.counter("rows", 3, {"b": "c"})
    kestra.timer("duration", 1.5)
    theirs = sent(capsys.readouterr().out)
    lines = [outputs_line({"a": [1, "x"]}), metric_line("counter", "rows", 3, {"b": "c"})]
    assert sent("\n".join([*lines, metric_line("timer", "duration", 1.5)])) == theirs


def test_a_log_entry_has_a_level() -> None:
    assert sent(log_line("WARN", "careful")) == [{"logs": [{"level": "WARN", "message": "careful"}]}]
    with pytest.raises(OutputError, match="TRACE, DEBUG, INFO, WARN, ERROR, not 'LOUD'"):
        log_line("LOUD", "careful")


@pytest.mark.parametrize(
    ("level", "shown"), [("info", "INFO"), ("WARNING", "WARN"), ("Warn", "WARN"), ("critical", "ERROR")]
)
def test_levels_may_be_named_as_in_python(level: str, shown: str) -> None:
    assert sent(log_line(level, "x")) == [{"logs": [{"level": shown, "message": "x"}]}]
    with pytest.raises(OutputError, match="Did you mean 'DEBUG'"):
        log_line("debugg", "x")


def test_several_outputs_may_be_sent_as_one_mapping() -> None:
    out = io.StringIO()
    KestraOutputHandler(out).send({"a": 1, "b": {"c": 2}})
    assert sent(out.getvalue()) == [{"outputs": {"a": 1, "b": {"c": 2}}}]
    with pytest.raises(OutputError, match="requires a value"):
        KestraOutputHandler(out).send("a")


@pytest.mark.parametrize("name", ["", " ", 3, None])
def test_a_name_is_text(name: Any) -> None:
    with pytest.raises(OutputError, match="must be a non-empty string"):
        KestraOutputHandler(io.StringIO()).send(name, 1)


def test_what_is_too_big_goes_to_a_file(tmp_path: Path) -> None:
    out = io.StringIO()
    report = {"rows": ["ü" * 1000] * 2600}  # 5 MB
    KestraOutputHandler(out, directory=tmp_path).send_outputs({"a report": report, "small": 1})
    log, outputs = sent(out.getvalue())
    assert log["logs"][0]["level"] == "WARN"
    assert outputs["outputs"]["small"] == 1
    reference = outputs["outputs"]["a report"]
    assert reference["file"] == "a_report.json"
    content = (tmp_path / "a_report.json").read_text(encoding="utf-8")
    assert json.loads(content) == report
    assert reference["bytes"] == len(content.encode()) > 5_000_000
    assert len(out.getvalue()) < 1000


def test_a_file_keeps_what_is_in_it_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KESTRA_VALUES", "kestra.json")
    (tmp_path / "kestra.json").write_text("{}")
    handler = KestraOutputHandler(io.StringIO(), tmp_path, 10)
    handler.write_file("report.json", "{}")
    handler.send("a b", "x" * 50)
    handler.send("a b", "y" * 50)  # which Kestra replaces as well
    for name, held in {"a_b": "the output 'a b'", "report": "what was written", "kestra": "the task's inputs"}.items():
        with pytest.raises(OutputError, match=rf"The file {name}\.json has {held}"):
            handler.send(name, "z" * 50)
    with pytest.raises(OutputError, match="has the output 'a b' already"):
        handler.write_file("a_b.json", "{}")
    assert json.loads((tmp_path / "a_b.json").read_text()) == "y" * 50
    assert {file.read_text() for file in tmp_path.iterdir()} == {json.dumps("y" * 50), "{}"}


def large_result(count: int) -> CheckScriptResult:
    rules = [{"type": "row_count", "min": 2 if n == count - 1 else 1, "name": f"{'x' * 200}{n}"} for n in range(count)]
    config = CheckScriptConfig(engine_name="dq_core", rules=rules, fail_on_error=False)
    return check_quality_script([{"id": 1}], config)


@pytest.mark.parametrize("room", [100_000, 5_000, 0])
def test_a_large_result_stays_an_object_and_names_the_file_with_the_whole(tmp_path: Path, room: int) -> None:
    out, result = io.StringIO(), large_result(400)
    send_check_result(result, KestraOutputHandler(out, tmp_path, room))
    outputs = next(line["outputs"]["result"] for line in sent(out.getvalue()) if "outputs" in line)
    whole = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert whole == json.loads(json.dumps(result.summary()))
    assert (outputs["status"], outputs["passed_count"], outputs["file"]) == ("failed", 399, "result.json")
    assert len(outputs["checks"]) + outputs["left_out"] == 400
    assert all(check in whole["checks"] for check in outputs["checks"])
    if room:
        assert outputs["checks"][-1]["status"] == "failed"  # what failed is kept rather than what passed
        assert len(json.dumps(outputs).encode()) <= room


@pytest.mark.parametrize(
    ("listed", "level"),
    [("check_report.*\nresult.json", "INFO"), ("*.json", "INFO"), ("other", "WARN"), (None, "WARN")],
)
def test_who_lists_a_file_is_not_told_to_list_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str | None, level: str
) -> None:
    if listed is not None:
        monkeypatch.setenv("KESTRA_OUTPUT_FILES", listed)
    out = io.StringIO()
    send_check_result(large_result(20), KestraOutputHandler(out, tmp_path, 2_000))
    (entry,) = sent(out.getvalue())[0]["logs"]
    assert (entry["level"], "List the file in outputFiles" in entry["message"]) == (level, level == "WARN")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "", ".hidden", "a b"])
def test_a_file_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="An output file name must consist of"):
        KestraOutputHandler(io.StringIO(), directory=tmp_path).write_file(name, "x")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"report\.json cannot be written: No such file or directory"):
        KestraOutputHandler(io.StringIO(), directory=tmp_path / "missing").write_file("report.json", "x")


def test_nothing_is_sent_if_one_value_cannot_be() -> None:
    out = io.StringIO()
    with pytest.raises(OutputError, match="bad is of type"):
        KestraOutputHandler(out).send_outputs({"good": 1, "bad": object()})
    assert out.getvalue() == ""


class _Slow(io.StringIO):
    """Writes letter by letter, as a pipe under load may."""

    def write(self, text: str) -> int:
        return sum(super(_Slow, self).write(letter) for letter in text)


def test_threads_do_not_cut_each_others_lines() -> None:
    out = _Slow()
    handler = KestraOutputHandler(out)
    threads = [threading.Thread(target=handler.send, args=(f"o{n}", "x" * 50)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name for line in sent(out.getvalue()) for name in line["outputs"]} == {f"o{n}" for n in range(20)}
