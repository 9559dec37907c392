"""Conditions: several of them as a single one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from truthound_kestra.flows.operands import condition_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["all_true"]

# What Kestra takes for false: the text that a condition becomes, without the blanks around it.
_FALSE: Final = r"{% filter replace({'(?s).*<<\s*(false|0|-0)?\s*>>.*': 'false'}, regexp=true) %}"


def all_true(conditions: Sequence[str]) -> str:
    """A single condition that is true if all are, as Kestra takes each of them.

    Kestra looks at the text that a condition becomes: ``{{ inputs.x }}`` is false if it prints ``false``, which is true
    for the operator ``and``. So only what is true or false by itself is put together by it.

    Args:
        conditions: Templates.
    """
    if len(conditions) == 1:
        return str(conditions[0])
    codes = [condition_of(str(condition)) for condition in conditions]
    if None in codes:
        return _FALSE + " and ".join(f"<<{condition}>>" for condition in conditions) + "{% endfilter %}"
    return "{{ " + " and ".join(f"({code})" for code in codes) + " }}"
