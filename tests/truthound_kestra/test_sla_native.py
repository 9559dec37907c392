"""Kestra's own sla block; the engine's tests run it."""

from __future__ import annotations

import pytest

from truthound_kestra.sla import SLAConfig, to_kestra_sla
from truthound_kestra.utils.exceptions import ConfigurationError


def test_every_limit_that_kestra_can_watch() -> None:
    config = SLAConfig(max_failure_rate=0.05, min_pass_rate=0.95, max_execution_time_seconds=300, min_row_count=10)
    assert to_kestra_sla(config, labels={}) == [
        {"id": "max_execution_time", "type": "MAX_DURATION", "duration": "PT5M", "behavior": "FAIL"},
        {
            "id": "max_failure_rate",
            "type": "EXECUTION_ASSERTION",
            "assert": "{{ (outputs.check.vars.failure_rate ?? 0.05) <= 0.05 }}",
            "behavior": "FAIL",
        },
        {
            "id": "min_pass_rate",
            "type": "EXECUTION_ASSERTION",
            "assert": "{{ (outputs.check.vars.pass_rate ?? 0.95) >= 0.95 }}",
            "behavior": "FAIL",
        },
        {
            "id": "min_row_count",
            "type": "EXECUTION_ASSERTION",
            "assert": "{{ (outputs.check.vars.row_count ?? 10) >= 10 }}",
            "behavior": "FAIL",
        },
    ]


def test_each_task_has_its_own_assertion() -> None:
    block = to_kestra_sla(SLAConfig(min_row_count=1), task_ids=["a", "b-c"], behavior="NONE")
    assert [entry["id"] for entry in block] == ["min_row_count_a", "min_row_count_b-c"]
    assert block[1]["assert"] == "{{ (outputs['b-c'].vars.row_count ?? 1) >= 1 }}"
    assert block[0]["labels"] == {"sla": "violated"}


def test_every_run_of_a_task_in_a_loop_is_evaluated() -> None:
    config = SLAConfig(max_failure_rate=0.05, min_row_count=1)
    rate, rows = to_kestra_sla(config, task_ids=(), inner_ids=["a-b"])
    assert (rate["id"], rows["id"]) == ("max_failure_rate", "min_row_count")
    found = (
        "((outputs['a-b'] ?? {}) | jq('[.. | objects | .vars? | objects | .row_count? | numbers] | min // 1') | first)"
    )
    assert rows["assert"] == f"{{{{ {found} >= 1 }}}}"
    assert "| max // 0.05') | first) <= 0.05 }}" in rate["assert"]
    assert [entry["id"] for entry in to_kestra_sla(config, inner_ids=["b"])][2:] == [
        "min_row_count_check",
        "min_row_count_b",
    ]


@pytest.mark.parametrize(
    ("rate", "written"),
    [(1e-06, "0.000001"), (0.00001234, "0.00001234"), (0.0, "0.0"), (1, "1"), (5e-324, f"0.{'0' * 323}5")],
)
def test_limits_are_written_without_exponents_which_kestra_cannot_read(rate: float, written: str) -> None:
    """Kestra ignores an SLA whose expression it cannot read."""
    (entry,) = to_kestra_sla(SLAConfig(max_failure_rate=rate))
    assert entry["assert"] == f"{{{{ (outputs.check.vars.failure_rate ?? {written}) <= {written} }}}}"


@pytest.mark.parametrize("name", ["and", "contains", "equals", "is", "matches", "not", "or", "it's", "é"])
def test_ids_that_are_operators_of_kestra_are_quoted(name: str) -> None:
    (entry,) = to_kestra_sla(SLAConfig(min_row_count=1), task_ids=[name])
    written = name.replace("'", "\\'")
    assert entry["assert"] == f"{{{{ (outputs['{written}'].vars.row_count ?? 1) >= 1 }}}}"


def test_nothing_to_watch() -> None:
    assert to_kestra_sla(SLAConfig()) == []
    assert to_kestra_sla(SLAConfig(enabled=False, min_row_count=1)) == []


def test_a_behavior_that_kestra_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="'FAIL', 'CANCEL', 'NONE', not 'STOP'"):
        to_kestra_sla(SLAConfig(), behavior="STOP")  # type: ignore[arg-type]
