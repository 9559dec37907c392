"""Rows in memory."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from moltres import Records
from moltres.errors import ColumnNotFoundError, ConfigurationError

ROWS = [{"id": 1, "name": "Ada"}, {"id": 2, "name": None}]


def test_a_sequence_of_dicts() -> None:
    records = Records([(1, "Ada"), (2, None)], ["id", "name"])
    assert isinstance(records, Sequence)
    assert list(records) == ROWS
    assert records[0] == ROWS[0]
    assert records[-1] == ROWS[1]
    assert len(records) == 2
    assert ROWS[1] in records
    assert records.index(ROWS[1]) == 1
    assert list(reversed(records)) == ROWS[::-1]
    assert records.column("name") == ["Ada", None]
    with pytest.raises(IndexError):
        records[2]


def test_slices_are_records() -> None:
    records = Records([(1, "a"), (2, "b"), (3, "c")], ["id", "name"], {"id": sa.Integer()})
    assert records[1:].columns == ("id", "name")
    assert records[1:] == [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}]
    assert isinstance(records[:0].types["id"], sa.Integer)


def test_records_are_added_to_records_and_lists() -> None:
    one, two = Records([(1,)], ["a"], {"a": sa.Integer()}), Records([(2,)], ["a"], {"a": sa.Integer()})
    rows = [{"a": 1}, {"a": 2}]
    assert one + two == one + rows[1:] == rows[:1] + two == rows
    assert (one + two).columns == ("a",)
    assert isinstance((one + two).types["a"], sa.Integer)


def test_equality() -> None:
    records = Records([(1, "Ada"), (2, None)], ["id", "name"])
    assert records == ROWS
    assert records == Records([("Ada", 1), (None, 2)], ["name", "id"])
    assert records != Records([("Ada", 1)], ["name", "id"])
    assert records != ROWS[:1]
    assert records != "ab"
    assert Records([], ["a"]) != Records([], ["b"])
    assert Records([], ["a"]) == []
    with pytest.raises(TypeError, match="unhashable"):
        hash(records)


def test_changing_a_dict_does_not_change_the_records() -> None:
    records = Records([(1,)], ["id"])
    records[0]["id"] = 2
    records.rows.append((3,))
    assert records == [{"id": 1}]


def test_from_dicts_takes_the_keys_of_all_rows() -> None:
    records = Records.from_dicts([{"a": 1}, {"b": 2, "a": 3}])
    assert records.columns == ("a", "b")
    assert records.rows == [(1, None), (3, 2)]
    assert Records.from_dicts([], columns=["x"]).columns == ("x",)
    with pytest.raises(ConfigurationError, match="'b'"):
        Records.from_dicts([{"a": 1, "b": 2}], columns=["a"])


def test_pickle() -> None:
    records = Records([(1, "Ada")], ["id", "name"], {"id": sa.Integer()})
    again = pickle.loads(pickle.dumps(records))
    assert again == records
    assert isinstance(again.types["id"], sa.Integer)


def test_repr_is_bounded() -> None:
    assert repr(Records([(1,)], ["a"])) == "Records([{'a': 1}], columns=['a'])"
    assert repr(Records([(n,) for n in range(9)], ["a"])).endswith("{'a': 4}, … 4 more], columns=['a'])")


def test_mistakes() -> None:
    with pytest.raises(ConfigurationError, match="Duplicate column names"):
        Records([], ["a", "a"])
    with pytest.raises(ConfigurationError, match="Row 1 has 2 values for 1 column"):
        Records([(1,), (1, 2)], ["a"])
    with pytest.raises(ColumnNotFoundError, match="'b'"):
        Records([(1,)], ["a"]).column("b")
