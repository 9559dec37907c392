"""Flow context: what tasks and triggers know of their flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truthound_kestra.flows.input import InputFacts

__all__ = ["FlowContext"]


@dataclass(frozen=True, kw_only=True)
class FlowContext:
    """What a task or a trigger knows of its flow.

    Args:
        flow_id: Id of the flow.
        namespace: Namespace of the flow.
        inputs: Inputs of the flow.
        variables: Names of the flow's variables.
        kestra_major: The major version of Kestra that the flow is for: 1 or 2.
        triggered: Whether the flow has triggers, so that a script can ask for what they pass.
    """

    flow_id: str
    namespace: str
    inputs: Sequence[InputFacts]
    variables: Sequence[str]
    kestra_major: int
    triggered: bool = False

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs."""
        return [config.name for config in self.inputs]

    @property
    def file_inputs(self) -> list[str]:
        """Names of the inputs of type FILE, whose values are files of Kestra's storage."""
        return [config.name for config in self.inputs if config.type == "FILE"]
