"""Nothing of the machine's own Kestra, AWS or SLA state reaches a test; small data sets in each form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from truthound_kestra.sla import get_sla_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("KESTRA_", "TRUTHOUND_KESTRA_", "EXECUTION_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    yield
    get_sla_registry().clear()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Four users: one has no e-mail address, one is -1 years old, two share an address."""
    path = tmp_path / "users.parquet"
    rows = {"id": [1, 2, 3, 4], "email": ["a@x.org", None, "c@x.org", "c@x.org"], "age": [31, 45, -1, 20]}
    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.fixture
def in_kestra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that a generated flow gives its tasks."""
    values = {"NAMESPACE": "production", "FLOW_ID": "users", "EXECUTION_ID": "e1", "TASK_ID": "check", "ATTEMPT": "0"}
    for name, value in values.items():
        monkeypatch.setenv(f"KESTRA_{name}", value)
