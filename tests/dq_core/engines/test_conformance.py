"""Every engine evaluates every rule on every data set as dq_core does, or refuses it by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import pytest

from support.engine_conformance import EngineConformance, support_table

_PAGE = Path(__file__).parents[3] / "docs" / "guides" / "engines.md"

_NOT_ROWS = {
    "freshness": "no rule of this kind",
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
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no single type",
        "statistic of dates": "integers and floats",
        "statistic of decimals": "integers and floats",
    }
    undecided: ClassVar = {"statistic of NULL": _NAN, "unique pair of float": _NAN}


class TestGreatExpectations(EngineConformance):
    name = "great_expectations"
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
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no single type",
        "type date": "no single type",
        "row_count": "no rule of this kind",
        "row_count of some": "no rule of this kind",
        "distinct_count": "no rule of this kind",
        "distinct_count of floats": "no rule of this kind",
        "distinct_count of dates": "no rule of this kind",
        "statistic min": "no rule of this kind",
        "statistic max": "no rule of this kind",
        "statistic mean": "no rule of this kind",
        "statistic median": "no rule of this kind",
        "statistic sum": "no rule of this kind",
        "statistic stddev": "no rule of this kind",
        "statistic of NULL": "no rule of this kind",
        "statistic of dates": "no rule of this kind",
        "statistic of decimals": "no rule of this kind",
    }
    undecided: ClassVar = {"unique pair of float": _NAN}


def test_the_documented_table_is_what_the_engines_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a,t\nn,x\ns,ab-1\n")
    monkeypatch.chdir(tmp_path)
    documented = re.search(r"<!-- engines: begin -->\n(.*?)<!-- engines: end -->", _PAGE.read_text(), re.DOTALL)
    assert documented is not None
    assert documented.group(1).strip() == support_table().strip()
