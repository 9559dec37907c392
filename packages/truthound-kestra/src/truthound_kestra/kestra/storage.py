"""Files of Kestra's own storage, which Kestra passes to a script as local files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dq_core.adapters import FILE_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["FILE_FORMATS", "file_format", "is_storage_file"]

#: Formats of files of Kestra's storage: those that the scripts read.
FILE_FORMATS: Final = tuple(ending.removeprefix(".") for ending in FILE_ENDINGS)

_ENDING: Final = re.compile(
    rf"\.({'|'.join(re.escape(one) for one in sorted(FILE_FORMATS, key=len, reverse=True))})['\"\]\s}}]*$",
    re.IGNORECASE,
)


def is_storage_file(uri: str, file_inputs: Collection[str]) -> bool:
    """Whether a URI, or an expression for one, is certainly a file of Kestra's own storage.

    Args:
        uri: ``kestra:///…``, ``nsfile:///…`` (a file of the namespace), or an expression for a FILE input or for an
            output file of a task.
        file_inputs: Names of the flow's inputs of type FILE.
    """
    uri = uri.strip()
    if uri.startswith(("kestra://", "nsfile://")):
        return True
    expression = re.fullmatch(r"\{\{-?\s*(.*?)\s*-?\}\}", uri, re.DOTALL)
    if expression is None:
        return False
    text = expression.group(1)
    name = re.fullmatch(r"""inputs(?:\.([\w.]+)|\[\s*['"]([^'"]+)['"]\s*\])""", text)
    if name is not None:
        return (name.group(1) or name.group(2)) in file_inputs
    return re.match(r"outputs\b.*(\.|\[\s*['\"])(outputFiles|uri)\b", text, re.DOTALL) is not None


def file_format(uri: str) -> str | None:
    """The format that a file's name ends with, compression included; None if it ends with none."""
    found = _ENDING.search(uri)
    return found.group(1).lower() if found else None
