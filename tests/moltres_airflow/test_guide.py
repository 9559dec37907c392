"""The guide names every argument and every template field of the operators."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import moltres_airflow
from moltres_airflow.base import MoltresOperator

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "airflow.md").read_text()
OPERATORS = [name for name in moltres_airflow.__all__ if name.endswith("Operator")]


def section(name: str) -> str:
    return GUIDE.partition(f"## {name}\n")[2].partition("\n## ")[0]


def arguments(operator: type) -> set[str]:
    return set(inspect.signature(operator.__init__).parameters) - {"self", "kwargs"}


@pytest.mark.parametrize("name", OPERATORS)
def test_every_argument_is_documented(name: str) -> None:
    own = arguments(getattr(moltres_airflow, name))
    assert {one for one in own if f"`{one}`" not in section(name)} == set()
    common = arguments(MoltresOperator) - {"problems"}
    assert {one for one in common if f"`{one}`" not in GUIDE} == set()


@pytest.mark.parametrize("name", OPERATORS)
def test_every_template_field_is_documented(name: str) -> None:
    listed = re.search(r"^Template fields: (.+?)\.$", section(name), re.DOTALL | re.MULTILINE)
    assert listed is not None
    # A query is a template where it is SQL, and has a field of its own then.
    fields = {"query" if field == "sql" else field for field in getattr(moltres_airflow, name).template_fields}
    assert set(re.findall(r"`(\w+)`", listed[1])) == fields
