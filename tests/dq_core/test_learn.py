from __future__ import annotations

import datetime as dt
import decimal
import json
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_core import LearnedSuite, RuleError, Suite, TableNotFoundError, ValidationTimeoutError, learn, validate
from dq_core.learning.references import alike
from support.check_conformance import DATABASES, PLACES, QUICK, Place

_CHANCE = random.Random(7)

ROWS = [
    {
        "id": place + 1000,
        "code": f"AB-{_CHANCE.randrange(10_000):04}",
        "status": _CHANCE.choice(["new", "paid", "sent"]),
        "amount": _CHANCE.gauss(20, 3),
        "price": decimal.Decimal(_CHANCE.randrange(10**6)) / 100,
        "stock": None if place % 10 == 4 else _CHANCE.randrange(500),
        "day": dt.date(2024, 1, 1) + dt.timedelta(days=place % 50),
        "email": f"u{place}@x{place % 7}.org",
        "note": None if place % 3 else f"note no. {place}, ünïcode",
    }
    for place in range(300)
]
TYPES = {
    "id": sa.BigInteger(), "code": sa.Text(), "status": sa.Text(), "amount": sa.Double(), "price": sa.Numeric(12, 2),
    "stock": sa.BigInteger(), "day": sa.Date(), "email": sa.Text(), "note": sa.Text(),
}  # fmt: skip


def of(there: Place, **options: Any) -> LearnedSuite:
    return learn(there.source, **there.options, **options)


def by_column(learned: LearnedSuite) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for rule in learned:
        found.setdefault(str(rule.column), set()).add(rule.type)
    return found


@pytest.mark.parametrize("place", PLACES)
def test_rules_of_every_kind_and_all_of_them_pass(put: Callable[..., Place], place: str) -> None:
    there = put(place, ROWS, TYPES)
    learned = of(there)
    assert by_column(learned) == {
        "id": {"not_null", "unique", "type"},
        "code": {"not_null", "type", "length", "regex"},
        "status": {"not_null", "type", "in_set"},
        "amount": {"not_null", "type", "in_range"},
        "price": {"not_null", "type", "in_range"},
        "stock": {"completeness", "type", "in_range"},
        "day": {"not_null", "type", "in_range"},
        "email": {"not_null", "unique", "type", "length", "regex"},
        "note": {"completeness", "unique", "type", "length"},
    }
    report = there.validate(*(rule.check for rule in learned))
    assert report.passed, report.to_text()
    failed = {result.check_name: result.failed_rows for result in report.results if result.failed_rows}
    # What is missing in some rows, and the usual range, which leaves out so many on either side.
    assert {"completeness_stock": 30, "completeness_note": 200, "in_range_amount_usual": 28}.items() <= failed.items()
    assert all(name.startswith("completeness") or name.endswith("_usual") for name in failed)
    assert all(0.8 <= rule.confidence < 1 for rule in learned)
    assert learned.confidence >= 0.95
    assert (learned.row_count, learned.sampled_rows, learned.engine) == (300, None, "dq_core")


@pytest.mark.parametrize("place", [*QUICK, "csv", "rows"])
def test_a_suite_survives_yaml_and_json(put: Callable[..., Place], place: str) -> None:
    learned = of(put(place, ROWS, TYPES))
    suite = Suite.from_yaml(learned.to_yaml())
    assert suite == learned.suite
    assert [check.description for check in suite.checks] == [rule.check.description for rule in learned]
    assert LearnedSuite.from_dict(json.loads(learned.to_json())) == learned
    assert learned.rules[0].check.description == (
        f"Learned from 300 rows; a sample of the same kind passes with a probability of at least "
        f"{learned.rules[0].confidence:.4f}."
    )


