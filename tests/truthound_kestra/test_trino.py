"""A script of a Kestra task against a Trino that the tests start, and what it finds set apart there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from dq_core import Suite
from dq_core.quarantine import quarantine
from truthound_kestra.results.errors import CheckFailedError
from truthound_kestra.scripts import check_quality_script

if TYPE_CHECKING:
    from sqlalchemy import URL

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # it starts the server, and may unpack it


@pytest.mark.usefixtures("in_kestra")
def test_a_check_and_the_rows_that_break_it(iceberg_url: URL) -> None:
    url = iceberg_url.render_as_string(hide_password=False)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE customers AS SELECT custkey, acctbal FROM tpch.tiny.customer"))
        rules = [{"type": "unique", "column": "custkey"}, {"type": "in_range", "column": "acctbal", "min": 0}]
        with pytest.raises(CheckFailedError) as failed:
            check_quality_script(url, rules=rules, table="customers")
        result = failed.value.result
        assert (result.passed_count, result.failed_count) == (1, 1)
        done = quarantine(url, Suite(rules).checks, table="customers", to="customers_bad")
        broken = connection.execute(sa.text("SELECT count(*) FROM customers WHERE acctbal < 0")).scalar_one()
        kept = connection.execute(sa.text("SELECT count(*) FROM customers_bad WHERE acctbal < 0")).scalar_one()
        asked = sa.text("SELECT DISTINCT source FROM system.runtime.queries WHERE source LIKE 'kestra/%'")
        sources = connection.execute(asked).scalars().all()
    engine.dispose()
    assert done.quarantined_rows == broken == kept > 0
    assert any("users" in source and "check" in source for source in sources)
