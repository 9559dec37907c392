from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa

from support.check_conformance import Case, CheckConformance


class TestNotRegex(CheckConformance):
    kind = "not_regex"
    type = sa.Text()
    options: ClassVar = {"pattern": "a"}
    cases: ClassVar = {
        "search": Case(["xax", "b", None, "a"], [0, 3], {"pattern": "a"}),
        "spaces at the ends": Case(["ok", " x", "x ", None], [1, 2], {"pattern": r"^\s|\s$"}),
    }