@pytest.mark.parametrize("place", QUICK)
def test_the_rules_are_those_of_all_rows(put: Callable[..., Place], place: str) -> None:
    rules = {rule.check.label: rule.check.to_dict() for rule in of(put(place, ROWS, TYPES))}
    amounts = sorted(row["amount"] for row in ROWS)
    whole, usual = rules["in_range_amount"], rules["in_range_amount_usual"]
    assert whole["min"] < amounts[0] < usual["min"] == amounts[14]
    assert usual["max"] == amounts[-15] < amounts[-1] < whole["max"]
    assert "threshold" not in whole
    assert 0.75 < usual["threshold"] < 0.9
    assert rules["in_set_status"]["values"] == ["new", "paid", "sent"]
    assert rules["regex_code"]["pattern"] == r"^AB\-\d{4}$"
    assert (rules["length_code"]["min"], rules["length_code"]["max"]) == (7, 7)
    assert rules["type_day"]["dtype"] == "date"
    assert rules["in_range_day"]["min"] <= "2024-01-01" < "2024-02-19" <= rules["in_range_day"]["max"]
    # A serial number that never repeats is a key: nothing of it may be missing.
    assert "threshold" not in rules["not_null_id"]
    assert "threshold" not in rules["unique_id"]
    assert 0.95 < rules["not_null_status"]["threshold"] < 1


def test_rules_let_fewer_rows_fail_the_more_rows_they_stem_from() -> None:
    def share(size: int, **options: Any) -> float:
        (rule,) = learn([{"x": 1.5 * n % 7} for n in range(size)], kinds=["not_null"], **options)
        return float(rule.check.threshold)

    assert share(30) < share(200) < share(5000) < 1
    assert share(200, false_alarm_rate=0.001) < share(200) < share(200, false_alarm_rate=0.2)
    assert share(200, min_confidence=0.999) < share(200)
    rare = [{"x": "ab"[n % 2]} for n in range(200)] + [{"x": "c"}]
    (rule,) = learn(rare, kinds=["in_set"])
    # Where one value was met once there will be others that were not.
    assert (rule.rows, rule.exceptions, rule.check.to_dict()["values"]) == (201, 1, ["a", "b", "c"])


def test_the_error_is_divided_between_the_rules() -> None:
    learned = learn(ROWS, false_alarm_rate=0.03)
    assert learned.confidence >= 0.97
    assert len({rule.confidence for rule in learned}) == 1
    assert learned.rules[0].confidence > 0.99
    assert learn(ROWS, columns=["status"], false_alarm_rate=0.03).rules[0].confidence == pytest.approx(0.99)
    sure = learn(ROWS, columns=["status"], min_confidence=0.9999)
    assert {rule.confidence for rule in sure} == {0.9999}


def test_rules_without_exceptions_have_the_confidence_that_is_left_to_them() -> None:
    strict = learn(ROWS, columns=["status", "stock"], min_confidence=0.75)
    rules = {rule.check.label: rule for rule in strict}
    assert {name for name, rule in rules.items() if rule.confidence == 0.75} == {"not_null_status", "in_set_status"}
    assert "threshold" not in rules["not_null_status"].check.to_dict()
    # A quarter each at worst, and the others' parts of the error.
    assert 0.4 < strict.confidence < 0.5
    few = learn(ROWS[:3], columns=["status"], min_confidence=0)
    assert {rule.check.label for rule in few} == {"not_null_status", "type_status"}


@pytest.mark.parametrize("place", [*DATABASES, "rows"])
def test_few_rows_teach_nothing(put: Callable[..., Place], place: str) -> None:
    types = {"x": sa.BigInteger(), "t": sa.Text()}
    for rows in ([], [{"x": 1, "t": "a"}], [{"x": None, "t": None}] * 50):
        learned = of(put(place, rows, types)) if rows or place != "rows" else None
        if learned is not None:
            assert learned.rules == ()
            with pytest.raises(RuleError, match="no checks"):
                learned.suite  # noqa: B018 - asking for it is what raises


def test_chosen_kinds_and_columns() -> None:
    assert by_column(learn(ROWS, kinds=["in_range"], columns=["id", "amount", "status"])) == {
        "id": {"in_range"}, "amount": {"in_range"},
    }  # fmt: skip
    everything = by_column(learn(ROWS, include_patterns=False, include_ranges=False, include_categories=False))
    assert set().union(*everything.values()) == {"not_null", "completeness", "unique", "type"}
    without_sets = by_column(learn(ROWS, include_categories=False))
    assert {"regex", "length"} & without_sets["status"]
    few = by_column(learn(ROWS, categorical_threshold=2))
    assert "in_set" not in few["status"]
    assert learn(ROWS, min_confidence=1).rules == ()


