"""Dependencies: the packages that a task requires, in the versions that are installed where the flow is generated."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from dq_core.adapters import filesystem_package, packages_of
from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.scripts.engines import ENGINES

__all__ = ["pinned_dependencies"]

_OURS: Final = ("dq-core", "moltres-core")
_LIBRARIES: Final = {"truthound": "truthound", "great_expectations": "great-expectations", "pandera": "pandera"}


def pinned_dependencies(engine_name: str, *uris: str) -> list[str]:
    """The requirements of a task, with the installed versions.

    Args:
        engine_name: The engine of the task.
        *uris: Its data. Databases and file systems require further packages, and so does an expression, which may
            become an S3 URI.

    Returns:
        Requirements as pip writes them. The engine's library and our own packages are listed next to
        ``truthound-kestra``, so that a later release of them does not change what the flow does.
    """
    schemes = [uri.partition("://")[0].lower() for uri in uris if "://" in uri]
    extras = [extra] if (extra := ENGINES.get(engine_name)) else []
    if any(scheme in ("s3", "s3a") for scheme in schemes) or any(map(_may_be_anything, uris)):
        extras.append("s3")
    bracket = f"[{','.join(extras)}]" if extras else ""
    names = [f"truthound-kestra{bracket}", *_OURS]
    if engine_name in _LIBRARIES:
        names.append(_LIBRARIES[engine_name])
    if "s3" in extras:
        names.append("s3fs")
    found = [pin for name in names if (pin := _pinned(name)) is not None]
    # No extra of truthound-kestra brings these: without an installed version any must do.
    more = [package for scheme in schemes if (package := filesystem_package(scheme)) is not None]
    more += [package for uri in uris for package in packages_of(uri)]
    found += [_pinned(name) or name for name in more if name != "s3fs"]
    return list(dict.fromkeys(found))


def _may_be_anything(uri: str) -> bool:
    return holds_expression(uri.partition("://")[0])


@cache
def _pinned(requirement: str) -> str | None:
    name = requirement.partition("[")[0]
    try:
        return f"{requirement}=={version(name)}"
    except PackageNotFoundError:
        # Not installed here: the extra of truthound-kestra installs a compatible version.
        return None
