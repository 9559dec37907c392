"""Fingerprints: every database, Arrow and plain Python give the same one for the same rows."""

from __future__ import annotations

import decimal
import itertools
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_core import compare
from support.fingerprints import (
    ARROW,
    DOCUMENTS,
    EDGES,
    FORMS,
    canonical_documents,
    document_types,
    documents,
    fitting,
    stored,
    strategies,
)
from support.shared import shared

_spec = shared("fingerprints.fingerprint")
Fingerprint, canonical, encoded, value_of = _spec.Fingerprint, _spec.canonical, _spec.encoded, _spec.value_of

Row = Mapping[str, Any]
_ROWS: list[dict[str, Any]] = [
    {name: values[place % len(values)] for name, values in EDGES.items()}
    for place in range(max(len(values) for values in EDGES.values()) * 2)
]


@pytest.fixture(
    params=[
        "sqlite_url",
        "duckdb_url",
        "postgresql_url",
        *(pytest.param(name, marks=pytest.mark.engines) for name in ("mariadb_url", "trino_memory_url")),
    ]
)
def database(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    url = request.getfixturevalue(request.param)
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def _expected(rows: list[dict[str, Any]]) -> str:
    # Arrow has UUIDs as strings: that is the form that both sides have in common.
    forms = {**FORMS, "u": "text"}
    return str(Fingerprint.of([list(row.values()) for row in rows], list(forms.values())))


def _check(engine: sa.Engine, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    held = [fitting(engine.dialect.name, row) for row in rows]
    stored(engine, held)
    shown = [row | {"u": None if row["u"] is None else str(row["u"])} for row in held]
    arrow = pa.Table.from_pylist(shown, pa.schema(list(zip(FORMS, ARROW, strict=True))))
    found = compare((engine, "t"), arrow)
    assert found.equal, found.to_text()
    assert found.left_fingerprint == found.right_fingerprint == _expected(held), _differing(engine, held)


def _differing(engine: sa.Engine, rows: list[dict[str, Any]]) -> list[str]:
    """The columns whose fingerprints are not what plain Python says."""
    wrong = []
    for name, form in FORMS.items():
        found = compare((engine, "t"), (engine, "t"), columns=[name])
        if found.left_fingerprint != str(Fingerprint.of([[row[name]] for row in rows], [form])):
            wrong.append(name)
    return wrong


def test_edges_of_every_type(database: sa.Engine) -> None:
    _check(database, _ROWS)


def test_columns_have_the_fingerprint_of_their_rows() -> None:
    columns = [
        *((name, form, [row[name] for row in _ROWS]) for name, form in FORMS.items()),
        *((form, form, values) for form, values in (("number", [7, -1, None]), ("float", [0.5, float("nan"), None]))),
        # Values of other types than their column's, which SQLite keeps.
        *((form, form, [1, "ä", b"\x00", None, 0.5, True]) for form in ("number", "float", "text", "binary", "any")),
    ]
    for name, form, values in columns:
        assert _spec.of_columns([values], [form]) == Fingerprint.of([[one] for one in values], [form]), name
    whole = _spec.of_columns([[row[name] for row in _ROWS] for name in FORMS], list(FORMS.values()))
    assert whole == Fingerprint.of([list(row.values()) for row in _ROWS], list(FORMS.values()))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.fixed_dictionaries({name: st.none() | one for name, one in strategies.items()}), max_size=16))
def test_any_rows(database: sa.Engine, rows: list[dict[str, Any]]) -> None:
    _check(database, rows)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_json_by_what_it_means(database: sa.Engine, place: int) -> None:
    types = document_types(database)
    if place >= len(types):
        pytest.skip("it has no further type for JSON")
    texts = [one for one in DOCUMENTS if place == 0 or not (canonical(one, "json") or "").startswith("!")]
    assert canonical_documents(database, texts, types[place]) == [canonical(one, "json") for one in texts]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(documents(), max_size=30))
def test_any_json(database: sa.Engine, texts: list[str]) -> None:
    for type_ in document_types(database):
        assert canonical_documents(database, texts, type_) == [canonical(one, "json") for one in texts]


@given(documents())
def test_a_document_is_shown_as_json_that_means_the_same(text: str) -> None:
    form = canonical(text, "json")
    shown = value_of(form, "json")
    assert canonical(shown, "json") == form
    assert json.loads(shown) == json.loads(text)
    assert value_of(canonical('{"b": [1.50, 1e2, -0.001, 1e400], "a": "é\\n"}', "json"), "json") == (
        r'{"a":"é\n","b":[1.5,100,-0.001,1.0E400]}'
    )


