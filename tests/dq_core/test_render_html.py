"""The HTML report: one file, nothing loaded, nothing run, everything escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from dq_core.report import to_html
from dq_core.report.view import sample_text, visible
from support.reports import every_outcome, report, result

VOID = {"meta", "input"}


class _Document(HTMLParser):
    """The elements and texts of a document; refuses tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.texts.append(data)

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def count(self, tag: str, class_: str = "") -> int:
        return sum(name == tag and class_ in (attrs.get("class") or "") for name, attrs in self.elements)


EVERY_TAG = _Document(to_html(every_outcome())).tags() | {"fieldset", "legend", "label", "input", "b"}


def test_a_whole_report() -> None:
    document = _Document(to_html(every_outcome()))
    text = " ".join(document.texts)
    for part in (
        "Failed", "5 checks: 1 error, 1 failed, 1 warning, 1 skipped, 1 passed", "users.parquet", "250 ms",
        "2026-11-20 08:15:00 UTC", "97.5%", "25 of 1,000", "critical", "25 of 1000 are NULL", '" padded"',
        "Threshold", 'FROM "users"', "bad pattern",
    ):  # fmt: skip
        assert part in text
    assert document.count("div", "check ") + document.count("details", "check ") == 5
    assert document.count("td") == 6


def test_nothing_is_loaded_and_nothing_runs() -> None:
    text = to_html(every_outcome())
    document = _Document(text)
    assert not document.tags() & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in document.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "action")
            if name == "href":
                assert (tag, (value or "")[:6]) in {("use", "#icon-"), ("a", "#check")}
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_light_and_dark_phone_and_paper_are_provided_for() -> None:
    text = to_html(report(result()))
    assert "(prefers-color-scheme: dark)" in text
    assert "@media print" in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text


def test_what_has_colour_has_words_too() -> None:
    document = _Document(to_html(every_outcome()))
    for word in ("Error", "Failed", "Warning", "Skipped", "Passed"):
        assert word in document.texts
    assert all(attrs.get("aria-hidden") == "true" for tag, attrs in document.elements if tag == "svg")
    assert ("html", {"lang": "en"}) in document.elements


def test_the_column_that_was_checked_is_set_off() -> None:
    document = _Document(to_html(every_outcome()))
    assert (document.count("th", "checked"), document.count("td", "checked")) == (1, 2)
    assert document.count("td", "number") == 2


def test_the_column_that_was_checked_comes_first() -> None:
    samples = [{"id": number, "other": "x", "x": number} for number in range(2)]
    text = to_html(report(result(status="failed", column="x", failed_rows=2, samples=samples)))
    assert re.findall(r"<th [^>]*>(\w+)</th>", text) == ["x", "id", "other"]
    assert re.findall(r"<td [^>]*>(\w+)</td>", text) == ["0", "0", "x", "1", "1", "x"]


def test_each_check_has_a_link_of_its_own() -> None:
    names = ["not_null x", "not_null_x", "not_null x#2", "ä", "ß", "not_null-x"]
    text = to_html(report(*(result(check_name=name) for name in names)))
    anchors = re.findall(r'class="check [^"]*" id="([^"]+)"', text)
    assert len(set(anchors)) == len(names)
    assert sorted(re.findall(r'href="#(check[^"]*)"', text)) == sorted(anchors)
    assert anchors[0] == "check-not_null-x"


def test_the_title_of_the_window_says_what_was_checked() -> None:
    data = every_outcome()
    assert re.findall("<title>(.*)</title>", to_html(data)) == ["Failed: Data quality report of users.parquet"]
    assert re.findall("<title>(.*)</title>", to_html(data, title="Users")) == ["Failed: Users"]


def test_grave_failures_are_unfolded_while_they_are_few() -> None:
    def opened(number: int) -> int:
        failures = [result(f"c{index}", "failed", failed_rows=1, sql="SELECT 1") for index in range(number)]
        document = _Document(to_html(report(*failures)))
        return sum(tag == "details" and "open" in attributes for tag, attributes in document.elements)

    assert (opened(3), opened(4)) == (3, 0)


def test_the_filter_is_offered_only_where_it_changes_something() -> None:
    assert _Document(to_html(every_outcome())).count("input") == 2
    assert _Document(to_html(report(result()))).count("input") == 0


def test_a_report_without_checks() -> None:
    assert "No checks ran" in _Document(to_html(report())).texts


def test_the_title_is_the_callers_and_escaped() -> None:
    assert "<h1>Users &lt;today&gt;</h1>" in to_html(report(result()), title="Users <today>")


def test_script_in_any_field_is_text() -> None:
    hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)></title></style>"
    made = report(
        result(
            hostile, "failed", type=hostile, column=hostile, severity="error", message=hostile, failed_rows=1,
            observed=hostile, samples=[{hostile: hostile}], sql=hostile, details={hostile: hostile},
        ),
        source=hostile,
    )  # fmt: skip
    text = to_html(made, title=hostile)
    document = _Document(text)
    assert "<script" not in text
    assert "<img" not in text
    assert document.tags() <= EVERY_TAG
    assert document.texts.count(hostile) >= 9


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=60))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    document = _Document(to_html(report(result("a", "failed", message=text, details={"d": text}), source=text)))
    assert document.tags() <= EVERY_TAG
    assert document.texts.count(visible(text)) >= 2
    assert visible(sample_text(text)) in document.texts


def test_the_share_is_drawn() -> None:
    widths = re.findall(r'style="width: ([0-9.]+)%"', to_html(every_outcome()))
    assert list(map(float, widths)) == [97.5, 99.9, 100.0]
