"""A report as Markdown, read back by a Markdown parser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dq_core.report import to_markdown
from dq_core.report.view import sample_text, visible
from support.reports import every_outcome, report, result

# HTML stays on, as on GitHub: a tag that slipped through would show as one.
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _tables(text: str) -> list[list[list[str]]]:
    """The cells of every table, as a reader sees them."""
    tables: list[list[list[str]]] = []
    for before, token in _with_previous(PARSER.parse(text)):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif before is not None and before.type in ("th_open", "td_open"):
            tables[-1][-1].append(_seen(token))
    return tables


def _with_previous(tokens: list[Token]) -> list[tuple[Token | None, Token]]:
    return list(zip([None, *tokens], tokens, strict=False))


def _seen(token: Token) -> str:
    children = token.children or []
    assert {child.type for child in children} <= {"text", "text_special", "softbreak"}, token.content
    return "".join(child.content for child in children)


def test_a_whole_report() -> None:
    text = to_markdown(every_outcome())
    overview, samples = _tables(text)
    assert overview[0] == ["Outcome", "Check", "Severity", "Passing", "Failed rows", "Message"]
    assert overview[2] == ["❌ failed", "emails_present", "critical", "97.5%", "25 of 1,000", "25 of 1000 are NULL"]
    assert len(overview) == 6
    assert samples == [["email", "id", "note"], ["NULL", "7", '" padded"'], ["NULL", "8", '"NULL"']]
    assert '```sql\nSELECT *\nFROM "users"\nWHERE "email" IS NULL\n```' in text
    assert text.startswith("## ❌ Data quality report: failed\n")


def test_the_title_is_the_callers() -> None:
    assert to_markdown(report(result()), title="Users *today*").startswith("## ✅ Users \\*today\\*: passed\n")


def test_samples_beyond_the_limit_are_counted() -> None:
    text = to_markdown(every_outcome(), samples=1)
    assert _tables(text)[1] == [["email", "id", "note"], ["NULL", "7", '" padded"']]
    assert "The report has 1 more sample." in text
    assert len(_tables(to_markdown(every_outcome(), samples=0))) == 1


def test_html_and_pipes_and_newlines_stay_in_their_cell() -> None:
    hostile = "<script>alert(1)</script> | **x** `y`\n| a | b |\n[l](http://x) &lt; \\"
    text = to_markdown(report(result(hostile, "failed", message=hostile, samples=[{hostile: hostile}])))
    overview, samples = _tables(text)
    assert "<script" not in text
    assert overview[1][1] == overview[1][5] == visible(hostile)
    assert samples == [[visible(hostile)], [visible(hostile)]]


@given(st.text(min_size=1, max_size=80))
def test_any_text_is_read_as_it_is(value: str) -> None:
    text = to_markdown(report(result("a", "failed", message=f"x{value}x", samples=[{"v": value}]), source=value))
    overview, samples = _tables(text)
    assert overview[1][5] == f"x{visible(value)}x"
    assert samples == [["v"], [visible(sample_text(value)).strip()]]
    assert not [token for token in PARSER.parse(text) if token.type == "html_block"]


@given(st.text(alphabet="`~ \nab", max_size=40))
def test_sql_cannot_leave_its_block(sql: str) -> None:
    tokens = PARSER.parse(to_markdown(report(result("a", "failed", sql=f"SELECT {sql}"))))
    (fence,) = (token for token in tokens if token.type == "fence")
    assert fence.content == "\n".join(f"SELECT {sql}".splitlines()) + "\n"
    assert tokens[-1] is fence
