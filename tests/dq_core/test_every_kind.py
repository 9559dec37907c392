"""The kinds of check that have no suite of theirs: each of them passes and fails wherever rows can lie."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core.checks import KINDS
from support.check_conformance import FRAMES, PLACES, Place
from support.proofs import KINDS_SHOWN

TYPES = {"id": sa.BigInteger(), "n": sa.BigInteger(), "d": sa.Date()}
ROWS = [{"id": number, "n": n, "d": dt.date(2024, 1, 1)} for number, n in enumerate((1, 2, 2, None))]


def rules_of(keys: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For each kind, a rule that the rows meet, and one that they break.

    Args:
        keys: A table or file of the keys 1 and 2.
    """
    foreign = {"column": "n", "references": {"table": keys, "columns": ["k"]}}
    others = [{"id": row["id"], "n": row["n"]} for row in ROWS]
    same = {"columns": ["id", "n"], "keys": ["id"]}
    return {
        "custom": ({"function": lambda rows: len(rows) == 4}, {"function": lambda rows: len(rows) == 5}),
        "distinct_count": ({"column": "n", "min": 2, "max": 2}, {"column": "n", "min": 3}),
        "foreign_key": (foreign, {**foreign, "column": "id"}),
        "freshness": ({"column": "d", "max_age": "36500d"}, {"column": "d", "max_age": "1d"}),
        "row_count": ({"min": 4, "max": 4}, {"max": 3}),
        "same_rows": ({"source": others, **same}, {"source": [*others[:3], {"id": 3, "n": 9}], **same}),
        "schema": ({"columns": {"n": "integer"}}, {"columns": {"n": "date"}}),
        "statistic": (
            {"column": "n", "statistic": "sum", "min": 5, "max": 5},
            {"column": "n", "statistic": "median", "max": 1},
        ),
    }  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_kinds_without_a_suite(
    put: Callable[..., Place], place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    there = put(place, ROWS, TYPES)
    if place in FRAMES:
        keys = str(tmp_path / "keys.csv")
        Path(keys).write_text("k\n1\n2\n")
    else:
        keys = put(place, [{"k": 1}, {"k": 2}], {"k": sa.BigInteger()}).options["table"]
    rules = rules_of(keys)
    given = [{"type": kind, **rule} for kind, both in rules.items() for rule in both]
    found = [one.status for one in there.validate(*given).results]
    assert found == ["passed", "failed"] * len(rules), list(zip(given, found, strict=True))
    request.node.user_properties.append((KINDS_SHOWN, [place, *rules]))


def test_every_kind_is_shown_by_a_suite_or_here() -> None:
    own = {cls.kind for cls in KINDS.values() if cls.__module__.startswith("dq_core.checks.kinds")}
    assert set(rules_of("keys")) <= own
    folder = Path(__file__).parent
    with_suite = {kind for kind in own if f'kind = "{kind}"' in (folder / f"test_check_{kind}.py").read_text()}
    assert with_suite | set(rules_of("keys")) == own
