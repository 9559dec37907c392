"""Whether Prefect is cancelling the flow run that waits for a database, or its time is up."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import httpx
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger

from moltres.errors import QueryCancelledError
from moltres.task import BEAT

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

SECONDS_BETWEEN_QUESTIONS: Final = 5
_TIMED_OUT: Final = "TimedOut"
"""The name that Prefect gives the state of a flow run after its ``timeout_seconds``."""


def cancellation() -> Callable[[], None] | None:
    """What a waiting task calls at every beat; None outside of a flow run.

    In a thread of a task runner no signal says that the run is being cancelled, or that its time is up: the API does,
    and is asked every 5 s.

    Raises:
        QueryCancelledError: When called, if the flow run is being cancelled, or has timed out.
    """
    flow = FlowRunContext.get()
    if flow is None or flow.flow_run is None:
        return None
    run, beats, between = flow.flow_run.id, count(1), round(SECONDS_BETWEEN_QUESTIONS / BEAT)

    def look() -> None:
        if next(beats) % between == 0 and (what := _end(run)) is not None:
            raise QueryCancelledError(f"The flow run {what}, and with it what it ran in the database.")

    return look


def _end(flow_run: UUID) -> str | None:
    """What has become of a flow run that waits for its tasks but wants none of their results; None of any other."""
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(flow_run).state
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        get_run_logger().debug("Could not ask whether the flow run is being cancelled: %s", error)
        return None
    if state is not None and (state.is_cancelling() or state.is_cancelled()):
        return "was cancelled"
    return "timed out" if state is not None and state.is_failed() and state.name == _TIMED_OUT else None
