"""The tree of errors."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from moltres import connect, errors
from moltres.errors import (
    ColumnNotFoundError,
    ConfigurationError,
    MissingDependencyError,
    MoltresError,
    QualityGateError,
    QueryError,
    SchemaMismatchError,
    TableNotFoundError,
)

ALL = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, MoltresError)]


def test_the_drawing_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"^    ([│├└─ ]*)(\w+Error)(?: +\((\w+)\))?", errors.__doc__, re.MULTILINE)
    assert (
        {name for _, name, _ in drawn}
        == {cls.__name__ for cls in ALL}
        == set(errors.__all__) - {"closest", "listing", "refuse"}
    )
    parents = ["MoltresError"]
    for indent, name, builtin in drawn:
        depth = len(indent) // 4
        cls = getattr(errors, name)
        del parents[depth:]
        parents.append(name)
        bases = [base.__name__ for base in cls.__bases__]
        assert bases[0] == (parents[depth - 1] if depth else "Exception")
        assert bases[1:] == ([builtin] if builtin else [])
    marked = set(re.findall(r"(\w+Error)\b.*retryable$", errors.__doc__, re.MULTILINE))
    assert marked == {cls.__name__ for cls in ALL if cls.retryable}


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_errors_pickle(cls: type[MoltresError]) -> None:
    error = cls("what", suggestion="do", context={"a": 1})
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert str(again) == str(error) == "what\nHint: do"
    assert (again.message, again.suggestion, again.context) == (error.message, error.suggestion, error.context)
    assert again.args == ("what",)


def test_what_has_connections_does_not_pickle() -> None:
    with connect("sqlite://") as db:
        db.write([{"a": 1, "b": 2}]).save_as_table("t")
        frame = db.table("t")
        for bound in (db, frame, frame.group_by("a"), frame.write):
            with pytest.raises(ConfigurationError, match="cannot be pickled"):
                pickle.dumps(bound)
        assert (copy.copy(frame), copy.deepcopy([frame, db])) == (frame, [frame, db])
        assert pickle.loads(pickle.dumps(frame.collect())) == [{"a": 1, "b": 2}]


def test_what_leaves_carry_pickles_too() -> None:
    query = pickle.loads(pickle.dumps(QueryError("m", sql="SELECT 1", driver_message="no")))
    assert (query.sql, query.driver_message) == ("SELECT 1", "no")
    gate = pickle.loads(pickle.dumps(QualityGateError("m", report={"passed": False})))
    assert gate.report == {"passed": False}
    mismatch = pickle.loads(pickle.dumps(SchemaMismatchError("m", mismatches=["a is b", "c is d"])))
    assert mismatch.mismatches == ("a is b", "c is d")
    assert str(mismatch) == "m\n- a is b\n- c is d"


def test_common_wordings() -> None:
    column = ColumnNotFoundError.of(["Nmae"], ["id", "name"])
    assert str(column) == (
        "No column 'Nmae' in the frame. Existing: 'id', 'name'.\nHint: Did you mean 'name' instead of 'Nmae'?"
    )
    assert ColumnNotFoundError.of(["zzz"], ["id"]).suggestion is None
    table = TableNotFoundError.of("x", [])
    assert "Existing: none" in str(table)
    choice = ConfigurationError.choice("mode", "apend", ["append", "overwrite"])
    assert choice.suggestion == "Did you mean 'append'?"
    extra = MissingDependencyError.extra("polars", "polars", "to_polars()")
    assert extra.suggestion == 'pip install "moltres-core[polars]>=2,<3"'
