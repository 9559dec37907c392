"""State: what check tasks keep in Kestra's KV store, because their containers do not outlive the execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from truthound_kestra.kestra.reference import reference
from truthound_kestra.kestra.state import LEARNED_FILE, SCHEMA_ENV, SLA_STATE_ENV, SLA_STATE_OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truthound_kestra.sla.config import SLAConfig

__all__ = ["TaskState", "counts_failures"]

#: The name under which the rules that an earlier run learned are passed to a script.
_KNOWN_FILE = "known_rules.json"


def counts_failures(sla: SLAConfig | None) -> bool:
    """Whether an SLA counts consecutive failures, so that state must outlive the execution."""
    return sla is not None and sla.enabled and sla.max_consecutive_failures is not None


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """What a check task keeps from one execution to the next, one key of the KV store for each.

    Consecutive failures are small and consist of our own words: an environment variable and an output. Learned rules
    are large and contain values of the data: files, which Kestra renders only once.

    Args:
        flow_id: Id of the flow.
        task_id: Id of the check task.
        failures: Whether the task counts consecutive failures.
        rules: Whether the task is checked against what its first run learned.
    """

    flow_id: str
    task_id: str
    failures: bool = False
    rules: bool = False

    def env(self) -> dict[str, str]:
        """The environment variables that pass the state to the script."""
        env = {}
        if self.failures:
            env[SLA_STATE_ENV] = self._stored("sla")
        if self.rules:
            env[SCHEMA_ENV] = _KNOWN_FILE
        return env

    def files(self) -> dict[str, str]:
        """The input files that pass the state to the script."""
        return {_KNOWN_FILE: self._stored("schema")} if self.rules else {}

    def output_files(self) -> list[str]:
        """The output files with new state."""
        return [LEARNED_FILE] if self.rules else []

    def problems(self, env: Mapping[str, Any], extra: Mapping[str, Any]) -> Iterator[str]:
        """Yield a sentence for each setting of the task that would cut it off from its state.

        Args:
            env: Its environment variables.
            extra: Its further properties, which are merged last.
        """
        for places, own in (((env, extra.get("env")), self.env()), ((extra.get("inputFiles"),), self.files())):
            for name in own:
                if any(isinstance(given, Mapping) and name in given for given in places):
                    yield f"{name!r} must not be given; it passes what an earlier run has stored to the task."
        files = extra.get("outputFiles")
        if files is not None:
            patterns = [name for name in files if isinstance(name, str)] if isinstance(files, list | tuple) else []
            for name in self.output_files():
                if not any(fnmatch(name, pattern) for pattern in patterns):
                    yield f"outputFiles must list {name!r}, which a later run is checked against; or use output_files."

    def remember_blocks(self, free: Callable[[str], str]) -> list[dict[str, Any]]:
        """The tasks at the end of the flow that store new state.

        Args:
            free: Gives an id that no other task has.
        """
        outputs = reference("outputs", self.task_id)
        blocks = []
        if self.failures:
            state = f"{outputs}.vars.{SLA_STATE_OUTPUT}"
            blocks.append(self._set("sla", free(f"remember_{self.task_id}"), state, state))
        if self.rules:
            file = f"{outputs}.outputFiles['{LEARNED_FILE}']"
            blocks.append(self._set("schema", free(f"remember_rules_{self.task_id}"), file, f"read({file})"))
        return blocks

    def _key(self, kind: str) -> str:
        return f"{kind}.{self.flow_id}.{self.task_id}"

    def _stored(self, kind: str) -> str:
        return f"{{{{ kv('{self._key(kind)}', errorOnMissing=false) ?? '' }}}}"

    def _set(self, kind: str, name: str, condition: str, value: str) -> dict[str, Any]:
        return {
            "id": name,
            "type": "io.kestra.plugin.core.kv.Set",
            "runIf": f"{{{{ ({condition} ?? '') != '' }}}}",
            "key": self._key(kind),
            "kvType": "STRING",
            "value": f"{{{{ {value} }}}}",
        }
