"""The flows of the guide: its Python blocks write them, Kestra validates and runs them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from support.kestra_engine import Engine

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "kestra.md"
PROCESS = "io.kestra.plugin.core.runner.Process"


def with_the_worker_s_python(value: Any) -> Any:
    """The same flow without containers."""
    if isinstance(value, dict):
        changed = {key: with_the_worker_s_python(item) for key, item in value.items() if key != "containerImage"}
        return changed | ({"taskRunner": {"type": PROCESS}} if "taskRunner" in value else {})
    return [with_the_worker_s_python(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def flows(tmp_path: Path) -> dict[str, str]:
    """The flows that the guide writes, by name."""
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    exec(compile("\n".join(blocks), str(GUIDE), "exec"), {"__name__": "guide"})
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((tmp_path / "flows").glob("*.yaml"))}


def test_kestra_takes_and_runs_the_flows_of_the_guide(
    kestra: Engine, flows: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()  # what the guide printed
    assert len(flows) >= 6
    assert kestra.validate(flows) == dict.fromkeys(flows)
    for name, text in flows.items():
        here = text.replace("users.parquet", str(tmp_path / "users.parquet"))
        result = kestra.run(yaml.safe_dump(with_the_worker_s_python(yaml.safe_load(here)), sort_keys=False))
        assert result.state == "SUCCESS", f"{name}: {result.logs}"
        if name == "branches":
            assert result.outputs == {"rows": 200}
