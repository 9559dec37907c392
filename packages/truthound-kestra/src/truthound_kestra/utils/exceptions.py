"""The errors of this package.

.. code-block:: text

    DataQualityError (dq_core's root)
    ├── ConfigurationError (ValueError)     invalid options: .problems lists all of them
    ├── FlowError (ValueError)              a flow that Kestra would refuse: .problems lists all problems
    ├── ScriptError                         a script cannot run: data, engine options, Kestra's variables
    ├── CheckFailedError                    the data failed its checks: .result and .report
    ├── ComparisonFailedError               a copy does not hold the same rows: .result and .comparison
    ├── SLAViolationError                   an SLA is violated: .violations and .result
    ├── OutputError                         a value cannot be sent to Kestra, or stored
    ├── EngineError                         an engine does not support a rule, or is not installed
    └── RuleError, SourceError, …           dq_core's own

Each carries `message`, `suggestion`, `context` and `retryable`, can be pickled, and never contains a password.
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
from truthound_kestra.results.errors import CheckFailedError, ComparisonFailedError
from truthound_kestra.sla.errors import SLAViolationError

__all__ = [
    "CheckFailedError",
    "ComparisonFailedError",
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
