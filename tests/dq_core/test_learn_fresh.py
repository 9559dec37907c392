"""A learned suite passes on fresh data of the same process, and fails on faults: tried, with fixed seeds.

``benchmarks/learned_suites.py`` does the same for more processes, with 100 tries, and for real sets.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import LearnedSuite, learn

SIZE = 400
TRIES = 20
Row = dict[str, Any]


def rows_of(chance: random.Random, size: int = SIZE) -> list[Row]:
    """Columns of many shapes: tails of any weight, counts, categories, keys, texts, dates, what is rarely missing."""
    start = chance.randrange(10**6)
    return [
        {
            "id": start + place,
            "normal": chance.gauss(0, 1),
            "lognormal": round(chance.lognormvariate(3, 1.2), 2),
            "pareto": chance.paretovariate(1),
            "count": sum(chance.random() < 0.03 for _ in range(100)),
            "grade": chance.choice([1, 2, 3, 4, 5]),
            "status": chance.choices(["new", "paid", "sent", "back", "lost"], [50, 30, 19.5, 0.4, 0.1])[0],
            "code": chance.choices([200, 404, 500], [90, 9, 1])[0],
            "flag": chance.random() < 0.004,
            "email": f"{chance.choice('abcdef') * 3}.{chance.randrange(10**6)}@mail{chance.randrange(9)}.org",
            "text": " ".join(chance.choice(["one", "three", "seventeen"]) for _ in range(1 + chance.randrange(7))),
            "day": dt.date(2023, 1, 1) + dt.timedelta(days=chance.randrange(365)),
            "rarely": None if chance.random() < 0.002 else chance.choice("ab"),
            "often": None if chance.random() < 0.3 else chance.random(),
        }
        for place in range(size)
    ]


def some(share: float, column: str, value: Callable[[Row], Any]) -> Callable[[list[Row]], list[Row]]:
    """A fault in every so many rows."""
    every = round(1 / share)
    return lambda rows: [{**row, column: value(row)} if place % every == 0 else row for place, row in enumerate(rows)]


FAULTS = {
    "another unit": some(1, "lognormal", lambda row: row["lognormal"] * 100),
    "another unit, heavy tail": some(1, "pareto", lambda row: row["pareto"] * 100),
    "another sign": some(1, "lognormal", lambda row: -row["lognormal"]),
    "a tenth of NULL": some(0.1, "status", lambda row: None),
    "a tenth more of NULL": some(0.1, "rarely", lambda row: None),
    "a new category": some(0.1, "status", lambda row: "stolen"),
    "a new code": some(0.1, "code", lambda row: 777),
    "beyond the scale": some(0.1, "grade", lambda row: 9),
    "a flag that is not rare": some(0.1, "flag", lambda row: True),
    "another pattern": some(0.1, "email", lambda row: "nobody"),
    "repeated ids": some(0.02, "id", lambda row: row["id"] + 1),
    "one NULL in a key": lambda rows: [{**rows[0], "id": None}, *rows[1:]],
    "ten times longer": some(1, "text", lambda row: row["text"] * 10),
    "ten years later": some(1, "day", lambda row: row["day"] + dt.timedelta(days=3653)),
    "one value far out": lambda rows: [{**rows[0], "normal": 1e6}, *rows[1:]],
}


@pytest.fixture(scope="module")
def suites() -> list[tuple[LearnedSuite, list[Row]]]:
    """Suites, each with a fresh sample of the process that it was learned from."""
    found = []
    for number in range(TRIES):
        chance = random.Random(number)
        found.append((learn(rows_of(chance)), rows_of(chance)))
    return found


def test_a_fresh_sample_passes_the_whole_suite(suites: list[tuple[LearnedSuite, list[Row]]]) -> None:
    assert all(len(learned) > 40 and learned.confidence >= 0.95 for learned, _ in suites)
    alarms = [report.to_text() for learned, fresh in suites if not (report := learned(fresh, samples=0)).passed]
    # A binomial of 20 trials at 5 % goes beyond 4 in one run of 400.
    assert len(alarms) <= 4, "\n".join(alarms)


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(suites: list[tuple[LearnedSuite, list[Row]]], fault: str) -> None:
    found = [not learned(FAULTS[fault](fresh), samples=0).passed for learned, fresh in suites[:4]]
    assert all(found)


def test_measured_numbers_have_no_set(suites: list[tuple[LearnedSuite, list[Row]]]) -> None:
    sets = {rule.column for learned, _ in suites for rule in learned if rule.type == "in_set"}
    assert sets == {"status", "code", "flag", "rarely"}


def test_days_that_go_on_have_no_end() -> None:
    first = dt.date(2023, 1, 1)
    rows = [{"day": first + dt.timedelta(days=place // 8), "n": place} for place in range(SIZE)]
    learned = learn(rows, kinds=["in_range"], columns=["day"])
    (rule,) = learned
    assert "max" not in rule.check.to_dict()
    later = [{**row, "day": row["day"] + dt.timedelta(days=50)} for row in rows]
    assert learned(later).passed
    assert not learned([{**row, "day": row["day"] - dt.timedelta(days=3653)} for row in rows]).passed


def test_dates_that_reach_up_to_now_are_to_stay_fresh() -> None:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    rows = [{"at": now - dt.timedelta(hours=3 * place)} for place in range(SIZE)]
    learned = learn(rows, kinds=["in_range", "freshness"])
    assert {rule.type: rule.check.to_dict().get("max_age") for rule in learned} == {
        "in_range": None,
        "freshness": "P2D",
    }
    assert learned(rows).passed
    old = [{"at": row["at"] - dt.timedelta(days=9)} for row in rows]
    assert [result.type for result in learned(old).failures] == ["freshness"]
    assert [rule.type for rule in learn(old, kinds=["freshness"])] == []


def test_numbers_with_markers_are_numbers() -> None:
    chance = random.Random(1)

    def horsepower() -> list[Row]:
        return [{"x": "?" if chance.random() < 0.03 else str(round(chance.gauss(90, 20), 1))} for _ in range(SIZE)]

    learned = learn(horsepower())
    assert learned.null_markers == {"x": ("?",)}
    assert {rule.type for rule in learned} == {"not_null", "type", "regex"}
    assert learned(horsepower()).passed
    assert LearnedSuite.from_dict(learned.to_dict()) == learned
    assert not learned([*horsepower()[:360], *[{"x": "abc"}] * 40]).passed


def test_markers_beside_numbers_that_are_none_of_text(tmp_path: Path) -> None:
    values = ["?" if place % 10 == 0 else place for place in range(200)]
    assert learn([{"x": value} for value in values]).null_markers == {"x": ("?",)}
    engine = sa.create_engine(f"sqlite:///{tmp_path}/t.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER, day DATE)")
        connection.execute(sa.text("INSERT INTO t VALUES (:x, '2024-01-01')"), [{"x": value} for value in values])
    assert learn(engine, table="t").null_markers == {"x": ("?",)}


def test_nothing_is_claimed_from_few_rows() -> None:
    for size in (1, 3, 5):
        assert learn(rows_of(random.Random(1), size)).rules == ()
