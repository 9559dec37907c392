"""Values as JSON, and the families of Python values."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid
from decimal import Decimal
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Any

import pytest

from support.shared import shared

json_values = shared("json_values")
infer = shared("infer")
problems = shared("problems")
numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Pair:
    left: Any
    right: Any


class Own:
    def to_dict(self) -> dict[str, Any]:
        return {"n": Decimal("1.10")}


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, None), (True, True), (2**70, 2**70), (1.5, 1.5), (float("nan"), "NaN"), (float("-inf"), "-Infinity"),
        (Decimal("1.10"), "1.10"), (dt.date(2024, 1, 2), "2024-01-02"), (dt.time(1, 2), "01:02:00"),
        (dt.datetime(2024, 1, 2, tzinfo=dt.UTC), "2024-01-02T00:00:00+00:00"), (dt.timedelta(hours=36), "P1DT12H"),
        (-dt.timedelta(minutes=1), "-PT1M"), (b"\x00\xff", "0x00ff"), (memoryview(b"a"), "0x61"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"), (PurePosixPath("a/b"), "a/b"),
        (ip_address("::1"), "::1"), (Colour.RED, "red"), ({Colour.RED: 1, 2: (3,)}, {"red": 1, "2": [3]}),
        ({3, 1, 2}, [1, 2, 3]), (Pair(1, Pair(b"", None)), {"left": 1, "right": {"left": "0x", "right": None}}),
        (Own(), {"n": "1.10"}), ("a\ud800b", "a\ufffdb"), ("é€😀", "é€😀"), ("a\0b", "a\0b"),
        (numpy.int64(3), 3), (numpy.float32(0.5), 0.5), (numpy.bool_(True), True), (numpy.array([1, 2]), [1, 2]),
        (numpy.float64("nan"), "NaN"), (pandas.NaT, None), (pandas.NA, None),
        (pandas.Timestamp("2024-01-02"), "2024-01-02T00:00:00"), (-(10**990), -(10**990)),
        (pandas.Timedelta(1, "ns"), "P0DT0H0M0.000000001S"), (pandas.Timedelta(36, "h"), "P1DT12H"),
        (pandas.DataFrame({"n": [1, 2]}), {"n": {"0": 1, "1": 2}}),
        (numpy.datetime64("2024-01-02T00:00:00.123456789"), "2024-01-02T00:00:00.123456789"),
    ],
)  # fmt: skip
def test_a_value_has_one_form(value: object, form: object) -> None:
    found = json_values.plain(value)
    assert found == form
    assert type(found) is type(form)
    json.dumps(found, allow_nan=False).encode()


def test_what_json_cannot_hold_is_named_with_its_path() -> None:
    with pytest.raises(problems.NoJSONFormError, match=r"outputs\.rows\[1\] is of type .*Tk"):
        json_values.plain({"rows": [1, type("Tk", (), {})()]}, "outputs")
    for value in ({1: "a", "1": "b"}, [{b"a": 1, "b'a'": 2}]):
        with pytest.raises(problems.NoJSONFormError, match="has several keys that are"):
            json_values.plain(value, "outputs")
    assert json_values.plain({1: "a", "1": "b"}, printed=True) == {"1": "a", "'1'": "b"}
    twice = pandas.DataFrame({"n": [1, 2]}, index=["a", "a"])
    for value in (twice, twice["n"], twice.T):
        with pytest.raises(problems.NoJSONFormError, match=r"outputs\.x has rows or columns of the same label"):
            json_values.plain({"x": value}, "outputs")
    with pytest.raises(problems.NoJSONFormError, match="n is an integer of more digits"):
        json_values.plain(10**1001, "n")
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(problems.NoJSONFormError, match="contains itself"):
        json_values.plain(endless)


def test_options_cut_print_and_clean() -> None:
    assert json_values.plain("x" * 5, longest=3) == "xxx…"
    assert json_values.plain(b"\x01" * 5000, longest=10) == "0x01010101…"
    assert json_values.plain(object, printed=True) == "<class 'object'>"
    assert json_values.plain("a\0b", storable=True) == "a\ufffdb"


@pytest.mark.parametrize(
    ("value", "family"),
    [
        (True, "boolean"), (1, "integer"), (1.0, "float"), (Decimal(1), "decimal"), ("", "text"), (b"", "binary"),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "datetime"), (dt.date(2024, 1, 1), "date"), (dt.time(), "time"),
        (dt.timedelta(), "interval"),
        (uuid.UUID(int=1), "uuid"), ([], "list"), ((), "list"), ({}, "struct"), (numpy.int8(1), "integer"),
        (numpy.float32(1), "float"), (numpy.bool_(True), "boolean"), (pandas.Timestamp("2024-01-01"), "datetime"),
        (object(), None), (None, None), (1j, None),
    ],
)  # fmt: skip
def test_a_value_belongs_to_one_family(value: object, family: str | None) -> None:
    assert infer.family_of_value(value) == family


def test_a_column_is_summed_up() -> None:
    numbers = infer.summarize([1, None, -(2**63), Decimal("12.345"), Decimal("1E+3")])
    assert numbers.families == {"integer", "decimal"}
    assert (numbers.largest, numbers.scale, numbers.whole_digits, numbers.finite) == (2**63 - 1, 3, 19, True)
    assert infer.summarize([-1000, 7]).whole_digits == 4
    assert infer.summarize([Decimal("0.001")]).whole_digits == 0
    assert not infer.summarize([Decimal("NaN")]).finite
    assert infer.summarize([None, None]).families == frozenset()
    assert infer.summarize([dt.time(), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]).zones == {True, False}
    assert [type(one) for one in infer.summarize([1, 1j, 2j]).unknown] == [complex]
