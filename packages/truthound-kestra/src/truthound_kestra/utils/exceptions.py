"""Everything that this package raises on purpose.

.. code-block:: text

    DataQualityError (dq_core's root)
    ├── ConfigurationError (ValueError)     options that make no sense: .problems lists everything
    ├── FlowError (ValueError)              a flow that Kestra would refuse: .problems lists everything
    ├── ScriptError                         a script cannot do its work: data, engine options, Kestra's variables
    ├── CheckFailedError                    the data failed its checks: .result and .report
    ├── SLAViolationError                   an SLA is broken: .violations and .result
    ├── OutputError                         a value cannot be sent to Kestra, or stored
    ├── EngineError                         an engine cannot do what a rule asks, or is not installed
    └── RuleError, SourceError, …           dq_core's own

Each carries `message`, `suggestion`, `context` and `retryable`, can be pickled, and never holds a password.
"""

from truthound_kestra.errors import (
    ConfigurationError,
    DataQualityError,
    EngineError,
    FlowError,
    MissingDependencyError,
    OutputError,
    RuleError,
    ScriptError,
    SourceError,
)
from truthound_kestra.results.errors import CheckFailedError
from truthound_kestra.sla.errors import SLAViolationError

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
