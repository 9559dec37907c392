"""Every engine evaluates every rule on every data set as dq_core does, or refuses it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from support.engine_conformance import EngineConformance
from support.tools import load_tool

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

tool = load_tool("engines_table")

_OF_ROWS = frozenset(
    {
        "completeness", "foreign_key", "in_range", "in_set", "length", "not_in_set", "not_null", "not_regex", "null",
        "regex", "type", "unique",
    }
)  # fmt: skip
_OF_NUMBERS = {"distinct_count", "row_count", "statistic"}

_NOT_ROWS = {
    "expression": "the database's own SQL",
    "schema": "types are those of the database",
    "custom": "gets all rows",
    "foreign_key of two": "one column",
    "a list": "which a frame does not hold",
}
_NAN = ("with NaN",)


class TestNative(EngineConformance):
    name = "dq_core"


class TestTruthound(EngineConformance):
    name = "truthound"
    evaluates = _OF_ROWS | _OF_NUMBERS
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no single type",
        "statistic of dates": "integers and floats",
        "statistic of decimals": "integers and floats",
    }
    undecided: ClassVar = {"statistic of NULL": _NAN, "unique pair of float": _NAN}


class TestGreatExpectations(EngineConformance):
    name = "great_expectations"
    evaluates = _OF_ROWS | _OF_NUMBERS
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no single type",
        "type date": "no single type",
        "type timestamp, but text": "no single type",
        "in_range of text": "integers, floats and dates",
        "in_range of decimals": "integers, floats and dates",
        "statistic of dates": "integers and floats",
        "statistic of decimals": "integers and floats",
    }
    undecided: ClassVar = {"statistic of NULL": _NAN, "unique pair of float": _NAN}


class TestPandera(EngineConformance):
    name = "pandera"
    evaluates = _OF_ROWS
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no single type",
        "type date": "no single type",
    }
    undecided: ClassVar = {"unique pair of float": _NAN}


def test_the_documented_table_is_what_the_engines_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a,t\nn,x\ns,ab-1\n")
    monkeypatch.chdir(tmp_path)
    page = tool.PAGE.read_text(encoding="utf-8")
    assert tool.updated(page) == page, "run .venvs/truthound-kestra/bin/python tools/engines_table.py"
