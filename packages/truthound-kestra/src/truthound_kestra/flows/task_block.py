"""A task as Kestra's own mapping: a Python script, its files and its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import iso_duration
from truthound_kestra.flows.conditions import all_true
from truthound_kestra.flows.dependencies import pinned_dependencies
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.extra import merged
from truthound_kestra.flows.packages import script_dependencies
from truthound_kestra.flows.program import literal, quality_program
from truthound_kestra.flows.retry import retry_block
from truthound_kestra.flows.rules import written_rules
from truthound_kestra.flows.sla import sla_literal
from truthound_kestra.flows.task import SCRIPT_CONFIGS, TaskConfig, TaskType, task_state, task_type
from truthound_kestra.flows.values import env_value, values_file
from truthound_kestra.flows.yaml import Folded, rules_yaml
from truthound_kestra.kestra.context import CONTEXT_ENV
from truthound_kestra.kestra.output_files import OUTPUT_FILES_ENV
from truthound_kestra.kestra.values import VALUES_ENV, VALUES_FILE

if TYPE_CHECKING:
    from truthound_kestra.flows.flow_context import FlowContext
    from truthound_kestra.flows.runner import Runner

__all__ = ["task_block"]

_FUNCTIONS: Final = {
    TaskType.CHECK: "check_quality_script",
    TaskType.PROFILE: "profile_data_script",
    TaskType.LEARN: "learn_schema_script",
    TaskType.COMPARE: "compare_data_script",
}
_RULES_FILE: Final = "rules.yaml"


def task_block(task: TaskConfig, flow: FlowContext, runner: Runner) -> dict[str, Any]:
    """A task as Kestra's own mapping: a Python script."""
    block = {"id": task.id, "type": "io.kestra.plugin.scripts.python.Script"} | _behavior(task)
    kind = task_type(task) or TaskType.CHECK
    block |= runner.runner_block() | runner.package_block(_pinned(task, kind), task.dependencies)
    block |= _script(task, flow) if kind is TaskType.PYTHON_SCRIPT else _quality(task, kind, flow)
    return _telling_its_files(merged(block, _extra(task)))


def _extra(task: TaskConfig) -> dict[str, Any]:
    """``extra``, in whose environment variables Kestra renders an expression once, as in those of the task."""
    extra = dict(task.extra)
    if isinstance(env := extra.get("env"), Mapping):
        extra["env"] = {name: env_value(value) if isinstance(value, str) else value for name, value in env.items()}
    return extra


def _telling_its_files(block: dict[str, Any]) -> dict[str, Any]:
    """A block whose script knows which files Kestra keeps, so that it does not ask for those."""
    patterns = [name for name in block.get("outputFiles", ()) if isinstance(name, str) and not holds_expression(name)]
    if not patterns or not isinstance(block.get("env"), Mapping):
        return block
    return block | {"env": {OUTPUT_FILES_ENV: "\n".join(patterns), **block["env"]}}


def _pinned(task: TaskConfig, kind: TaskType) -> list[str]:
    if kind is TaskType.PYTHON_SCRIPT:
        return script_dependencies(task.script or "")
    baseline = task.extra_args.get("baseline_uri")
    more = [str(baseline)] if baseline is not None else []
    more += [task.copied.uri] if task.copy_uri is not None else []
    return pinned_dependencies(task.engine, task.uri, *more)


def _behavior(task: TaskConfig) -> dict[str, Any]:
    """The fields that tell Kestra when and how often to run the task."""
    block: dict[str, Any] = {}
    if task.description:
        block["description"] = Folded(task.description)
    if task.conditions:
        block["runIf"] = all_true(task.conditions)
    if task.retry is not None and (retry := retry_block(task.retry)) is not None:
        block["retry"] = retry
    if task.timeout_seconds is not None:
        block["timeout"] = iso_duration(task.timeout_seconds)
    if task.allow_failure:
        block["allowFailure"] = True
    return block


def _env(task: TaskConfig) -> dict[str, str]:
    own = {name: env_value(value) for name, value in task.env.items()}
    return {**dict(CONTEXT_ENV.values()), VALUES_ENV: VALUES_FILE, **own}


def _script(task: TaskConfig, flow: FlowContext) -> dict[str, Any]:
    """A script of the user, with all inputs and variables in its file of values."""
    values = values_file(
        inputs=bool(flow.inputs), variables=bool(flow.variables), trigger=flow.triggered, env=list(task.env), data=None
    )
    files = {"outputFiles": list(task.output_files)} if task.output_files else {}
    script = (task.script or "").rstrip("\n") + "\n"
    return {"env": _env(task), "inputFiles": {VALUES_FILE: values}, **files, "script": script}


def _quality(task: TaskConfig, kind: TaskType, flow: FlowContext) -> dict[str, Any]:
    """A check, profile, learn or compare script, with its data and rules."""
    files: dict[str, str] = {}
    data = _data(task, flow, files)
    if kind is TaskType.COMPARE:
        copy = _data(task.copied, flow, files, "copy")
        data |= {f"copy_{name.removeprefix('data_')}": value for name, value in copy.items()}
    files[VALUES_FILE] = values_file(inputs=False, variables=False, trigger=False, env=(), data=data)
    if task.rules:
        files[_RULES_FILE] = rules_yaml(written_rules(task.rules))
    state = task_state(task, flow.flow_id)
    return {
        "env": _env(task) | state.env(),
        "inputFiles": files | state.files(),
        "outputFiles": [f"{_report_name(kind)}.*", "result.json", *state.output_files(), *task.output_files],
        "script": _program(task, kind),
    }


def _report_name(kind: TaskType) -> str:
    """Base name of the task's report files."""
    return f"{kind.value}_report"


def _data(task: TaskConfig, flow: FlowContext, files: dict[str, str], base: str = "data") -> dict[str, str]:
    """What names the data; a file of Kestra's storage becomes an input file."""
    if task.storage_file(flow.file_inputs):
        name = f"{base}.{task.file_format}"
        files[name] = task.uri
        return {"data_uri": name, "file": task.uri}
    data = {"data_uri": task.uri}
    if task.table is not None:
        data["table"] = task.table
    if task.query is not None:
        data["query"] = task.query
    return data


def _program(task: TaskConfig, kind: TaskType) -> str:
    """The program of a check, profile, learn or compare task."""
    arguments = {"rules": f'load_rules("{_RULES_FILE}")'} if task.rules else {}
    arguments["engine_name"] = literal(task.engine)
    if kind is TaskType.CHECK:
        arguments["fail_on_error"] = literal(task.fail_on_error)
    if task.timeout_seconds is not None and "timeout_seconds" not in task.extra_args:
        arguments["timeout_seconds"] = literal(None)  # the timeout of the task applies
    arguments |= {name: literal(value) for name, value in task.extra_args.items()}
    if task.sla is not None:
        arguments["sla"] = sla_literal(task.sla)
    arguments["report"] = literal(_report_name(kind))
    return quality_program(SCRIPT_CONFIGS[kind].__name__, _FUNCTIONS[kind], arguments, sla=task.sla is not None)
