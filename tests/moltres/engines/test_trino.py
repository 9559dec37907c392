"""Trino, on a server that the tests start: the suites for all dialects on Iceberg and on memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.dialect_conformance.all_or_nothing import AllOrNothing
from support.dialect_conformance.binds import Binds
from support.dialect_conformance.merge import Merge
from support.dialect_conformance.modes import Modes
from support.dialect_conformance.names import Names
from support.dialect_conformance.order import Order
from support.dialect_conformance.overwrite import Overwrite
from support.dialect_conformance.partitions import Partitions
from support.dialect_conformance.queries import Queries
from support.dialect_conformance.run_keys import RunKeys
from support.dialect_conformance.sql_text import SqlText
from support.dialect_conformance.statements import Statements
from support.dialect_conformance.values import Values

if TYPE_CHECKING:
    from sqlalchemy import URL

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may unpack it

FOREVER = (
    "SELECT count(*) AS a FROM UNNEST(sequence(1, 10000)) AS x (i), UNNEST(sequence(1, 10000)) AS y (i),"
    " UNNEST(sequence(1, 10000)) AS z (i) WHERE x.i * y.i + z.i <> 7"
)


class TestIceberg(
    Values,
    Modes,
    Overwrite,
    Merge,
    Partitions,
    RunKeys,
    AllOrNothing,
    Statements,
    Queries,
    Names,
    Binds,
    SqlText,
    Order,
):
    slow = FOREVER
    some = "SELECT count(*) FROM UNNEST(sequence(1, 900))"
    examples = 3

    @pytest.fixture
    def url(self, iceberg_url: URL) -> URL:
        return iceberg_url
