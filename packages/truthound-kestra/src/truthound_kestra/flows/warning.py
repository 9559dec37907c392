"""Warning: the state of an execution in which checks failed that only warn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from truthound_kestra.kestra.reference import reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dq_core import Check

__all__ = ["can_warn", "warning_block"]

_WARNINGS: Final = ("info", "warning")
_COUNTS: Final = "[.. | objects | .vars? | objects | .warning_count? | numbers] | add // 0"


def can_warn(checks: Iterable[Check]) -> bool:
    """Whether a failure of any of the checks is a warning, which does not fail the task."""
    return any(check.severity in _WARNINGS for check in checks)


def warning_block(task_id: str, name: str, inside: Sequence[str] = ()) -> dict[str, Any]:
    """The task after another that gives the execution the state WARNING if checks failed that only warn.

    A script can end as SUCCESS or FAILED only; a task that fails and may fail is a WARNING.

    Args:
        task_id: Id of the check task, or of the task that the check tasks are inside of.
        name: Id of the task.
        inside: Ids of the check tasks inside, which a loop may run several times.
    """
    if inside:
        count = " + ".join(f"({_all_of(reference('outputs', one))})" for one in inside)
        failed, told = f"({count})", f"inside of task {task_id}"
    else:
        count = f"{reference('outputs', task_id)}.vars.warning_count"
        failed, told = f"({count} ?? 0)", f"of task {task_id}"
    return {
        "id": name,
        "type": "io.kestra.plugin.core.execution.Fail",
        "runIf": f"{{{{ {failed} > 0 }}}}",
        "errorMessage": f"{{{{ {count} }}}} checks {told} failed that only warn.",
        "allowFailure": True,
    }


def _all_of(outputs: str) -> str:
    """The sum over all runs of a task: the outputs of a loop are mappings by the values of the loop, however deep."""
    return f"({outputs} ?? {{}}) | jq('{_COUNTS}') | first"
