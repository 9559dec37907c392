"""Writing flows for one kind of Kestra server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truthound_kestra.flows.flow import flow_block, flow_text
from truthound_kestra.flows.runner import Runner
from truthound_kestra.keywords import known_arguments

if TYPE_CHECKING:
    from truthound_kestra.flows.flow import FlowConfig

__all__ = ["FlowGenerator"]


@known_arguments
@dataclass(frozen=True, kw_only=True)
class FlowGenerator(Runner):
    """Writes flows for one kind of Kestra server.

    Args:
        python_version: The Python that runs the scripts: 3.11 to 3.14.
        kestra_version: The version of the server, 1.x or 2.x.
        task_runner: "docker": each task runs in a container of its own; "process": on the server's worker, with the
            worker's Python.
        container_image: The image for docker; None for the official slim image of that Python.
        package_manager: What installs the packages: PIP, or UV, which Kestra downloads where it is missing.
        dependencies: Requirements to install for each task; None for this package and its engine in exactly the
            versions that are installed here, an empty list for none (the image or the worker has them).

    Raises:
        ConfigurationError: Invalid values; lists all of them.
    """

    def generate(self, flow: FlowConfig) -> str:
        """A flow as YAML.

        Args:
            flow: The flow.

        Returns:
            The YAML; the same for the same flow, generator and installed versions.

        Raises:
            FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
        """
        return flow_text(flow, self)

    def to_dict(self, flow: FlowConfig) -> dict[str, Any]:
        """A flow as Kestra's own mapping, in the order in which it is written.

        Raises:
            FlowError: Kestra would refuse the flow, or it could not run; lists all problems.
        """
        return flow_block(flow, self)
