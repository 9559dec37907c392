"""Wording of errors: the closest name, lists of names, and what to install."""

from __future__ import annotations

import difflib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from .problems import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["closest", "corrections", "did_you_mean", "listing", "missing_package", "pip_line", "question"]

_LISTED = 20
"""How many names a message lists before it only counts the rest."""


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
    shown = ", ".join(repr(name) for name in every[:_LISTED])
    return shown if len(every) <= _LISTED else f"{shown} and {len(every) - _LISTED} more"


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
