"""No foreign exception: every public name refuses what is wrong with an error of ours that names it, or answers.

``HOSTILE=all pytest tests/truthound_kestra/test_hostile.py`` tries every value on every parameter.
"""

from __future__ import annotations

import inspect
import io
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from support.hostile import Call, assert_refused, untried
from truthound_kestra import flows, outputs, scripts, sla, utils
from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.sla import AlertLevel, SLAConfig, SLAMetrics, SLAMonitor, SLAViolationType
from truthound_kestra.utils import serialization
from truthound_kestra.utils.exceptions import DataQualityError

OURS = (DataQualityError,)
MODULES = (
    "truthound_kestra", "truthound_kestra.flows", "truthound_kestra.outputs", "truthound_kestra.scripts",
    "truthound_kestra.sla", "truthound_kestra.utils",
)  # fmt: skip
#: Names that take nothing from users.
NOTHING = {
    "made by this package": ("ExecutionContext", "ScriptResult", "LearnScriptResult", "ProfileScriptResult"),
    "for those who write hooks and stores": ("SLAHook", "StateStore"),
    "called by monitors": (
        f"{hook}.{method}"
        for hook in (
            "CallbackSLAHook", "CompositeSLAHook", "KestraNotificationHook", "LoggingSLAHook", "MetricsSLAHook",
        )
        for method in ("on_pass", "on_violation")
    ),
    "called by senders of results": ("KestraOutputHandler.fitting",),
}  # fmt: skip
PROBLEMS = ("rule", "rules", "Rule", "Rules")
SAYS = {
    "flow_id": ("flow id",),
    "labels": ("label",),
    "values": ("outputs",),
    "value": ("metric", "no form"),
    "kind": ("metric",),
    "seconds": ("metric",),
    "env": ("environment variable", "The task does not pass"),
    "config": ("SLA",),
    "_input": ("The input",),
    "extra_args": ("the option",),
    "run": ("state database",),
    "key": ("state database",),
    "hooks": ("hook",),
    "name": ("engine_name", "SLA"),
    "text": ("deserialized", "serialized"),
    "result": ("from_dict", "to_dict", "mapping", "stored"),
    "document": ("mapping",),
    "team": ("labels",),
    "disabled": ("extra",),
    "checks": PROBLEMS,
    "rules": PROBLEMS,
    "data_uri": ("data URI", "URL", "endings", "rows", "Rows", "A value of type", "file", "database"),
    "uri": ("URL", "endings", "file", "database"),
    "url": ("URL",),
    "columns": ("column",),
    "names": ("column",),
}
ROWS = [{"id": 1}]
RULES = [{"type": "not_null", "column": "id"}]
CHECK = flows.TaskConfig(id="check", input_uri="x.csv", rules=RULES)
FLOW = flows.FlowConfig(id="flow", tasks=(CHECK,), inputs=(flows.InputConfig(name="x"),))
METRICS = SLAMetrics(passed_count=1)
LONE = SLAConfig(max_consecutive_failures=None)


def _made(kind: type, use: Any = None, **right: Any) -> Call:
    """A class whose every field is made wrong, and what is done with it."""

    def make(**given: Any) -> Any:
        made = kind(**given)
        return made if use is None else use(made)

    make.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
    return Call(make, right)


def _check(task: flows.TaskConfig) -> str:
    return flows.FlowConfig(id="flow", tasks=(task,)).to_yaml()


def _with(verb: str, **right: Any) -> Call:
    """A verb of flows: what it gives is written."""

    def call(**given: Any) -> str:
        first = [given.pop(name) for name in list(given) if name.startswith("_")]
        return str(getattr(FLOW, verb)(*first, **given).to_yaml())

    return Call(call, right, says=dict.fromkeys((one for one in right if one.startswith("_")), _FIELDS))


_FIELDS = (
    "task", "tasks", "inputs", "outputs", "trigger", "triggers", "checks", "errors", "finally", "retry", "sla",
    "description",
)  # fmt: skip


