"""The Python blocks of README and guides run as tests: ``pytest README.md docs/guides/dataframes.md``."""

from pathlib import Path

from support.documents import collector
from support.proofs import register as pytest_configure

__all__ = ["pytest_collect_file", "pytest_configure"]

pytest_collect_file = collector(Path(__file__).parent)
