"""An engine gives the verdict and the counts of dq_core or an EngineError: random tables, names, types, rules, places.

A few seeds run here; ``python tests/dq_core/engines/test_agreement.py 1000 2000`` tries others and shows what differs.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import sqlite3
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dq_core import CheckResult, EngineError, RuleError, get_engine, parse, validate
from dq_core.engines import refusals
from support.patterns import DRAWN_TEXTS, drawn_patterns

ENGINES = ("truthound", "pandera", "great_expectations")
NAMES = (
    "^x$", ".*", "x", "a.b", "*", "index", "level_0", "c0", "c1", " x ", "\u00e4", "select", "x\ny", "a'b", 'a"b', "%s",
    "{x}", "^.*$", "0", "None", "polars.col",
)  # fmt: skip
#: Types of DuckDB, with values as its SQL writes them and rules' values that are near them.
TYPES: dict[str, tuple[list[str], list[Any]]] = {
    "TINYINT": (["1", "-5", "127", "3"], [1, 3, -5, 0.5, 2**40]),
    "BIGINT": (["1", "9007199254740993", "9007199254740992", "-9223372036854775808", "9223372036854775807"],
               [9007199254740993, 9007199254740992, 1, 2**63 - 1, -(2**63), 9007199254740992.0]),
    "UBIGINT": (["1", "18446744073709551615", "18446744073709551614", "9223372036854775808"],
                [1, 2**64 - 1, 2**64 - 2, 2**63, -1]),
    "HUGEINT": (["1", "170141183460469231731687303715884105727"], [1, 2**100]),
    "DOUBLE": (["1.5", "0.1", "-0.0", "'NaN'", "'Infinity'", "1e300"], [1.5, 0.1, 0, 2, 1e300]),
    "FLOAT": (["1.5", "0.1", "'NaN'"], [1.5, 0.1, 0]),
    "DECIMAL(10, 2)": (["1.50", "0.10", "3"], [Decimal("1.5"), 0.1, 3, 1]),
    "DECIMAL(38, 10)": (["1.5", "1234567890123456789012345678.0123456789"], [Decimal("1.5"), 1]),
    "VARCHAR": (["'a'", "'A'", "''", "' '", "'a.b'", "'^a$'", "'\u00e4'", "'12'"],
                ["a", "A", "", "^a$", "\u00e4", "12"]),
    "BOOLEAN": (["true", "false"], [True, False]),
    "DATE": (["'2024-01-01'", "'1999-12-31'", "'0001-01-01'", "'9999-12-30'"],
             [dt.date(2024, 1, 1), "1999-12-31", dt.date(2000, 1, 1)]),
    "TIMESTAMP": (["'2024-01-01 10:00:00'", "'1999-12-31 00:00:00.123456'", "'1677-01-01'"],
                  [dt.datetime(2024, 1, 1, 10), dt.date(2024, 1, 1), "1999-12-31T00:00:00.123456"]),  # noqa: DTZ001
    "TIMESTAMP_NS": (["'2024-01-01 10:00:00'", "'1999-12-31 00:00:00.123456'"], [dt.datetime(2024, 1, 1, 10)]),  # noqa: DTZ001
    "TIMESTAMPTZ": (["'2024-01-01 10:00:00+00'", "'2024-01-01 10:00:00+05'"],
                    [dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC), dt.date(2024, 1, 1)]),
    "ENUM('a', 'b')": (["'a'", "'b'"], ["a", "c"]),
    "UUID": (["'00000001-0000-4000-8000-000000000001'"], ["00000001-0000-4000-8000-000000000001"]),
    "TIME": (["'10:00:00'", "'24:00:00'"], [dt.time(10)]),
    "BIT": (["'101'", "'0'"], ["101"]),
}  # fmt: skip
#: Values of text files, of one family or of several.
FILE_VALUES = [
    ["1", "2", "3"], ["1", "2.5"], ["34", "unknown", "-5"], ["2024-01-01", "1999-12-31"], ["2024-01-01", "soon"],
    ["true", "false"], ["a", "b", "1"], ["007", "7"], ["9007199254740993", "9007199254740992"], ["a", "", "b"],
]  # fmt: skip


def rules_for(draw: random.Random, names: list[str], values: list[Any]) -> list[dict[str, Any]]:
    """A rule of each of some kinds on the first column."""
    name, near = names[0], lambda: draw.choice(values)
    found: list[dict[str, Any]] = [
        {"type": "not_null"}, {"type": "null", "threshold": 0.5}, {"type": "unique"}, {"type": "completeness"},
        {"type": "in_range", "min": near()}, {"type": "in_range", "max": near(), "strict_max": True},
        {"type": "in_set", "values": [near(), near()]}, {"type": "not_in_set", "values": [near()]},
        {"type": "in_set", "values": []}, {"type": "regex", "pattern": draw.choice(["^a", "a.b", r"\d", "\\^a\\$"])},
        {"type": "not_regex", "pattern": "(?i)a"}, {"type": "length", "max": 1},
        {"type": "type", "dtype": draw.choice(["integer", "float", "text", "date", "timestamp", "boolean", "bigint"])},
        {"type": "distinct_count", "min": 3},
        {"type": "statistic", "statistic": draw.choice(["min", "max", "mean", "median", "sum", "stddev"]), "min": 1},
    ]  # fmt: skip
    chosen = [{**rule, "column": name} for rule in draw.sample(found, 6)]
    if len(names) > 1:
        chosen.append({"type": "unique", "columns": names[:2]})
    return [*chosen, {"type": "row_count", "min": 1}]


def table_of(draw: random.Random, folder: Path) -> tuple[Any, dict[str, Any], list[dict[str, Any]]]:
    """A source, its options, and rules."""
    names = draw.sample(NAMES, 2)
    if len({name.casefold() for name in names}) < 2:
        names = names[:1]
    if draw.random() < 0.3:
        return _file(draw, names, folder)
    kind = draw.choice(list(TYPES))
    written, near = TYPES[kind]
    rows = [
        [draw.choice([*written, "NULL"]), draw.choice(["1", "2", "NULL"])] for _ in range(draw.choice([0, 1, 5, 9]))
    ]
    columns = ", ".join(
        f'"{one.replace(chr(34), 2 * chr(34))}" {type_}' for one, type_ in zip(names, [kind, "INTEGER"], strict=False)
    )
    place = folder / f"{draw.random()}.duckdb"
    with duckdb.connect(place) as connection:
        connection.execute(f"CREATE TABLE t ({columns})")
        for row in rows:
            connection.execute(f"INSERT INTO t VALUES ({', '.join(row[: len(names)])})")
        frame = connection.sql("FROM t")
        source: Any = draw.choice(["table", "arrow", "polars", "pandas"])
        found = {"arrow": frame.to_arrow_table, "polars": frame.pl, "pandas": frame.df}.get(source)
        given = None if found is None else found()
    rules = rules_for(draw, names, near)
    return (f"duckdb:///{place}", {"table": "t"}, rules) if given is None else (given, {}, rules)


def _file(draw: random.Random, names: list[str], folder: Path) -> tuple[Any, dict[str, Any], list[dict[str, Any]]]:
    values = draw.choice(FILE_VALUES)
    column = [draw.choice(values) for _ in range(draw.choice([1, 5, 9]))]
    path = folder / f"{draw.random()}{draw.choice(['.csv', '.jsonl'])}"
    if path.suffix == ".csv":
        quoted = '"' + names[0].replace('"', '""') + '"'
        path.write_text("\n".join([f"{quoted},n", *(f"{value},{place}" for place, value in enumerate(column))]) + "\n")
    else:
        plain = [
            json.loads(value) if value.lstrip("-").isdigit() and not value.startswith("0") else value
            for value in column
        ]
        path.write_text("".join(json.dumps({names[0]: value, "n": place}) + "\n" for place, value in enumerate(plain)))
    near: list[Any] = [*values, 1, 2.5, dt.date(2024, 1, 1), True]
    return path, {}, rules_for(draw, names[:1], near)


def difference(engine: str, seed: int) -> str | None:
    """What an engine says that dq_core does not say; None if they agree, or the engine refuses."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        source, options, rules = table_of(draw, Path(folder))
        for rule in rules:
            expected = _outcome(lambda rule=rule: validate(source, [rule], **options).results[0])
            found = _outcome(lambda rule=rule: get_engine(engine).check(source, [rule], **options).results[0])
            # A library that cannot go on with the rows leaves the rule undecided, never decided otherwise.
            if found is not None and found != expected and found[0] != "error":
                return f"{engine} {seed}: {rule} on {source!r:.300}: {found} instead of {expected}"
    return None


