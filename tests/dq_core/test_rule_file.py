"""Rule files are read strictly: no key twice, nothing without limit, every problem with its file and line."""

from __future__ import annotations

import decimal
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_core import RuleError, Suite, cli

RULE = '{"type": "not_null", "column": "a"}'
LONGEST_MESSAGE = 2000


def refused(source: str | Path) -> str:
    """The message for rules that are refused; short, and at once."""
    started = time.monotonic()
    with pytest.raises(RuleError) as caught:
        Suite.from_yaml(source)
    assert time.monotonic() - started < 20
    assert len(str(caught.value)) < LONGEST_MESSAGE
    return str(caught.value)


# Equal keys


@pytest.mark.parametrize(
    ("text", "key", "lines"),
    [
        (f"checks:\n - {RULE}\nchecks:\n - {RULE}\n", "checks", "lines 1 and 3"),
        ("- type: in_range\n  column: a\n  min: 0\n  max: 9\n  min: -9\n", "min", "lines 3 and 5"),
        ('- type: in_range\n  "min": 0\n  column: a\n  min: -9\n', "min", "lines 2 and 4"),
        ('- type: in_range\n  min: 0\n  column: a\n  "m\\u0069n": -9\n', "min", "lines 2 and 4"),
        ("- type: in_range\n  ? min\n  : 0\n  column: a\n  !!str min: -9\n", "min", "lines 2 and 5"),
        (f'{{\n"checks": [{RULE}],\n"checks": [{RULE}]\n}}', "checks", "lines 2 and 3"),
        (f'{{"name": "\\ud83d\\ude00",\n"checks": [{RULE}],\n"checks": [{RULE}]\n}}', "checks", "lines 2 and 3"),
        ("- {type: type, column: id, type: integer}\n", "type", "line 1"),
        ("- type: schema\n  columns:\n    a: integer\n    'a': text\n", "a", "lines 3 and 4"),
        ("- type: schema\n  columns:\n    16: integer\n    0x10: text\n", "16", "lines 3 and 4"),
        ("- type: not_null\n  column: {a: [{b: 1,\n   b: 2}]}\n", "b", "lines 2 and 3"),
        ("- &d {type: not_null}\n- <<: *d\n  column: a\n  <<: *d\n", "<<", "lines 2 and 4"),
    ],
)
def test_a_key_that_is_given_twice_is_refused_with_the_lines_of_both(text: str, key: str, lines: str) -> None:
    message = refused(text)
    assert f"the key {key!r} is given twice" in message.replace("key 16", "key '16'")
    assert message.endswith(f", in {lines}.")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, min_size=1, max_size=3),
        max_leaves=8,
    ),
    st.data(),
)
def test_one_repeated_key_anywhere_is_found(options: object, data: st.DataObject) -> None:
    pairs: list[str] = []

    def written(value: object) -> str:
        if isinstance(value, dict):
            items = [f"{json.dumps(key)}: {written(item)}" for key, item in value.items()]
            pairs.append(items[0])
            return "{" + ", ".join(items) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(written, value)) + "]"
        return json.dumps(value)

    text = written([{"type": "in_set", "column": "c", "values": options}])
    pair = data.draw(st.sampled_from(pairs))
    assert "given twice" in refused(text.replace(pair, f"{pair}, {pair}", 1))


def test_every_repeated_key_is_told_in_one_run() -> None:
    message = refused("- {type: not_null, column: a, column: b}\n- {type: not_null, type: null, column: a}\n")
    assert message.startswith("2 problems:")
    assert "line 1: the key 'column'" in message
    assert "line 2: the key 'type'" in message


def test_defaults_are_merged_and_may_be_given_otherwise() -> None:
    suite = Suite.from_yaml("- &d {type: not_null, column: a, severity: info}\n- {<<: *d, column: b}\n")
    assert [(check.targets, check.severity) for check in suite.checks] == [(("a",), "info"), (("b",), "info")]
    assert "takes mappings" in refused("- {<<: 5, type: not_null, column: a}")


