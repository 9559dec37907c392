"""Outputs: values that an execution returns to other flows, the API and the UI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dq_core.adapters import choice
from truthound_kestra.flows.extra import extra_problems, merged
from truthound_kestra.flows.fields import anything, field_problems, keyed, shown, text, yes_or_no
from truthound_kestra.flows.input_values import value_problem
from truthound_kestra.flows.names import pattern_problems
from truthound_kestra.flows.secrets import named_secret_problems
from truthound_kestra.flows.value_types import VALUE_TYPES, kestra_type
from truthound_kestra.flows.yaml import Folded, yaml_problems
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["OutputConfig", "output_block", "output_problems"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class OutputConfig:
    """A value that other flows, the API and the UI can read after the execution.

    Args:
        name: Name of the output.
        value: An expression, for example ``{{ outputs.check.vars.result }}``.
        type: One of Kestra's types, as for inputs.
        required: Whether an execution without the value fails.
        description: Shown in the UI.
        extra: Further properties of Kestra, merged last.
    """

    name: str
    value: Any
    type: str = "STRING"
    required: bool = True
    description: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kestra_type(self) -> str:
        """The name of the type that every version of Kestra supports."""
        return kestra_type(self.type)


def output_problems(config: OutputConfig) -> Iterator[str]:
    """Yield the problems of an output, one sentence each."""
    label = f"The output {shown(config.name)}"
    yield from pattern_problems("output name", config.name)
    kinds = {"value": anything, "type": text, "required": yes_or_no, "description": text, "extra": keyed}
    wrong = field_problems(label, config, kinds)
    if wrong:
        yield from wrong
        return
    yield from yaml_problems(f"{label}: its value", config.value)
    yield from named_secret_problems("The value of the output", {str(config.name): config.value})
    yield from extra_problems(label, config.extra, ("id",))
    kind = config.kestra_type
    yield from choice(f"{label}: its type", kind, VALUE_TYPES)
    if config.value is None:
        yield f"{label} requires a value."
    elif kind != "STRING" and (why := value_problem(kind, config.value)) is not None:
        yield f"{label} is of type {kind}; its value must not be {shown(config.value)}: {why}."


def output_block(config: OutputConfig) -> dict[str, Any]:
    """An output as Kestra's own mapping."""
    block: dict[str, Any] = {"id": config.name, "type": config.kestra_type}
    if config.description:
        block["description"] = Folded(config.description)
    block |= {"value": config.value} | ({} if config.required else {"required": False})
    return merged(block, config.extra)
