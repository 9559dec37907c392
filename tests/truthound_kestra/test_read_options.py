"""How CSV files are written can be said to every script and in every flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from truthound_kestra import (
    CheckScriptConfig,
    ConfigurationError,
    LearnScriptConfig,
    ProfileScriptConfig,
    check_quality_script,
    learn_schema_script,
    profile_data_script,
)
from truthound_kestra.errors import FlowError
from truthound_kestra.flows import generate_check_flow, generate_learn_flow, generate_profile_flow
from truthound_kestra.utils import load_data

HOW = {"delimiter": ";", "decimal": ",", "encoding": "latin-1"}
RULES = [{"type": "in_range", "column": "preis", "min": 0}, {"type": "in_set", "column": "ort", "values": ["Köln"]}]


@pytest.fixture
def prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "preise.csv"
    path.write_text("ort;preis\n" + "Köln;1,50\n" * 20, encoding="latin-1")
    return str(path)


def test_every_script_takes_them(prices: str) -> None:
    options: dict[str, Any] = {"engine_name": "dq_core", "read_options": HOW}
    assert check_quality_script(prices, rules=RULES, config=CheckScriptConfig(**options)).status == "passed"
    assert profile_data_script(prices, config=ProfileScriptConfig(**options)).profile.column("preis").min == 1.5
    learned = learn_schema_script(prices, config=LearnScriptConfig(**options))
    assert {rule.column for rule in learned.suite.rules} == {"ort", "preis"}
    automatic = check_quality_script(prices, config=CheckScriptConfig(auto_schema=True, **options))
    assert automatic.learned_count > 0
    assert load_data(prices, read_options=HOW)["ort"].unique().tolist() == ["Köln"]


def test_flows_pass_them_on() -> None:
    options: dict[str, Any] = {"input_uri": "x.csv", "engine_name": "dq_core", "read_options": HOW}
    for flow in (
        generate_check_flow("a", "t", rules=RULES, **options),
        generate_profile_flow("a", "t", **options),
        generate_learn_flow("a", "t", **options),
    ):
        assert "'delimiter': ';'" in flow.replace('"', "'")


def test_what_is_wrong_with_them_is_told_at_once(prices: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no option 'delimitr'\. Did you mean 'delimiter'"):
        CheckScriptConfig(read_options={"delimitr": ";"})
    with pytest.raises(FlowError, match="no option 'delimitr'"):
        generate_check_flow("a", "t", input_uri="x.csv", rules=RULES, read_options={"delimitr": ";"})
    with pytest.raises(ConfigurationError, match="no option 'delimitr'"):
        load_data(prices, read_options={"delimitr": ";"})
