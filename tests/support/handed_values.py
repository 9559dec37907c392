"""Values that tasks hand to each other, and the one rule for every store between them: equal, or refused by column.

`there` is a store of an orchestrator: it takes Records and gives what the next task gets.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from hypothesis import strategies as st

from moltres import Records
from moltres.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

ZONES = [
    dt.UTC,
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("UTC"),
    dt.timezone(dt.timedelta(hours=-3, minutes=-30, seconds=-7)),
]
EDGES = [
    0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308, 2**53, -(2**53), 2**63, -(2**127), 10**38,
    Decimal("0E-30"), Decimal("-0"), Decimal("1E+400"), Decimal("9" * 38), Decimal("NaN"), Decimal("Infinity"),
    dt.date.min, dt.date.max, dt.datetime.combine(dt.date.min, dt.time.min),
    dt.datetime.combine(dt.date.max, dt.time.max), dt.time.max, dt.timedelta.min, dt.timedelta.max,
    dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZONES[1], fold=1), dt.datetime(2026, 3, 29, 2, 30, tzinfo=ZONES[1]),
    dt.time(12, tzinfo=dt.UTC), "", " ", "\0", "\ud800", "🙂", "{{ 1 }}", '{"$decimal": "1"}', "NaN", "null", b"",
    b"\0\xff",
]  # fmt: skip

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from(ZONES)),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.ip_addresses(),
    st.sampled_from(EDGES),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(
            st.text() | st.sampled_from(["$decimal", "$dict", "$type", "__classname__", "__type", "__var"]), inner
        ),
        st.dictionaries(st.integers() | st.dates(), inner, max_size=2),
    ),
    max_leaves=5,
)


class Nobody:
    """A class that no store knows."""


#: What has no form that comes back equal.
FOREIGN: list[Any] = [
    Nobody(),
    Nobody,
    {1},
    frozenset({1}),
    1j,
    range(3),
    len,
    [Nobody()],
    {"a": {1}},
    {frozenset({1}): 2},
]
TYPES = [
    None, sa.Integer(), sa.Numeric(12, 2), sa.DateTime(timezone=True), sa.LargeBinary(), sa.Text(), sa.Double(),
    sa.JSON(),
]  # fmt: skip
_MARKS = ("$date", "$moltres", "__classname__", "__id__", "__type")  # of our own stored values, and of Airflow's
names = st.lists(
    st.text(min_size=1) | st.sampled_from(["id", 'select "x"', "type", *_MARKS]), min_size=1, max_size=3, unique=True
)


@st.composite
def tables(draw: Any, cells: SearchStrategy[Any] = values) -> Records:
    """Rows of any values, in which some columns have a type."""
    columns = draw(names)
    rows = draw(st.lists(st.tuples(*[cells] * len(columns)), max_size=4))
    types = {name: kind for name in columns if (kind := draw(st.sampled_from(TYPES))) is not None}
    return Records(rows, columns, types)


def same(left: Any, right: Any) -> bool:
    """Equal, of the same type and sign, in the same zone; NaN is NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, Decimal | float):
        return repr(left) == repr(right)
    if isinstance(left, dt.datetime | dt.time):
        return (left, left.fold, left.tzinfo) == (right, right.fold, right.tzinfo)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return len(left) == len(right) and all(
            same(one, other) for one, other in zip(left.items(), right.items(), strict=True)
        )
    return bool(left == right)


def assert_arrives(there: Callable[[Any], Any], sent: Records) -> None:
    """What arrives is what was sent, with the types of its columns."""
    found = there(sent)
    assert type(found) is Records
    assert found.columns == sent.columns
    assert same(found.rows, sent.rows), (found.rows, sent.rows)
    assert {name: repr(kind) for name, kind in found.types.items()} == {
        name: repr(kind) for name, kind in sent.types.items()
    }


def assert_refused(there: Callable[[Any], Any], column: str, value: Any) -> None:
    """A value that could not come back is refused by the name of its column, whatever stands around it."""
    rows = Records([(1, "a", None), (2, "b", value)], ["id", "other", column])
    try:
        found = there(rows)
    except Exception as error:  # an orchestrator may wrap our error in one of its own
        ours = next((one for one in causes(error) if isinstance(one, HandoffError)), None)
        if ours is None:
            raise
        assert repr(column) in ours.message, ours.message
    else:
        raise AssertionError(f"{value!r} went through as {found.rows[1][2]!r}")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it comes from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
