"""Options of the scripts."""

from __future__ import annotations

from typing import Any

import pytest

from truthound_kestra.scripts import (
    DEFAULT_SCRIPT_CONFIG,
    ENGINES,
    LENIENT_SCRIPT_CONFIG,
    PRODUCTION_SCRIPT_CONFIG,
    STRICT_SCRIPT_CONFIG,
    CheckScriptConfig,
    LearnScriptConfig,
    ProfileScriptConfig,
    get_engine,
)
from truthound_kestra.utils.exceptions import ConfigurationError, EngineError


def test_defaults() -> None:
    check, profile, learn = CheckScriptConfig(), ProfileScriptConfig(), LearnScriptConfig()
    assert (check.engine_name, check.enabled, check.timeout_seconds) == ("truthound", True, 300.0)
    assert (check.fail_on_error, check.auto_schema, check.min_severity) == (True, False, "low")
    assert (check.sample_failures, check.parallel, check.max_workers) == (100, False, None)
    assert (profile.include_stats, profile.include_histograms, profile.sample_size, profile.top_n) == (
        True,
        False,
        0,
        10,
    )
    assert (learn.min_confidence, learn.categorical_threshold, learn.sample_size) == (0.8, 50, 0)
    assert (learn.include_patterns, learn.include_ranges, learn.include_categories) == (True, True, True)
    assert CheckScriptConfig() == DEFAULT_SCRIPT_CONFIG


def test_presets_differ_in_what_they_say() -> None:
    assert STRICT_SCRIPT_CONFIG.fail_on_warning
    assert STRICT_SCRIPT_CONFIG.fail_on_error
    assert not LENIENT_SCRIPT_CONFIG.fail_on_error
    assert PRODUCTION_SCRIPT_CONFIG.parallel


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (CheckScriptConfig, {"engine_name": "truthhound"}, "Did you mean 'truthound'?"),
        (CheckScriptConfig, {"engine_name": 3}, "engine_name must be one of"),
        (CheckScriptConfig, {"timeout_seconds": 0}, "timeout_seconds"),
        (CheckScriptConfig, {"tags": "daily"}, "tags must be a list"),
        (CheckScriptConfig, {"report": "a/b"}, "base name"),
        (CheckScriptConfig, {"rules": {"type": "unique"}}, "list of rules, not dict"),
        (CheckScriptConfig, {"min_severity": "mediun"}, "Did you mean 'medium'?"),
        (CheckScriptConfig, {"sample_failures": -1}, "sample_failures"),
        (CheckScriptConfig, {"sample_failures": True}, "sample_failures"),
        (CheckScriptConfig, {"max_workers": 2}, "requires parallel=True"),
        (CheckScriptConfig, {"max_workers": 0, "parallel": True}, "max_workers"),
        (CheckScriptConfig, {"baseline_uri": "x.csv"}, "requires auto_schema=True"),
        (ProfileScriptConfig, {"top_n": -1}, "top_n"),
        (ProfileScriptConfig, {"sample_size": 1.5}, "sample_size"),
        (LearnScriptConfig, {"min_confidence": 80}, "from 0 to 1"),
        (LearnScriptConfig, {"categorical_threshold": 0}, "categorical_threshold"),
    ],
)
def test_options_that_make_no_sense(kind: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind(**options)
    assert len(caught.value.problems) == 1
    assert words in caught.value.problems[0]


def test_all_problems_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        CheckScriptConfig(engine_name="x", timeout_seconds=-1, min_severity="x", sample_failures=-1)
    assert len(caught.value.problems) == 4


def test_changes_are_checked() -> None:
    assert PRODUCTION_SCRIPT_CONFIG.with_changes(max_workers=2).max_workers == 2
    with pytest.raises(ConfigurationError):
        PRODUCTION_SCRIPT_CONFIG.with_changes(max_workers=-2)


def test_engines_by_name() -> None:
    assert [get_engine(name).name for name in ("truthound", "dq_core", "pandera")] == [
        "truthound",
        "dq_core",
        "pandera",
    ]
    assert get_engine().name == "truthound"
    with pytest.raises(EngineError, match="Did you mean 'pandera'"):
        get_engine("pandora")


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "truthound", None)
    with pytest.raises(EngineError) as caught:
        get_engine("truthound")
    assert 'pip install "truthound-kestra[truthound]>=' in str(caught.value)
    assert 'or use engine_name="dq_core"' in str(caught.value)


def test_every_engine_has_its_extra() -> None:
    from importlib.metadata import metadata

    extras = metadata("truthound-kestra").get_all("Provides-Extra") or []
    assert {extra for extra in ENGINES.values() if extra} <= set(extras)
