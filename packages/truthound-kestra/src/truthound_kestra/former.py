"""The former names of modules, and where their names are now."""

from typing import Final

MOVED: Final = {
    "flows.blocks": (".flows.input", ".flows.output", ".flows.concurrency", ".flows.expressions"),
    "flows.config": (".flows.flow",),
    "flows.generate": (".flows.presets",),
    "flows.part_validation": (".flows.input", ".flows.retry"),
    "flows.parts": (".flows",),
    "flows.task_blocks": (".flows.task_block", ".flows.task", ".flows.program"),
    "flows.task_validation": (".flows.task",),
    "flows.tasks": (".flows", ".flows.task"),
    "flows.trigger_validation": (".flows.trigger",),
    "outputs.handler": (".kestra.handler",),
    "outputs.protocol": (".kestra.protocol",),
    "scripts.errors": (".scripts.log",),
    "utils.context": (".kestra.context",),
    "utils.data": (".scripts.data",),
    "utils.durations": ("dq_core.adapters",),
    "utils.markdown": (".outputs.markdown",),
    "utils.plain": (".kestra.json_values",),
    "utils.severity": (".scripts.severity",),
    "utils.sources": (".scripts.sources",),
    "utils.state": (".kestra.state",),
    "utils.values": ("dq_core.adapters",),
}
"""For `dq_core.former.forward`."""
