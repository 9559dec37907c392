"""Translate the errors of the cores into those by which Airflow knows whether to try again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dq_core.errors import DataQualityError
from moltres.errors import MoltresError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Turn the errors of the cores into Airflow's.

    Raises:
        AirflowException: For an error that a retry can help.
        AirflowFailException: For one that it cannot help.
    """
    try:
        yield
    except (MoltresError, DataQualityError) as error:
        kind = AirflowException if error.retryable else AirflowFailException
        details = "".join(f"\n  {name}: {value}" for name, value in error.context.items())
        raise kind(f"{type(error).__name__}: {error}{details}") from error
