"""Describing data, and learning rules from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from truthound_kestra.scripts import (
    CheckScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    check_quality_script,
    learn_schema_script,
    load_rules,
    profile_data_script,
)
from truthound_kestra.utils.exceptions import EngineError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    rows = {"id": range(500), "code": [f"AB-{n:04d}" for n in range(500)], "amount": [n % 97 / 2 for n in range(500)]}
    pd.DataFrame({**rows, "kind": ["new", "paid"] * 250}).to_parquet(path)
    return path


@pytest.mark.parametrize("engine", ["dq_core", "truthound"])
def test_a_profile(users: Path, engine: str) -> None:
    result = profile_data_script(str(users), ProfileScriptConfig(engine_name=engine))
    assert (result.status, result.row_count, result.engine_name) == ("passed", 4, engine)
    columns = {column.name: column for column in result.columns}
    assert list(columns) == ["id", "email", "age"]
    assert columns["email"].null_rate == 0.25
    assert (columns["age"].min, columns["age"].max) == (-1, 45)
    assert columns["age"].dtype


def test_a_profile_without_statistics_or_with_histograms(users: Path) -> None:
    bare = profile_data_script(users, ProfileScriptConfig(engine_name="dq_core", include_stats=False, top_n=0))
    assert bare.columns[2].mean is None
    assert bare.columns[2].top_values == ()
    full = profile_data_script(users, ProfileScriptConfig(engine_name="dq_core", include_histograms=True, top_n=1))
    assert full.columns[2].histogram
    assert len(full.columns[2].top_values) == 1


def test_a_profile_of_a_sample(orders: Path) -> None:
    result = profile_data_script(orders, ProfileScriptConfig(engine_name="dq_core", sample_size=100))
    assert result.row_count == 500
    assert result.profile is not None
    assert 0 < (result.profile.sampled_rows or 0) < 500


@pytest.mark.parametrize("engine", ["dq_core", "truthound"])
def test_learned_rules_hold_on_what_they_were_learned_from(orders: Path, engine: str) -> None:
    result = learn_schema_script(str(orders), LearnScriptConfig(engine_name=engine, min_confidence=0.8))
    assert result.rules
    assert all(rule.confidence >= 0.8 for rule in result.rules)
    learned = {(rule.column, rule.type) for rule in result.rules}
    assert ("id", "not_null") in learned
    checks = [rule.check for rule in result.rules]
    assert check_quality_script(orders, CheckScriptConfig(engine_name="dq_core", rules=checks)).is_success


@pytest.mark.parametrize(
    ("option", "kinds"),
    [
        ("include_patterns", {"regex", "length"}),
        ("include_ranges", {"in_range"}),
        ("include_categories", {"in_set"}),
    ],
)
def test_kinds_can_be_left_out(orders: Path, option: str, kinds: set[str]) -> None:
    with_them = {rule.type for rule in learn_schema_script(orders, LearnScriptConfig(engine_name="dq_core")).rules}
    without = learn_schema_script(orders, LearnScriptConfig(engine_name="dq_core", **{option: False}))
    assert with_them & kinds
    assert not {rule.type for rule in without.rules} & kinds


def test_learned_rules_are_saved_and_read_again(orders: Path) -> None:
    result = learn_schema_script(orders, LearnScriptConfig(engine_name="dq_core", report="learned"))
    rules = load_rules("learned.yaml")
    assert len(rules) == len(result.rules)
    assert check_quality_script(orders, CheckScriptConfig(engine_name="dq_core"), rules=rules).is_success


def test_engines_that_do_not(users: Path) -> None:
    with pytest.raises(EngineError, match="pandera does not profile"):
        profile_data_script(users, ProfileScriptConfig(engine_name="pandera"))
    with pytest.raises(EngineError, match="pandera does not learn"):
        learn_schema_script(users, LearnScriptConfig(engine_name="pandera"))


def test_disabled() -> None:
    assert profile_data_script("missing.csv", ProfileScriptConfig(enabled=False)).columns == ()
    assert learn_schema_script("missing.csv", LearnScriptConfig(enabled=False)).rules == ()


@pytest.mark.usefixtures("in_kestra")
def test_outputs(users: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile_data_script(users, ProfileScriptConfig(engine_name="dq_core"))
    learn_schema_script(users, LearnScriptConfig(engine_name="dq_core", min_confidence=0))
    documents = [json.loads(line[2:-2]) for line in capsys.readouterr().out.splitlines()]
    profile, learned = [document["outputs"] for document in documents if "outputs" in document]
    assert profile["column_count"] == 3
    assert profile["result"]["columns"][1]["null_count"] == 1
    assert learned["rule_count"] == len(learned["result"]["rules"]) > 0
    names = [document["metrics"][0]["name"] for document in documents if "metrics" in document]
    assert names == ["rows", "profile.duration", "rows", "learn.duration"]
