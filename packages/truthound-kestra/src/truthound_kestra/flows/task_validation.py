"""Refusing tasks that could not run."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dq_core.checks import parse
from dq_core.errors import RuleError, closest
from truthound_kestra.arguments import is_text
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.names import one_of, pattern_problems, positive
from truthound_kestra.flows.task import FILE_FORMATS, TaskConfig, TaskType
from truthound_kestra.scripts.config import CheckScriptConfig, LearnScriptConfig, ProfileScriptConfig
from truthound_kestra.scripts.engines import ENGINES
from truthound_kestra.scripts.severity import with_canonical_severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truthound_kestra.flows.flow import FlowConfig

__all__ = ["SCRIPT_CONFIGS", "plugin_task_problems", "task_problems", "task_type"]

#: Which config a task's script is called with.
SCRIPT_CONFIGS: dict[TaskType, type[CheckScriptConfig | ProfileScriptConfig | LearnScriptConfig]] = {
    TaskType.CHECK: CheckScriptConfig,
    TaskType.PROFILE: ProfileScriptConfig,
    TaskType.LEARN: LearnScriptConfig,
}
_SECRET: Final = re.compile("password|secret|token|credential", re.IGNORECASE)
# Fields of the configs that the task has fields of its own for.
_OWN = ("rules", "fail_on_error", "engine_name", "sla", "report", "enabled")


def task_type(task: TaskConfig) -> TaskType | None:
    """The type of a task, also if it is given as text; None if there is no such type."""
    return next((kind for kind in TaskType if task.task_type in (kind, kind.value)), None)


def task_problems(task: TaskConfig, flow: FlowConfig) -> Iterator[str]:
    """What is wrong with a task, a sentence each."""
    yield from pattern_problems("task id", task.id)
    label = f"Task {task.id!r}"
    kind = task_type(task)
    if kind is None:
        yield from one_of(f"{label}: task_type", task.task_type, [one.value for one in TaskType])
        return
    yield from _surrounding_problems(label, task)
    if kind is TaskType.PYTHON_SCRIPT:
        yield from _script_problems(label, task)
    else:
        yield from _quality_problems(label, task, kind, flow)


def _surrounding_problems(label: str, task: TaskConfig) -> Iterator[str]:
    """What Kestra does around the script."""
    yield from positive(f"{label}: timeout_seconds", task.timeout_seconds)
    for name, value in task.env.items():
        yield from pattern_problems("environment variable", name)
        if not is_text(value) and value != "":
            yield f"{label}: the environment variable {name!r} must be text, not {type(value).__name__}."
        elif value and _SECRET.search(name) and not holds_expression(value):
            yield (
                f"{label}: the environment variable {name!r} looks like a secret, which anyone could read in the flow: "
                f"write {{{{ secret('{name}') }}}}."
            )
    for condition in task.conditions:
        if not holds_expression(condition):
            yield f"{label}: a condition must be an expression like {{{{ inputs.full == true }}}}, not {condition!r}."
    for dependency in task.dependencies:
        if not is_text(dependency) or not dependency.strip() or "\n" in dependency:
            yield f"{label}: a dependency must be one requirement of pip's, not {dependency!r}."
    for file in task.output_files:
        if not is_text(file) or file.startswith(("/", "..", "./")):
            yield f"{label}: an output file is a name or glob in the task's own folder, not {file!r}."


def _script_problems(label: str, task: TaskConfig) -> Iterator[str]:
    if not task.script or not task.script.strip():
        yield f"{label} is a Python script: it needs script."
    elif not holds_expression(task.script):
        try:
            compile(task.script, task.id, "exec")
        except (SyntaxError, ValueError) as error:
            yield f"{label}: its script is no Python: {error}."
    for name in ("rules", "table", "query", "sla", "extra_args"):
        if getattr(task, name):
            yield f"{label} is a Python script: it takes no {name}."


def _quality_problems(label: str, task: TaskConfig, kind: TaskType, flow: FlowConfig) -> Iterator[str]:
    if task.script is not None:
        yield f"{label} is of type {kind.value}: only a Python script takes script."
    if not task.input_uri or not task.input_uri.strip():
        yield f"{label} needs input_uri: what should it look at?"
    else:
        yield from _uri_problems(label, task, flow)
    yield from one_of(f"{label}: engine_name", task.engine_name, ENGINES)
    if kind is TaskType.CHECK:
        yield from _rule_problems(label, task)
    elif task.rules or task.sla is not None:
        yield f"{label} is of type {kind.value}: only a check takes rules and an SLA."
    yield from _config_problems(label, task, kind)


def _uri_problems(label: str, task: TaskConfig, flow: FlowConfig) -> Iterator[str]:
    files = [config.name for config in flow.inputs if config.kestra_type == "FILE"]
    if task.storage_file(files):
        if task.file_format is None:
            yield f"{label} reads a file of Kestra's storage whose name tells no format: give input_format."
    elif task.input_format is not None:
        yield f"{label}: input_format is only for files of Kestra's storage; elsewhere the name tells."
    if task.input_format is not None:
        yield from one_of(f"{label}: input_format", task.input_format, FILE_FORMATS)
    if task.table is not None and task.query is not None:
        yield f"{label} takes either table or query, not both."
    try:
        url = make_url(task.input_uri or "")
    except (ArgumentError, ValueError):
        return  # a path
    if url.password and not holds_expression(url.password):
        yield (
            f"{label}: input_uri holds a password, which anyone could read in the flow: write "
            f"{{{{ secret('DB_PASSWORD') }}}} in its place."
        )


def _rule_problems(label: str, task: TaskConfig) -> Iterator[str]:
    if task.rules:
        try:
            parse([with_canonical_severity(rule) for rule in task.rules])
        except RuleError as error:
            for problem in error.problems:
                yield f"{label}: {problem}"
    elif not task.extra_args.get("auto_schema"):
        yield f"{label} has no rules: give rules, or extra_args={{'auto_schema': True}} to learn some."


def _config_problems(label: str, task: TaskConfig, kind: TaskType) -> Iterator[str]:
    config = SCRIPT_CONFIGS[kind]
    known = [field.name for field in dataclasses.fields(config) if field.name not in _OWN]
    unknown = [name for name in task.extra_args if name not in known]
    for name in unknown:
        fields = [field.name for field in dataclasses.fields(TaskConfig)]
        if name in fields:
            yield f"{label}: {name!r} is a field of the task itself, not of extra_args."
        else:
            near = closest(name, [*known, *fields])
            hint = f"Did you mean {near!r}?" if near else f"There is: {', '.join(known)}."
            yield f"{label}: there is no option {name!r}. {hint}"
    try:
        config(**{name: value for name, value in task.extra_args.items() if name not in unknown})
    except ConfigurationError as error:
        for problem in error.problems:
            yield f"{label}: {problem}"


def plugin_task_problems(task: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a task of another plugin."""
    yield from pattern_problems("task id", task.get("id"))
    kind = task.get("type")
    if not isinstance(kind, str) or "." not in kind:
        name = f"Task {task.get('id')!r}"
        yield f"{name}: type must be the name of a plugin's task, such as io.kestra.plugin.core.log.Log."
