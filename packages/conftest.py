"""The Python blocks of the READMEs run as tests: ``pytest packages/dq-core/README.md``."""

from pathlib import Path

from support.documents import collector

pytest_collect_file = collector(Path(__file__).parent)
