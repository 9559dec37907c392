"""Values in statements for DuckDB are literals, of the values and types that its driver would bind."""

from __future__ import annotations

import datetime as dt
import math
import subprocess
import sys
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from moltres import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**127) + 1, 2**127 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**20, min_value=-(10**20)),
    st.dates(),
    st.datetimes(),
    st.datetimes().map(lambda moment: moment.replace(tzinfo=dt.UTC)),
    st.times(),
    st.timedeltas(dt.timedelta(-40_000), dt.timedelta(40_000)),
    st.uuids(),
)
VALUES = SCALARS | st.lists(st.integers(-(2**31), 2**31)) | st.lists(st.text(st.characters(exclude_categories=["Cs"])))


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[sa.Connection, Any]]:
    """A connection of moltres, and one of the driver, which binds."""
    raw = duckdb.connect()
    with connect() as db, db.connection() as connection:
        yield connection, raw
    raw.close()


def bound(connection: sa.Connection, value: Any) -> tuple[str, Any]:
    both = sa.text("SELECT typeof(:v), :v").bindparams(sa.bindparam("v", value, type_=sa.types.NullType()))
    return tuple(connection.execute(both).one())  # type: ignore[return-value]


@settings(max_examples=150, deadline=None)
@given(value=VALUES)
def test_a_value_is_what_the_driver_would_bind(pair: tuple[sa.Connection, Any], value: Any) -> None:
    connection, raw = pair
    kind, found = bound(connection, value)
    driver_kind, driver_found = raw.execute("SELECT typeof($1), $1", [value]).fetchone()
    assert type(found) is type(driver_found)
    assert found == driver_found or (isinstance(found, float) and math.isnan(found))
    if not isinstance(value, Decimal):  # the driver counts a leading zero among the digits
        assert kind == driver_kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Decimal("1E+3"), "DECIMAL(4,0)"),  # the driver makes 1.000 of it
        (Decimal("-0.001"), "DECIMAL(3,3)"),
        (dt.time(1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-2))), "TIME WITH TIME ZONE"),  # the driver refuses it
        ("a'b $1 ? %s :x __[POSTCOMPILE_v] -- \0 /* ", "VARCHAR"),
        ("'; DROP TABLE t; --", "VARCHAR"),
        (-(2**63), "BIGINT"),
        (-(2**31), "INTEGER"),
    ],
)
def test_values_at_the_edges(pair: tuple[sa.Connection, Any], value: Any, kind: str) -> None:
    assert bound(pair[0], value) == (kind, value)


def test_negative_numbers_make_no_comments(pair: tuple[sa.Connection, Any]) -> None:
    row = pair[0].execute(sa.select(-sa.bindparam("a", -5), sa.literal(5) - sa.literal(-7), -sa.literal(-1.5))).one()
    assert tuple(row) == (5, 12, 1.5)


DOES = {
    "query": "db.table('t').where(col('a') > 0.5).select('a').collect(); db.sql('SELECT :x AS x', x='y').collect()",
    "in": "db.table('t').where(col('a').in_([1, 2, 3])).count()",
    "write": "db.table('t').write.save_as_table('u', mode='overwrite', run_key='k')",
    "rows": "db.write([{'a': 1}, {'a': 2}]).save_as_table('u', mode='merge', keys=['a'])",
    "others": "db.write([{'s': 'x', 'f': 1.5, 'n': None}, {'s': 'y', 'f': 2.5, 'n': True}]).save_as_table('v')",
    "insert": "db.insert('t', {'a': 5})",
    "update": "db.update('t', {'a': 6}, where=col('a') == 5)",
    "delete": "db.delete('t', where=col('a') > 5)",
    "file": "db.table('t').write.parquet('x.parquet')",
    "read": "db.read_parquet('x.parquet').where(col('a') == 1).count()",
}


@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
def test_pandas_is_not_imported(tmp_path: Path) -> None:
    lines = [
        "import sys",
        "from moltres import col, connect",
        "with connect('duckdb:///x.duckdb') as db:",
        "    db.write([{'a': 1}]).save_as_table('t')",
    ]
    for name, code in DOES.items():
        lines += [f"    {code}", f"    assert 'pandas' not in sys.modules, {name!r}"]
    program = "\n".join(lines)
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
