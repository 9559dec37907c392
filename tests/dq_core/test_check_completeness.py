from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest

from support.check_conformance import DATABASES, Case, CheckConformance, Place


class TestCompleteness(CheckConformance):
    kind = "completeness"
    considers_null = True
    needs_types = False
    cases: ClassVar = {"some": Case([1, None, 3, None], [1, 3], considered=4), "none": Case([1, 2], ())}

    @pytest.mark.parametrize("place", DATABASES)
    def test_share(self, put: Callable[..., Place], place: str) -> None:
        there = put(place, Case([1] * 9 + [None]).rows, self.types())
        enough, more = there.validate(self.rule(threshold=0.9), self.rule(threshold=0.91)).results
        assert (enough.status, enough.observed, enough.failed_rows) == ("passed", 0.9, 1)
        assert more.message == "1 of 10 rows are incomplete (90% pass, 91% must pass)."
