"""The rate of false alarms of drift bounds: how often a value of an unchanged process is outside of them.

python benchmarks/drift_bounds.py                   # 10 000 histories of each shape and length, asked for 1 %
python benchmarks/drift_bounds.py --rate 0.003 --tries 4000
"""

from __future__ import annotations

import argparse
import random
from typing import TYPE_CHECKING

from dq_core.history.series import Measured, expected_range

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTHS = (5, 10, 20, 40, 100, 200)


def events(chance: random.Random, mean: float) -> int:
    """A count of Poisson's distribution."""
    found, time = 0, chance.expovariate(1)
    while time < mean:
        found, time = found + 1, time + chance.expovariate(1)
    return found


def share(chance: random.Random, probability: float, rows: int = 1000) -> Measured:
    """The share of failing rows; rare ones are as good as Poisson's."""
    failed = min(rows, events(chance, rows * probability))
    return Measured(failed / rows, failed, rows)


def count(value: float) -> Measured:
    return Measured(float(round(value)), counts=True)


SHAPES: dict[str, Callable[[random.Random], Measured]] = {
    "share 0.0001": lambda chance: share(chance, 1e-4),
    "share 0.001": lambda chance: share(chance, 1e-3),
    "share 0.01": lambda chance: share(chance, 1e-2),
    "share that varies": lambda chance: share(chance, chance.betavariate(2, 60)),
    "count, Poisson 0.2": lambda chance: count(events(chance, 0.2)),
    "count, Poisson 5": lambda chance: count(events(chance, 5)),
    "count, lognormal 1": lambda chance: count(chance.lognormvariate(6, 1)),
    "count, negative binomial": lambda chance: count(events(chance, chance.gammavariate(0.7, 30))),
    "count, normal": lambda chance: count(chance.gauss(10_000, 300)),
    "normal": lambda chance: Measured(chance.gauss(0, 1)),
    "lognormal 1.5": lambda chance: Measured(chance.lognormvariate(0, 1.5)),
    "exponential": lambda chance: Measured(chance.expovariate(1)),
    "uniform": lambda chance: Measured(chance.random()),
    "constant, rarely not": lambda chance: Measured(float(chance.random() < 0.05)),
    "heavy: Student t 3": lambda chance: Measured(chance.gauss(0, 1) / (chance.gammavariate(1.5, 2) / 3) ** 0.5),
    "heavy: Pareto 2": lambda chance: Measured(chance.paretovariate(2)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--tries", type=int, default=10_000)
    options = parser.parse_args()
    print(f"{'runs':26}" + "".join(f"{length:>18}" for length in LENGTHS))
    for name, draw in SHAPES.items():
        cells = []
        for length in LENGTHS:
            chance, alarms, without = random.Random(length), 0, 0
            for _ in range(options.tries):
                earlier, new = [draw(chance) for _ in range(length)], draw(chance)
                bounds = expected_range(earlier, new, false_alarm_rate=options.rate, method="auto")
                without += bounds is None
                alarms += bounds is not None and new.value not in bounds
            none = f" ({without / options.tries:.0%} none)" if without else ""
            cells.append(f"{alarms / options.tries:.4f}{none}")
        print(f"{name:26}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
