from __future__ import annotations

import decimal
from typing import ClassVar

import sqlalchemy as sa

from support.check_conformance import Case, CheckConformance


class TestNotInSet(CheckConformance):
    kind = "not_in_set"
    options: ClassVar = {"values": [1]}
    cases: ClassVar = {
        "numbers": Case([1, 2, None, 3], [0, 1], {"values": [1, 2]}),
        "numbers that no column holds": Case(
            [1, 0, None], [0], {"values": [1, 10**400, -(10**66), decimal.Decimal("1E+400"), decimal.Decimal("1E-400")]}
        ),
        "numbers that no float is": Case(
            [1.0, 0.0, None],
            [0],
            {"values": [1, 10**400, decimal.Decimal("-1E+400"), decimal.Decimal("1E-400")]},
            type=sa.Double(),
        ),
        "nothing is forbidden": Case([1, None, 3], (), {"values": []}),
        "text": Case(["n/a", "x", None], [0], {"values": ["n/a", "-"]}, type=sa.Text()),
    }
