"""Every public function and class refuses what it does not take, with an error of ours that names the argument."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import inspect
import io
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from truthound_kestra import outputs, scripts, sla, utils
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.scripts import CheckScriptConfig, CheckScriptResult
from truthound_kestra.sla import (
    AlertLevel,
    CallbackSLAHook,
    CompositeSLAHook,
    KestraNotificationHook,
    LoggingSLAHook,
    MetricsSLAHook,
    SLAConfig,
    SLAMetrics,
    SLAMonitor,
    SLAResult,
    SLAViolationType,
)
from truthound_kestra.utils import serialization
from truthound_kestra.utils.exceptions import ConfigurationError, DataQualityError, OutputError

OUT = KestraOutputHandler(io.StringIO())
METRICS = SLAMetrics(passed_count=1)
VALUES: dict[str, Any] = {
    "none": None, "true": True, "int": 3, "negative": -1, "nan": float("nan"), "infinity": float("inf"),
    "decimal": Decimal("1.5"), "numpy": np.float32(0.5), "empty": "", "text": "x", "nul": "\0", "surrogate": "\ud800",
    "bytes": b"x", "list": [1], "strings": ["a"], "nested": [[["a"]]], "dict": {"a": 1}, "numbers": {1: 2}, "set": {1},
    "tuple": (), "date": dt.date(2026, 1, 1), "object": object(), "class": int, "function": len, "path": Path("x.csv"),
    "frame": pd.DataFrame({"id": [1]}), "config": CheckScriptConfig(rules=[{"type": "row_count", "min": 1}]),
    "sla": SLAConfig(), "level": AlertLevel.INFO, "kind": SLAViolationType.CONSECUTIVE_FAILURES, "metrics": METRICS,
    "hook": LoggingSLAHook(), "handler": OUT, "generator": (n for n in [1]),
}  # fmt: skip

#: What makes a call of each public function and class valid; one argument after another is then replaced.
CALLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "check": (scripts.check_quality_script, {
        "data_uri": [{"id": 1}], "config": CheckScriptConfig(engine_name="dq_core"), "handler": OUT,
        "rules": [{"type": "not_null", "column": "id"}], "table": None, "query": None}),
    "profile": (scripts.profile_data_script, {
        "data_uri": [{"id": 1}], "config": scripts.ProfileScriptConfig(engine_name="dq_core"), "handler": OUT,
        "table": None, "query": None}),
    "learn": (scripts.learn_schema_script, {
        "data_uri": [{"id": 1}], "config": scripts.LearnScriptConfig(engine_name="dq_core"), "handler": OUT,
        "table": None, "query": None}),
    "forget_schema": (scripts.forget_schema, {"data_uri": "x.csv", "table": None, "query": None}),
    "load_rules": (scripts.load_rules, {"path": "missing.yaml"}),
    "get_engine": (scripts.get_engine, {"name": "dq_core"}),
    "load_data": (utils.load_data, {"uri": "x.csv", "table": None, "query": None, "storage_options": None}),
    "detect": (utils.detect_data_source_type, {"uri": "x.csv"}),
    "create_output": (utils.create_kestra_output, {"name": "x", "value": 1}),
    "to_kestra_sla": (sla.to_kestra_sla, {
        "config": SLAConfig(min_row_count=1), "task_ids": ["a"], "behavior": "FAIL", "labels": None}),
    "register_sla": (sla.register_sla, {"name": "n", "config": SLAConfig(), "hooks": (), "store": None}),
    "evaluate_sla": (sla.evaluate_sla, {"name": "n", "metrics": METRICS}),
    "unregister": (sla.SLARegistry().unregister, {"name": "n"}),
    "monitor": (SLAMonitor, {
        "config": SLAConfig(max_consecutive_failures=None), "hooks": (), "name": None, "store": sla.SQLStateStore()}),
    "evaluate": (SLAMonitor(SLAConfig(max_consecutive_failures=None)).evaluate, {"metrics": METRICS}),
    "from_result": (SLAMetrics.from_result, {"result": METRICS, "flow_id": "f"}),
    "logging_hook": (LoggingSLAHook, {"logger": LoggingSLAHook().logger}),
    "metrics_hook": (MetricsSLAHook, {"handler": OUT}),
    "callback_hook": (CallbackSLAHook, {"on_pass": len, "on_violation": len}),
    "composite_hook": (CompositeSLAHook, {"hooks": [LoggingSLAHook()]}),
    "notification_hook": (KestraNotificationHook, {"webhook_url": None, "timeout_seconds": 1.0, "handler": OUT}),
    "sql_store": (sla.SQLStateStore, {"url": None}),
    "kestra_store": (sla.KestraStateStore, {"handler": OUT, "env": {}}),
    "record": (sla.KestraStateStore(OUT, {}).record, {"key": "k", "run": "r", "failed": True}),
    "handler": (KestraOutputHandler, {"stream": None, "directory": ".", "max_inline_bytes": 10}),
    "send": (OUT.send, {"name": "x", "value": 1}),
    "send_outputs": (outputs.send_outputs, {"values": {"a": 1}, "handler": OUT}),
    "counter": (OUT.counter, {"name": "x", "value": 1, "tags": None}),
    "log": (OUT.log, {"level": "INFO", "message": "x"}),
    "write_file": (OUT.write_file, {"name": "x.txt", "content": "x"}),
    "metric_line": (outputs.metric_line, {"kind": "timer", "name": "x", "value": 1, "tags": {}}),
    "outputs_line": (outputs.outputs_line, {"values": {}}),
    "send_result": (outputs.send_result, {"result": None, "handler": OUT}),
    "send_check_result": (outputs.send_check_result, {"result": None, "handler": OUT}),
    "send_profile_result": (outputs.send_profile_result, {"result": None, "handler": OUT}),
    "send_learn_result": (outputs.send_learn_result, {"result": None, "handler": OUT}),
    "send_sla_result": (outputs.send_sla_result, {"result": None, "handler": OUT}),
    "write_report": (outputs.write_report, {"result": CheckScriptResult(
        status="passed", data_uri="x", engine_name="dq_core"), "name": "r", "handler": OUT}),
    "json": (serialization.JsonSerializer, {"indent": None}),
    "from_json": (serialization.JsonSerializer().deserialize, {"text": "1"}),
    "to_json": (serialization.JsonSerializer().serialize, {"result": 1}),
    "from_yaml": (serialization.YamlSerializer().deserialize, {"text": "1"}),
    "to_yaml": (serialization.YamlSerializer().serialize, {"result": 1}),
    "to_markdown": (serialization.MarkdownSerializer().serialize, {"result": 1}),
}  # fmt: skip
CLASSES = (
    scripts.CheckScriptConfig, scripts.ProfileScriptConfig, scripts.LearnScriptConfig, SLAConfig, SLAMetrics, SLAResult,
    sla.SLAViolation,
)  # fmt: skip
for kind in CLASSES:
    complete = {"metrics": METRICS, "is_compliant": True, "violations": ()} if kind is SLAResult else {}
    if kind is sla.SLAViolation:
        complete = {"violation_type": VALUES["kind"], "message": "m", "limit": 1, "actual": 2, "level": AlertLevel.INFO}
    names = [field.name for field in dataclasses.fields(kind)]
    CALLS[kind.__name__] = (kind, {name: complete.get(name, inspect.Parameter.empty) for name in names})


def cases() -> list[Any]:
    return [
        pytest.param(*call, argument, id=f"{name}-{argument}") for name, call in CALLS.items() for argument in call[1]
    ]


@pytest.mark.parametrize(("function", "good", "argument"), cases())
def test_any_value_is_taken_or_refused_by_an_error_of_ours(function: Any, good: dict[str, Any], argument: str) -> None:
    for value in VALUES.values():
        arguments = {name: given for name, given in good.items() if given is not inspect.Parameter.empty}
        with contextlib.suppress(DataQualityError):  # whatever else is raised fails the test
            function(**arguments | {argument: value})


@pytest.mark.parametrize(
    "make",
    [
        lambda: SLAMonitor(SLAConfig(), hooks=[LoggingSLAHook]),  # type: ignore[list-item]
        lambda: SLAMonitor(SLAConfig(), hooks="x"),  # type: ignore[arg-type]
        lambda: SLAMonitor({"min_pass_rate": 1}),  # type: ignore[arg-type]
        lambda: CompositeSLAHook([print]),  # type: ignore[list-item]
        lambda: CheckScriptConfig(sla={"min_pass_rate": 1}),  # type: ignore[arg-type]
        lambda: CheckScriptConfig(fail_on_error="no"),  # type: ignore[arg-type]
        lambda: SLAConfig().with_changes(min_pas_rate=1),
        lambda: utils.detect_data_source_type(5),  # type: ignore[arg-type]
        lambda: scripts.check_quality_script("x.csv", {"rules": []}),  # type: ignore[arg-type]
        lambda: scripts.check_quality_script("x.csv", rules="not_null"),  # type: ignore[arg-type]
        lambda: SLAMetrics(measured_at=dt.datetime(2026, 1, 1)),  # noqa: DTZ001 - without a zone
    ],
)
def test_what_would_have_no_effect_is_refused(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()


def test_a_single_hook_is_taken_as_one() -> None:
    hook = MetricsSLAHook()
    config = SLAConfig(min_pass_rate=0.9, max_consecutive_failures=None)
    SLAMonitor(config, hooks=hook).evaluate(SLAMetrics(failed_count=1))  # type: ignore[arg-type]
    assert hook.counts["violated"] == 1


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        CheckScriptConfig(enabled="yes", parallel=1, description=None, metadata=[])  # type: ignore[arg-type]
    assert len(caught.value.problems) == 4


def test_a_webhooks_key_is_in_no_message() -> None:
    with pytest.raises(ConfigurationError) as caught:
        KestraNotificationHook("ftp://kestra/S3CR3T", timeout_seconds=0)
    assert len(caught.value.problems) == 2
    assert "S3CR3T" not in str(caught.value)


# to_dict, from_dict

METADATA = {"owner": "data", "share": Decimal("0.10"), "since": dt.date(2026, 1, 1), "tags": ["a"]}


def documents() -> list[Any]:
    rows = [{"id": 1, "at": dt.date(2026, 1, 1)}, {"id": None, "at": None}]
    config = {"engine_name": "dq_core", "tags": ["a"], "metadata": METADATA}
    rules = [{"type": "not_null", "column": "id"}]
    check = CheckScriptConfig(**config, rules=rules, fail_on_error=False, sla=SLAConfig(max_execution_time_seconds=600))
    violated = SLAMonitor(SLAConfig(min_pass_rate=1, max_consecutive_failures=None), name="n").evaluate(
        SLAMetrics(failed_count=1, measured_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    )
    return [
        scripts.check_quality_script(rows, check),
        scripts.profile_data_script(rows, scripts.ProfileScriptConfig(**config)),
        scripts.learn_schema_script([{"id": n} for n in range(50)], scripts.LearnScriptConfig(**config)),
        violated,
        violated.violations[0],
        violated.metrics,
        SLAConfig(min_pass_rate=0.5, metadata=METADATA),
    ]


def test_a_result_is_stored_and_made_again() -> None:
    import json

    for document in documents():
        stored = json.loads(json.dumps(document.to_dict(), allow_nan=False))
        assert type(document).from_dict(stored) == document


def test_what_is_sent_may_be_a_stored_result() -> None:
    senders = [
        outputs.send_check_result,
        outputs.send_profile_result,
        outputs.send_learn_result,
        outputs.send_sla_result,
    ]
    for send, document in zip(senders, documents(), strict=False):
        lines = []
        for form in (document, document.to_dict()):
            out = io.StringIO()
            send(form, KestraOutputHandler(out))
            lines.append(out.getvalue().splitlines()[0])
        assert lines[0] == lines[1]


@pytest.mark.parametrize(
    "stored",
    [None, [], {"status": "passed"}, {"statsu": "passed"}, {"status": "p", "data_uri": "x", "report": {"a": 1}}],
)
def test_what_is_no_stored_result(stored: Any) -> None:
    with pytest.raises(OutputError):
        CheckScriptResult.from_dict(stored)


def test_levels_compare_with_levels_only() -> None:
    for one, other in itertools.pairwise(AlertLevel):
        assert one < other
        assert other >= one
    with pytest.raises(TypeError):
        _ = AlertLevel.INFO < 3
