"""Dependencies: the packages that a task requires, in the versions that are installed where the flow is generated."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from truthound_kestra.flows.expressions import holds_expression
from truthound_kestra.scripts.engines import ENGINES

__all__ = ["pinned_dependencies"]

_OURS: Final = ("dq-core", "moltres-core")
_LIBRARIES: Final = {"truthound": "truthound", "great_expectations": "great-expectations", "pandera": "pandera"}


def pinned_dependencies(engine_name: str, input_uri: str | None) -> list[str]:
    """The requirements of a task, with the installed versions.

    Args:
        engine_name: The engine of the task.
        input_uri: Its data. S3 requires a further package, and so does an expression, which may become an S3 URI.

    Returns:
        Requirements as pip writes them. The engine's library and our own packages are listed next to
        ``truthound-kestra``, so that a later release of them does not change what the flow does.
    """
    uri = input_uri or ""
    extras = [extra] if (extra := ENGINES.get(engine_name)) else []
    if uri.startswith(("s3://", "s3a://")) or holds_expression(uri):
        extras.append("s3")
    bracket = f"[{','.join(extras)}]" if extras else ""
    names = [f"truthound-kestra{bracket}", *_OURS]
    if engine_name in _LIBRARIES:
        names.append(_LIBRARIES[engine_name])
    if "s3" in extras:
        names.append("s3fs")
    if "+psycopg" in uri:
        names.append("psycopg[binary]")
    return [pin for name in names if (pin := _pinned(name)) is not None]


def _pinned(requirement: str) -> str | None:
    name = requirement.partition("[")[0]
    try:
        return f"{requirement}=={version(name)}"
    except PackageNotFoundError:
        # Not installed here: the extra of truthound-kestra installs a compatible version.
        return None
