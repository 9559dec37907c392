"""Service levels: the limits of a run, their evaluation, and hooks that react to it."""

from truthound_kestra.sla.config import (
    DEFAULT_SLA_CONFIG,
    LENIENT_SLA_CONFIG,
    PRODUCTION_SLA_CONFIG,
    STRICT_SLA_CONFIG,
    SLAConfig,
)
from truthound_kestra.sla.hooks import (
    CallbackSLAHook,
    CompositeSLAHook,
    KestraNotificationHook,
    LoggingSLAHook,
    MetricsSLAHook,
    SLAHook,
)
from truthound_kestra.sla.metrics import AlertLevel, SLAMetrics, SLAResult, SLAViolation, SLAViolationType
from truthound_kestra.sla.monitor import SLAMonitor
from truthound_kestra.sla.native import to_kestra_sla
from truthound_kestra.sla.registry import SLARegistry, evaluate_sla, get_sla_registry, register_sla
from truthound_kestra.sla.store import KestraStateStore, SQLStateStore, StateStore

__all__ = [
    "DEFAULT_SLA_CONFIG",
    "LENIENT_SLA_CONFIG",
    "PRODUCTION_SLA_CONFIG",
    "STRICT_SLA_CONFIG",
    "AlertLevel",
    "CallbackSLAHook",
    "CompositeSLAHook",
    "KestraNotificationHook",
    "KestraStateStore",
    "LoggingSLAHook",
    "MetricsSLAHook",
    "SLAConfig",
    "SLAHook",
    "SLAMetrics",
    "SLAMonitor",
    "SLARegistry",
    "SLAResult",
    "SLAViolation",
    "SLAViolationType",
    "SQLStateStore",
    "StateStore",
    "evaluate_sla",
    "get_sla_registry",
    "register_sla",
    "to_kestra_sla",
]
