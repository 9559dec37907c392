"""What a validation found, and its forms for people: plain or rich text, GitHub-flavoured Markdown, one HTML file."""

from .html import to_html
from .markdown import to_markdown
from .report import SEVERITIES, STATUSES, CheckResult, Report
from .text import rich_report, to_text

__all__ = [
    "SEVERITIES", "STATUSES", "CheckResult", "Report", "rich_report", "to_html", "to_markdown", "to_text",
]  # fmt: skip