def _outcome(run: Any) -> tuple[Any, ...] | None:
    """The verdict and the counts; the class of an error that both must give; None for a refusal of the engine."""
    try:
        result: CheckResult = run()
    except EngineError:
        return None
    except RuleError as error:
        return ("RuleError", type(error))
    observed = result.observed
    if isinstance(observed, float):
        observed = f"{observed:.9g}"
    return result.status, result.failed_rows, result.considered_rows, observed


@pytest.mark.most_cases(18)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(12))
def test_engines_agree_or_refuse(engine: str, seed: int) -> None:
    assert difference(engine, seed) is None


@pytest.mark.parametrize("name", ["^x$", ".*", "*", "c0"])
@pytest.mark.parametrize("engine", ENGINES)
def test_names_are_no_patterns(engine: str, name: str) -> None:
    import polars as pl

    frame = pl.DataFrame({name: [1, None, 3], "x": [1, 2, 2]})
    rules = [
        {"type": "not_null", "column": name},
        {"type": "unique", "column": name},
        {"type": "unique", "column": "x"},
    ]
    results = get_engine(engine).check(frame, rules).results
    assert [(one.status, one.failed_rows) for one in results] == [("failed", 1), ("passed", 0), ("failed", 2)]


@pytest.mark.parametrize("engine", ENGINES)
def test_drawn_patterns_mean_what_they_mean_for_dq_core(engine: str) -> None:
    library, rows = get_engine(engine), [{"x": text} for text in DRAWN_TEXTS]
    rules = {
        one: {"type": "not_regex", "column": "x", "pattern": one}
        for one in drawn_patterns(seed=ENGINES.index(engine), count=25)
        if not refusals(engine, checks=parse([{"type": "not_regex", "column": "x", "pattern": one}]))
    }
    assert len(rules) > 18
    expected = drawn_patterns(seed=ENGINES.index(engine), count=25)
    found = {
        one: result.failed_rows
        for one, result in zip(rules, library.check(rows, rules.values()).results, strict=True)
        if result.status != "error"  # a pattern that takes long
    }
    assert found == {one: len(expected[one]) for one in found}


