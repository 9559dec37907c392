"""What all renderers share: order, outcomes, numbers, and text that cannot steer a terminal."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_core import learn, profile, validate
from dq_core.report.view import DisplayStatus, duration, moment, percent, sample_text, value_text, view, visible
from support.reports import every_outcome, report, result


def test_what_needs_attention_comes_first() -> None:
    names = [check.name for check in view(every_outcome()).checks]
    assert names == ["phones_match", "emails_present", "ages_sane", "never_ran", "ids_present"]


def test_checks_of_one_outcome_keep_the_order_of_the_suite() -> None:
    shown = view(report(result("b"), result("a"), result("c")))
    assert [check.name for check in shown.checks] == ["b", "a", "c"]


def test_the_column_that_was_checked_is_the_first_of_its_samples() -> None:
    samples = [{"id": 1, "a": 2, "b": 3}]
    for checked, header in (("b", ("b", "id", "a")), ("a, b", ("a", "b", "id")), (None, ("id", "a", "b"))):
        shown = view(report(result(status="failed", column=checked, samples=samples))).checks[0]
        assert (shown.sample_columns, shown.samples) == (header, (tuple(samples[0][name] for name in header),))


def test_the_plain_form_looks_the_same_as_the_report() -> None:
    made = every_outcome()
    assert view(made.to_dict()) == view(made)


@pytest.mark.parametrize("severity", ["info", "warning"])
def test_a_failure_that_fails_nothing_is_a_warning(severity: str) -> None:
    shown = view(report(result(status="failed", severity=severity)))
    assert shown.passed
    assert [check.outcome for check in shown.checks] == [DisplayStatus.WARNING]


def test_an_error_is_an_error_whatever_its_severity() -> None:
    shown = view(report(result(status="error", severity="info")))
    assert [check.outcome for check in shown.checks] == [DisplayStatus.ERROR]


def test_the_verdict_counts_every_outcome() -> None:
    assert view(every_outcome()).verdict == "5 checks: 1 error, 1 failed, 1 warning, 1 skipped, 1 passed"
    assert view(report(result(), result())).verdict == "All 2 checks passed"
    assert view(report(result())).verdict == "The check passed"
    assert view(report()).verdict == "No checks ran"


def test_a_check_about_no_rows_has_no_share() -> None:
    (check,) = view(report(result(failed_rows=None, considered_rows=None, observed=12345))).checks
    assert (check.share, check.percent, check.rows, check.observed) == (None, "", "", "12,345")


def test_a_check_that_considered_nothing_has_no_share() -> None:
    (check,) = view(report(result(failed_rows=0, considered_rows=0))).checks
    assert (check.share, check.rows) == (None, "0 of 0")


def test_options_that_were_not_set_are_left_out_of_the_details() -> None:
    (check,) = view(report(result(details={"low": 0, "high": None}))).checks
    assert check.details == (("Low", "0"),)


def test_of_the_rule_only_what_is_not_shown_elsewhere_is_told() -> None:
    rule = {"type": "in_range", "column": "age", "severity": "error", "strict_min": True, "min": 0}
    (check,) = view(report(result(details={"description": "Nobody is unborn.", "rule": rule}))).checks
    assert check.details == (("Strict min", "true"), ("Min", "0"), ("Description", "Nobody is unborn."))


def test_the_columns_of_a_composite_key_are_known() -> None:
    (check,) = view(report(result(column="day, carrier"))).checks
    assert check.is_about("day")
    assert check.is_about("carrier")
    assert not check.is_about("arrier")


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0%"), (1.0, "100%"), (0.5, "50%"), (0.97549, "97.55%"), (0.999999, "> 99.99%"), (0.000001, "< 0.01%")],
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_only_all_rows_are_100_percent_and_only_none_are_0(passing: int, failing: int) -> None:
    assert percent(passing / (passing + failing)) not in ("0%", "100%")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under 1 ms"), (0.0124, "12 ms"), (0.9996, "1.0 s"), (3.44, "3.4 s"), (59.96, "1 min 0 s"),
        (125.4, "2 min 5 s"),
    ],
)  # fmt: skip
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_moment() -> None:
    assert moment("2026-11-20T08:15:00.123456+00:00") == "2026-11-20 08:15:00 UTC"
    assert moment("2026-11-20T08:15:00") == "2026-11-20 08:15:00"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"), (True, "true"), (1.5, "1.5"), ("a", "a"), ([1, None], "1, NULL"), ({"a": [1]}, "{a: 1}"),
    ],
)  # fmt: skip
def test_value_text(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize("text", ["", " a", "a\t", "NULL", "true", "false"])
def test_text_that_would_mislead_is_quoted(text: str) -> None:
    assert sample_text(text) == f'"{text}"'


@pytest.mark.parametrize("text", ["", " a", "NULL", "true"])
def test_text_that_would_mislead_is_quoted_wherever_it_is_shown(text: str) -> None:
    quoted = f'"{text}"'
    rows = [{"v": text}] * 60 + [{"v": f"{text}b, c"}] * 60
    profiled, learned = profile(rows), learn(rows, columns=["v"])
    (checked,) = view(validate(rows, [{"type": "not_in_set", "column": "v", "values": [text, "b, c"]}])).checks
    assert dict(checked.details)["Values"] == f'{quoted}, "b, c"'
    assert f"{quoted}, " in learned.to_text()
    assert f"{quoted}  " in profiled.to_text()
    for shown in (profiled.to_html(), learned.to_html()):
        assert quoted in html.unescape(shown)


def test_visible_escapes_what_steers() -> None:
    assert visible("a\nb\r\nc\td") == "a↵b↵c⇥d"
    assert visible("\x1b[2J") == "\\x1b[2J"
    assert visible("\u202egpj.exe") == "\\u202egpj.exe"
    assert visible("\ud800") == "\\ud800"
    assert visible("naïve 日本 👩\u200d🚀\u00a0é") == "naïve 日本 👩\u200d🚀\u00a0é"


@given(st.text(), st.integers(1, 50))
def test_visible_text_keeps_its_line_and_can_be_written(text: str, limit: int) -> None:
    shown = visible(text, limit=limit)
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
    shown.encode("utf-8")
