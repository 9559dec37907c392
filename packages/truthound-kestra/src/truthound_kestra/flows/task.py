"""Tasks of a flow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truthound_kestra.flows.input import RetryConfig
    from truthound_kestra.sla.config import SLAConfig

__all__ = ["FILE_FORMATS", "TaskConfig", "TaskType"]

FILE_FORMATS = ("parquet", "csv", "json", "jsonl")


class TaskType(Enum):
    """What a task does."""

    CHECK = "check"
    PROFILE = "profile"
    LEARN = "learn"
    PYTHON_SCRIPT = "python_script"


@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """One task.

    Texts may hold Kestra's expressions (``{{ inputs.data_uri }}``, ``{{ secret('DB_PASSWORD') }}``) in ``input_uri``,
    ``table``, ``query``, ``env``, ``conditions`` and ``script``. Rules are taken literally.

    Args:
        id: Of the task; its outputs are ``{{ outputs.<id>.vars.… }}``.
        task_type: What it does.
        input_uri: What to look at: a path, a URI or the URL of a database, or an expression for one. A file of Kestra's
            own storage (a FILE input, an output file, ``kestra:///…``) is handed to the script as a local file.
        input_format: Of such a file, if its name does not tell: parquet, csv, json, jsonl.
        table: The table, if ``input_uri`` is a database.
        query: A SELECT instead of a table.
        rules: For CHECK: rules as dicts, see dq_core.
        fail_on_error: For CHECK: whether a failed check fails the task; its outputs are there either way.
        engine_name: Which engine works: truthound, dq_core, great_expectations, pandera.
        sla: For CHECK: evaluated after the check. Failures in a row are remembered in Kestra's KV store.
        script: For PYTHON_SCRIPT: the program. Kestra renders expressions in it.
        depends_on: Ids of the tasks that must have succeeded before. Without any in the whole flow, tasks run in order.
        conditions: Expressions that must all be true, or the task is skipped.
        retry: Trying this task again after a failure.
        timeout_seconds: Kestra stops the task after this time.
        env: Further environment variables.
        dependencies: Further packages to install, as pip wants them.
        output_files: Names or globs of further files to keep in Kestra's storage; later tasks read them as
            ``{{ outputs.<id>.outputFiles['<name>'] }}``.
        allow_failure: Whether the flow goes on, with a warning, if the task fails.
        description: For people.
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
        """Whether ``input_uri`` is a file in Kestra's own storage, which a script can only have as a local file.

        Args:
            file_inputs: Names of the flow's inputs of type FILE.
        """
        uri = (self.input_uri or "").strip()
        if uri.startswith("kestra://"):
            return True
        expression = re.fullmatch(r"\{\{-?\s*(.*?)\s*-?\}\}", uri, re.DOTALL)
        if expression is None:
            return False
        text = expression.group(1)
        name = re.fullmatch(r"""inputs(?:\.(\w+)|\[\s*['"]([^'"]+)['"]\s*\])""", text)
        if name is not None:
            return (name.group(1) or name.group(2)) in file_inputs
        return re.match(r"outputs\b.*(\.|\[\s*['\"])(outputFiles|uri)\b", text, re.DOTALL) is not None

    @property
    def file_format(self) -> str | None:
        """The format of a file: ``input_format``, or what the end of its name says."""
        if self.input_format is not None:
            return self.input_format
        found = re.search(r"\.(" + "|".join(FILE_FORMATS) + r")\b['\"\]\s}]*$", self.input_uri or "", re.IGNORECASE)
        return found.group(1).lower() if found else None
