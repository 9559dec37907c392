"""Every engine evaluates every rule on every data set as dq_core does, or refuses it by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import pytest

from support.engine_conformance import EngineConformance, support_table

_PAGE = Path(__file__).parents[3] / "docs" / "guides" / "engines.md"

_NOT_ROWS = {
    "freshness": "no such rule",
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
        "type number": "no type of its frames",
        "statistic of dates": "is neither",
        "statistic of decimals": "is neither",
    }
    undecided: ClassVar = {"statistic of NULL": _NAN, "unique pair of float": _NAN}


class TestGreatExpectations(EngineConformance):
    name = "great_expectations"
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no type of its frames",
        "type date": "no type of its frames",
        "type timestamp, but text": "no type of its frames",
        "in_range of text": "numbers and dates",
        "in_range of decimals": "numbers and dates",
        "statistic of dates": "is neither",
        "statistic of decimals": "is neither",
    }
    undecided: ClassVar = {"statistic of NULL": _NAN, "unique pair of float": _NAN}


class TestPandera(EngineConformance):
    name = "pandera"
    refused: ClassVar = {
        **_NOT_ROWS,
        "type number": "no type of its frames",
        "type date": "no type of its frames",
        "row_count": "no such rule",
        "row_count of some": "no such rule",
        "distinct_count": "no such rule",
        "distinct_count of floats": "no such rule",
        "distinct_count of dates": "no such rule",
        "statistic min": "no such rule",
        "statistic max": "no such rule",
        "statistic mean": "no such rule",
        "statistic median": "no such rule",
        "statistic sum": "no such rule",
        "statistic stddev": "no such rule",
        "statistic of NULL": "no such rule",
        "statistic of dates": "no such rule",
        "statistic of decimals": "no such rule",
    }
    undecided: ClassVar = {"unique pair of float": _NAN}


def test_the_documented_table_is_what_the_engines_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("a,t\nn,x\ns,ab-1\n")
    monkeypatch.chdir(tmp_path)
    documented = re.search(r"<!-- engines: begin -->\n(.*?)<!-- engines: end -->", _PAGE.read_text(), re.DOTALL)
    assert documented is not None
    assert documented.group(1).strip() == support_table().strip()
