"""A Trino that asks who comes: TLS, passwords and tokens; what is wrong is one final error, and a secret is nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL

from dq_core import validate
from dq_core.errors import SourceAccessError
from moltres import connect
from moltres.errors import DatabaseAccessError, MoltresError

if TYPE_CHECKING:
    from support.trino import TrinoServer

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may unpack it

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def secured(trino: TrinoServer, iceberg_url: URL) -> URL:
    """A schema by the port that asks who comes, with the certificate and a user; not yet who they are."""
    asked = trino.secured
    return iceberg_url.set(port=asked.port, username=asked.user).update_query_dict({"verify": str(asked.certificate)})


def with_password(url: URL, trino: TrinoServer) -> URL:
    return url.set(password=trino.secured.password)


def with_token(url: URL, trino: TrinoServer) -> URL:
    return url.update_query_dict({"access_token": trino.secured.token()})


@pytest.mark.parametrize("show", [with_password, with_token])
def test_a_user_shows_who_they_are(
    trino: TrinoServer, secured: URL, show: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))  # what the URL says holds against it
    url = show(secured, trino)
    with connect(url.render_as_string(hide_password=False)) as db:
        db.write([{"id": 1}]).save_as_table("t")
        assert db.sql("SELECT current_user AS who, (SELECT count(*) FROM t) AS n").collect() == [
            {"who": trino.secured.user, "n": 1}
        ]
    report = validate(url, [{"type": "not_null", "column": "id"}], table="t")
    assert report.passed
    assert report.source.endswith("(table t)")


def _refused(url: URL) -> tuple[MoltresError, Exception]:
    """What both cores say."""
    with connect(url) as db, pytest.raises(DatabaseAccessError) as caught:
        db.sql("SELECT 1 AS a").collect()
    with pytest.raises(SourceAccessError) as of_checks:
        validate(url, [{"type": "row_count", "min": 1}], table="t")
    return caught.value, of_checks.value


@pytest.mark.parametrize("wrong", ["password", "token", "nothing", "certificate"])
def test_what_is_wrong_is_final_and_named_without_the_secret(
    trino: TrinoServer,
    secured: URL,
    wrong: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    url, secret, says = with_password(secured, trino), trino.secured.password, "certificate"
    if wrong == "password":
        secret, says = "wr0ng-Passw0rd", "401"
        url = secured.set(password=secret)
    elif wrong == "token":
        secret, says = trino.secured.token()[:-4] + "AAAA", "401"
        url = secured.update_query_dict({"access_token": secret})
    elif wrong == "nothing":
        url, says = secured.update_query_dict({"http_scheme": "https"}), "401"
    else:
        url = url.difference_update_query(["verify"])
    for error in _refused(url):
        assert not getattr(error, "retryable", False)
        assert says in str(error).lower()
        shown = f"{error!r} {error} {error.__cause__!r} {error.__context__!r} {getattr(error, 'context', '')}"
        assert secret not in shown
    assert secret not in caplog.text


def test_a_secret_is_never_sent_without_tls(trino: TrinoServer, iceberg_url: URL) -> None:
    """The port without TLS would take any password."""
    url = iceberg_url.set(password=trino.secured.password)
    with connect(url) as db, pytest.raises(MoltresError) as caught:
        db.sql("SELECT 1 AS a").collect()
    assert "SSL" in str(caught.value)
    assert not caught.value.retryable


SCRIPT = """
import os
from truthound_kestra.scripts import CheckScriptConfig, check_quality_script
config = CheckScriptConfig(engine_name="dq_core", rules=[{"type": "unique", "column": "id"}])
result = check_quality_script(os.environ["DATA"], config, table="t")
print(result.status, result.data_uri)
"""


def test_a_script_of_kestra_checks_a_table_and_its_queries_name_the_execution(
    trino: TrinoServer, iceberg_url: URL, secured: URL, tmp_path: Path
) -> None:
    """As Kestra runs it: a program with an environment, in which the package is installed."""
    installed = tmp_path / "truthound_kestra-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: truthound-kestra\nVersion: 0\n")
    with connect(iceberg_url) as db:
        db.write([{"id": number} for number in range(3)]).save_as_table("t")
        url = with_password(secured, trino).render_as_string(hide_password=False)
        given = {"DATA": url, "KESTRA_EXECUTION_ID": "exec1", "KESTRA_FLOW_ID": "nightly", "KESTRA_NAMESPACE": "shop"}
        sources = os.pathsep.join(map(str, [tmp_path, *sorted((ROOT / "packages").glob("*/src"))]))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **given, "PYTHONPATH": sources},
        )
        assert done.returncode == 0, done.stderr
        assert "passed trino://" in done.stdout
        assert trino.secured.password not in done.stdout + done.stderr
        assert url not in done.stdout + done.stderr
        asked = db.sql("SELECT count(*) AS n FROM system.runtime.queries WHERE source = 'kestra/shop/nightly/exec1'")
        assert json.dumps(asked.collect()[0]["n"]) != "0"