def _calls() -> dict[str, Call]:
    """Each public name with a way to call it rightly."""
    out = KestraOutputHandler(io.StringIO())
    registry = sla.SLARegistry()
    store = sla.SQLStateStore()
    result = scripts.CheckScriptResult(status="passed", data_uri="x", engine_name="dq_core")
    sent = {"result": result.to_dict(), "handler": out}
    flow = {"flow_id": "f", "input_uri": "x.csv"}
    data = {"data_uri": ROWS, "handler": out, "table": None, "query": None}
    return {
        "ConcurrencyConfig": _made(flows.ConcurrencyConfig, limit=1),
        "ExecutionCheck": _made(flows.ExecutionCheck, condition="{{ true }}", message="m"),
        "FlowConfig": _made(flows.FlowConfig, lambda made: made.to_yaml(), id="flow", tasks=(CHECK,)),
        "FlowConfig.problems": Call(FLOW.problems, {"kestra_version": "1.3"}),
        "FlowConfig.validate": Call(FLOW.validate, {"kestra_version": "1.3"}),
        "FlowConfig.to_yaml": Call(FLOW.to_yaml, {"kestra_version": "1.3"}),
        "FlowConfig.add_task": _with("add_task", _task=flows.TaskConfig(id="b", input_uri="x.csv", rules=RULES)),
        "FlowConfig.with_tasks": _with("with_tasks", _task=CHECK),
        "FlowConfig.with_inputs": _with("with_inputs", _input=flows.InputConfig(name="y")),
        "FlowConfig.with_outputs": _with("with_outputs", _output=flows.OutputConfig(name="y", value="1")),
        "FlowConfig.with_triggers": _with("with_triggers", _trigger=flows.TriggerConfig(id="t", cron="0 1 * * *")),
        "FlowConfig.with_labels": _with("with_labels", team="data"),
        "FlowConfig.with_variables": _with("with_variables", day="1"),
        "FlowConfig.with_checks": _with(
            "with_checks", _check=flows.ExecutionCheck(condition="{{ true }}", message="m")),
        "FlowConfig.with_errors": _with("with_errors", _task=flows.TaskConfig(
            id="e", task_type=flows.TaskType.PYTHON_SCRIPT, script="print(1)")),
        "FlowConfig.with_finally": _with("with_finally", _task=flows.TaskConfig(
            id="e", task_type=flows.TaskType.PYTHON_SCRIPT, script="print(1)")),
        "FlowConfig.with_retry": _with("with_retry", _retry=flows.RetryConfig()),
        "FlowConfig.with_sla": _with("with_sla", _sla=LONE),
        "FlowConfig.with_concurrency": _with("with_concurrency", limit=1, behavior="QUEUE"),
        "FlowConfig.with_description": _with("with_description", _description="x"),
        "FlowConfig.with_extra": _with("with_extra", disabled=True),
        "FlowGenerator": _made(flows.FlowGenerator, lambda made: made.generate(FLOW)),
        "FlowGenerator.generate": Call(flows.FlowGenerator().generate, {"flow": FLOW}),
        "FlowGenerator.to_dict": Call(flows.FlowGenerator().to_dict, {"flow": FLOW}),
        "InputConfig": _made(flows.InputConfig, name="x"),
        "OutputConfig": _made(flows.OutputConfig, name="x", value="1"),
        "RetryConfig": _made(flows.RetryConfig),
        "TaskConfig": _made(flows.TaskConfig, _check, id="check", input_uri="x.csv", rules=RULES),
        "TaskConfig.storage_file": Call(CHECK.storage_file, {"file_inputs": ["x"]}),
        "TriggerConfig": _made(flows.TriggerConfig, id="t", cron="0 1 * * *"),
        "generate_check_flow": Call(flows.generate_check_flow, {**flow, "rules": RULES}, leave=("options",)),
        "generate_compare_flow": Call(
            flows.generate_compare_flow, {**flow, "copy_uri": "y.csv", "keys": ["id"], "fail_on_difference": True}),
        "generate_learn_flow": Call(flows.generate_learn_flow, flow),
        "generate_profile_flow": Call(flows.generate_profile_flow, flow),
        "generate_quality_pipeline": Call(flows.generate_quality_pipeline, {**flow, "rules": RULES}),
        "KestraOutputHandler": Call(KestraOutputHandler, {"stream": None, "directory": ".", "max_inline_bytes": 10}),
        "KestraOutputHandler.send": Call(out.send, {"name": "x", "value": 1}),
        "KestraOutputHandler.send_outputs": Call(out.send_outputs, {"values": {"a": 1}}),
        "KestraOutputHandler.counter": Call(out.counter, {"name": "x", "value": 1, "tags": None}),
        "KestraOutputHandler.timer": Call(out.timer, {"name": "x", "seconds": 1, "tags": None}),
        "KestraOutputHandler.gauge": Call(out.gauge, {"name": "x", "value": 1}),
        "KestraOutputHandler.log": Call(out.log, {"level": "INFO", "message": "x"}),
        "KestraOutputHandler.write_file": Call(out.write_file, {"name": "x.txt", "content": "x"}),
        "log_line": Call(outputs.log_line, {"level": "INFO", "message": "x"}),
        "metric_line": Call(outputs.metric_line, {"kind": "timer", "name": "x", "value": 1, "tags": {}}),
        "outputs_line": Call(outputs.outputs_line, {"values": {}}),
        "send_outputs": Call(outputs.send_outputs, {"values": {"a": 1}, "handler": out}),
        "send_result": Call(outputs.send_result, {"result": result, "handler": out}),
        "send_check_result": Call(outputs.send_check_result, sent),
        "send_compare_result": Call(outputs.send_compare_result, {
            "result": scripts.CompareScriptResult(status="ok", data_uri="x", engine_name="dq_core").to_dict(),
            "handler": out}),
        "send_profile_result": Call(outputs.send_profile_result, {
            "result": scripts.ProfileScriptResult(status="ok", data_uri="x", engine_name="dq_core").to_dict(),
            "handler": out}),
        "send_learn_result": Call(outputs.send_learn_result, {
            "result": scripts.LearnScriptResult(status="ok", data_uri="x", engine_name="dq_core").to_dict(),
            "handler": out}),
        "send_sla_result": Call(outputs.send_sla_result, {
            "result": SLAMonitor(LONE).evaluate(METRICS).to_dict(), "handler": out}),
        "write_report": Call(outputs.write_report, {"result": result, "name": "r", "handler": out}),
        "CheckScriptConfig": _made(scripts.CheckScriptConfig, rules=RULES),
        "CompareScriptConfig": _made(scripts.CompareScriptConfig, keys=["id"]),
        "LearnScriptConfig": _made(scripts.LearnScriptConfig),
        "ProfileScriptConfig": _made(scripts.ProfileScriptConfig),
        "ScriptConfig": _made(scripts.ProfileScriptConfig),
        "ScriptConfig.with_changes": Call(scripts.CheckScriptConfig(rules=RULES).with_changes, {"fail_on_error": True}),
        "CheckScriptResult": Call(scripts.CheckScriptResult.from_dict, {"document": result.to_dict()}, ("document",)),
        "CompareScriptResult": Call(
            scripts.CompareScriptResult.from_dict,
            {"document": scripts.CompareScriptResult(status="ok", data_uri="x", engine_name="dq_core").to_dict()},
            ("document",)),
        "check_quality_script": Call(scripts.check_quality_script, {
            **data, "config": scripts.CheckScriptConfig(engine_name="dq_core"), "rules": RULES}),
        "profile_data_script": Call(scripts.profile_data_script, {
            **data, "config": scripts.ProfileScriptConfig(engine_name="dq_core")}),
        "compare_data_script": Call(scripts.compare_data_script, {
            **data, "copy_uri": data["data_uri"], "copy_table": None, "copy_query": None,
            "config": scripts.CompareScriptConfig(keys=["id"])},
            says={"data_uri": ("left",), "copy_uri": ("right",), "copy_table": ("table",), "copy_query": ("right",)}),
        "learn_schema_script": Call(scripts.learn_schema_script, {
            **data, "config": scripts.LearnScriptConfig(engine_name="dq_core")}),
        "errors_in_log": Call(lambda handler: scripts.errors_in_log(handler).__enter__(), {"handler": out}),
        "forget_schema": Call(scripts.forget_schema, {"data_uri": "x.csv", "table": None, "query": None}),
        "get_engine": Call(scripts.get_engine, {"name": "dq_core"}, says={"name": ("engine",)}),
        "load_rules": Call(scripts.load_rules, {"path": "rules.yaml"}, says={"path": ("rules",)}),
        "CallbackSLAHook": Call(sla.CallbackSLAHook, {"on_pass": len, "on_violation": len}),
        "CompositeSLAHook": Call(sla.CompositeSLAHook, {"hooks": [sla.LoggingSLAHook()]}, says={"hooks": ("hook",)}),
        "KestraNotificationHook": Call(
            sla.KestraNotificationHook, {"webhook_url": None, "timeout_seconds": 1.0, "handler": out}),
        "KestraStateStore": Call(sla.KestraStateStore, {"handler": out, "env": {}}),
        "KestraStateStore.record": Call(
            sla.KestraStateStore(out, {}).record, {"key": "k", "run": "r", "failed": True}),
        "LoggingSLAHook": Call(sla.LoggingSLAHook, {"logger": sla.LoggingSLAHook().logger}),
        "MetricsSLAHook": Call(sla.MetricsSLAHook, {"handler": out}),
        "SLAConfig": _made(SLAConfig),
        "SLAConfig.with_changes": Call(LONE.with_changes, {"min_pass_rate": 0.5}),
        "SLAMetrics": _made(SLAMetrics),
        "SLAMetrics.from_result": Call(SLAMetrics.from_result, {"result": result, "flow_id": "f"}),
        "SLAMonitor": Call(SLAMonitor, {"config": LONE, "hooks": (), "name": None, "store": store}),
        "SLAMonitor.evaluate": Call(SLAMonitor(LONE).evaluate, {"metrics": METRICS}),
        "SLARegistry": Call(sla.SLARegistry),
        "SLARegistry.register": Call(
            registry.register, {"name": "n", "config": LONE, "hooks": (), "store": None, "replace": True}),
        "SLARegistry.get": Call(_registered(registry).get, {"name": "n"}),
        "SLARegistry.evaluate": Call(registry.evaluate, {"name": "n", "metrics": METRICS, "raise_on_violation": False}),
        "SLARegistry.unregister": Call(
            lambda name: (_registered(registry), registry.unregister(name)), {"name": "n"}),
        "SLAResult": _made(sla.SLAResult, is_compliant=True, violations=(), metrics=METRICS),
        "SLAViolation": _made(
            sla.SLAViolation, violation_type=SLAViolationType.CONSECUTIVE_FAILURES, message="m", limit=1, actual=2,
            level=AlertLevel.INFO),
        "SQLStateStore": Call(sla.SQLStateStore, {"url": None}),
        "SQLStateStore.record": Call(store.record, {"key": "k", "run": "r", "failed": True}),
        "evaluate_sla": Call(_evaluated, {"name": "n", "metrics": METRICS, "raise_on_violation": False}),
        "register_sla": Call(sla.register_sla, {"name": "n", "config": LONE, "hooks": (), "store": None}),
        "to_kestra_sla": Call(sla.to_kestra_sla, {
            "config": SLAConfig(min_row_count=1), "task_ids": ["a"], "behavior": "FAIL", "labels": None}),
        "create_kestra_output": Call(utils.create_kestra_output, {"name": "x", "value": 1}),
        "data_source": Call(_source, {"env": {}}),
        "detect_data_source_type": Call(utils.detect_data_source_type, {"uri": "x.csv"}),
        "get_execution_context": Call(utils.get_execution_context, {"env": {}}),
        "get_kestra_variable": Call(utils.get_kestra_variable, {"name": "x", "default": 1, "env": {}}),
        "load_data": Call(
            utils.load_data, {"uri": "data.csv", "table": None, "query": None, "storage_options": None,
                              "read_options": None}),
        "JsonSerializer": Call(serialization.JsonSerializer, {"indent": None}),
        "JsonSerializer.serialize": Call(serialization.JsonSerializer().serialize, {"result": 1}),
        "JsonSerializer.deserialize": Call(serialization.JsonSerializer().deserialize, {"text": "1"}),
        "MarkdownSerializer.serialize": Call(serialization.MarkdownSerializer().serialize, {"result": result}),
        "YamlSerializer.serialize": Call(serialization.YamlSerializer().serialize, {"result": 1}),
        "YamlSerializer.deserialize": Call(serialization.YamlSerializer().deserialize, {"text": "1"}),
    }  # fmt: skip


