"""Rows survive a store that holds JSON only."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
from decimal import Decimal
from ipaddress import ip_address, ip_interface, ip_network
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from moltres.errors import HandoffError
from moltres.handoff.encoding import decode, encode
from moltres.handoff.reference import MARKER, Reference
from moltres.types.records import Records
from support import handed_values

BERLIN = ZoneInfo("Europe/Berlin")


def there_and_back(value: object) -> object:
    stored = json.dumps(encode(value), allow_nan=False)  # strict: NaN is no JSON
    return decode(json.loads(stored))


def same(left: object, right: object) -> bool:
    """Equal, of the same type, and NaN is NaN."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return type(left) is type(right) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = zip(left.items(), right.items(), strict=False)
        return len(left) == len(right) and all(same(a, c) and same(b, d) for (a, b), (c, d) in pairs)
    return type(left) is type(right) and left == right


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.ip_addresses(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.text() | st.sampled_from(["$decimal", "$dict", MARKER]), inner),
        st.dictionaries(st.integers(), inner),
    ),
    max_leaves=10,
)


@given(values)
def test_any_value_comes_back(value: object) -> None:
    assert same(there_and_back(value), value)


@given(st.lists(st.tuples(scalars, scalars), max_size=5))
def test_rows_come_back_as_records(rows: list[tuple[object, object]]) -> None:
    back = there_and_back(Records(rows, ["a", 'select " weird']))
    assert isinstance(back, Records)
    assert back.columns == ("a", 'select " weird')
    assert same(back.rows, rows)


def test_what_json_has_stays_readable() -> None:
    rows = [{"id": 1, "name": "Ada", "ok": True, "score": 1.5, "tags": ["x"], "more": {"a": None}}]
    assert encode(rows) == rows


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Decimal("1.10"), {"$decimal": "1.10"}),
        (2**53, {"$int": "9007199254740992"}),
        (float("-inf"), {"$float": "-inf"}),
        (dt.date(2024, 2, 29), {"$date": "2024-02-29"}),
        (dt.time(1, 2, 3, 4), {"$time": "01:02:03.000004"}),
        (b"\x00\xff", {"$bytes": "AP8="}),
        (UUID(int=1), {"$uuid": "00000000-0000-0000-0000-000000000001"}),
        (ip_network("10.0.0.0/8"), {"$ipv4network": "10.0.0.0/8"}),
    ],
)
def test_what_json_lacks_is_marked(value: object, stored: object) -> None:
    assert encode(value) == stored
    assert encode([value, [value]]) == [stored, [stored]]
    assert same(decode(stored), value)


def test_the_repeated_hour_of_autumn_stays_the_second_one() -> None:
    second = dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1)
    back = there_and_back(second)
    assert isinstance(back, dt.datetime)
    assert (back, back.fold, back.tzinfo) == (second, 1, BERLIN)
    assert back.utcoffset() == dt.timedelta(hours=1)


def test_a_decimal_nan_and_an_interface_address_come_back() -> None:
    back = there_and_back([Decimal("NaN"), ip_interface("::1/64"), ip_address("::1")])
    assert isinstance(back, list)
    assert back[0].is_nan()
    assert back[1:] == [ip_interface("::1/64"), ip_address("::1")]


def test_a_member_of_an_enum_is_stored_as_its_name() -> None:
    class Colour(enum.StrEnum):
        RED = "#f00"

    assert encode([{"colour": Colour.RED}]) == [{"colour": "RED"}]


def test_another_type_of_string_is_stored_as_a_string() -> None:
    stored = encode({"table": sa.quoted_name("users", quote=True), "names": [sa.quoted_name("id", quote=None)]})
    assert stored == {"table": "users", "names": ["id"]}
    assert {type(stored["table"]), type(stored["names"][0])} == {str}


class Whole(int):
    pass


class Double(float):
    pass


class Money(Decimal):
    pass


class Day(dt.date):
    pass


class Moment(dt.datetime):
    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        raise NotImplementedError


class Clock(dt.time):
    pass


class Length(dt.timedelta):
    days = seconds = microseconds = 0  # type: ignore[assignment]  # Pendulum's are others than those of the type

    def __add__(self, other: object) -> dt.timedelta:
        raise NotImplementedError


class Id(UUID):
    pass


class Content(bytes):
    pass


