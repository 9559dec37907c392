"""Time limits of statements."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from moltres import connect
from moltres.errors import QueryTimeoutError
from support.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"


def outlast(seconds: float) -> None:
    """Return when a limit of so many seconds, set just now on another database, has stopped its statement."""
    with connect("sqlite://") as other, pytest.raises(QueryTimeoutError):
        other.sql(_ENDLESS).collect(query_timeout=seconds)


def own_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The same for limits that moltres counts itself: its clocks go on by so many seconds, at once.

    Statements take the time that they take, so that the limit can be longer than any of them on a busy machine.
    """
    ahead = 0.0

    class Ahead:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + ahead

    def pass_(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(shared("statements"), "time", Ahead)
    return pass_
