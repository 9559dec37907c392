"""The Python blocks of README and guides run as tests: ``pytest README.md docs/guides/dataframes.md``."""

from pathlib import Path

from support.documents import collector

pytest_collect_file = collector(Path(__file__).parent)
