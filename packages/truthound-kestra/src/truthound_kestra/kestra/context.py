"""The execution that runs a script, as far as the task's ``env`` describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from dq_core.adapters import Run, closest, string
from truthound_kestra.errors import ScriptError, refuse
from truthound_kestra.kestra.json_values import plain
from truthound_kestra.kestra.protocol import check_name
from truthound_kestra.kestra.values import environment, task_values, text_of
from truthound_kestra.keywords import known_arguments

__all__ = ["CONTEXT_ENV", "ExecutionContext", "create_kestra_output", "get_execution_context", "get_kestra_variable"]

#: Environment variable and Kestra expression of each part of the context; generated flows set all of them.
CONTEXT_ENV: Final[dict[str, tuple[str, str]]] = {
    "namespace": ("KESTRA_NAMESPACE", "{{ flow.namespace }}"),
    "flow_id": ("KESTRA_FLOW_ID", "{{ flow.id }}"),
    "execution_id": ("KESTRA_EXECUTION_ID", "{{ execution.id }}"),
    "task_id": ("KESTRA_TASK_ID", "{{ task.id }}"),
    "taskrun_id": ("KESTRA_TASKRUN_ID", "{{ taskrun.id }}"),
    "attempt": ("KESTRA_ATTEMPT", "{{ taskrun.attemptsCount }}"),
}

_MISSING: Final = object()


@known_arguments
@dataclass(frozen=True)
class ExecutionContext(Mapping[str, Any]):
    """The execution that a script runs in. It is also a mapping: ``context["flow_id"]``.

    Attributes:
        namespace: Namespace of the flow.
        flow_id: Id of the flow.
        execution_id: Id of the execution.
        task_id: Id of the task.
        taskrun_id: Id of this run of the task.
        attempt: Number of the attempt; 0 for the first.
    """

    namespace: str | None = None
    flow_id: str | None = None
    execution_id: str | None = None
    task_id: str | None = None
    taskrun_id: str | None = None
    attempt: int | None = None

    @property
    def in_kestra(self) -> bool:
        """Whether the script runs in an execution of Kestra."""
        return self.execution_id is not None

    def __getitem__(self, key: str) -> Any:
        if key not in CONTEXT_ENV:
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(CONTEXT_ENV)

    def __len__(self) -> int:
        return len(CONTEXT_ENV)


def get_execution_context(env: Mapping[str, str] | None = None) -> ExecutionContext:
    """The execution that this script runs in.

    Kestra does not set these variables itself: the task must set them, as generated flows do, for example
    ``env: {KESTRA_EXECUTION_ID: "{{ execution.id }}"}``. The names without ``KESTRA_`` are read as well if
    ``EXECUTION_ID`` is set.

    Args:
        env: The environment; None for the process's own.

    Returns:
        The context; outside Kestra, all values are None.
    """
    env = environment(env)
    short = bool(env.get("EXECUTION_ID"))
    values: dict[str, Any] = {}
    for name, (variable, _) in CONTEXT_ENV.items():
        text = env.get(variable) or (env.get(variable.removeprefix("KESTRA_")) if short else None)
        values[name] = text or None
    attempt = values["attempt"]
    values["attempt"] = int(attempt) if attempt is not None and attempt.isdecimal() else None
    return ExecutionContext(**{field.name: values[field.name] for field in fields(ExecutionContext)})


def run_of_queries() -> Run | None:
    """What queries name as their run, where a database shows it; None outside of Kestra."""
    context = get_execution_context()
    if not context.in_kestra:
        return None
    return Run("kestra", {name: str(value) for name, value in context.items() if value is not None})


def get_kestra_variable(name: str, default: Any = _MISSING, *, env: Mapping[str, str] | None = None) -> Any:
    """An input or variable of the flow, or an environment variable that the task sets.

    Generated Python-script tasks get all inputs and variables of their flow, and what its trigger passes, in a file.

    Args:
        name: Name of the input or variable. ``inputs.limit`` and ``vars.limit`` tell two of one name apart;
            ``trigger.body.limit`` is a value of a webhook, and ``trigger.body.rows.0`` an item of a list. An
            environment variable of the task is looked up in upper case, then as it is; in a task without the file,
            every environment variable is.
        default: The value if the variable is missing or empty; without a default, that is an error.
        env: The environment; None for the process's own.

    Returns:
        The value as a string, as ``{{ inputs.<name> }}`` prints it (lists and objects as JSON), or the default.

    Raises:
        ScriptError: The variable is missing, and there is no default; or the name means several.
    """
    refuse(string("name", name))
    env = environment(env)
    values = task_values(env)
    upper = "".join(letter if letter.isalnum() else "_" for letter in name).upper()
    text = None
    if values is not None:
        found = values.found(name)
        if len(found) > 1:
            raise ScriptError(
                f"{name!r} means several values of the flow: {', '.join(found)}.",
                suggestion=f"Write get_kestra_variable({next(iter(found))!r}).",
                context={"variable": name},
            )
        text = next((text_of(value) for value in found.values() if value is not None), None)
    if text is None:
        allowed = None if values is None else values.env
        candidates = [one for one in (upper, name) if allowed is None or one in allowed]
        text = next((env[one] for one in candidates if env.get(one)), None)
    if text or (text is not None and default is _MISSING):
        return text
    if default is not _MISSING:
        return default
    near = closest(name, values.names) if values is not None else closest(upper, env)
    hint = f' Did you mean "{near}"?' if near else ""
    raise ScriptError(
        f"The task does not pass the variable {name!r}.",
        suggestion=f'Pass it in the task: env: {{{upper}: "{{{{ inputs.{name} }}}}"}}, or give a default.{hint}',
        context={"variable": name, "environment": upper},
    )


def create_kestra_output(name: str, value: Any) -> dict[str, Any]:
    """An output in the form that Kestra stores, to be sent by ``send_outputs``.

    Args:
        name: Name of the output; a later task reads it as ``{{ outputs.<task>.vars.<name> }}``.
        value: A value that has a form in JSON.

    Returns:
        ``{name: value}`` with plain JSON values.

    Raises:
        OutputError: The name is empty, or the value has no form in JSON.
    """
    return {check_name(name): plain(value, name)}
