"""Kestra's own engine as a process that validates and runs flows; see tests/truthound_kestra/engine/README.md."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from support.maven import maven

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["KESTRA_1", "KESTRA_2", "SECRETS", "Engine", "Run", "kestra_engine"]

KESTRA_1 = "1.3.19"
KESTRA_2 = "2.0.0"  # validates only
#: The secrets of the engine.
SECRETS = {"WEBHOOK_KEY": "webhook-key-4711", "PASSWORD": "pass-4712", "BRACES": "p{{ 1+1 }}{#x#}q{%z"}

_SOURCES = Path(__file__).parents[1] / "truthound_kestra" / "engine"
_LEAST_JAVA = 21


@dataclass(frozen=True)
class Run:
    """What became of an execution."""

    document: Mapping[str, Any]

    @property
    def state(self) -> str:
        return str(self.document["state"])

    @property
    def outputs(self) -> dict[str, Any]:
        return dict(self.document.get("outputs") or {})

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.document.get("labels") or {})

    @property
    def logs(self) -> str:
        tasks = [line for task in self.document.get("tasks", []) for line in task["logs"]]
        return "\n".join([*self.document.get("logs", []), *tasks])

    @property
    def triggered(self) -> list[Run]:
        return [Run(other) for other in self.document.get("triggered", [])]

    @property
    def again(self) -> list[Run]:
        return [Run(other) for other in self.document.get("again", [])]

    @property
    def task_ids(self) -> list[str]:
        return [task["id"] for task in self.document.get("tasks", [])]

    def task(self, name: str) -> dict[str, Any]:
        return next(dict(task) for task in self.document["tasks"] if task["id"] == name)

    def vars(self, name: str) -> dict[str, Any]:
        return dict(self.task(name)["outputs"].get("vars", {}))

    def metrics(self, name: str) -> dict[str, float]:
        return {metric["name"]: metric["value"] for metric in self.task(name)["metrics"]}

    def files(self, name: str) -> dict[str, str]:
        return dict(self.task(name)["files"])


@dataclass(frozen=True)
class Engine:
    """A running engine: one question at a time."""

    process: subprocess.Popen[str]
    stdin: IO[str]
    stdout: IO[str]

    def validate(self, flows: Mapping[str, str]) -> dict[str, str | None]:
        """The server's complaint about each flow by name; None for those it takes."""
        answer = self._ask({"command": "validate", "flows": dict(flows)})
        return {name: verdict.get("error") for name, verdict in answer.items()}

    def run(
        self,
        flow: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        before: Sequence[str] = (),
        trigger: str | None = None,
        webhook: Mapping[str, Any] | None = None,
        timeout: int = 180,
        follow: int = 0,
        again: Sequence[str | None] = (),
    ) -> Run:
        """Run a flow to its end.

        Args:
            flow: YAML.
            inputs: By name.
            before: Flows to deploy first, which may be triggered.
            trigger: Start it as this trigger of the flow would.
            webhook: Start it by a call of a webhook: its ``key``, and ``body``, ``headers`` and ``query`` of the call.
            timeout: Seconds to wait for its end.
            follow: How many triggered executions to wait for.
            again: What to do with the execution after its end, one after the other: None restarts it, the id of a task
                replays it from there.
        """
        request = {"command": "run", "flow": flow, "before": list(before), "timeout": timeout, "follow": follow}
        request["again"] = list(again)
        return Run(self._ask({**request, "inputs": dict(inputs or {}), "trigger": trigger, "webhook": webhook}))

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.stdin.write(json.dumps(request) + "\n")
        self.stdin.flush()
        line = self.stdout.readline()
        if not line:
            raise RuntimeError(f"Kestra's engine ended with {self.process.wait()}; its log is on standard error.")
        answer: dict[str, Any] = json.loads(line)
        if "failure" in answer:
            raise RuntimeError(f"Kestra's engine failed: {answer['failure']}")
        return answer


@contextmanager
def kestra_engine(version: str) -> Iterator[Engine]:
    """Build the engine for a version of Kestra if need be, and start it.

    Its tasks run with the Python that runs the tests, and with its environment.
    """
    java = _java_home()
    jar = _build(version, java)
    secrets = {f"SECRET_{name}": base64.b64encode(value.encode()).decode() for name, value in SECRETS.items()}
    environment = {**os.environ, **secrets, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    # Every task is a new Python: without compiled bytecode most of its time would go into imports.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(_SOURCES / "target" / "pycache")
    process = subprocess.Popen(
        [java / "bin" / "java", "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", jar, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Engine(process, process.stdin, process.stdout)
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _build(version: str, java: Path) -> Path:
    """The jar, rebuilt when a source is newer."""
    jar = _SOURCES / "target" / version / "kengine.jar"
    sources = [_SOURCES / "pom.xml", *(_SOURCES / "src").rglob("*.*")]
    if not jar.exists() or any(source.stat().st_mtime > jar.stat().st_mtime for source in sources):
        maven("package", f"-Dkestra.version={version}", folder=_SOURCES, environment={"JAVA_HOME": str(java)})
    return jar


def _java_home() -> Path:
    """The first Java that is new enough: KESTRA_ENGINE_JAVA_HOME, JAVA_HOME, then what lies in /usr/lib/jvm."""
    named = [Path(home) for name in ("KESTRA_ENGINE_JAVA_HOME", "JAVA_HOME") if (home := os.environ.get(name))]
    for home in [*named, *sorted(Path("/usr/lib/jvm").glob("*"))]:
        release = home / "release"
        if release.exists() and (home / "bin" / "javac").exists():
            found = re.search(r'JAVA_VERSION="(\d+)', release.read_text(encoding="utf-8"))
            if found and int(found.group(1)) >= _LEAST_JAVA:
                return home
    raise RuntimeError(f"Kestra's engine needs a JDK {_LEAST_JAVA} or newer: name one in KESTRA_ENGINE_JAVA_HOME.")
