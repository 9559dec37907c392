"""Tasks as Kestra's own mappings, and the programs that they run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.flows.dependencies import pinned_dependencies
from truthound_kestra.flows.output import all_true, retry_block
from truthound_kestra.flows.task import TaskConfig, TaskType
from truthound_kestra.flows.task_validation import SCRIPT_CONFIGS, task_type
from truthound_kestra.flows.yaml import Folded, rules_yaml
from truthound_kestra.kestra.context import CONTEXT_ENV
from truthound_kestra.kestra.durations import iso_duration
from truthound_kestra.scripts.severity import with_canonical_severity
from truthound_kestra.sla.store import STATE_ENV, STATE_OUTPUT

if TYPE_CHECKING:
    from truthound_kestra.flows.flow import FlowConfig
    from truthound_kestra.flows.generator import FlowGenerator

__all__ = ["remember_block", "task_block", "variable_of"]

_RULES_FILE: Final = "rules.yaml"
_FUNCTIONS: Final = {
    TaskType.CHECK: "check_quality_script",
    TaskType.PROFILE: "profile_data_script",
    TaskType.LEARN: "learn_schema_script",
}


def task_block(task: TaskConfig, flow: FlowConfig, generator: FlowGenerator) -> dict[str, Any]:
    """A task that runs Python."""
    block = {"id": task.id, "type": "io.kestra.plugin.scripts.python.Script"} | _behavior(task)
    script_only = task_type(task) is TaskType.PYTHON_SCRIPT
    pinned = [] if script_only else pinned_dependencies(task.engine_name, task.input_uri)
    block |= generator.runner_block() | generator.package_block(pinned, task.dependencies)
    block |= _script(task, flow) if script_only else _quality(task, flow)
    block["env"] |= dict(task.env)
    return block


def _behavior(task: TaskConfig) -> dict[str, Any]:
    """What Kestra does around the task."""
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


def _script(task: TaskConfig, flow: FlowConfig) -> dict[str, Any]:
    """A program of the user's, which is handed all inputs and variables."""
    env = dict(CONTEXT_ENV.values())
    env |= {variable_of(config.name): f"{{{{ {_member('inputs', config.name)} ?? '' }}}}" for config in flow.inputs}
    env |= {variable_of(name): f"{{{{ {_member('vars', name)} }}}}" for name in flow.variables}
    files = {"outputFiles": list(task.output_files)} if task.output_files else {}
    return {"env": env, **files, "script": (task.script or "").rstrip("\n") + "\n"}


def _quality(task: TaskConfig, flow: FlowConfig) -> dict[str, Any]:
    """A program of ours, with what it looks at."""
    kind = task_type(task) or TaskType.CHECK
    files: dict[str, str] = {}
    env = dict(CONTEXT_ENV.values()) | _source_env(task, flow, files)
    if task.rules:
        files[_RULES_FILE] = rules_yaml([with_canonical_severity(rule) for rule in task.rules])
    if _remembers(task):
        env[STATE_ENV] = f"{{{{ kv('{state_key(task, flow)}', errorOnMissing=false) ?? '' }}}}"
    block: dict[str, Any] = {"env": env}
    if files:
        block["inputFiles"] = files
    return block | {
        "outputFiles": [f"{report_name(task)}.*", "result.json", *task.output_files],
        "script": _program(task, kind),
    }


def variable_of(name: str) -> str:
    """The environment variable that hands an input or variable over to a script."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name).upper()


def report_name(task: TaskConfig) -> str:
    """Base name of the task's report files."""
    kind = task_type(task)
    return f"{kind.value if kind else 'quality'}_report"


def state_key(task: TaskConfig, flow: FlowConfig) -> str:
    """Where Kestra's KV store keeps the task's failed runs in a row."""
    return f"sla.{flow.id}.{task.id}"


def _remembers(task: TaskConfig) -> bool:
    return task.sla is not None and task.sla.enabled and task.sla.max_consecutive_failures is not None


