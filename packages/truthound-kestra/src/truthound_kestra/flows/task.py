"""Tasks: what an execution does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Final

from dq_core import Check
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.fields import (
    field_problems,
    instance,
    items,
    keyed,
    name_or_member,
    optional,
    path,
    shown,
    strings_of,
    text,
    yes_or_no,
)
from truthound_kestra.flows.names import member
from truthound_kestra.flows.retry import RetryConfig
from truthound_kestra.flows.state import TaskState, counts_failures
from truthound_kestra.kestra.storage import file_format, is_storage_file
from truthound_kestra.keywords import known_arguments
from truthound_kestra.scripts.config import (
    CheckScriptConfig,
    CompareScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    ScriptConfig,
)
from truthound_kestra.sla.config import SLAConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truthound_kestra.flows.fields import Kind

__all__ = ["SCRIPT_CONFIGS", "TaskConfig", "TaskType", "task_expressions", "task_state", "task_type", "wrong_types"]


class TaskType(Enum):
    """What a task does."""

    CHECK = "check"
    PROFILE = "profile"
    LEARN = "learn"
    COMPARE = "compare"
    PYTHON_SCRIPT = "python_script"


@known_arguments
@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """A task.

    ``input_uri``, ``table``, ``query``, those of the copy, ``env``, ``conditions`` and ``script`` may contain Kestra
    expressions (``{{ inputs.data_uri }}``, ``{{ secret('DB_PASSWORD') }}``). Kestra renders each of them once; what an
    input contains is never an expression. Rules are literal.

    Args:
        id: Id of the task; its outputs are ``{{ outputs.<id>.vars.… }}``.
        task_type: What the task does.
        input_uri: The data: a path, a URI, the URL of a database, or an expression for one of these. Kestra passes a
            file of its own storage (a FILE input, an output file, ``kestra:///…``) to the script as a local file.
        input_format: Format of such a file, if its name does not end with it: parquet, csv, tsv, json, jsonl, ndjson,
            and csv.gz, csv.zst and so on. With it, what any expression gives is a file of Kestra's storage
            (``{{ trigger.outputs.file }}``, ``{{ taskrun.value }}``).
        table: The table, if ``input_uri`` is a database.
        query: A SELECT instead of a table.
        copy_uri: For COMPARE: what is compared with the data, given as ``input_uri``.
        copy_format: For COMPARE: the format of that file, as ``input_format``.
        copy_table: For COMPARE: the table, if ``copy_uri`` is a database.
        copy_query: For COMPARE: a SELECT instead of a table.
        rules: For CHECK: rules as mappings (see dq_core), or checks of dq_core.
        fail_on_error: For CHECK: whether a failed check fails the task; the outputs are sent in either case.
        engine_name: The engine: truthound, dq_core, great_expectations, pandera; None for that of the task's script:
            truthound, or dq_core for COMPARE.
        sla: For CHECK: evaluated after the check. Consecutive failures are counted in Kestra's KV store.
        script: For PYTHON_SCRIPT: the program. Kestra renders expressions in it.
        depends_on: Ids of the tasks that must have succeeded first. Without any, the flow's tasks run in order.
        conditions: Expressions that must all be true, or the task is skipped.
        retry: How the task is retried after a failure.
        timeout_seconds: Kestra stops the task after this many seconds.
        env: Further environment variables.
        dependencies: Further pip requirements to install. A Python script that imports this package, dq_core or moltres
            gets them without being asked.
        output_files: Names or glob patterns of further files to keep in Kestra's storage; later tasks read them as
            ``{{ outputs.<id>.outputFiles['<name>'] }}``.
        allow_failure: Whether the flow continues, with a warning, if the task fails.
        description: Shown in the UI.
        extra_args: Further options of the script's config which are no fields here: ``{"sample_failures": 10}``;
            rules, fail_on_error, engine_name and sla are fields of the task.
        extra: Further properties of Kestra's task, merged last: ``{"taskCache": {"enabled": True, "ttl": "PT1H"}}``.
            ``env`` and ``inputFiles`` extend what the task has, everything else replaces it.
    """

    id: str
    task_type: TaskType = TaskType.CHECK
    input_uri: str | PathLike[str] | None = None
    input_format: str | None = None
    table: str | None = None
    query: str | None = None
    copy_uri: str | PathLike[str] | None = None
    copy_format: str | None = None
    copy_table: str | None = None
    copy_query: str | None = None
    rules: Sequence[Mapping[str, Any] | Check] = ()
    fail_on_error: bool = True
    engine_name: str | None = None
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
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """``input_uri`` as a string; empty if there is none."""
        return "" if self.input_uri is None else fspath(self.input_uri)

    def storage_file(self, file_inputs: Sequence[str]) -> bool:
        """Whether ``input_uri`` is a file of Kestra's own storage, which Kestra passes to a script as a local file.

        Args:
            file_inputs: Names of the flow's inputs of type FILE.
        """
        asked = self.input_format is not None and holds_expression(self.uri)
        return asked or is_storage_file(self.uri, file_inputs)

    @property
    def file_format(self) -> str | None:
        """The format of a file: ``input_format``, or the one that its name ends with."""
        return self.input_format or file_format(self.uri)

    @property
    def engine(self) -> str:
        """``engine_name``, or the default of the task's script."""
        kind = task_type(self)
        return self.engine_name or SCRIPT_CONFIGS.get(kind or TaskType.CHECK, ScriptConfig).engine_name

    @property
    def copied(self) -> TaskConfig:
        """The same task with the copy as its data."""
        return replace(
            self,
            input_uri=self.copy_uri,
            input_format=self.copy_format,
            table=self.copy_table,
            query=self.copy_query,
        )


#: The config class of each task's script.
SCRIPT_CONFIGS: dict[TaskType, type[ScriptConfig]] = {
    TaskType.CHECK: CheckScriptConfig,
    TaskType.PROFILE: ProfileScriptConfig,
    TaskType.LEARN: LearnScriptConfig,
    TaskType.COMPARE: CompareScriptConfig,
}
_TYPES: Final[dict[str, Kind]] = {
    "task_type": name_or_member(TaskType),
    "input_uri": optional(path),
    "input_format": optional(text),
    "table": optional(text),
    "query": optional(text),
    "copy_uri": optional(path),
    "copy_format": optional(text),
    "copy_table": optional(text),
    "copy_query": optional(text),
    "rules": items(Mapping, Check, what="rules: mappings, or checks of dq_core"),
    "fail_on_error": yes_or_no,
    "engine_name": optional(text),
    "sla": optional(instance(SLAConfig, what="an SLAConfig")),
    "script": optional(text),
    "depends_on": strings_of,
    "conditions": strings_of,
    "retry": optional(instance(RetryConfig, what="a RetryConfig")),
    "env": keyed,
    "dependencies": strings_of,
    "output_files": strings_of,
    "allow_failure": yes_or_no,
    "description": text,
    "extra_args": keyed,
    "extra": keyed,
}


def wrong_types(task: TaskConfig) -> list[str]:
    """What is wrong with the types of a task's fields; nothing else may look at a task with such problems."""
    return field_problems(f"Task {shown(task.id)}", task, _TYPES)


def task_type(task: TaskConfig) -> TaskType | None:
    """The type of a task, which may be given as its value; None if it does not exist."""
    return member(TaskType, task.task_type)


def task_state(task: TaskConfig, flow_id: str) -> TaskState:
    """What a task keeps from one execution to the next."""
    learns = task.extra_args.get("auto_schema") is True and task.extra_args.get("baseline_uri") is None
    return TaskState(flow_id=flow_id, task_id=task.id, failures=counts_failures(task.sla), rules=learns)


def task_expressions(task: TaskConfig) -> list[Any]:
    """The values whose expressions Kestra renders."""
    copy = ["" if task.copy_uri is None else fspath(task.copy_uri), task.copy_table, task.copy_query]
    own = [task.uri, task.table, task.query, *copy, dict(task.env), list(task.conditions), task.script]
    return [*own, dict(task.extra)]
