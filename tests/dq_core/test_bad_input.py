"""What a user gives wrongly ends with an error of ours, which no terminal obeys."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import pytest
import sqlalchemy as sa

from dq_core import RuleError, SourceError, cli, parse, validate
from dq_core.checks import ColumnCheck, register
from dq_core.checks.registry import KINDS
from dq_core.quarantine import quarantine

if TYPE_CHECKING:
    from fractions import Fraction as Unheard
    # A name that only type checkers know says nothing at run time.


@pytest.fixture
def kind() -> Iterator[str]:
    @register("starts")
    @dataclass(frozen=True, kw_only=True)
    class Starts(ColumnCheck):
        """Every string starts with a prefix."""

        prefix: str
        times: int = 1
        share: float | None = None
        exact: bool = False
        words: list[str] = field(default_factory=list)
        pair: tuple[int, ...] = ()
        either: int | str | None = None
        limits: Mapping[str, float] = field(default_factory=dict)
        mode: Literal["any", "all"] = "any"
        since: dt.date | None = None
        unknown: Unheard | None = None
        families = frozenset({"text"})

        def violates(self, relation: Any) -> Any:
            return sa.func.substr(relation[self.column], 1, len(self.prefix)) != self.prefix * self.times

        def sentence(self) -> str:
            return "start otherwise"

    yield "starts"
    KINDS.pop("starts")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"prefix": 5}, "prefix must be a string, not 5"),
        ({"prefix": None}, "prefix must be a string, not None"),
        ({"prefix": ["a"]}, "prefix must be a string"),
        ({"prefix": "a", "times": "2"}, "times must be a whole number, not '2'"),
        ({"prefix": "a", "times": True}, "times must be a whole number, not True"),
        ({"prefix": "a", "share": "x"}, "share must be a number, not 'x'"),
        ({"prefix": "a", "exact": 1}, "exact must be true or false, not 1"),
        ({"prefix": "a", "words": "b"}, "words must be a list of strings, not 'b'"),
        ({"prefix": "a", "words": ["b", 1]}, r"words must be a list of strings, not \['b', 1\]"),
        ({"prefix": "a", "pair": [1, "b"]}, "pair must be a list of whole numbers"),
        ({"prefix": "a", "pair": 1}, "pair must be a list of whole numbers, not 1"),
        ({"prefix": "a", "either": 1.5}, "either must be a whole number or a string, not 1.5"),
        ({"prefix": "a", "limits": [1]}, "limits must be a mapping of strings to numbers"),
        ({"prefix": "a", "limits": {"b": "c"}}, "limits must be a mapping of strings to numbers"),
        ({"prefix": "a", "mode": "some"}, "mode must be one of 'any', 'all', not 'some'"),
        ({"prefix": "a", "since": "yesterday"}, "since must be a date, not 'yesterday'"),
    ],
)
def test_options_of_registered_kinds_have_the_types_of_their_fields(
    options: dict[str, Any], problem: str, kind: str
) -> None:
    with pytest.raises(RuleError, match=problem):
        parse([{"type": kind, "column": "s", **options}])
    right = {
        "type": kind, "column": "s", "prefix": "a", "share": 1, "exact": True, "words": ["b"], "pair": [1, 2],
        "either": "b", "limits": {"b": 1}, "mode": "all", "since": dt.date(2024, 1, 1), "unknown": object(),
    }  # fmt: skip
    (check,) = parse([right])
    assert check.to_dict()["pair"] == [1, 2]
    assert validate([{"s": "ab"}, {"s": "b"}], [right]).results[0].failed_rows == 1


HOSTILE = "a\x1b[31mx\ndq: all fine\r\x9b\u202e"


@pytest.mark.parametrize("option", ["column", "name", "severity", "where", "type"])
def test_control_characters_are_spelt_out(option: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"type": "not_null", "column": "b", option: HOSTILE}
    with pytest.raises(RuleError) as caught:
        validate([{"id": 1}], [rule])
    assert all(problem.isprintable() for problem in caught.value.problems)
    assert str(caught.value).replace("\n", "").isprintable()
    (tmp_path / "r.yaml").write_text(json.dumps([rule]))
    (tmp_path / "a.csv").write_text("id\n1\n")
    assert cli.main(["check", str(tmp_path / "a.csv"), "--rules", str(tmp_path / "r.yaml")]) == cli.COULD_NOT_RUN
    message = capsys.readouterr().err
    assert message.replace("\n", "").isprintable()
    assert "\ndq: all fine" not in message


@pytest.mark.parametrize("url", ["sqlite://nowhere/x.db", "duckdb://nowhere/x"])
def test_a_url_that_its_driver_does_not_understand(url: str) -> None:
    with pytest.raises(SourceError, match="is not one that its driver understands"):
        validate(url, [{"type": "not_null", "column": "id"}], table="t")


@pytest.mark.parametrize("source", [pd.Series([1]), pd.Series([1]).index, 5, None, b"x", object(), {"id": [1]}])
def test_sources_that_are_none(source: object) -> None:
    with pytest.raises(RuleError, match="cannot be checked"):
        validate(source, [{"type": "not_null", "column": "id"}])


def test_a_list_of_names_that_is_cut_says_so() -> None:
    rows = [{f"column {number}": 1 for number in range(31)}]
    with pytest.raises(RuleError, match=r"The columns are: 'column 0', .* and 11 more\."):
        validate(rows, [{"type": "not_null", "column": "z"}])


def _validated(option: str, given: Any, folder: Path) -> None:
    rows, rules = [{"id": 1}], [{"type": "not_null", "column": "id"}]
    if option == "statistic":
        validate(rows, [{"type": "statistic", "column": "id", "statistic": given, "min": 0}])
    elif option in ("mode", "min_severity"):
        quarantine(rows, rules, to=str(folder / "bad.parquet"), **{option: given})
    else:
        validate(rows, rules, **{option: given})


@pytest.mark.parametrize("given", [pd.Series([1]), sa.select(sa.literal(1))])
@pytest.mark.parametrize("option", ["mask", "storage_options", "read_options", "statistic", "mode", "min_severity"])
def test_what_has_no_truth_is_refused_by_its_name(given: object, option: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=option):
        _validated(option, given, tmp_path)


def test_an_isolation_level_that_a_driver_does_not_know_is_told() -> None:
    """Trino's driver looks for it among its own when it opens a connection, before it asks the server."""
    engine = sa.create_engine("trino://me@127.0.0.1:1/catalog/schema", isolation_level="READ UNCOMMITTED")
    with pytest.raises(SourceError, match="READ UNCOMMITTED"):
        validate(engine, [{"type": "row_count", "min": 1}], table="t")
