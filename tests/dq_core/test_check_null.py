from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa

from support.check_conformance import Case, CheckConformance


class TestNull(CheckConformance):
    kind = "null"
    considers_null = True
    needs_types = False
    cases: ClassVar = {
        "some": Case([1, None, 3, None], [0, 2], considered=4),
        "all": Case([None, None], (), considered=2),
        "text": Case(["", None], [0], considered=2, type=sa.Text(), places=("sqlite", "duckdb", "postgresql", "rows")),
    }
