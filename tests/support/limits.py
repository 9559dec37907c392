"""Time limits of statements."""

from __future__ import annotations

import pytest

from moltres import connect
from moltres.errors import QueryTimeoutError

_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"


def outlast(seconds: float) -> None:
    """Return when a limit of so many seconds, set just now on another database, has stopped its statement."""
    with connect("sqlite://") as other, pytest.raises(QueryTimeoutError):
        other.sql(_ENDLESS).collect(query_timeout=seconds)
