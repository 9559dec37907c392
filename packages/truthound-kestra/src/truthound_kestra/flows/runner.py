"""Runner: which Kestra server runs a flow, and how it runs the Python of its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dq_core.adapters import choice
from truthound_kestra.errors import ConfigurationError
from truthound_kestra.flows.fields import Kind, field_problems, optional, strings_of, text, unreadable
from truthound_kestra.flows.names import kestra_major

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Runner"]

_TASK_RUNNERS: Final = {
    "docker": "io.kestra.plugin.scripts.runner.docker.Docker",
    "process": "io.kestra.plugin.core.runner.Process",
}
_TYPES: Final[dict[str, Kind]] = {
    "python_version": text,
    "kestra_version": text,
    "task_runner": text,
    "container_image": optional(text),
    "package_manager": text,
    "dependencies": optional(strings_of),
}
_PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True, kw_only=True)
class Runner:
    """The options of :class:`truthound_kestra.flows.FlowGenerator`, which documents them."""

    python_version: str = "3.11"
    kestra_version: str = "1.3"
    task_runner: str = "docker"
    container_image: str | None = None
    package_manager: str = "PIP"
    dependencies: Sequence[str] | None = None

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ConfigurationError(problems)

    def _problems(self) -> Iterator[str]:
        wrong = list(unreadable(self, "FlowGenerator")) or field_problems("FlowGenerator", self, _TYPES)
        if wrong:
            yield from (problem.removeprefix("FlowGenerator: ") for problem in wrong)
            return
        yield from choice("python_version", self.python_version, _PYTHONS)
        yield from choice("task_runner", self.task_runner, _TASK_RUNNERS)
        yield from choice("package_manager", self.package_manager, ("PIP", "UV"))
        if kestra_major(self.kestra_version) is None:
            yield f"kestra_version must be 1.x or 2.x, not {self.kestra_version!r}."
        if self.container_image is not None and self.task_runner != "docker":
            yield "container_image requires task_runner='docker'."

    def runner_block(self) -> dict[str, Any]:
        """Where a script runs: the task runner and its image."""
        block: dict[str, Any] = {}
        if self.task_runner == "docker":
            block["containerImage"] = self.container_image or f"python:{self.python_version}-slim"
        return block | {"taskRunner": {"type": _TASK_RUNNERS[self.task_runner]}}

    def package_block(self, pinned: Sequence[str], more: Sequence[str]) -> dict[str, Any]:
        """Which Python runs a script, and which packages are installed for it.

        Args:
            pinned: The requirements of a task; used if the runner has none of its own.
            more: Further requirements.
        """
        block: dict[str, Any] = {"pythonVersion": self.python_version}
        wanted = [*(pinned if self.dependencies is None else self.dependencies), *more]
        if wanted:
            block |= {"packageManager": self.package_manager, "dependencies": list(dict.fromkeys(wanted))}
        return block