class Pair(NamedTuple):
    a: object
    b: object


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Whole(5), int), (Whole(2**70), int), (Double(-0.0), float), (Double("inf"), float), (Money("1.10"), Decimal),
        (Day(2026, 1, 2), dt.date), (Moment(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), dt.datetime),
        (Moment(2026, 1, 2, 3, 4, 5, 6), dt.datetime), (Clock(1, 2, 3, 4, dt.UTC), dt.time),
        (Length(-1, 5, 7), dt.timedelta), (Id(int=7), UUID), (Content(b"\xff"), bytes), (Pair(Whole(1), "b"), tuple),
        (type("Many", (list,), {})([Whole(1)]), list),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_value_of_a_derived_class_comes_back_as_the_equal_value(value: object, kind: type) -> None:
    back = there_and_back(Records([(value,)], ["x"]))
    assert isinstance(back, Records)
    assert (type(back[0]["x"]), back[0]["x"]) == (kind, value)
    assert str(back[0]["x"]) == str(kind(value)) if kind in {float, Decimal} else True


def test_types_of_empty_rows_are_kept() -> None:
    types = {"amount": sa.Numeric(12, 2), "at": sa.DateTime(timezone=True), "odd": sa.types.NullType()}
    back = there_and_back(Records([], ["amount", "at", "odd"], types))
    assert isinstance(back, Records)
    amount, at = back.types["amount"], back.types["at"]
    assert isinstance(amount, sa.Numeric)
    assert (amount.precision, amount.scale) == (12, 2)
    assert isinstance(at, sa.DateTime)
    assert at.timezone
    assert set(back.types) == {"amount", "at"}


def test_a_reference_comes_back_also_inside_a_list() -> None:
    reference = Reference(kind="table", location="moltres_stage_x", columns=("a", "b"), row_count=3)
    assert there_and_back([reference, reference.to_dict()]) == [reference, reference]


def test_a_damaged_reference_is_refused() -> None:
    with pytest.raises(HandoffError, match="not a stored reference"):
        decode({MARKER: "reference", "kind": "table", "location": "moltres_stage_x"})


def test_a_value_without_a_form_names_its_column_and_type() -> None:
    with pytest.raises(HandoffError, match=r"type builtins\.complex in column 'z'.*\n.*Cast the column"):
        encode(Records([(1, 2j)], ["a", "z"]))


def test_numbers_of_numpy_are_plain_numbers_afterwards() -> None:
    np = pytest.importorskip("numpy")
    assert encode([np.int64(3), np.float64(1.5), np.bool_(True)]) == [3, 1.5, True]


@given(handed_values.tables())
@settings(deadline=None, max_examples=60)
def test_any_table_comes_back_equal(table: Records) -> None:
    handed_values.assert_arrives(there_and_back, table)


@pytest.mark.parametrize("value", handed_values.FOREIGN, ids=lambda value: str(value)[:30])
def test_what_could_not_come_back_is_refused_by_its_column(value: object) -> None:
    handed_values.assert_refused(there_and_back, 'the "column"', value)


def test_scalars_of_numpy_and_pandas_are_equal_values_or_refused() -> None:
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    equal = {
        "2026-01-01": (np.datetime64("2026-01-01"), dt.date(2026, 1, 1)),
        "us": (np.datetime64("2026-01-01T00:00:00.000001"), dt.datetime.fromisoformat("2026-01-01T00:00:00.000001")),
        "ns": (np.datetime64("2026-01-01T00:00:00.000001000"), dt.datetime.fromisoformat("2026-01-01T00:00:00.000001")),
        "td": (np.timedelta64(1, "us"), dt.timedelta(microseconds=1)),
        "f32": (np.float32(0.1), float(np.float32(0.1))),
        "int": (np.int8(-5), -5),
        "bool": (np.bool_(True), True),
        "stamp": (pd.Timestamp("2026-01-01 01:00"), dt.datetime.fromisoformat("2026-01-01T01:00")),
        "missing": (pd.NaT, None),
    }
    for given_value, expected in equal.values():
        assert same(there_and_back([given_value]), [expected])
    exact = np.longdouble(1) / 3
    refused = [
        np.datetime64(1, "ns"),
        np.timedelta64(1, "ns"),
        np.timedelta64(1, "M"),
        pd.Timestamp(1),
        exact,
        np.complex64(1),
        np.array([1]),
    ]
    for value in refused:
        handed_values.assert_refused(there_and_back, "c", value)


def test_what_contains_itself_is_refused() -> None:
    rows: list[object] = []
    rows.append(rows)
    with pytest.raises(HandoffError, match="contains itself"):
        encode({"a": rows})