@pytest.mark.parametrize("engine", ENGINES)
def test_case_is_that_of_ascii_letters(engine: str) -> None:
    rows = [{"x": text} for text in ("\u00c9", "\u00e9", "\u017f", "\u212a", "S", "k", "AB")]
    rule = {"type": "regex", "column": "x", "pattern": "(?i)^(?:\u00e9|s|k|ab)$"}
    (found,) = get_engine(engine).check(rows, [rule]).results
    assert (found.failed_rows, found.considered_rows) == (3, 7)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_boundary_of_words_is_one_of_ascii_letters(engine: str) -> None:
    rows, rule = [{"x": "\u00e9 a"}, {"x": "\u00e9"}, {"x": "\u00e9a"}], {"type": "regex", "column": "x"}
    (found,) = get_engine(engine).check(rows, [{**rule, "pattern": r"^\W?\ba"}]).results
    assert (found.failed_rows, found.considered_rows) == (2, 3)
    if engine == "truthound":
        with pytest.raises(EngineError, match="polars"):
            get_engine(engine).check(rows, [{**rule, "pattern": r"\Ba"}])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("own", "referenced", "failed"),
    [
        ("DATE '2024-01-02'", "TIMESTAMP '2024-01-02 00:00:00'", 0),
        ("DATE '2024-01-02'", "TIMESTAMP '2024-01-02 00:00:01'", 1),
        ("TIMESTAMP '2024-01-02 00:00:00'", "DATE '2024-01-02'", 0),
        ("TIMESTAMP '2024-01-02 00:00:01'", "DATE '2024-01-02'", 1),
        ("0.1::DECIMAL(3, 2)", "0.1::DOUBLE", 0),
        ("0.1::DOUBLE", "0.1::DECIMAL(3, 2)", 0),
        ("1::BIGINT", "1.0::DOUBLE", 0),
        ("1::BIGINT", "1.5::DECIMAL(3, 1)", 1),
    ],
)
def test_keys_of_other_types_are_compared_as_databases_do(
    engine: str, own: str, referenced: str, failed: int, tmp_path: Path
) -> None:
    place = tmp_path / "a.duckdb"
    with duckdb.connect(place) as connection:
        connection.execute(f"CREATE TABLE own AS SELECT {own} AS x")
        connection.execute(f"CREATE TABLE others AS SELECT {referenced} AS x")
    rule = {"type": "foreign_key", "column": "x", "references": {"table": "others", "column": "x"}}
    for library in ("dq_core", engine):
        (found,) = get_engine(library).check(f"duckdb:///{place}", [rule], table="own").results
        assert (found.status, found.failed_rows) == ("failed" if failed else "passed", failed), library


@pytest.mark.parametrize("engine", ENGINES)
def test_files_without_types(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,age\n1,34\n2,unknown\n3,-5\n")
    with pytest.raises(EngineError, match="age is of no single type, which a frame does not hold as it is"):
        get_engine(engine).check(path, [{"type": "in_range", "column": "age", "min": 0}])
    with pytest.raises(EngineError, match="the file declares no type for id"):
        get_engine(engine).check(path, [{"type": "in_set", "column": "id", "values": ["1"]}])
    (found,) = get_engine(engine).check(path, [{"type": "in_range", "column": "id", "min": 2}]).results
    assert (found.status, found.failed_rows, found.considered_rows) == ("failed", 1, 3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("type_", ["TIMESTAMP", "TIMESTAMPTZ"])
def test_moments_of_sqlite_with_a_zone_are_those_in_utc(engine: str, type_: str, tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    moment = dt.datetime(2024, 5, 1, 10, 0, 0, 123456, dt.UTC)
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.execute(f"CREATE TABLE t (x {type_})")
        connection.execute("INSERT INTO t VALUES ('2024-05-01 12:00:00.123456+02:00'), ('2024-05-01 10:00:00.123456')")
        connection.commit()
    for rule, status in (
        ({"type": "unique"}, "failed"),
        ({"type": "in_range", "min": moment, "max": moment}, "passed"),
        ({"type": "in_set", "values": [moment]}, "passed"),
    ):
        for library in ("dq_core", engine):
            checked = get_engine(library).check(f"sqlite:///{place}", [{"column": "x", **rule}], table="t")
            assert checked.results[0].status == status, (library, rule)


if __name__ == "__main__":
    first, last = map(int, sys.argv[1:3])
    for seed in range(first, last):
        for engine in sys.argv[3:] or ENGINES:
            if (found := difference(engine, seed)) is not None:
                sys.stdout.write(f"{found}\n")
                sys.stdout.flush()
