"""The conformance suite of engines: the same verdict and the same counts as dq_core's own, or a refusal that is named.

A test of an engine subclasses `EngineConformance` and says what the engine refuses. Every rule runs on every data set.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pytest

import dq_core
from dq_core import EngineError
from dq_core.checks import KINDS
from dq_core.engines import engine_names, get_engine

if TYPE_CHECKING:
    from pathlib import Path

    from dq_core import CheckResult

NAN, INF = float("nan"), math.inf

_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("id", pa.int64()),
        ("key", pa.int32()),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("t", pa.string()),
        ("d", pa.date32()),
        ("ts", pa.timestamp("us")),
        ("tz", pa.timestamp("us", tz="UTC")),
        ("f", pa.float32()),
        ("m", pa.decimal128(8, 2)),
        ("b", pa.bool_()),
        ("a", pa.string()),
        ("list", pa.list_(pa.int64())),
    ]
)

_TEXTS = ["ab-1", "", "  ", "AB-22", "äß", "line\nbreak", "ab-1", "x", None, "a" * 70, "[red]", "%s"]
_NUMBERS = [0.5, 2.0, 2.0, -1.0, 1e300, None, 3.5, 0.1]


def _rows(count: int, *, nan: bool = False) -> list[dict[str, Any]]:
    start = dt.datetime.fromisoformat("2024-02-27T22:30")
    return [
        {
            "row": place,
            # 25 surplus rows and 10 without a value, if there are 60.
            "id": None if place % 6 == 0 else place % 25,
            "key": place * 7 - 100,
            "x": NAN if nan and place % 9 == 4 else -INF if nan and place == 5 else _NUMBERS[place % len(_NUMBERS)],
            "y": place / 4,
            "t": _TEXTS[place % len(_TEXTS)],
            "d": (start + dt.timedelta(days=place % 8)).date() if place % 5 else None,
            "ts": start + dt.timedelta(hours=7 * place),
            "tz": (start + dt.timedelta(hours=5 * place)).replace(tzinfo=dt.UTC) if place % 7 else None,
            "f": place / 10 if place % 8 else None,
            "m": Decimal(place % 40) / 8 if place % 4 else None,
            "b": None if place % 10 == 3 else place % 3 == 0,
            "a": ["n", "s", "w"][place % 3],
            "list": [place],
        }
        for place in range(count)
    ]


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(
        [{**row, "m": row["m"] and row["m"].quantize(Decimal("0.01"))} for row in rows], _SCHEMA
    )


DATA: dict[str, pa.Table] = {
    "mixed": _table(_rows(60)),
    "with NaN": _table(_rows(60, nan=True)),
    "one row": _table(_rows(2)).slice(1),
    "no row": _table(_rows(1)).slice(0, 0),
    "all NULL": _table([{**dict.fromkeys(_SCHEMA.names), "row": place, "m": None} for place in range(4)]),
}

RULES: dict[str, dict[str, Any]] = {
    "not_null": {"type": "not_null", "column": "t"},
    "not_null of floats": {"type": "not_null", "column": "x"},
    "not_null of booleans, half": {"type": "not_null", "column": "b", "threshold": 0.5},
    "null": {"type": "null", "column": "x"},
    "null of text": {"type": "null", "column": "t"},
    "completeness": {"type": "completeness", "column": "id", "threshold": 0.8},
    "unique": {"type": "unique", "column": "id"},
    "unique key": {"type": "unique", "column": "key"},
    "unique text": {"type": "unique", "column": "t"},
    "unique float": {"type": "unique", "column": "x"},
    "unique dates": {"type": "unique", "column": "d", "threshold": 0.1},
    "unique decimals": {"type": "unique", "column": "m"},
    "unique pair": {"type": "unique", "columns": ["id", "t"]},
    "unique pair of float": {"type": "unique", "columns": ["x", "a"]},
    "in_range": {"type": "in_range", "column": "id", "min": 3, "max": 20},
    "in_range, strict below": {"type": "in_range", "column": "id", "min": 3, "max": 20, "strict_min": True},
    "in_range, strict above": {"type": "in_range", "column": "x", "max": 2, "strict_max": True},
    "in_range, from": {"type": "in_range", "column": "x", "min": 0.5},
    "in_range, integers by a fraction": {"type": "in_range", "column": "id", "max": 7.5},
    "in_range of dates": {
        "type": "in_range",
        "column": "d",
        "min": "2024-02-28",
        "max": "2024-03-01",
        "strict_max": True,
    },
    "in_range of timestamps": {"type": "in_range", "column": "ts", "min": "2024-03-01T01:30:00"},
    "in_range of zoned timestamps": {"type": "in_range", "column": "tz", "max": "2024-03-01T01:30:00+02:00"},
    "in_range of decimals": {"type": "in_range", "column": "m", "min": 0.13, "max": 2},
    "in_range of floats, by decimals": {"type": "in_range", "column": "x", "min": Decimal("0.1"), "strict_min": True},
    "in_range of short floats": {"type": "in_range", "column": "f", "max": 0.3},
    "in_range of text": {"type": "in_range", "column": "t", "min": "a", "max": "b"},
    "in_set": {"type": "in_set", "column": "t", "values": ["ab-1", "", "x", "äß"]},
    "in_set of integers": {"type": "in_set", "column": "id", "values": [1, 2, 3, 7.5, 10**15]},
    "in_set of floats": {"type": "in_set", "column": "x", "values": [2, 0.5]},
    "in_set of dates": {"type": "in_set", "column": "d", "values": ["2024-02-28", "2024-03-02"]},
    "in_set of timestamps": {"type": "in_set", "column": "ts", "values": ["2024-02-27T22:30:00"]},
    "in_set of zoned timestamps": {"type": "in_set", "column": "tz", "values": ["2024-02-28T03:30:00Z"]},
    "in_set of decimals": {"type": "in_set", "column": "m", "values": [1, 0.25, 0.38, 3.125]},
    "in_set of booleans": {"type": "in_set", "column": "b", "values": [True]},
    "in_set of nothing": {"type": "in_set", "column": "a", "values": []},
    "not_in_set": {"type": "not_in_set", "column": "t", "values": ["ab-1", "  "]},
    "not_in_set of floats": {"type": "not_in_set", "column": "x", "values": [2, 3.5]},
    "not_in_set of floats, by decimals": {"type": "not_in_set", "column": "x", "values": [Decimal("0.1"), Decimal(2)]},
    "not_in_set of decimals": {"type": "not_in_set", "column": "m", "values": [0.12, 2]},
    "not_in_set of nothing": {"type": "not_in_set", "column": "id", "values": []},
    "regex": {"type": "regex", "column": "t", "pattern": r"^[a-z]+-\d"},
    "regex, anywhere": {"type": "regex", "column": "t", "pattern": "b"},
    "regex, blank": {"type": "regex", "column": "t", "pattern": r"\S"},
    "regex, empty": {"type": "regex", "column": "t", "pattern": "^$|."},
    "regex, any case": {"type": "regex", "column": "t", "pattern": "(?i)^AB"},
    "regex, groups": {"type": "regex", "column": "t", "pattern": r"(a|x)(b-)?\w*$"},
    "regex, two lines": {"type": "regex", "column": "t", "pattern": "^line.break$"},
    "not_regex": {"type": "not_regex", "column": "t", "pattern": r"\d$"},
    "not_regex, any case": {"type": "not_regex", "column": "t", "pattern": "(?i)^ab|X"},
    "not_regex, empty": {"type": "not_regex", "column": "t", "pattern": "^$"},
    "length": {"type": "length", "column": "t", "min": 1, "max": 5},
    "length, least": {"type": "length", "column": "t", "min": 4},
    "type integer": {"type": "type", "column": "id", "dtype": "int"},
    "type float": {"type": "type", "column": "x", "dtype": "float"},
    "type text": {"type": "type", "column": "t", "dtype": "str"},
    "type boolean": {"type": "type", "column": "b", "dtype": "bool"},
    "type text, but integer": {"type": "type", "column": "id", "dtype": "str"},
    "type integer, but float": {"type": "type", "column": "x", "dtype": "int"},
    "type date": {"type": "type", "column": "d", "dtype": "date"},
    "type timestamp, but text": {"type": "type", "column": "t", "dtype": "timestamp"},
    "type number": {"type": "type", "column": "x", "dtype": "number"},
    "type of exactly that width": {"type": "type", "column": "key", "dtype": "integer"},
    "row_count": {"type": "row_count", "min": 2, "max": 60},
    "row_count of some": {"type": "row_count", "max": 20, "where": "row % 2 = 0"},
    "distinct_count": {"type": "distinct_count", "column": "a", "max": 3},
    "distinct_count of floats": {"type": "distinct_count", "column": "x", "min": 7},
    "distinct_count of dates": {"type": "distinct_count", "column": "d", "min": 8, "max": 8},
    "statistic min": {"type": "statistic", "column": "key", "statistic": "min", "min": -99},
    "statistic max": {"type": "statistic", "column": "y", "statistic": "max", "max": 14.75, "strict_max": True},
    "statistic mean": {"type": "statistic", "column": "y", "statistic": "mean", "min": 7.3, "max": 7.4},
    "statistic median": {"type": "statistic", "column": "key", "statistic": "median", "max": 106.5},
    "statistic sum": {"type": "statistic", "column": "id", "statistic": "sum", "min": 500},
    "statistic stddev": {"type": "statistic", "column": "y", "statistic": "stddev", "max": 4},
    "statistic of NULL": {"type": "statistic", "column": "x", "statistic": "max", "max": 1e9},
    "statistic of dates": {"type": "statistic", "column": "d", "statistic": "max", "max": "2024-12-31"},
    "statistic of decimals": {"type": "statistic", "column": "m", "statistic": "sum", "max": 1000},
    "freshness": {"type": "freshness", "column": "ts", "max_age": "1d"},
    "expression": {"type": "expression", "sql": "id > 3 or x is null"},
    "schema": {"type": "schema", "columns": {"id": "bigint", "nope": None}},
    "custom": {"type": "custom", "function": len, "name": "any rows"},
    "foreign_key": {"type": "foreign_key", "column": "a", "references": {"table": "a.csv", "column": "a"}},
    "foreign_key of two": {
        "type": "foreign_key",
        "columns": ["a", "t"],
        "references": {"table": "a.csv", "columns": ["a", "t"]},
    },
    "same_rows": {"type": "same_rows", "source": "a.csv", "columns": ["a"]},
    "of some rows": {"type": "in_range", "column": "y", "max": 10, "where": "b and a <> 'n'"},
    "of no rows": {"type": "not_null", "column": "t", "where": "row < 0"},
    "a list": {"type": "not_null", "column": "list"},
}
_CUSTOM = {**RULES["custom"], "function": lambda rows: len(rows) > 1}


def rule_of(name: str) -> dict[str, Any]:
    """A rule by its name in the table."""
    return _CUSTOM if name == "custom" else RULES[name]


@functools.cache
def expected(data: str, rule: str) -> CheckResult:
    """What dq_core itself says."""
    (result,) = dq_core.validate(DATA[data], [rule_of(rule)]).results
    return result


class EngineConformance:
    """What every engine must do.

    Attributes:
        name: The engine's name.
        evaluates: The kinds of rule that it has; None for all. Rules of other kinds are refused.
        refused: By rule: a part of the refusal's text. Nothing else may be refused.
        undecided: By rule: data sets on which the rule ends with status "error" (never a pass).
    """

    name: ClassVar[str]
    evaluates: ClassVar[frozenset[str] | None] = None
    refused: ClassVar[dict[str, str]] = {}
    undecided: ClassVar[dict[str, tuple[str, ...]]] = {}

    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder to work in, with the other table of the foreign keys and nothing else."""
        (tmp_path / "a.csv").write_text("a,t\nn,x\ns,ab-1\n")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    @pytest.mark.most_cases(140)
    @pytest.mark.parametrize("data", DATA)
    @pytest.mark.parametrize("rule", RULES)
    def test_the_verdict_and_the_counts_are_those_of_dq_core(self, rule: str, data: str) -> None:
        refusal = self._refusal(rule)
        if refusal is not None:
            with pytest.raises(EngineError, match=refusal) as caught:
                get_engine(self.name).check(DATA[data], [rule_of("length"), rule_of(rule)])
            assert f"({rule_of(rule)['type']}): " in str(caught.value)
            assert "1 of 2 rules" in str(caught.value)
            assert "dq_core" in str(caught.value)
            return
        found = self._found(data)[rule]
        if data in self.undecided.get(rule, ()):
            assert (found.status, found.passed) == ("error", False), found
            return
        assert _verdict(found) == _verdict(expected(data, rule)), found

    @classmethod
    def _refusal(cls, rule: str) -> str | None:
        """A part of the refusal of a rule; None if it must be evaluated."""
        lacks = cls.evaluates is not None and rule_of(rule)["type"] not in cls.evaluates
        return cls.refused.get(rule) or ("no rule of this kind" if lacks else None)

    @classmethod
    def _found(cls, data: str) -> dict[str, CheckResult]:
        """The results of all rules that are not refused, from one run."""
        return _run(cls.name, data, tuple(rule for rule in RULES if cls._refusal(rule) is None))

    @pytest.mark.parametrize("data", DATA)
    def test_nothing_is_left_in_the_working_directory_and_every_row_is_counted(
        self, data: str, elsewhere: Path
    ) -> None:
        report = get_engine(self.name).check(DATA[data], [rule_of("not_null"), rule_of("of some rows")])
        assert report.total_rows == DATA[data].num_rows
        assert sorted(path.name for path in elsewhere.iterdir()) == ["a.csv"]


