"""What the package shows: its parts, and nothing that belongs to their insides."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import truthound_kestra
from truthound_kestra.utils import exceptions

PARTS = ("flows", "outputs", "scripts", "sla", "utils")


def names_of_parts() -> dict[str, str]:
    modules = [*PARTS, "utils.exceptions", "utils.serialization"]
    parts = {part: importlib.import_module(f"truthound_kestra.{part}") for part in modules}
    return {name: part for part, module in parts.items() for name in module.__all__}


def test_the_package_has_the_names_of_its_parts_and_no_others() -> None:
    assert dir(truthound_kestra) == sorted(["__version__", *PARTS, *names_of_parts()])
    for name, part in names_of_parts().items():
        module = importlib.import_module(f"truthound_kestra.{part}")
        assert getattr(truthound_kestra, name) is getattr(module, name)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_loaded_on_first_use(part: str) -> None:
    module = importlib.import_module(f"truthound_kestra.{part}")
    assert getattr(truthound_kestra, part) is module
    assert all(hasattr(module, name) for name in module.__all__)


def test_nothing_is_loaded_before() -> None:
    program = (
        "import sys, truthound_kestra\n"
        "loaded = {name for name in sys.modules if name.startswith('truthound_kestra.')}\n"
        "assert loaded == {'truthound_kestra.former'}\n"
        "assert not {'dq_core.checks', 'sqlalchemy', 'moltres'} & sys.modules.keys()\n"
        "truthound_kestra.flows.FlowConfig\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_part_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        getattr(truthound_kestra, "nope")  # noqa: B009 - the attribute does not exist


def test_every_error_is_a_data_quality_error() -> None:
    errors = [getattr(exceptions, name) for name in exceptions.__all__]
    assert all(issubclass(error, exceptions.DataQualityError) for error in errors)