def remember_block(task: TaskConfig, flow: FlowConfig, name: str) -> dict[str, Any] | None:
    """The task at the end of a flow that stores a check's failed runs in a row; None if nothing is to be stored."""
    if not _remembers(task):
        return None
    state = f"{_member('outputs', task.id)}.vars.{STATE_OUTPUT}"
    return {
        "id": name,
        "type": "io.kestra.plugin.core.kv.Set",
        "runIf": f"{{{{ ({state} ?? '') != '' }}}}",
        "key": state_key(task, flow),
        "kvType": "STRING",
        "value": f"{{{{ {state} }}}}",
    }


def _member(root: str, name: str) -> str:
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        return f"{root}.{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{root}['{escaped}']"


def _source_env(task: TaskConfig, flow: FlowConfig, files: dict[str, str]) -> dict[str, str]:
    """Where the script finds what it looks at; a file of Kestra's storage is handed in beside it."""
    uri = task.input_uri or ""
    if task.storage_file([config.name for config in flow.inputs if config.kestra_type == "FILE"]):
        name = f"data.{task.file_format}"
        files[name] = uri
        uri = name
    env = {"DATA_URI": uri}
    if task.table is not None:
        env["DATA_TABLE"] = task.table
    if task.query is not None:
        env["DATA_QUERY"] = task.query
    return env


def _program(task: TaskConfig, kind: TaskType) -> str:
    """The program: it holds no text of the user's but as literals of Python's."""
    config, function = SCRIPT_CONFIGS[kind].__name__, _FUNCTIONS[kind]
    names = [config, function, "errors_in_log"]
    arguments = []
    if task.rules:
        names.append("load_rules")
        arguments.append(f'rules=load_rules("{_RULES_FILE}")')
    arguments.append(f"engine_name={literal(task.engine_name)}")
    if kind is TaskType.CHECK:
        arguments.append(f"fail_on_error={task.fail_on_error}")
    if task.timeout_seconds is not None and "timeout_seconds" not in task.extra_args:
        arguments.append("timeout_seconds=None")  # the task's own time-out holds
    arguments += [f"{name}={literal(value)}" for name, value in task.extra_args.items()]
    if task.sla is not None:
        arguments.append(f"sla={_sla_literal(task.sla)}")
    arguments.append(f"report={literal(report_name(task))}")
    imports = [f"from truthound_kestra.scripts import {', '.join(sorted(names, key=_isort))}"]
    if task.sla is not None:
        imports.append("from truthound_kestra.sla import SLAConfig")
    call = ['os.environ["DATA_URI"]', "config"]
    if task.table is not None:
        call.append('table=os.environ["DATA_TABLE"]')
    if task.query is not None:
        call.append('query=os.environ["DATA_QUERY"]')
    body = "".join(f"    {argument},\n" for argument in arguments)
    header = "import os\n\n" + "\n".join(imports) + "\n\n"
    work = f"config = {config}(\n{body})\n{function}({', '.join(call)})\n"
    return f"{header}with errors_in_log():\n{indent(work, '    ')}"


def _isort(name: str) -> tuple[bool, str]:
    return not name[0].isupper(), name


def _sla_literal(sla: Any) -> str:
    default = type(sla)()
    changed = {
        field.name: getattr(sla, field.name)
        for field in dataclasses.fields(sla)
        if field.name not in ("description", "metadata") and getattr(sla, field.name) != getattr(default, field.name)
    }
    return f"SLAConfig({', '.join(f'{name}={literal(value)}' for name, value in changed.items())})"


def literal(value: Any) -> str:
    """A value as a literal of Python's in which Kestra finds no expression.

    Args:
        value: None, bool, number, text, or lists, tuples and dicts of these.
    """
    if isinstance(value, Mapping):
        items = ", ".join(f"{literal(str(key))}: {literal(item)}" for key, item in value.items())
        return f"dict({literal([[key, item] for key, item in value.items()])})" if "{" in items else f"{{{items}}}"
    if isinstance(value, list | tuple):
        items = ", ".join(map(literal, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    text = repr(value)
    if isinstance(value, str):
        if text[0] == "'" and '"' not in text:
            text = f'"{text[1:-1]}"'
        text = re.sub(r"\{(?=[{%#])", r"\\x7b", text)
    return text
