"""Which files Kestra keeps of a task: those that its ``outputFiles`` lists."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from typing import Final

__all__ = ["OUTPUT_FILES_ENV", "is_output_file"]

#: The environment variable with the names and patterns of ``outputFiles``, a line each; generated flows set it.
OUTPUT_FILES_ENV: Final = "KESTRA_OUTPUT_FILES"


def is_output_file(name: str) -> bool:
    """Whether the task is known to keep a file: False if it does not, or does not say."""
    return any(fnmatch(name, pattern) for pattern in os.environ.get(OUTPUT_FILES_ENV, "").splitlines())
