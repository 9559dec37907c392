"""Problems of a task: what Kestra would refuse, what its script would refuse in every run, and what it lacks."""

from __future__ import annotations

import dataclasses
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, closest, is_database_url
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.flows.engine import engine_problems
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.extra import extra_problems
from truthound_kestra.flows.fields import shown, text
from truthound_kestra.flows.names import delay, pattern_problems
from truthound_kestra.flows.packages import packages_problems
from truthound_kestra.flows.program import literal
from truthound_kestra.flows.retry import retry_problems
from truthound_kestra.flows.rules import parsed_rules, rule_problems, severity_problems
from truthound_kestra.flows.secrets import named_secret_problems, secret_problems
from truthound_kestra.flows.source import file_problems, reading_problems, source_problems
from truthound_kestra.flows.task import SCRIPT_CONFIGS, TaskConfig, TaskType, task_state, task_type, wrong_types
from truthound_kestra.kestra.context import CONTEXT_ENV
from truthound_kestra.kestra.storage import FILE_FORMATS
from truthound_kestra.kestra.values import VALUES_ENV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truthound_kestra.flows.flow_context import FlowContext
    from truthound_kestra.flows.runner import Runner

__all__ = ["task_problems", "task_runner_problems"]

# Fields of the scripts' configs that TaskConfig has as well.
_OWN: Final = ("rules", "fail_on_error", "engine_name", "sla", "report", "enabled")
_OF_COPY: Final = ("copy_uri", "copy_format", "copy_table", "copy_query")
_OURS: Final = (*(name for name, _ in CONTEXT_ENV.values()), VALUES_ENV)


def task_problems(task: TaskConfig, flow: FlowContext) -> Iterator[str]:
    """Yield the problems of a task, one sentence each."""
    yield from pattern_problems("task id", task.id)
    label = f"Task {shown(task.id)}"
    wrong = wrong_types(task)
    if wrong:
        yield from wrong
        return
    kind = task_type(task)
    if kind is None:
        yield from choice(f"{label}: task_type", task.task_type, [one.value for one in TaskType])
        return
    yield from _surrounding_problems(label, task)
    if kind is TaskType.PYTHON_SCRIPT:
        yield from _script_problems(label, task)
    else:
        yield from _quality_problems(label, task, kind, flow)
    if task.retry is not None:
        yield from retry_problems(f"The retry of task {task.id!r}", task.retry, flow.kestra_major)


def task_runner_problems(task: TaskConfig, runner: Runner) -> Iterator[str]:
    """Yield what a task without other problems lacks where it runs, one sentence each."""
    if task_type(task) is TaskType.PYTHON_SCRIPT:
        yield from packages_problems(f"Task {task.id!r}", task, runner)


def _surrounding_problems(label: str, task: TaskConfig) -> Iterator[str]:
    """Problems of the fields that do not depend on what the task does."""
    yield from delay(f"{label}: timeout_seconds", task.timeout_seconds)
    for name, value in task.env.items():
        yield from pattern_problems("environment variable", name)
        yield from text(f"{label}: the environment variable {name!r}", value)
        if name in _OURS:
            yield f"{label}: the environment variable {name!r} is set by the flow itself."
    yield from named_secret_problems(f"{label}: the environment variable", task.env)
    for condition in task.conditions:
        if not holds_expression(condition):
            example = "{{ inputs.full == true }}"
            yield f"{label}: a condition must be an expression such as {example}, not {condition!r}."
    for dependency in task.dependencies:
        if not dependency.strip() or "\n" in dependency:
            yield f"{label}: a dependency must be a single pip requirement, not {dependency!r}."
    yield from secret_problems(f"{label}: dependencies", task.dependencies)
    yield from secret_problems(f"{label}: description", task.description)
    for file in task.output_files:
        if file.startswith(("/", "..", "./")):
            yield f"{label}: an output file must be a name or glob pattern in the working directory, not {file!r}."
    yield from extra_problems(label, task.extra, ("id", "dependsOn"))


def _script_problems(label: str, task: TaskConfig) -> Iterator[str]:
    if not task.script or not task.script.strip():
        yield f"{label} is a Python script and requires script."
    elif not holds_expression(task.script):
        try:
            compile(task.script, "script", "exec")
        except (SyntaxError, ValueError) as error:
            yield f"{label}: its script is not valid Python: {error}."
    yield from secret_problems(f"{label}: script", task.script, program="python")
    for name in ("rules", "table", "query", *_OF_COPY, "sla", "extra_args"):
        if getattr(task, name):
            yield f"{label} is a Python script; {name} is not supported."