@pytest.mark.parametrize("place", [*QUICK, "parquet"])
def test_a_sample_is_said_and_its_rules_pass_on_it(put: Callable[..., Place], place: str) -> None:
    rows = [{"id": n, "x": float(n % 97)} for n in range(2000)]
    there = put(place, rows, {"id": sa.BigInteger(), "x": sa.Double()})
    learned = of(there, sample_size=500, seed=3)
    assert learned.row_count == 2000
    assert learned.sampled_rows is not None
    assert 400 < learned.sampled_rows < 600
    assert learned.rules == of(there, sample_size=500, seed=3).rules
    assert {rule.rows for rule in learned if rule.type == "not_null"} == {learned.sampled_rows}


@pytest.mark.parametrize("place", QUICK)
def test_few_statements(put: Callable[..., Place], place: str) -> None:
    # Scan, examples, what is to know of keys, each of at most four candidates for a key in at most two, the one set,
    # the types, both ends of four columns, and each of two patterns in one.
    assert of(put(place, ROWS, TYPES)).statements <= 22


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("first", [1_700_000_000_000_000_000, -1_000_000_123])
@pytest.mark.parametrize("step", [1, 7, 1_000_000_007])
def test_ranges_of_nanoseconds_pass_on_their_rows(zone: str | None, first: int, step: int) -> None:
    values = [first + step * (place % 50) for place in range(100)]
    rows = pa.table({"t": pa.array(values, pa.timestamp("ns", zone))})
    learned = learn(rows, kinds=["in_range"], min_confidence=0.7)
    assert len(learned) > 0
    assert learned.suite(rows).failures == ()


@pytest.mark.parametrize("place", ["duckdb", "postgresql", "arrow"])
def test_infinities_and_nan_have_no_range(put: Callable[..., Place], place: str) -> None:
    rows = [{"x": float(n % 50), "y": float("inf") if n == 7 else n / 4} for n in range(100)]
    rows[3]["x"] = float("nan")
    learned = of(put(place, rows, {"x": sa.Double(), "y": sa.Double()}), kinds=["in_range"])
    assert learned.rules == ()


def test_values_that_lie_about_their_type_have_no_type(sqlite_url: sa.URL) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER, m INTEGER)")
        connection.exec_driver_sql(
            "INSERT INTO t WITH RECURSIVE c(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM c WHERE v < 50) "
            "SELECT v, CASE WHEN v = 9 THEN 'nine' ELSE v END FROM c"
        )
    learned = learn(engine, table="t", kinds=["type"])
    assert [rule.column for rule in learned] == ["n"]
    engine.dispose()


def test_a_pattern_is_mended_for_its_exceptions() -> None:
    rows = [{"t": f"AB-{n:04}"} for n in range(10_000)]
    rows[5000] = {"t": "AB-12345"}
    (rule,) = learn(rows, kinds=["regex"], seed=1)
    assert rule.check.to_dict()["pattern"] == r"^AB\-\d+$"
    assert rule.exceptions in (0, 1)
    assert learn([*rows[:400], *({"t": "?" * (n % 9)} for n in range(40))], kinds=["regex"]).rules == ()


def test_decimals_keep_their_bounds() -> None:
    values = [decimal.Decimal(f"{n}.{n * 7919:030}") for n in range(2, 200)]
    table = pa.table({"m": pa.array(values, pa.decimal128(38, 30))})
    learned = learn(table, kinds=["in_range"])
    assert [rule.check.label for rule in learned] == ["in_range_m", "in_range_m_usual"]
    assert learned(table).passed
    assert Suite.from_yaml(learned.to_yaml())(table).passed


