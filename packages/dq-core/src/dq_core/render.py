"""The former name of `dq_core.report`: importing it warns."""

import warnings

from .report import rich_report, to_html, to_markdown, to_text

__all__ = ["rich_report", "to_html", "to_markdown", "to_text"]

warnings.warn("dq_core.render is deprecated: import these names from dq_core.report.", DeprecationWarning, stacklevel=2)
