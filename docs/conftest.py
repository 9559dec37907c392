"""The Python blocks of the guides run as tests: ``pytest docs/guides/dataframes.md``."""

from pathlib import Path

from support.documents import collector

pytest_collect_file = collector(Path(__file__).parent)
