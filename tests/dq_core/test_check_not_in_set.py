from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa

from support.check_conformance import Case, CheckConformance


class TestNotInSet(CheckConformance):
    kind = "not_in_set"
    options: ClassVar = {"values": [1]}
    cases: ClassVar = {
        "numbers": Case([1, 2, None, 3], [0, 1], {"values": [1, 2]}),
        "nothing is forbidden": Case([1, None, 3], (), {"values": []}),
        "text": Case(["n/a", "x", None], [0], {"values": ["n/a", "-"]}, type=sa.Text()),
    }