# Limits


@pytest.mark.parametrize("levels", [4, 5, 6, 8, 100])
def test_aliases_of_aliases_are_counted(levels: int) -> None:
    text = "- {type: in_set, column: s, values: &b [x]}\n"
    for level in range(levels):
        aliases = ",".join([f"*b{level - 1}" if level else "*b"] * 9)
        text += f"- {{type: in_set, column: s, values: &b{level} [{aliases}]}}\n"
    assert ("values (aliases included)" in refused(text)) == (levels > 4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 5000 + "]" * 5000, "line 1: lists and mappings are nested more than 32 levels deep"),
        ("".join(f"{' ' * level}a:\n" for level in range(500)), "line 33: lists and mappings are nested"),
        ("- x\n" * 200_000, "values (aliases included)"),
        ("x" * 3_000_000, "more than 1000000 characters"),
        ("- &long " + "x" * 100_000 + "\n" + "- *long\n" * 1_000, "values (aliases included)"),
        ("- &a {type: not_null, column: *a}", "line 1: the alias refers to what it is a part of"),
        ("- {type: not_null, columnn: a}\n" * 2000, "More than 1000 problems"),
        (f"- {{type: in_set, column: a, values: [{', '.join(['null'] * 50_000)}]}}", "values contains NULL"),
        (f"- {{type: in_set, column: a, values: [{', '.join(['2026-02-30'] * 50_000)}]}}", "looks like a date"),
        (json.dumps([{"type": "schema", "columns": {f"c{i}": "nope" for i in range(20_000)}}]), "More than 1000"),
        (f"- {{type: regex, column: a, pattern: '{'(a|b)' * 30_000}'}}", "more than 100,000 characters"),
        (f"- {{type: not_null, {'c' * 1_000}: a}}\n", "not_null has no option 'ccc"),
        (f"- {'x' * 100_000}\n", "a rule must be"),
    ],
)
def test_what_is_too_much_is_refused(text: str, problem: str) -> None:
    assert problem in refused(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("- {type: in_range, column: a, min: 1.0e-400}", decimal.Decimal("1e-400")),
        ("- {type: in_range, column: a, min: 1.0e+400}", decimal.Decimal("1e400")),
        ("- {type: in_range, column: a, min: 1.23456789012345678e+1}", decimal.Decimal("12.3456789012345678")),
        ('[{"type": "in_range", "column": "a", "min": 1e400}]', decimal.Decimal("1e400")),
        ('[{"type": "in_range", "column": "a", "min": 1e5}]', 1e5),
    ],
)
def test_numbers_with_exponents_are_what_is_written(text: str, number: object) -> None:
    (check,) = Suite.from_yaml(text).checks
    assert (check["min"], type(check["min"])) == (number, type(number))


@pytest.mark.parametrize("option", ["column", "where", "name"])
def test_a_name_without_end_is_refused_or_right_at_once(option: str) -> None:
    rule = {"type": "not_null", "column": "b", option: "c" * 900_000}
    started = time.monotonic()
    (check,) = Suite.from_yaml(json.dumps([rule])).checks
    with pytest.raises(RuleError) as caught:
        Suite([check])([{"a": 1}])
    assert time.monotonic() - started < 20
    assert len(str(caught.value)) < LONGEST_MESSAGE


@pytest.mark.parametrize("levels", [33, 900, 100_000, None])
def test_values_without_end_are_refused(levels: int | None) -> None:
    values: list[object] = []
    inner = values
    for _ in range(levels or 0):
        inner.append([])
        inner = inner[0]  # type: ignore[assignment]
    if levels is None:
        values.append(values)
    with pytest.raises(RuleError, match="values: lists are nested more than 32 levels deep"):
        Suite.from_dict({"checks": [{"type": "in_set", "column": "a", "values": values}]})


