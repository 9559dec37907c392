"""Every module that moved works by its former name, and warns."""

from __future__ import annotations

import pytest

from support.moved import require_forwarding
from truthound_kestra.former import MOVED

NAMES = {
    "flows.blocks": ("input_block", "flows.input"),
    "flows.config": ("FlowConfig", "flows.flow"),
    "flows.generate": ("generate_check_flow", "flows.presets"),
    "flows.part_validation": ("input_problems", "flows.input"),
    "flows.parts": ("RetryPolicy", "flows"),
    "flows.task_blocks": ("task_block", "flows.task_block"),
    "flows.task_validation": ("task_type", "flows.task"),
    "flows.tasks": ("TaskType", "flows"),
    "flows.trigger_validation": ("trigger_problems", "flows.trigger"),
    "outputs.handler": ("KestraOutputHandler", "kestra.handler"),
    "outputs.protocol": ("check_name", "kestra.protocol"),
    "scripts.errors": ("errors_in_log", "scripts.log"),
    "utils.context": ("ExecutionContext", "kestra.context"),
    "utils.data": ("load_data", "scripts.data"),
    "utils.durations": ("iso_duration", "dq_core.adapters"),
    "utils.markdown": ("to_markdown", "outputs.markdown"),
    "utils.plain": ("plain", "kestra.json_values"),
    "utils.severity": ("canonical_severity", "scripts.severity"),
    "utils.sources": ("DataSourceType", "scripts.sources"),
    "utils.state": ("open_state", "kestra.state"),
    "utils.values": ("is_number", "dq_core.adapters"),
}


@pytest.mark.parametrize("former", MOVED)
def test_a_former_module_forwards_and_warns(former: str) -> None:
    name, home = NAMES[former]
    home = home if home.startswith("dq_core.") else f"truthound_kestra.{home}"
    require_forwarding(f"truthound_kestra.{former}", name, home)
