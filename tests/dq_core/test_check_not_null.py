from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa

from support.check_conformance import Case, CheckConformance


class TestNotNull(CheckConformance):
    kind = "not_null"
    considers_null = True
    needs_types = False
    cases: ClassVar = {
        "some": Case([1, None, 3, None], [1, 3], considered=4),
        "none": Case([1, 2], ()),
        "text": Case(["a", None], [1], considered=2, type=sa.Text()),
    }
