"""Warning: the state of an execution in which checks failed that only warn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.flows.expressions import reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dq_core import Check

__all__ = ["can_warn", "warning_block"]

_WARNINGS: Final = ("info", "warning")


def can_warn(checks: Iterable[Check]) -> bool:
    """Whether a failure of any of the checks is a warning, which does not fail the task."""
    return any(check.severity in _WARNINGS for check in checks)


def warning_block(task_id: str, name: str) -> dict[str, Any]:
    """The task after a check task that gives the execution the state WARNING if checks failed that only warn.

    A script can end as SUCCESS or FAILED only; a task that fails and may fail is a WARNING.

    Args:
        task_id: Id of the check task.
        name: Id of the task.
    """
    count = f"{reference('outputs', task_id)}.vars.warning_count"
    return {
        "id": name,
        "type": "io.kestra.plugin.core.execution.Fail",
        "runIf": f"{{{{ ({count} ?? 0) > 0 }}}}",
        "errorMessage": f"{{{{ {count} }}}} checks of task {task_id} failed that only warn.",
        "allowFailure": True,
    }
