"""Checks, profiles, learning, histories and the command on servers that are broken."""

from __future__ import annotations

import pytest

from dq_core import cli, learn, profile, validate
from dq_core.errors import DataQualityError, SourceConnectionError
from dq_core.history import History
from support.broken_conformance import RETRY_HELPS, SECRET, BrokenServers
from support.broken_servers import broken_server

CHECKS = [{"type": "row_count", "min": 1}]


class TestChecks(BrokenServers):
    ours = (DataQualityError,)

    def use(self, url: str, query: str) -> object:
        return validate(url, CHECKS, query=query, timeout_seconds=60)


@pytest.mark.parametrize("verb", [profile, learn])
def test_other_verbs(verb: object) -> None:
    with broken_server("closed") as port, pytest.raises(SourceConnectionError) as caught:
        verb(f"postgresql://u:{SECRET}@127.0.0.1:{port}/x", table="t")  # type: ignore[operator]
    assert caught.value.retryable


def test_a_history() -> None:
    with broken_server("hangs up") as port, pytest.raises(SourceConnectionError) as caught:
        History(f"postgresql://u:{SECRET}@127.0.0.1:{port}/x").points("total_rows", suite="s")
    assert caught.value.retryable
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("driver", ["postgresql", "mysql"])
@pytest.mark.parametrize("how", RETRY_HELPS)
def test_the_command(how: str, driver: str, tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    """One message and the exit status 2; ``--timeout-seconds`` limits how long connecting takes."""
    with open(f"{tmp_path}/rules.yaml", "w") as file:  # noqa: PTH123
        file.write("- {type: row_count, min: 1}\n")
    with broken_server(how) as port:
        given = [f"{driver}://u:{SECRET}@127.0.0.1:{port}/x", "--table", "t", "--rules", f"{tmp_path}/rules.yaml"]
        assert cli.main(["check", *given, "--timeout-seconds", "2"]) == cli.COULD_NOT_RUN
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("dq: ")
    assert SECRET not in err
    assert "Traceback" not in err
