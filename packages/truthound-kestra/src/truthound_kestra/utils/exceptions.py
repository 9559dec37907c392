"""Everything that this package raises on purpose; see :mod:`truthound_kestra.errors`."""

from truthound_kestra.errors import (
    CheckFailedError,
    ConfigurationError,
    DataQualityError,
    EngineError,
    FlowError,
    MissingDependencyError,
    OutputError,
    RuleError,
    ScriptError,
    SLAViolationError,
    SourceError,
)

__all__ = [
    "CheckFailedError",
    "ConfigurationError",
    "DataQualityError",
    "EngineError",
    "FlowError",
    "MissingDependencyError",
    "OutputError",
    "RuleError",
    "SLAViolationError",
    "ScriptError",
    "SourceError",
]
