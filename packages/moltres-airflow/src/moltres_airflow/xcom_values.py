"""Values of the user's own tasks that Airflow's store may have changed: it keeps decimals and moments as doubles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from moltres.errors import HandoffError
from moltres.handoff.reference import MARKER

_DIGITS: Final = 15
"""So many digits of a decimal every double keeps."""

_AMOUNT: Final = 2**46
"""From here on, the next double is more than 0.01 away."""

_SECONDS: Final = 2**33
"""From so many seconds on, the next double is more than a microsecond away."""


def refuse_changed(pulled: Any, task_id: str, column: Any = None) -> None:
    """Refuse what a ``@task`` has returned if it may have returned another value.

    Amounts with two decimals are equal or refused. With more decimals not every change can be told: what a decimal of
    many digits became can have few.

    Args:
        pulled: What Airflow gives of it: rows, or a list of those.
        task_id: The task.
        column: The column that the value is in.

    Raises:
        HandoffError: If a value may be another one; the message names its column.
    """
    if isinstance(pulled, Mapping):
        if MARKER in pulled:  # encoded, or a reference
            return
        for name, value in pulled.items():
            refuse_changed(value, task_id, name if column is None else column)
    elif isinstance(pulled, list | tuple):
        for value in pulled:
            refuse_changed(value, task_id, column)
    elif column is not None and _of_a_double(pulled):
        raise HandoffError(
            f"Column {column!r} of what task {task_id!r} returned has the value {pulled}, which may be another one than"
            " it returned: Airflow's own XCom store keeps decimals and moments as doubles.",
            suggestion="Return encode(rows), of moltres.handoff, which keeps every value as it is.",
            context={"column": str(column), "task": task_id},
        )


def _of_a_double(value: Any) -> bool:
    """Whether this is what Airflow makes of a double that other values have as well."""
    if isinstance(value, Decimal):
        few = max(len(value.as_tuple().digits), value.adjusted() + 1) <= _DIGITS
        if not value.is_finite() or (few and abs(value) < _AMOUNT):
            return False
        return Decimal(str(float(value))).as_tuple() == value.as_tuple()  # decimals without a fraction come as integers
    if isinstance(value, dt.datetime):
        zone = value.tzinfo or dt.UTC
        since = value.replace(tzinfo=zone) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return value.microsecond != 0 and abs(since.total_seconds()) >= _SECONDS
    return isinstance(value, dt.timedelta) and value.microseconds != 0 and abs(value.total_seconds()) >= _SECONDS
