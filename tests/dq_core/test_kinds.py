"""What belongs to a kind of check beside its module. (Its row in the guide: test_rules_documentation.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from dq_core.checks import KINDS, RowCheck
from support.engine_conformance import RULES

HERE = Path(__file__).parent
OWN = sorted({cls.kind for cls in KINDS.values() if cls.__module__.startswith("dq_core.")})


@pytest.mark.parametrize("kind", OWN)
def test_a_kind_has_rows_that_pass_and_rows_that_fail(kind: str) -> None:
    test = HERE / f"test_check_{kind}.py"
    assert test.exists(), f"{test.name} is missing: see 'A kind of check' in CONTRIBUTING.md"
    if issubclass(KINDS[kind], RowCheck):
        text = test.read_text(encoding="utf-8")
        assert "(CheckConformance)" in text
        assert f'kind = "{kind}"' in text, f"{test.name} must subclass CheckConformance with kind = {kind!r}"


@pytest.mark.parametrize("kind", OWN)
def test_the_engines_are_asked_a_rule_of_every_kind(kind: str) -> None:
    asked = {rule["type"] for rule in RULES.values()}
    assert kind in asked, f"RULES of tests/support/engine_conformance.py lacks a rule of the type {kind!r}"
