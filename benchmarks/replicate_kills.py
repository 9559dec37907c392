"""Kill replications at random moments: ``python benchmarks/replicate_kills.py SOURCE TARGET [--kills 100] [--seed 1]``.

Both URLs are databases of which nothing is kept. It prints what happened, and ends with 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.replica_kills import THERE, apart, campaign, fill

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--modes", nargs="+", choices=tuple(THERE), default=tuple(THERE))
    given = parser.parse_args()
    apart(lambda: fill(given.source))
    tally = campaign(
        given.source,
        given.target,
        given.kills,
        seed=given.seed,
        modes=tuple(given.modes),
        tell=lambda now: print(now, *now.wrong[-3:], sep="\n", flush=True),
    )
    sys.exit(bool(tally.wrong))
