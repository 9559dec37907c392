"""Sentences about names and arguments."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from support.shared import shared

wording = shared("wording")
arguments = shared("arguments")
numpy = pytest.importorskip("numpy")


def test_the_closest_name_ignores_case_and_is_none_if_nothing_is_near() -> None:
    assert wording.closest("USERID", ["user_id", "name"]) == "user_id"
    assert wording.closest("straße", ["STRASSE"]) == "STRASSE"
    assert wording.closest("zzz", ["user_id"]) is None
    assert wording.closest(5, ["5"]) is None
    assert wording.question("nam", ["name"]) == " Did you mean 'name'?"
    assert wording.question("zzz", ["name"]) == ""
    assert (
        wording.corrections(["nam", "zzz", "idd"], ["name", "id"])
        == "Did you mean 'name' instead of 'nam', 'id' instead of 'idd'?"
    )
    assert wording.corrections(["zzz"], ["name"]) is None


def test_a_listing_is_cut_after_the_twentieth() -> None:
    assert wording.listing([]) == "none"
    assert wording.listing(["b", "a"]) == "'b', 'a'"
    assert wording.listing([f"c{n}" for n in range(22)]).endswith("'c19' and 2 more")


def test_numbers_of_things_and_errors_in_lists() -> None:
    assert [wording.plural(number, "row") for number in (0, 1, 1234)] == ["0 rows", "1 row", "1,234 rows"]
    for hint, said in ((None, "It is wrong."), ("Mend it.", "It is wrong. Mend it.")):
        assert wording.with_hint(shared("problems").InvalidURLError("It is wrong.", suggestion=hint)) == said


RIGHT: list[tuple[str, Any, dict[str, Any]]] = [
    ("whole", 0, {}), ("whole", numpy.int64(3), {}), ("whole", Decimal(3), {}), ("whole", 5, {"least": 5, "most": 5}),
    ("number", 0.5, {}), ("number", numpy.float32(0.5), {}), ("number", Decimal("0.5"), {}),
    ("number", Fraction(1, 2), {}),
    ("seconds", 0.1, {}), ("seconds", Decimal(1), {}), ("fraction", 0, {}), ("fraction", numpy.float64(1.0), {}),
    ("flag", False, {}), ("string", "x", {}), ("string", "", {"empty": True}), ("strings", ["a"], {}),
    ("strings", (), {}), ("strings", {"a": 1}.keys(), {}), ("choice", "a", {"allowed": ["a", "b"]}),
    ("mapping", {"a": 1}, {}), ("function", len, {}), ("duration", "90m", {}), ("duration", 5, {}),
    ("without_secrets", "s3://b/k?versionId=1", {"instead": ""}), ("without_secrets", None, {"instead": ""}),
]  # fmt: skip
WRONG: list[tuple[str, Any, dict[str, Any], str]] = [
    ("whole", True, {}, "x must be a whole number from 0, not True."),
    ("whole", 1.0, {}, "x must be a whole number from 0, not 1.0."),
    ("whole", -1, {}, "x must be a whole number from 0, not -1."),
    ("whole", "3", {"least": 1, "most": 9}, "x must be a whole number from 1 to 9, not '3'."),
    ("whole", Decimal("1.5"), {}, "x must be a whole number from 0, not Decimal('1.5')."),
    ("whole", Decimal("NaN"), {}, "x must be a whole number from 0, not Decimal('NaN')."),
    ("number", float("nan"), {}, "x must be a finite number, not nan."),
    ("number", "1", {"least": 0}, "x must be a number from 0, not '1'."),
    ("seconds", 0, {}, "x must be a number of seconds above 0, not 0."),
    ("seconds", True, {}, "x must be a number of seconds above 0, not True."),
    ("fraction", 1.01, {}, "x must be a number from 0 to 1, not 1.01."),
    ("flag", 1, {}, "x must be true or false, not 1."),
    ("string", 5, {}, "x must be a string, not 5."),
    ("string", "", {}, "x must not be empty."),
    ("strings", "ab", {}, "x must be a list of strings, not the string 'ab'."),
    ("strings", 5, {}, "x must be a list of strings, not 5."),
    ("strings", ["a", 1, ""], {}, "x must be a list of non-empty strings; it contains 1, ''."),
    ("strings", [], {"least": 1}, "x must be a list of at least 1 string, not []."),
    ("choice", "aa", {"allowed": ["aaa", "b"]}, "x must be one of 'aaa', 'b', not 'aa'. Did you mean 'aaa'?"),
    ("choice", None, {"allowed": ["aaa"]}, "x must be one of 'aaa', not None."),
    ("mapping", [1], {}, "x must be a mapping, not [1]."),
    ("mapping", {1: 1}, {}, "x must have strings as keys, not 1."),
    ("function", "f", {}, "x must be a function, not str."),
    ("duration", "1 month", {}, "x: '1 month' counts months or years, whose lengths differ; give days."),
    ("duration", 0, {}, "x: 0 is not a duration above zero."),
    ("without_secrets", "s3://u:p@b/k", {"instead": "use a role"},
     "x must hold no secret, because it is stored and shown: s3://***@b/k; use a role."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "options"), RIGHT)
def test_right_arguments_give_no_sentence(kind: str, value: object, options: dict[str, Any]) -> None:
    assert list(getattr(arguments, kind)("x", value, **options)) == []


@pytest.mark.parametrize(("kind", "value", "options", "sentence"), WRONG)
def test_a_wrong_argument_gives_one_sentence(kind: str, value: object, options: dict[str, Any], sentence: str) -> None:
    assert list(getattr(arguments, kind)("x", value, **options)) == [sentence]


def test_numbers_become_those_of_python() -> None:
    given = [numpy.int64(3), numpy.float32(0.5), Decimal(2), Decimal("2.5"), 4, 1.5]
    plain = [arguments.plain_number(value) for value in given]
    assert plain == [3, 0.5, 2, 2.5, 4, 1.5]
    assert [type(value) for value in plain] == [int, float, int, float, int, float]
