"""Tasks: what an execution does."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice, closest, iso_duration, string, strings
from dq_core.checks import parse
from dq_core.errors import RuleError
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.flows.dependencies import pinned_dependencies
from truthound_kestra.flows.expressions import all_true, holds_expression, reference
from truthound_kestra.flows.names import delay, pattern_problems
from truthound_kestra.flows.program import literal, quality_program
from truthound_kestra.flows.retry import retry_block, retry_problems
from truthound_kestra.flows.secrets import named_secret_problems, secret_problems
from truthound_kestra.flows.sla import sla_literal
from truthound_kestra.flows.state import TaskState, counts_failures
from truthound_kestra.flows.yaml import Folded, rules_yaml
from truthound_kestra.kestra.context import CONTEXT_ENV
from truthound_kestra.kestra.storage import FILE_FORMATS, file_format, is_storage_file
from truthound_kestra.scripts.config import CheckScriptConfig, LearnScriptConfig, ProfileScriptConfig
from truthound_kestra.scripts.engines import ENGINES
from truthound_kestra.scripts.severity import with_canonical_severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from truthound_kestra.flows.flow_context import FlowContext
    from truthound_kestra.flows.retry import RetryConfig
    from truthound_kestra.flows.runner import Runner
    from truthound_kestra.sla.config import SLAConfig

__all__ = [
    "SCRIPT_CONFIGS",
    "TaskConfig",
    "TaskType",
    "plugin_task_problems",
    "task_block",
    "task_expressions",
    "task_problems",
    "task_state",
    "task_type",
    "variable_of",
]


class TaskType(Enum):
    """What a task does."""

    CHECK = "check"
    PROFILE = "profile"
    LEARN = "learn"
    PYTHON_SCRIPT = "python_script"


@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """A task.

    ``input_uri``, ``table``, ``query``, ``env``, ``conditions`` and ``script`` may contain Kestra expressions
    (``{{ inputs.data_uri }}``, ``{{ secret('DB_PASSWORD') }}``). Rules are literal.

    Args:
        id: Id of the task; its outputs are ``{{ outputs.<id>.vars.… }}``.
        task_type: What the task does.
        input_uri: The data: a path, a URI, the URL of a database, or an expression for one of these. Kestra passes a
            file of its own storage (a FILE input, an output file, ``kestra:///…``) to the script as a local file.
        input_format: Format of such a file, if its name does not end with it: parquet, csv, json, jsonl.
        table: The table, if ``input_uri`` is a database.
        query: A SELECT instead of a table.
        rules: For CHECK: rules as mappings; see dq_core.
        fail_on_error: For CHECK: whether a failed check fails the task; the outputs are sent in either case.
        engine_name: The engine: truthound, dq_core, great_expectations, pandera.
        sla: For CHECK: evaluated after the check. Consecutive failures are counted in Kestra's KV store.
        script: For PYTHON_SCRIPT: the program. Kestra renders expressions in it.
        depends_on: Ids of the tasks that must have succeeded first. Without any, the flow's tasks run in order.
        conditions: Expressions that must all be true, or the task is skipped.
        retry: How the task is retried after a failure.
        timeout_seconds: Kestra stops the task after this many seconds.
        env: Further environment variables.
        dependencies: Further pip requirements to install.
        output_files: Names or glob patterns of further files to keep in Kestra's storage; later tasks read them as
            ``{{ outputs.<id>.outputFiles['<name>'] }}``.
        allow_failure: Whether the flow continues, with a warning, if the task fails.
        description: Shown in the UI.
        extra_args: Further fields of the script's config: ``{"sample_failures": 10}``.
    """

    id: str
    task_type: TaskType = TaskType.CHECK
    input_uri: str | None = None
    input_format: str | None = None
    table: str | None = None
    query: str | None = None
    rules: Sequence[Mapping[str, Any]] = ()
    fail_on_error: bool = True
    engine_name: str = "truthound"
    sla: SLAConfig | None = None
    script: str | None = None
    depends_on: Sequence[str] = ()
    conditions: Sequence[str] = ()
    retry: RetryConfig | None = None
    timeout_seconds: float | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    dependencies: Sequence[str] = ()
    output_files: Sequence[str] = ()
    allow_failure: bool = False
    description: str = ""
    extra_args: Mapping[str, Any] = field(default_factory=dict)

    def storage_file(self, file_inputs: Sequence[str]) -> bool:
        """Whether ``input_uri`` is a file of Kestra's own storage, which Kestra passes to a script as a local file.

        Args:
            file_inputs: Names of the flow's inputs of type FILE.
        """
        return is_storage_file(self.input_uri or "", file_inputs)

    @property
    def file_format(self) -> str | None:
        """The format of a file: ``input_format``, or the one that its name ends with."""
        return self.input_format or file_format(self.input_uri or "")


#: The config class of each task's script.
SCRIPT_CONFIGS: dict[TaskType, type[CheckScriptConfig | ProfileScriptConfig | LearnScriptConfig]] = {
    TaskType.CHECK: CheckScriptConfig,
    TaskType.PROFILE: ProfileScriptConfig,
    TaskType.LEARN: LearnScriptConfig,
}
_FUNCTIONS: Final = {
    TaskType.CHECK: "check_quality_script",
    TaskType.PROFILE: "profile_data_script",
    TaskType.LEARN: "learn_schema_script",
}
_RULES_FILE: Final = "rules.yaml"
# Fields of the configs that TaskConfig has as well.
_OWN = ("rules", "fail_on_error", "engine_name", "sla", "report", "enabled")


def task_type(task: TaskConfig) -> TaskType | None:
    """The type of a task, which may be given as its value; None if it does not exist."""
    return next((kind for kind in TaskType if task.task_type in (kind, kind.value)), None)


def task_expressions(task: TaskConfig) -> list[Any]:
    """The values whose expressions Kestra renders."""
    return [task.input_uri, task.table, task.query, dict(task.env), list(task.conditions), task.script]


def task_problems(task: TaskConfig, flow: FlowContext) -> Iterator[str]:
    """Yield the problems of a task, one sentence each."""
    yield from pattern_problems("task id", task.id)
    label = f"Task {task.id!r}"
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


def _surrounding_problems(label: str, task: TaskConfig) -> Iterator[str]:
    """Problems of the fields that do not depend on what the task does."""
    yield from delay(f"{label}: timeout_seconds", task.timeout_seconds)
    for name, value in task.env.items():
        yield from pattern_problems("environment variable", name)
        yield from string(f"{label}: the environment variable {name!r}", value, empty=True)
    yield from named_secret_problems(f"{label}: the environment variable", task.env)
    for condition in task.conditions:
        if not holds_expression(condition):
            example = "{{ inputs.full == true }}"
            yield f"{label}: a condition must be an expression such as {example}, not {condition!r}."
    yield from strings(f"{label}: dependencies", task.dependencies)
    for dependency in filter(_is_string, task.dependencies):
        if not dependency.strip() or "\n" in dependency:
            yield f"{label}: a dependency must be a single pip requirement, not {dependency!r}."
    yield from strings(f"{label}: output_files", task.output_files)
    for file in filter(_is_string, task.output_files):
        if file.startswith(("/", "..", "./")):
            yield f"{label}: an output file must be a name or glob pattern in the working directory, not {file!r}."


def _is_string(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _script_problems(label: str, task: TaskConfig) -> Iterator[str]:
    if not task.script or not task.script.strip():
        yield f"{label} is a Python script and requires script."
    elif not holds_expression(task.script):
        try:
            compile(task.script, task.id, "exec")
        except (SyntaxError, ValueError) as error:
            yield f"{label}: its script is not valid Python: {error}."
    for name in ("rules", "table", "query", "sla", "extra_args"):
        if getattr(task, name):
            yield f"{label} is a Python script; {name} is not supported."


def _quality_problems(label: str, task: TaskConfig, kind: TaskType, flow: FlowContext) -> Iterator[str]:
    if task.script is not None:
        yield f"{label} is of type {kind.value}; script is only supported for Python scripts."
    if not task.input_uri or not task.input_uri.strip():
        yield f"{label} requires input_uri."
    else:
        yield from _uri_problems(label, task, flow)
    yield from choice(f"{label}: engine_name", task.engine_name, ENGINES)
    if kind is TaskType.CHECK:
        yield from _rule_problems(label, task)
    elif task.rules or task.sla is not None:
        yield f"{label} is of type {kind.value}; rules and sla are only supported for checks."
    yield from _config_problems(label, task, kind)


def _uri_problems(label: str, task: TaskConfig, flow: FlowContext) -> Iterator[str]:
    if task.storage_file(flow.file_inputs):
        if task.file_format is None:
            yield f"{label}: the name of the file in Kestra's storage does not end with its format. Give input_format."
    elif task.input_format is not None:
        yield f"{label}: input_format is only supported for files of Kestra's storage."
    if task.input_format is not None:
        yield from choice(f"{label}: input_format", task.input_format, FILE_FORMATS)
    if task.table is not None and task.query is not None:
        yield f"{label}: give either table or query, not both."
    yield from secret_problems(f"{label}: input_uri", task.input_uri)


def _rule_problems(label: str, task: TaskConfig) -> Iterator[str]:
    if task.rules:
        try:
            parse([with_canonical_severity(rule) for rule in task.rules])
        except RuleError as error:
            for problem in error.problems:
                yield f"{label}: {problem}"
    elif not task.extra_args.get("auto_schema"):
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
    try:
        config(**{name: value for name, value in task.extra_args.items() if name not in unknown})
    except ConfigurationError as error:
        for problem in error.problems:
            yield f"{label}: {problem}"


def plugin_task_problems(task: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of a task of another plugin."""
    yield from pattern_problems("task id", task.get("id"))
    yield from secret_problems(f"Task {task.get('id')!r}", task)
    kind = task.get("type")
    if not isinstance(kind, str) or "." not in kind:
        name = f"Task {task.get('id')!r}"
        yield f"{name}: type must be the full name of a plugin task, such as io.kestra.plugin.core.log.Log."


def task_block(task: TaskConfig, flow: FlowContext, runner: Runner) -> dict[str, Any]:
    """A task as Kestra's own mapping: a Python script."""
    block = {"id": task.id, "type": "io.kestra.plugin.scripts.python.Script"} | _behavior(task)
    kind = task_type(task) or TaskType.CHECK
    pinned = [] if kind is TaskType.PYTHON_SCRIPT else pinned_dependencies(task.engine_name, task.input_uri)
    block |= runner.runner_block() | runner.package_block(pinned, task.dependencies)
    block |= _script(task, flow) if kind is TaskType.PYTHON_SCRIPT else _quality(task, kind, flow)
    block["env"] |= dict(task.env)
    return block


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


def _script(task: TaskConfig, flow: FlowContext) -> dict[str, Any]:
    """A script of the user, with all inputs and variables in its environment."""
    env = dict(CONTEXT_ENV.values())
    env |= {variable_of(name): f"{{{{ {reference('inputs', name)} ?? '' }}}}" for name in flow.input_names}
    env |= {variable_of(name): f"{{{{ {reference('vars', name)} }}}}" for name in flow.variables}
    files = {"outputFiles": list(task.output_files)} if task.output_files else {}
    return {"env": env, **files, "script": (task.script or "").rstrip("\n") + "\n"}


def _quality(task: TaskConfig, kind: TaskType, flow: FlowContext) -> dict[str, Any]:
    """A check, profile or learn script, with its data and rules."""
    files: dict[str, str] = {}
    env = dict(CONTEXT_ENV.values()) | _source_env(task, flow, files)
    if task.rules:
        files[_RULES_FILE] = rules_yaml([with_canonical_severity(rule) for rule in task.rules])
    state = task_state(task, flow.flow_id)
    env |= state.env()
    files |= state.files()
    block: dict[str, Any] = {"env": env}
    if files:
        block["inputFiles"] = files
    return block | {
        "outputFiles": [f"{_report_name(kind)}.*", "result.json", *state.output_files(), *task.output_files],
        "script": _program(task, kind),
    }


def task_state(task: TaskConfig, flow_id: str) -> TaskState:
    """What a task keeps from one execution to the next."""
    learns = bool(task.extra_args.get("auto_schema")) and task.extra_args.get("baseline_uri") is None
    return TaskState(flow_id=flow_id, task_id=task.id, failures=counts_failures(task.sla), rules=learns)


def variable_of(name: str) -> str:
    """The environment variable that passes an input or variable to a script."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name).upper()


def _report_name(kind: TaskType) -> str:
    """Base name of the task's report files."""
    return f"{kind.value}_report"


def _source_env(task: TaskConfig, flow: FlowContext, files: dict[str, str]) -> dict[str, str]:
    """The environment variables that name the data; a file of Kestra's storage becomes an input file."""
    uri = task.input_uri or ""
    if task.storage_file(flow.file_inputs):
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
    """The program of a check, profile or learn task."""
    arguments = {"rules": f'load_rules("{_RULES_FILE}")'} if task.rules else {}
    arguments["engine_name"] = literal(task.engine_name)
    if kind is TaskType.CHECK:
        arguments["fail_on_error"] = literal(task.fail_on_error)
    if task.timeout_seconds is not None and "timeout_seconds" not in task.extra_args:
        arguments["timeout_seconds"] = literal(None)  # the timeout of the task applies
    arguments |= {name: literal(value) for name, value in task.extra_args.items()}
    if task.sla is not None:
        arguments["sla"] = sla_literal(task.sla)
    arguments["report"] = literal(_report_name(kind))
    return quality_program(
        SCRIPT_CONFIGS[kind].__name__,
        _FUNCTIONS[kind],
        arguments,
        table=task.table is not None,
        query=task.query is not None,
        sla=task.sla is not None,
    )
