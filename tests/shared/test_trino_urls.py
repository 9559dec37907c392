"""URLs of Trino: what they may say, when TLS is used, and how queries name their run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from support.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

trino_urls = shared("databases.trino_urls")
problems = shared("problems")
urls = shared("databases.urls")

RUN = trino_urls.Run("airflow", {"dag_id": "nightly", "task_id": "load, all", "run_id": "manual__2024-01-01T00:00+00"})
PLACE = "trino://me@host:8443/lake/sales"


def prepared(url: str, **connect_args: Any) -> tuple[Any, dict[str, Any]]:
    made, options = trino_urls.prepared(make_url(url), {"connect_args": connect_args} if connect_args else {})
    return made, options.get("connect_args", {})


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("trino://me@host:8443/lake", None),
        ("trino://me:pw@host:8443/lake", "https"),
        ("trino://me@host:8443/lake?access_token=abc", "https"),
        ("trino://me@host:8443/lake?cert=/c.pem&key=/k.pem", "https"),
        ("trino://me@host:8443/lake?http_scheme=https", "https"),
        ("trino://me:pw@host:8443/lake?http_scheme=http", "http"),  # which the driver refuses
        ("trino://me:pw@host:8443/lake?allow_insecure_auth=true", None),
    ],
)
def test_who_shows_who_they_are_uses_tls(url: str, scheme: str | None) -> None:
    assert prepared(url)[1].get("http_scheme") == scheme


def test_the_arguments_of_the_engine_hold_against_the_url() -> None:
    assert prepared("trino://me:pw@host/lake", http_scheme="http")[1]["http_scheme"] == "http"


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("trino://me@host/lake", 8080),
        ("trino://me:pw@host/lake", 443),
        ("trino://me@host/lake?http_scheme=https", 443),
        (PLACE, 8443),
    ],
)
def test_the_port_that_is_meant(url: str, port: int) -> None:
    assert trino_urls.port_of(make_url(url)) == port


def test_verify_is_a_flag_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    for given, read in ((str(file), str(file)), (json.dumps(str(file)), str(file)), ("false", False)):
        assert json.loads(prepared(f"{PLACE}?verify={given}")[0].query["verify"]) == read


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("verfy=true", "verfy is no parameter of Trino. Did you mean 'verify'?"),
        ("client_tags=vip", "client_tags must be JSON: a list"),
        ('client_tags=["a,b"]', "client_tags must be JSON: a list"),
        ("roles=[1]", "roles must be JSON: an object"),
        ('extra_credential={"a":"s3cret"}', "extra_credential must be JSON: a list of pairs"),
        ("http_scheme=ftp", "http_scheme must be http or https"),
        ("source=a%0Ab", "source must be printable ASCII"),
        ("verify=/nowhere/ca.pem", "verify names a file that does not exist"),
        ("cert=/c.pem", "cert and key go together"),
        ("source=a&source=b", "source is there several times"),
    ],
)
def test_what_a_url_cannot_say_is_refused(query: str, says: str) -> None:
    with pytest.raises(problems.InvalidURLError) as caught:
        prepared(f"{PLACE}?{query}")
    assert says in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_all_problems_are_told_at_once_and_no_password() -> None:
    with pytest.raises(problems.InvalidURLError) as caught:
        prepared("trino://me:pass€word@host/lake?verfy=1&roles=x")
    for part in ("verfy", "roles", "ISO 8859-1"):
        assert part in str(caught.value)
    assert "pass€" not in str(caught.value)


def named(url: str, run: Any = RUN) -> dict[str, Any]:
    query = make_url(trino_urls.named_text(url, run)).query
    return {"source": query.get("source"), "client_tags": json.loads(str(query.get("client_tags", "[]")))}


TAGS = ["airflow", "dag_id=nightly", "task_id=load%2C%20all", "run_id=manual__2024-01-01T00:00+00"]


def test_queries_name_their_run() -> None:
    assert named(PLACE) == {"source": "airflow/nightly/load%2C%20all/manual__2024-01-01T00:00+00", "client_tags": TAGS}


def test_what_the_url_says_itself_stays() -> None:
    assert named(f'{PLACE}?source=reports&client_tags=["vip"]') == {"source": "reports", "client_tags": ["vip", *TAGS]}


def test_a_name_holds_no_secret_of_the_url() -> None:
    run = trino_urls.Run("airflow", {"dag_id": "d", "run_id": "for-s3cretWord"})
    assert "s3cretWord" not in json.dumps(named("trino://me:s3cretWord@host/lake", run))


@pytest.mark.parametrize("url", ["sqlite:///a.db", "trino://me@host/lake?client_tags=oops"])
def test_other_urls_stay_as_they_are(url: str) -> None:
    assert trino_urls.named_text(url, RUN) == url
    assert trino_urls.named_text(PLACE, None) == PLACE


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], dict[str, Any]]:
    """What an engine gives the driver when it connects."""
    dbapi = pytest.importorskip("trino.dbapi")

    def arguments(engine: Any) -> dict[str, Any]:
        seen: list[dict[str, Any]] = []

        def connect(*_: Any, **options: Any) -> Any:
            seen.append(options)
            raise dbapi.OperationalError("enough")

        monkeypatch.setattr(dbapi, "connect", connect)
        with pytest.raises(DBAPIError, match="enough"):
            engine.connect()
        return seen[0]

    return arguments


def test_an_engine_connects_with_the_name(connected: Callable[[Any], dict[str, Any]]) -> None:
    engine = create_engine(f'{PLACE}?client_tags=["vip"]')
    trino_urls.name_queries(engine, RUN)
    given = connected(engine)
    assert (given["source"], given["client_tags"][:2]) == (RUN.source, ["vip", "airflow"])


@pytest.mark.parametrize(("query", "legacy"), [("", False), ("?legacy_prepared_statements=true", True)])
def test_statements_are_no_headers(connected: Callable[[Any], dict[str, Any]], query: str, legacy: bool) -> None:
    engine = urls.make_engine(make_url(f"{PLACE}{query}"), core="dq-core")
    assert connected(engine)["legacy_prepared_statements"] is legacy
