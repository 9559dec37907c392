"""The shape of a string: which kinds of characters it has, in order."""

from __future__ import annotations

import re
from itertools import groupby

__all__ = ["shape"]

_LONGEST_RUN = 4
_LONGEST_SHAPE = 60


def shape(text: str) -> str:
    """The shape of a value: ``AB-1234`` is ``AA-9999``, ``hello`` is ``aaaa…``.

    Every upper-case letter becomes an ``A``, every other letter an ``a``, every digit a ``9``; blanks and punctuation
    stay. Runs of more than four of a kind are cut to four and an ellipsis.
    """
    letters = "".join(_kind(character) for character in text[: 4 * _LONGEST_SHAPE])
    runs = (len(list(group)) for _, group in groupby(letters))
    cut, place = [], 0
    for length in runs:
        kind = letters[place]
        cut.append(kind * length if length <= _LONGEST_RUN else kind * _LONGEST_RUN + "…")
        place += length
    found = re.sub(r"\s", " ", "".join(cut))
    return found if len(found) <= _LONGEST_SHAPE else found[:_LONGEST_SHAPE] + "…"


def _kind(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character