@functools.cache
def _run(name: str, data: str, rules: tuple[str, ...]) -> dict[str, CheckResult]:
    report = get_engine(name).check(DATA[data], [rule_of(rule) for rule in rules])
    return dict(zip(rules, report.results, strict=True))


def _verdict(result: CheckResult) -> tuple[Any, ...]:
    """What must be equal. Which of the repeated rows a sample shows is the database's choice.

    Rules of one name get a number behind it where they run together: not_null_t#2.
    """
    observed = result.observed
    rounded = float(f"{observed:.9g}") if isinstance(observed, float) else observed
    return (
        re.sub(r"#\d+$", "", result.check_name), result.type, result.column, result.status, result.failed_rows,
        result.considered_rows, rounded, len(result.samples), result.sql,
    )  # fmt: skip


def support_table() -> str:
    """Engine by kind of rule, as Markdown; taken from what the engines answer to the rules of this suite."""
    kinds = sorted({cls.kind for cls in KINDS.values()})
    names = engine_names()
    lines = [f"| rule | {' | '.join(names)} |", f"|---{'|---' * len(names)}|"]
    notes: list[str] = []
    for kind in kinds:
        cells = [_cell(name, kind, notes) for name in names]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"{place}. {note}" for place, note in enumerate(notes, 1))]) + "\n"


def _cell(name: str, kind: str, notes: list[str]) -> str:
    engine = get_engine(name)
    rules = {rule: one for rule in RULES if (one := rule_of(rule))["type"] == kind and rule != "a list"}
    reasons = {}
    for rule, one in rules.items():
        try:
            engine.check(DATA["mixed"], [one])
        except EngineError as error:
            reasons[rule] = error.context["rules"][0].partition("): ")[2]
    if not reasons:
        return "yes"
    known = []
    for reason in dict.fromkeys(reasons.values()):
        if reason not in notes:
            notes.append(reason)
        known.append(str(notes.index(reason) + 1))
    return f"{'no' if len(reasons) == len(rules) else 'in part'} ({', '.join(known)})"
