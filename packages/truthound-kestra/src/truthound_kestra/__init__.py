"""Data quality in Kestra: scripts that check, profile, learn and compare, flows, outputs, and service levels.

Each part (`truthound_kestra.scripts`, `.flows`, `.outputs`, `.sla`, `.utils`) has its names, and this package has all
of them: ``from truthound_kestra import check_quality_script``. Everything is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from dq_core.former import forward
from truthound_kestra.former import MOVED

__version__ = version("truthound-kestra")

_PARTS: Final = ("flows", "outputs", "scripts", "sla", "utils")
# The names of each part; a test holds them equal to what the parts export.
_NAMES: Final = {
    "flows": (
        "ConcurrencyConfig", "ExecutionCheck", "FlowConfig", "FlowGenerator", "InputConfig", "OutputConfig",
        "RetryConfig", "RetryPolicy", "TaskConfig", "TaskType", "TriggerConfig", "TriggerType",
        "generate_check_flow", "generate_compare_flow", "generate_learn_flow", "generate_profile_flow",
        "generate_quality_pipeline",
    ),
    "outputs": (
        "KestraOutputHandler", "log_line", "metric_line", "outputs_line", "send_check_result",
        "send_compare_result", "send_learn_result", "send_outputs", "send_profile_result", "send_result",
        "send_sla_result",
        "write_report",
    ),
    "scripts": (
        "DEFAULT_SCRIPT_CONFIG", "ENGINES", "LENIENT_SCRIPT_CONFIG", "PRODUCTION_SCRIPT_CONFIG",
        "STRICT_SCRIPT_CONFIG", "CheckScriptConfig", "CheckScriptResult", "CompareScriptConfig",
        "CompareScriptResult", "LearnScriptConfig",
        "LearnScriptResult", "ProfileScriptConfig", "ProfileScriptResult", "ScriptConfig", "ScriptResult",
        "check_quality_script", "compare_data_script", "errors_in_log", "forget_schema", "get_engine",
        "learn_schema_script",
        "load_rules", "profile_data_script",
    ),
    "sla": (
        "DEFAULT_SLA_CONFIG", "LENIENT_SLA_CONFIG", "PRODUCTION_SLA_CONFIG", "STRICT_SLA_CONFIG", "AlertLevel",
        "CallbackSLAHook", "CompositeSLAHook", "KestraNotificationHook", "KestraStateStore", "LoggingSLAHook",
        "MetricsSLAHook", "SLAConfig", "SLAHook", "SLAMetrics", "SLAMonitor", "SLARegistry", "SLAResult",
        "SLAViolation", "SLAViolationType", "SQLStateStore", "StateStore", "evaluate_sla", "get_sla_registry",
        "register_sla", "to_kestra_sla",
    ),
    "utils": (
        "DataSourceType", "ExecutionContext", "create_kestra_output", "data_source", "detect_data_source_type",
        "get_execution_context", "get_kestra_variable", "load_data",
    ),
    "utils.exceptions": (
        "CheckFailedError", "ComparisonFailedError", "ConfigurationError", "DataQualityError", "EngineError",
        "FlowError",
        "MissingDependencyError", "OutputError", "RuleError", "SLAViolationError", "ScriptError", "SourceError",
    ),
    "utils.serialization": (
        "JsonSerializer", "MarkdownSerializer", "YamlSerializer",
    ),
}  # fmt: skip
_PART_OF: Final = {name: part for part, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_PARTS, *_PART_OF]  # noqa: PLE0604 - strings, which the table above lists


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return import_module(f"{__name__}.{name}")
    if name in _PART_OF:
        return getattr(import_module(f"{__name__}.{_PART_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


forward(__name__, MOVED)