def test_documents_that_differ_have_different_forms() -> None:
    texts = [one for one in DOCUMENTS if not (canonical(one, "json") or "").startswith("!")]
    meant = [json.loads(one, parse_float=decimal.Decimal, parse_int=decimal.Decimal) for one in texts]
    for (one, first), (other, second) in itertools.product(zip(texts, meant, strict=True), repeat=2):
        same = repr(_exactly(first)) == repr(_exactly(second))
        assert (canonical(one, "json") == canonical(other, "json")) is same, (one, other)


def _exactly(value: Any) -> Any:
    """A document whose equal numbers are equally written, and whose keys are in order."""
    match value:
        case decimal.Decimal():
            return value.normalize() + 0 if value else 0
        case list():
            return [_exactly(one) for one in value]
        case dict():
            return {key: _exactly(value[key]) for key in sorted(value)}
    return value


def test_it_does_not_depend_on_the_order() -> None:
    rows = [list(row.values()) for row in _ROWS]
    shuffled = random.Random(5).sample(rows, len(rows))
    assert Fingerprint.of(rows, list(FORMS.values())) == Fingerprint.of(shuffled, list(FORMS.values()))


def test_it_counts_repeated_rows() -> None:
    once, twice = (Fingerprint.of([[1]] * number, ["number"]) for number in (1, 2))
    assert once != twice
    assert twice - once == once
    assert once + once == twice
    # What XOR would lose: a pair that both sides have, another one.
    assert Fingerprint.of([[1], [1]], ["number"]) != Fingerprint.of([[2], [2]], ["number"])


def test_it_can_be_written_and_read() -> None:
    one = Fingerprint.of([[1], ["a"]], ["any"])
    assert Fingerprint.parse(str(one)) == one
    for wrong in ("", "1", "1:zz", "x:" + "0" * 32):
        with pytest.raises(ValueError, match=r"fingerprint|literal"):
            Fingerprint.parse(wrong)


_PARTS = st.none() | st.text(alphabet="a|-1\u00e9", max_size=3)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["text", "number"]), min_size=1, max_size=3).flatmap(
        lambda forms: st.tuples(
            st.just(forms),
            *[st.tuples(*(_PARTS if form == "text" else st.none() | st.integers(-1, 1) for form in forms))] * 2,
        )
    )
)
def test_no_two_rows_have_the_same_encoding(drawn: tuple[list[str], tuple[Any, ...], tuple[Any, ...]]) -> None:
    forms, one, other = drawn
    encodings = [
        encoded([canonical(value, form) for value, form in zip(row, forms, strict=True)], forms) for row in (one, other)
    ]
    assert (one == other) is (encodings[0] == encodings[1])


@pytest.mark.parametrize("form", _spec.FORMS)
def test_no_value_has_the_encoding_of_another_or_of_null(form: str) -> None:
    values = {repr(value): value for edges in EDGES.values() for value in edges}
    fields = {canonical(value, form) for value in (*values.values(), "null", "[]")}
    encodings = {encoded([field, field], [form, form]) for field in fields}
    assert None in fields
    assert len(encodings) == len(fields)


@pytest.mark.parametrize("name", FORMS)
def test_a_canonical_form_gives_its_value_back(name: str) -> None:
    for value in EDGES[name]:
        field = canonical(value, FORMS[name])
        back = value_of(field, FORMS[name])
        assert canonical(back, FORMS[name]) == field


def test_a_value_of_another_type_is_like_no_other() -> None:
    values = ["1", b"1", 1.5, "abc", b"abc", "", b""]
    fields = [canonical(value, form) for value, form in itertools.product(values, ["date", "moment", "time"])]
    assert all(field is not None and field.startswith("!") and "|" not in field for field in fields)
    assert len(set(fields)) == len(values)


@pytest.mark.parametrize("version", [(13, 0), (17, 2), (18, 0)])
def test_every_version_of_postgresql_has_its_own_way_to_the_same_sums(
    postgresql_url: sa.URL, version: tuple[int, int]
) -> None:
    engine = sa.create_engine(postgresql_url)
    forms = shared("fingerprints.canonical_sql").PostgreSQLForms()
    with engine.connect() as connection:
        connection.dialect.server_version_info = version  # type: ignore[attr-defined]
        number: Any = sa.literal_column("g", sa.Integer())
        rows = sa.select(forms.hash([(number, "number", "integer")]).label("h"), number.label("g"))
        hashes = forms.once(rows.select_from(sa.text("generate_series(-300, 300) AS g"))).subquery("hashes")
        found = connection.execute(sa.select(sa.func.count(), *forms.sums(hashes.c.h))).one()
        read = sa.select(hashes.c.g, forms.bucket(hashes.c.h, 4096))
        buckets = {row.g: row[1] for row in connection.execute(read)}
    engine.dispose()
    assert Fingerprint.of_sums(*found) == Fingerprint.of([(g,) for g in range(-300, 301)], ["number"])
    assert buckets == {g: (_spec.hashed(str(g))[0] >> 48) & 4095 for g in range(-300, 301)}
