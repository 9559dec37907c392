"""Wording of errors: the closest name, lists of names, what to install, and what a message may repeat."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol

from .masking import scrubbed
from .problems import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "closest",
    "corrections",
    "did_you_mean",
    "listing",
    "missing_package",
    "pip_line",
    "plain_context",
    "plain_message",
    "plain_problem",
    "plural",
    "question",
    "repr_of",
    "with_hint",
]


class HasHint(Protocol):
    """An error of one of the packages."""

    message: str
    suggestion: str | None


_LISTED = 20
"""How many names a message lists before it only counts the rest."""

_LONGEST_VALUE = 200
"""Characters of a value that a message repeats, unless it says how many."""

_LONGEST_PROBLEM = 600
"""Characters of one problem: a value that was given by mistake must not fill a screen."""


def plain_message(text: str) -> str:
    r"""A message as people may read it: without secrets of URLs, and with control characters as escapes (``\x1b``).

    Args:
        text: The message, with whatever it repeats of what was given.
    """
    text = scrubbed(text)
    if text.isprintable():
        return text
    return "".join(
        one
        if one.isprintable() or one in "\n\t" or unicodedata.category(one) == "Zs"
        else one.encode("unicode_escape").decode()
        for one in text
    )


def plain_problem(text: str) -> str:
    """One of several problems: `plain_message` on one line, without the middle of a very long one."""
    # Scrubbed first: half of a URL hides what the whole one shows.
    text = scrubbed(text).replace("\r", "\n").replace("\n", "↵")
    if len(text) > _LONGEST_PROBLEM:
        half = _LONGEST_PROBLEM // 2 - 2
        text = f"{text[:half]} … {text[-half:]}"
    return plain_message(text)


def repr_of(given: object, most: int = _LONGEST_VALUE) -> str:
    """What was given, for a message: without secrets, cut if it is long; by its type where it cannot be shown.

    Args:
        given: Anything: an object whose ``repr`` fails, a number of too many digits, lists too deep within each other.
        most: How many characters of it are shown.
    """
    try:
        # Scrubbed first: half of a URL hides what the whole one shows.
        text = scrubbed(repr(given))
    except Exception:  # noqa: BLE001 - the code of others, which may raise anything
        return f"<{type(given).__name__}>"
    return text if len(text) <= most else f"{text[:most]}…"


def plain_context(context: Mapping[str, Any] | None) -> dict[str, Any]:
    """The facts of an error without secrets of URLs and without control characters; see `plain_message`.

    Args:
        context: Plain facts by name.
    """
    return {name: _plain(value) for name, value in (context or {}).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain_message(value)
    if isinstance(value, Mapping):
        return plain_context(value)
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def closest(name: object, known: Iterable[str]) -> str | None:
    """The known name that is most like the given one, whatever the case of its letters.

    Args:
        name: What was given; anything but a string has no closest name.
        known: The names that exist.

    Returns:
        The closest name, or None if none is near.
    """
    if not isinstance(name, str):
        return None
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(name: object, known: Iterable[str]) -> str | None:
    """``Did you mean 'id'?``, or None if no known name is near."""
    found = closest(name, known)
    return None if found is None else f"Did you mean {found!r}?"


def question(name: object, known: Iterable[str]) -> str:
    """The same with a leading blank, to append to a sentence; empty if no known name is near."""
    found = did_you_mean(name, known)
    return "" if found is None else f" {found}"


def corrections(missing: Iterable[str], known: Iterable[str]) -> str | None:
    """The closest names of several at once: ``Did you mean 'id' instead of 'ids', 'n' instead of 'm'?``, or None."""
    names = list(known)
    pairs = [(name, closest(name, names)) for name in missing]
    meant = [f"{match!r} instead of {name!r}" for name, match in pairs if match is not None]
    return f"Did you mean {', '.join(meant)}?" if meant else None


def listing(names: Iterable[str]) -> str:
    """Names for a message: quoted, in the order given, counted after the twentieth; ``none`` for no name."""
    every = list(names)
    if not every:
        return "none"
    shown = ", ".join(map(repr_of, every[:_LISTED]))
    return shown if len(every) <= _LISTED else f"{shown} and {len(every) - _LISTED} more"


def plural(number: int, noun: str) -> str:
    """A number with its thousands set apart and its noun: ``"1 row"``, ``"1,234 rows"``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def with_hint(error: HasHint) -> str:
    """What an error says and its hint as sentences of one line, for a list of problems."""
    return " ".join(filter(None, (error.message, error.suggestion)))


def pip_line(package: str, *, core: str | None = None, extra: str | None = None) -> str:
    """The exact line that installs what is missing.

    Args:
        package: The missing requirement, as pip calls it: ``psycopg[binary]``.
        core: The distribution whose extra brings it: ``dq-core``.
        extra: That extra.

    Returns:
        ``pip install "dq-core[postgresql]>=2,<3"``, of the installed major version; the package itself if no extra
        brings it, or if the core is vendored and is no installed distribution.
    """
    wanted = package
    if core is not None and extra is not None:
        try:
            major = int(version(core).partition(".")[0])
        except PackageNotFoundError:
            pass
        else:
            wanted = f"{core}[{extra}]>={major},<{major + 1}"
    return f'pip install "{wanted}"' if "[" in wanted else f"pip install {wanted}"


def missing_package(
    package: str, purpose: str, *, core: str | None = None, extra: str | None = None
) -> MissingPackageError:
    """The error for a package that is not installed.

    Args:
        package: The missing requirement, as pip calls it.
        purpose: What needs it, as the subject of the sentence: ``to_polars()``, ``A mysql URL``.
        core: The distribution whose extra brings it.
        extra: That extra.
    """
    name = package.partition("[")[0]
    context = {"package": name} if extra is None else {"package": name, "extra": extra}
    return MissingPackageError(
        f"{purpose} requires the package {name!r}, which is not installed.",
        suggestion=pip_line(package, core=core, extra=extra),
        context=context,
    )