def _quality_problems(label: str, task: TaskConfig, kind: TaskType, flow: FlowContext) -> Iterator[str]:
    if task.script is not None:
        yield f"{label} is of type {kind.value}; script is only supported for Python scripts."
    yield from _side_problems(label, task, flow, "input")
    yield from _reading_problems(f"{label}: read_options", task, task.extra_args.get("read_options"))
    if kind is TaskType.COMPARE:
        yield from _side_problems(f"{label}, the copy", task.copied, flow, "copy")
        given = task.extra_args.get("copy_read_options")
        yield from _reading_problems(f"{label}: copy_read_options", task.copied, given)
    elif any(getattr(task, name) is not None for name in _OF_COPY):
        yield f"{label} is of type {kind.value}; {', '.join(_OF_COPY)} are only supported for comparisons."
    yield from choice(f"{label}: engine_name", task.engine, SCRIPT_CONFIGS[kind].engines)
    if kind is TaskType.CHECK:
        yield from _rule_problems(label, task)
    elif task.rules or task.sla is not None:
        yield f"{label} is of type {kind.value}; rules and sla are only supported for checks."
    for problem in task_state(task, flow.flow_id).problems(task.env, task.extra):
        yield f"{label}: {problem}"
    config_problems = list(_config_problems(label, task, kind))
    yield from config_problems
    if not config_problems and kind is not TaskType.COMPARE:
        checks = parsed_rules(task.rules) if kind is TaskType.CHECK else ()
        yield from engine_problems(label, task.engine, kind.value, checks, task.extra_args)
        if task.extra_args.get("auto_schema") is not True:
            yield from severity_problems(label, checks, task.extra_args.get("min_severity", "low"))


def _side_problems(label: str, task: TaskConfig, flow: FlowContext, side: str) -> Iterator[str]:
    if not task.uri.strip():
        yield f"{label} requires {side}_uri."
    else:
        yield from _uri_problems(label, task, flow, side)


def _reading_problems(label: str, task: TaskConfig, options: Any) -> Iterator[str]:
    database = task.table is not None or task.query is not None or is_database_url(task.uri)
    yield from reading_problems(label, options, task.file_format, database=database)


def _uri_problems(label: str, task: TaskConfig, flow: FlowContext, side: str) -> Iterator[str]:
    for name in ("table", "query"):
        value = getattr(task, name)
        if value is not None and not value.strip():
            yield f"{label}: {name} must not be empty."
    if task.table is not None and task.query is not None:
        yield f"{label}: give either table or query, not both."
    elif task.storage_file(flow.file_inputs):
        if task.file_format is None:
            yield f"{label}: the name of the file in Kestra's storage does not end with its format. Give input_format."
        # Kestra would take a string that is no URI of its storage for the content of the file.
        before = task.uri.strip().partition("{")[0]
        if before and not before.startswith(("kestra://", "nsfile://")):
            yield f"{label}: {before!r} before the expression is not the URI of a file in Kestra's storage."
        yield from file_problems(label, task.table, task.query)
    else:
        if task.input_format is not None:
            yield f"{label}: input_format is only supported for files of Kestra's storage."
        yield from source_problems(label, task.uri, task.table, task.query)
    if task.input_format is not None:
        yield from choice(f"{label}: input_format", task.input_format, FILE_FORMATS)
    for name, value in ((f"{side}_uri", task.uri), ("table", task.table), ("query", task.query)):
        yield from secret_problems(f"{label}: {name}", value)


def _rule_problems(label: str, task: TaskConfig) -> Iterator[str]:
    if task.rules:
        yield from rule_problems(label, task.rules)
        yield from secret_problems(f"{label}: rules", [rule for rule in task.rules if isinstance(rule, dict)])
    elif task.extra_args.get("auto_schema") is not True:
        yield f"{label} has no rules. Give rules, or extra_args={{'auto_schema': True}} to learn them."


def _config_problems(label: str, task: TaskConfig, kind: TaskType) -> Iterator[str]:
    config = SCRIPT_CONFIGS[kind]
    known = [field.name for field in dataclasses.fields(config) if field.name not in _OWN]
    unknown = [name for name in task.extra_args if name not in known]
    for name in unknown:
        fields = [field.name for field in dataclasses.fields(TaskConfig)]
        if name in fields:
            yield f"{label}: {name!r} is a field of TaskConfig, not of extra_args."
        else:
            near = closest(name, [*known, *fields])
            hint = f"Did you mean {near!r}?" if near else f"The options are: {', '.join(known)}."
            yield f"{label}: the option {name!r} does not exist. {hint}"
    for name, value in task.extra_args.items():
        yield from secret_problems(f"{label}: {name}", value)
        try:
            literal(value)
        except TypeError as error:
            yield f"{label}: {name} {error}."
    yield from _baseline_problems(label, task.extra_args)
    try:
        config(**{name: value for name, value in task.extra_args.items() if name not in unknown})
    except ConfigurationError as error:
        for problem in error.problems:
            yield f"{label}: {problem}"


def _baseline_problems(label: str, options: Any) -> Iterator[str]:
    """Problems of the data that rules are learned from; a YAML file has the rules themselves."""
    baseline = options.get("baseline_uri")
    baseline = fspath(baseline) if isinstance(baseline, PathLike) else baseline
    if holds_expression(baseline):
        yield f"{label}: baseline_uri must not contain an expression: options are literal."
    elif isinstance(baseline, str) and not baseline.lower().endswith((".yaml", ".yml")):
        yield from source_problems(f"{label}: baseline_uri", baseline, None, None)
