"""The parts of a flow: inputs, outputs, retry, concurrency, checks before the start, triggers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ConcurrencyConfig",
    "ExecutionCheck",
    "InputConfig",
    "OutputConfig",
    "RetryConfig",
    "RetryPolicy",
    "TriggerConfig",
    "TriggerType",
]


_MODERN: Final = {"BOOLEAN": "BOOL", "ENUM": "SELECT"}


class RetryPolicy(Enum):
    """How the waiting time between attempts grows."""

    NONE = "none"
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    RANDOM = "random"


class TriggerType(Enum):
    """What starts a flow."""

    SCHEDULE = "schedule"
    FLOW = "flow"
    WEBHOOK = "webhook"
    POLLING = "polling"


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """A value that an execution is started with; read as ``{{ inputs.<name> }}``.

    Args:
        name: Of the input.
        type: One of Kestra's types: STRING, INT, FLOAT, BOOL, DATE, DATETIME, TIME, DURATION, FILE, JSON, YAML, URI,
            EMAIL, SECRET, ARRAY, SELECT, MULTISELECT. BOOLEAN and ENUM, which Kestra 2 dropped, become BOOL and SELECT.
        required: Whether an execution can start without it. Kestra wants an input with a default to be required.
        default: The value if none is given.
        description: For people.
        values: What can be chosen, for SELECT and MULTISELECT.
        item_type: Type of the items of an ARRAY.
        validator: Regular expression that a STRING must match.
        min: Least value of an INT or FLOAT.
        max: Greatest value of an INT or FLOAT.
        extensions: File extensions that a FILE may have, with their dots.
    """

    name: str
    type: str = "STRING"
    required: bool = True
    default: Any = None
    description: str = ""
    values: Sequence[str] = ()
    item_type: str | None = None
    validator: str | None = None
    min: float | None = None
    max: float | None = None
    extensions: Sequence[str] = ()

    @property
    def kestra_type(self) -> str:
        """The type's name that every version of Kestra takes."""
        return _MODERN.get(self.type, self.type)


@dataclass(frozen=True, kw_only=True)
class OutputConfig:
    """A value that other flows, the API and the UI can read once the execution has ended.

    Args:
        name: Of the output.
        value: An expression, for instance ``{{ outputs.check.vars.result }}``.
        type: One of Kestra's types, as for inputs.
        required: Whether an execution without the value fails.
        description: For people.
    """

    name: str
    value: Any
    type: str = "STRING"
    required: bool = True
    description: str = ""

    @property
    def kestra_type(self) -> str:
        """The type's name that every version of Kestra takes."""
        return _MODERN.get(self.type, self.type)


@dataclass(frozen=True, kw_only=True)
class RetryConfig:
    """Trying again after a failure.

    What Kestra makes of it was measured: 2.x waits ``initial · factor^(n-1)`` before the n-th repetition. 1.x
    (up to 1.3) calls it exponential too, but waits ``initial · factor · (n-1)``: nothing before the first repetition,
    then growing evenly. LINEAR is that with a factor of 1, so 2.x has none.

    Args:
        max_attempts: All attempts together, the first included.
        initial_delay_seconds: The waiting time to begin with.
        policy: How it grows.
        max_delay_seconds: Its upper end; None for what the last attempt would wait. RANDOM waits between the two.
        backoff_factor: By how much it grows; 1.x takes whole numbers only.
        max_duration_seconds: No attempt starts later than this after the first; None for no limit.
    """

    max_attempts: int = 3
    initial_delay_seconds: float = 30.0
    policy: RetryPolicy = RetryPolicy.EXPONENTIAL
    max_delay_seconds: float | None = None
    backoff_factor: float = 2.0
    max_duration_seconds: float | None = None

    @property
    def longest_delay_seconds(self) -> float:
        """``max_delay_seconds``, or what the last repetition would wait: always above the initial delay."""
        if self.max_delay_seconds is not None:
            return self.max_delay_seconds
        growth = max(self.backoff_factor, 2.0) ** max(self.max_attempts - 1, 1)
        return float(self.initial_delay_seconds * growth)


@dataclass(frozen=True, kw_only=True)
class ConcurrencyConfig:
    """How many executions of the flow may run at once.

    Args:
        limit: At least 1.
        behavior: What happens to one too many: QUEUE (it waits), CANCEL or FAIL.
    """

    limit: int
    behavior: str = "QUEUE"


@dataclass(frozen=True, kw_only=True)
class ExecutionCheck:
    """What must hold before an execution starts.

    Args:
        condition: An expression about the inputs that must be true.
        message: What the person who starts it reads otherwise.
        behavior: BLOCK_EXECUTION, FAIL_EXECUTION or CREATE_EXECUTION (only says so).
        style: ERROR, WARNING, INFO or SUCCESS: how the UI shows the message.
    """

    condition: str
    message: str
    behavior: str = "BLOCK_EXECUTION"
    style: str = "ERROR"


@dataclass(frozen=True, kw_only=True)
class TriggerConfig:
    """What starts an execution.

    Args:
        id: Of the trigger.
        type: SCHEDULE needs ``cron``, FLOW ``flow_id``, WEBHOOK ``key``, POLLING ``uri``.
        cron: Five fields, or a nickname such as ``@daily``.
        timezone: IANA name for the cron fields; None for the server's.
        flow_id: The flow whose end starts this one.
        namespace: Of that flow; None for this flow's own.
        states: In which states it may end.
        key: What makes the webhook's address secret: an expression such as ``{{ secret('WEBHOOK_KEY') }}``, or text of
            up to 256 characters.
        uri: What to ask, http or https. Kestra's core polls nothing else; there are plugins for S3, JDBC and others.
        interval_seconds: How often to ask.
        response_condition: Expression about ``response.statusCode``, ``response.body`` and ``response.headers`` that
            starts the flow when true; None for any status below 400.
        inputs: Inputs by name that the trigger starts the flow with; a polling trigger cannot.
        conditions: Expressions that must be true besides.
        disabled: Whether it is off.
    """

    id: str
    type: TriggerType = TriggerType.SCHEDULE
    cron: str | None = None
    timezone: str | None = None
    flow_id: str | None = None
    namespace: str | None = None
    states: Sequence[str] = ("SUCCESS", "WARNING")
    key: str | None = field(default=None, repr=False)
    uri: str | None = None
    interval_seconds: float = 60.0
    response_condition: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    conditions: Sequence[str] = ()
    disabled: bool = False
