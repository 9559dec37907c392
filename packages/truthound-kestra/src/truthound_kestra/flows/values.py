"""Values: how inputs, variables and the data of a task reach its script, rendered by Kestra once.

Whoever starts an execution chooses its inputs. A script reads them from a file, because Kestra renders the environment
of a script twice: an input ``a {{ 1+1 }} b`` would arrive as ``a 2 b``, and could ask for any secret.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from truthound_kestra.flows.expressions import blocks_of, holds_expression
from truthound_kestra.flows.operands import with_parts_told
from truthound_kestra.kestra.values import no_value, plain_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["env_value", "values_file"]

# What the flow itself says; anything else may give a value that contains what looks like an expression.
_OWN: Final = re.compile(r"\{\{-?\s*(vars|flow)(\s*\.\s*\w+|\[\s*''\s*\])*\s*-?\}\}")
# A brace as an expression that is a brace, for the second rendering of the environment.
_BRACES: Final = """{% filter replace({"{": "{{ '{' }}"}) %}"""


def values_file(
    *, inputs: bool, variables: bool, trigger: bool, env: Sequence[str], data: Mapping[str, str] | None
) -> str:
    """The file of a task, as `truthound_kestra.kestra.values` reads it, in which Kestra renders the expressions.

    Args:
        inputs: Whether it contains the inputs.
        variables: Whether it contains the variables.
        trigger: Whether it contains what the trigger passes.
        env: The environment variables that the task sets itself.
        data: The data of the task, with expressions.
    """
    parts = {}
    if inputs:
        parts["inputs"] = "{{ (inputs ?? null) | toJson }}"
    if variables:
        parts["vars"] = "{{ (vars ?? null) | toJson }}"
    if trigger:
        parts["trigger"] = "{{ (trigger ?? null) | toJson }}"
    if env:
        parts["env"] = json.dumps(list(env))
    if data is not None:
        fields = ",\n".join(f"    {json.dumps(name)}: {_string(value)}" for name, value in data.items())
        parts["task"] = f"{{\n{fields}\n  }}"
    lines = ",\n".join(f"  {json.dumps(name)}: {value}" for name, value in parts.items())
    return f"{{\n{lines}\n}}\n" if lines else "{}\n"


def _string(template: str) -> str:
    """A JSON string with the text that a template becomes, which says where an expression has no value."""
    if not holds_expression(template):
        return json.dumps(template, ensure_ascii=False)
    return f"{{% filter toJson %}}{with_parts_told(template, _mark, _failure)}{{% endfilter %}}"


def _mark(code: str) -> str:
    return f"'{no_value(code)}'"


def _failure(code: str) -> str:
    """An expression that fails and names another; Kestra ends the task with "… is not a valid number."."""
    return f"('{plain_code(code)} has no value in this execution; what is made of it' | number)"


def env_value(template: str) -> str:
    """The value of an environment variable: what an expression gives is rendered once there too."""
    foreign = any(not _OWN.fullmatch(block) for block in blocks_of(template))
    return f"{_BRACES}{template}{{% endfilter %}}" if foreign else template