def _registered(registry: sla.SLARegistry) -> sla.SLARegistry:
    registry.register("n", LONE, replace=True)
    return registry


def _source(env: Any) -> Any:
    given = {**env, "KESTRA_VALUES": "kestra.json"} if isinstance(env, dict) else env
    return utils.data_source(given)


def _evaluated(**given: Any) -> Any:
    sla.register_sla("n", LONE, replace=True)
    return sla.evaluate_sla(**given)


#: What is right elsewhere, and wrong here.
MORE = {
    "a decimal": lambda: Decimal("1.5"),
    "a number of NumPy": lambda: np.float32(0.5),
    "a frame": lambda: pd.DataFrame({"id": [1]}),
    "a path": lambda: Path("x.csv"),
    "a script's configuration": lambda: scripts.CheckScriptConfig(rules=RULES),
    "an SLA": SLAConfig,
    "a level": lambda: AlertLevel.INFO,
    "a kind of violation": lambda: SLAViolationType.CONSECUTIVE_FAILURES,
    "metrics": lambda: METRICS,
    "a hook": sla.LoggingSLAHook,
    "a handler": lambda: KestraOutputHandler(io.StringIO()),
}
NAMES = list(_calls())


@pytest.fixture(autouse=True)
def _files(tmp_path: Any) -> None:
    (tmp_path / "rules.yaml").write_text("- {type: not_null, column: id}\n")
    (tmp_path / "data.csv").write_text("id\n1\n")
    (tmp_path / "kestra.json").write_text('{"task": {"data_uri": "data.csv"}}')


def test_every_public_name_is_tried() -> None:
    """A new public name has a row in the table, or is among those that take nothing from users."""
    assert not untried(MODULES, NAMES, itertools.chain(*NOTHING.values()))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_values(name: str) -> None:
    assert_refused(_calls()[name], name, OURS, says=SAYS, few=6, more=MORE)
