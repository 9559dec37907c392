"""Report files: results that are too large for an output, and pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truthound_kestra.kestra.handler import KestraOutputHandler, handler_of
from truthound_kestra.outputs.serialization import JsonSerializer, MarkdownSerializer
from truthound_kestra.results import CheckScriptResult, CompareScriptResult, LearnScriptResult, ProfileScriptResult

if TYPE_CHECKING:
    from pathlib import Path

    from truthound_kestra.results import ScriptResult

__all__ = ["write_report"]


def write_report(result: ScriptResult, name: str, handler: KestraOutputHandler | None = None) -> tuple[Path, ...]:
    """Write the report files of a result: ``<name>.json`` (exact), ``<name>.md``, and ``.html``; ``.yaml`` for rules.

    Args:
        result: The result of a script.
        name: Base name of the files.
        handler: Writes the files to its directory; None for the working directory.

    Returns:
        The files: JSON, Markdown and an HTML page; for learned rules also YAML, which ``load_rules`` and
        ``dq check --rules`` read.

    Raises:
        OutputError: A file cannot be written.
    """
    handler = handler_of(handler)
    contents = {"json": JsonSerializer(indent=2).serialize(result), "md": MarkdownSerializer().serialize(result)}
    if isinstance(result, CheckScriptResult) and result.report is not None:
        contents["html"] = result.report.to_html()
    elif isinstance(result, ProfileScriptResult) and result.profile is not None:
        contents["html"] = result.profile.to_html()
    elif isinstance(result, LearnScriptResult) and result.suite is not None:
        contents["html"] = result.suite.to_html()
        contents["yaml"] = result.suite.to_yaml() if result.rules else "[]\n"
    elif isinstance(result, CompareScriptResult) and result.comparison is not None:
        contents["html"] = result.comparison.to_html()
    return tuple(handler.write_file(f"{name}.{suffix}", content) for suffix, content in contents.items())
