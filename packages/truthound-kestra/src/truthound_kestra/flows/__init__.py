"""Flows: configured in Python, validated as Kestra validates them, written as YAML."""

from truthound_kestra.flows.concurrency import ConcurrencyConfig
from truthound_kestra.flows.execution_check import ExecutionCheck
from truthound_kestra.flows.flow import FlowConfig
from truthound_kestra.flows.generator import FlowGenerator
from truthound_kestra.flows.input import InputConfig
from truthound_kestra.flows.output import OutputConfig
from truthound_kestra.flows.presets import (
    generate_check_flow,
    generate_compare_flow,
    generate_learn_flow,
    generate_profile_flow,
    generate_quality_pipeline,
)
from truthound_kestra.flows.retry import RetryConfig, RetryPolicy
from truthound_kestra.flows.task import TaskConfig, TaskType
from truthound_kestra.flows.trigger import TriggerConfig, TriggerType

__all__ = [
    "ConcurrencyConfig",
    "ExecutionCheck",
    "FlowConfig",
    "FlowGenerator",
    "InputConfig",
    "OutputConfig",
    "RetryConfig",
    "RetryPolicy",
    "TaskConfig",
    "TaskType",
    "TriggerConfig",
    "TriggerType",
    "generate_check_flow",
    "generate_compare_flow",
    "generate_learn_flow",
    "generate_profile_flow",
    "generate_quality_pipeline",
]
