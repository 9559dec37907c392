"""Execution checks: conditions that must be true before an execution starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.flows.extra import extra_problems, merged
from truthound_kestra.flows.fields import field_problems, keyed, shown, text
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ExecutionCheck", "execution_check_block", "execution_check_problems"]

_BEHAVIORS: Final = ("BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION")
_STYLES: Final = ("ERROR", "WARNING", "INFO", "SUCCESS")


@known_arguments
@dataclass(frozen=True, kw_only=True)
class ExecutionCheck:
    """A condition that must be true before an execution starts.

    Args:
        condition: An expression about the inputs.
        message: The message for whoever starts the execution, if it is not true.
        behavior: BLOCK_EXECUTION, FAIL_EXECUTION or CREATE_EXECUTION (which only shows the message).
        style: ERROR, WARNING, INFO or SUCCESS: how the UI shows the message.
        extra: Further properties of Kestra, merged last.
    """

    condition: str
    message: str
    behavior: str = "BLOCK_EXECUTION"
    style: str = "ERROR"
    extra: Mapping[str, Any] = field(default_factory=dict)


def execution_check_problems(check: ExecutionCheck) -> Iterator[str]:
    """Yield the problems of a check, one sentence each."""
    kinds = {"condition": text, "message": text, "behavior": text, "style": text, "extra": keyed}
    wrong = field_problems("A check before the start", check, kinds)
    if wrong:
        yield from wrong
        return
    yield from extra_problems("A check before the start", check.extra, ())
    yield from choice("The behavior of a check", check.behavior, _BEHAVIORS)
    yield from choice("The style of a check", check.style, _STYLES)
    if not holds_expression(check.condition):
        example = "{{ inputs.x != '' }}"
        yield f"The condition of a check must be an expression such as {example}, not {shown(check.condition)}."


def execution_check_block(check: ExecutionCheck, major: int) -> dict[str, Any]:
    """A check as Kestra's own mapping; Kestra 2 calls the condition ``when``."""
    name = "condition" if major == 1 else "when"
    block = {name: check.condition, "message": check.message, "behavior": check.behavior, "style": check.style}
    return merged(block, check.extra)
