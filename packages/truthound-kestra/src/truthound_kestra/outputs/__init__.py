"""Outputs, metrics and log entries for Kestra, and report files."""

from truthound_kestra.kestra.handler import KestraOutputHandler
from truthound_kestra.kestra.protocol import log_line, metric_line, outputs_line
from truthound_kestra.outputs.reports import write_report
from truthound_kestra.outputs.send import (
    send_check_result,
    send_compare_result,
    send_learn_result,
    send_outputs,
    send_profile_result,
    send_result,
    send_sla_result,
)

__all__ = [
    "KestraOutputHandler",
    "log_line",
    "metric_line",
    "outputs_line",
    "send_check_result",
    "send_compare_result",
    "send_learn_result",
    "send_outputs",
    "send_profile_result",
    "send_result",
    "send_sla_result",
    "write_report",
]
