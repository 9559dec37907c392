"""Reports for people: plain or rich text, GitHub-flavoured Markdown, one self-contained HTML file."""

from dq_core.render.html import to_html
from dq_core.render.markdown import to_markdown
from dq_core.render.text import rich_report, to_text

__all__ = ["rich_report", "to_html", "to_markdown", "to_text"]