class TestForeignKeys:
    @pytest.fixture(params=QUICK)
    def shop(self, request: pytest.FixtureRequest) -> Any:
        engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"))
        meta = sa.MetaData()
        customers = sa.Table("customers", meta, sa.Column("id", sa.Integer), sa.Column("country", sa.Text))
        countries = sa.Table("countries", meta, sa.Column("iso", sa.Text), sa.Column("name", sa.Text))
        orders = sa.Table(
            "orders", meta, sa.Column("id", sa.Integer), sa.Column("customer_id", sa.Integer),
            sa.Column("ship_to", sa.Text), sa.Column("quantity", sa.Integer), sa.Column("agent_id", sa.Integer),
        )  # fmt: skip
        meta.create_all(engine)
        codes = ["DE", "FR", "IT", "ES", "PT"]
        with engine.begin() as connection:
            connection.execute(customers.insert(), [{"id": n, "country": codes[n % 5]} for n in range(60)])
            connection.execute(countries.insert(), [{"iso": code, "name": "x"} for code in codes])
            connection.execute(
                orders.insert(),
                [
                    {
                        "id": n,
                        "customer_id": n % 50 if n % 9 else None,
                        "ship_to": codes[n % 4],
                        "quantity": n % 5 + 1,
                        "agent_id": n,
                    }
                    for n in range(200)
                ],
            )
        yield engine
        engine.dispose()

    def test_columns_that_refer_to_other_tables(self, shop: sa.Engine) -> None:
        learned = learn(shop, table="orders", kinds=["foreign_key"], references=["customers", "countries"])
        assert [(rule.column, rule.check.to_dict()["references"], rule.rows, rule.exceptions) for rule in learned] == [
            ("customer_id", {"table": "customers", "columns": ["id"]}, 177, 0),
            ("ship_to", {"table": "countries", "columns": ["iso"]}, 200, 0),
        ]
        assert validate(shop, [rule.check for rule in learned], table="orders").passed
        assert Suite.from_yaml(learned.to_yaml()) == learned.suite

    def test_without_tables_none_are_looked_for(self, shop: sa.Engine) -> None:
        assert learn(shop, table="orders", kinds=["foreign_key"]).rules == ()
        with pytest.raises(TableNotFoundError, match="custommers"):
            learn(shop, table="orders", references=["custommers"])


@pytest.mark.parametrize(
    ("column", "table", "target", "expected"),
    [
        ("customer_id", "customers", "id", True), ("id", "customers", "id", False),
        ("tailnum", "planes", "tailnum", True), ("country_iso", "countries", "iso", True),
        ("id_customer", "shop.customers", "id", True), ("CustomerId", "customers", "id", True),
        ("quantity", "customers", "id", False), ("agent_id", "customers", "id", False),
    ],
)  # fmt: skip
def test_names_that_say_so(column: str, table: str, target: str, expected: bool) -> None:
    assert alike(column, table, target) is expected


def test_values_that_yaml_would_break_survive_it() -> None:
    rows = [{"t": text} for text in ("\x85", "\u2028", "a: b", "null", "", " ", "1e3", "'\"", "é", "#") * 5]
    learned = learn(rows, kinds=["in_set"])
    assert len(learned.rules[0].check.to_dict()["values"]) == 10
    assert Suite.from_yaml(learned.to_yaml()) == learned.suite


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "n": st.none() | st.integers(-(2**62), 2**62),
                "x": st.none() | st.floats(allow_nan=False),
                "t": st.none() | st.text(max_size=6).filter(lambda text: "\0" not in text),
                "b": st.booleans(),
            }
        ),
        min_size=1,
        max_size=40,
    )
)
def test_whatever_is_learned_passes_on_what_it_was_learned_from(rows: list[dict[str, Any]]) -> None:
    learned = learn(rows, min_confidence=0)
    if learned.rules:
        report = Suite.from_yaml(learned.to_yaml())(rows)
        assert report.passed, report.to_text()


@pytest.mark.parametrize("place", QUICK)
def test_the_time_limit_reaches_the_database(put: Callable[..., Place], place: str) -> None:
    there = put(place, ROWS, TYPES)
    table = there.options["table"]
    product = f"SELECT a.id * b.id * c.id * d.id AS n FROM {table} a, {table} b, {table} c, {table} d"
    with pytest.raises(ValidationTimeoutError):
        learn(there.source, query=product, timeout_seconds=0.2)


def test_wrong_arguments_come_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        learn(ROWS, min_confidence=2, kinds=["uniqe"], sample_size=-1, include_ranges=1, timeout_seconds="1")  # type: ignore[arg-type]
    assert len(caught.value.problems) == 5
    assert "Did you mean 'unique'?" in str(caught.value)
    with pytest.raises(RuleError, match="kinds must be a list"):
        learn(ROWS, kinds="unique")
    with pytest.raises(RuleError, match="the column 'idd' does not exist"):
        learn(ROWS, columns=["idd"])


def test_it_reads_like_a_report() -> None:
    learned = learn([{"x|y": "<b>" if n % 2 else "c", "n": str(n) if n % 9 else "?"} for n in range(60)])
    assert "values <b>, c" in learned.to_text()
    assert "n: '?'" in learned.to_text()
    assert "x\\|y" in learned.to_markdown()
    assert "&lt;b&gt;, c" in learned.to_html()
    assert "with a probability of at least 0.95" in learned.to_html()