@pytest.mark.parametrize(
    ("scalar", "problem"),
    [
        ("2026-02-30", "'2026-02-30' looks like a date and is none"),
        ("2026-13-01T25:00:00", "looks like a date and is none"),
        ("2026-01-01T00:00:00.1234567", "digits below a microsecond"),
        ("1.0e-99999999999999999999", "is none"),
        ("1.0e+2000", "at most 1000 digits"),
        ("9" * 5000, "has more than 1000 characters"),
        ("0x" + "f" * 5000, "has more than 1000 characters"),
        ("0123", "base 8"),
        ("1e3", "text for others"),
        ("1_000", "text for others"),
        ("0b11", "text for others"),
        ("NO", "text for others"),
        ("yes", "write true or false, or in quotes"),
        ("On", "text for others"),
        ("-.5", "text for others"),
        ("08", "text for others"),
        ("!!int abc", "looks like a number and is none"),
        ("!!float _", "looks like a number and is none"),
        ("!!timestamp abc", "looks like a date and is none"),
        ("!!bool abc", "is none"),
        ("!!binary abc", "not valid YAML"),
        ("!!set {a}", "has no meaning here"),
        ("!!seq a", "has no meaning here"),
        ("!!map a", "has no meaning here"),
        ("!!null a", "'a' is not null"),
        ("{? !!seq a : 1}", "a key must be a string"),
        ("=", "not valid YAML"),
        ("'a\ud800'", "surrogate"),
        ("'a\x00'", "not valid YAML"),
        ("*nowhere", "not valid YAML"),
        ("{[a]: b}", "a key must be a string"),
    ],
)
def test_scalars_that_are_none_are_our_error(scalar: str, problem: str) -> None:
    assert problem in refused(f"- {{type: in_range, column: s, min: {scalar}}}")


def test_times_without_quotes_are_no_numbers() -> None:
    (check,) = Suite.from_yaml("- {type: in_set, column: s, values: [12:30, 1:30:30.5]}").checks
    assert check.to_dict()["values"] == ["12:30", "1:30:30.5"]


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=5),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_json_comes_back(text: str, whole: int, binary: float) -> None:
    rules = [{"type": "in_set", "column": "c", "values": [text, whole, binary, True]}]
    for ascii_ in (True, False):
        (check,) = Suite.from_yaml(json.dumps(rules, ensure_ascii=ascii_)).checks
        assert check.to_dict()["values"] == rules[0]["values"]


# Places


def test_problems_name_the_file_and_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "name: people\nchecks:\n- {type: not_null, column: a}\n- {type: not_nul, column: a}\n\n- type: in_range\n"
    Path("rules.yaml").write_text(text)
    message = refused(Path("rules.yaml"))
    assert "Rule 2 (rules.yaml:4): the type of check 'not_nul' does not exist." in message
    assert "Rule 3 (rules.yaml:6): in_range: the option 'column' is missing." in message
    assert "Rule 2 (line 4): " in refused(text)
    Path("rules.json").write_text(f'{{\n"checks": [{RULE}],\n"checks": [{RULE}]\n}}')
    assert refused(Path("rules.json")) == "rules.json:3: the key 'checks' is given twice, in lines 2 and 3."
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert cli.main(["check", "nobody.parquet", "--rules", "-"]) == cli.COULD_NOT_RUN
    assert "Rule 2 (standard input:4): " in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        b"checks:\n  - {type: not_null, column: a}\nchecks:\n  - {type: row_count, min: 1}\n",
        b"[" * 5000,
        b"- {type: in_range, column: a, min: 2026-02-30}",
        b"- {type: in_range, column: a, min: " + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
        b"- {type: not_null, column: a, name: \xff}",
        b"x" * 5_000_000,
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_command_ends_with_2_and_one_message(
    content: bytes,
    stream: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    (tmp_path / "a.csv").write_text("a\n1\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
    given_as = "-" if stream else str(path)
    assert cli.main(["check", str(tmp_path / "a.csv"), "--rules", given_as]) == cli.COULD_NOT_RUN
    message = capsys.readouterr().err
    assert message.startswith("dq: ")
    assert len(message) < LONGEST_MESSAGE
    assert "Traceback" not in message
