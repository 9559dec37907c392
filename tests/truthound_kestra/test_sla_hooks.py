"""What happens after an evaluation."""

from __future__ import annotations

import http.server
import io
import json
import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from truthound_kestra.outputs import KestraOutputHandler
from truthound_kestra.sla import (
    CallbackSLAHook,
    CompositeSLAHook,
    KestraNotificationHook,
    LoggingSLAHook,
    MetricsSLAHook,
    SLAConfig,
    SLAMetrics,
    SLAMonitor,
    SLAResult,
)
from truthound_kestra.utils.exceptions import ConfigurationError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truthound_kestra.sla import SLAHook

CONFIG = SLAConfig(min_pass_rate=0.9, max_execution_time_seconds=10, max_consecutive_failures=None)
GOOD = SLAMetrics(passed_count=10, flow_id="users", task_id="check", namespace="prod")
BAD = SLAMetrics(passed_count=5, failed_count=5, execution_time_seconds=20, flow_id="users", task_id="check")


def call(hook: SLAHook, *metrics: SLAMetrics) -> None:
    monitor = SLAMonitor(CONFIG, [hook], name="daily")
    for one in metrics:
        monitor.evaluate(one)


def documents(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line[2:-2]) for line in out.getvalue().splitlines()]


def test_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "truthound_kestra.sla"):
        call(LoggingSLAHook(), GOOD, BAD)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "SLA daily of prod.users.check is met: 100.00 % passed"),
        ("ERROR", "SLA daily of users.check is violated: 50.00% passed; the minimum is 90.00%"),
        ("WARNING", "SLA daily of users.check is violated: the run took 20 s; the maximum is 10 s"),
    ]


def test_metrics_are_counted_and_sent() -> None:
    out = io.StringIO()
    hook = MetricsSLAHook(KestraOutputHandler(out))
    assert hook.compliance_rate == 1
    call(hook, GOOD, BAD, BAD)
    assert hook.counts == {
        "passed": 1,
        "violated": 2,
        "pass_rate_below_minimum": 2,
        "execution_time_exceeded": 2,
    }
    assert hook.compliance_rate == pytest.approx(1 / 3)
    names = [metric["metrics"][0]["name"] for metric in documents(out)]
    assert names.count("sla.evaluations") == 3
    assert names.count("sla.violations") == 4


def test_callbacks() -> None:
    seen: list[tuple[str, int]] = []
    hook = CallbackSLAHook(
        on_pass=lambda result: seen.append(("pass", len(result.violations))),
        on_violation=lambda result: seen.append(("violation", len(result.violations))),
    )
    call(hook, GOOD, BAD)
    assert seen == [("pass", 0), ("violation", 2)]
    call(CallbackSLAHook(), GOOD, BAD)


def test_kestra_sees_log_outputs_and_metrics() -> None:
    out = io.StringIO()
    call(KestraNotificationHook(handler=KestraOutputHandler(out)), BAD)
    sent = documents(out)
    outputs = next(document["outputs"] for document in sent if "outputs" in document)
    assert outputs["sla_compliant"] is False
    assert [violation["violation_type"] for violation in outputs["sla_violations"]] == [
        "pass_rate_below_minimum",
        "execution_time_exceeded",
    ]
    logs = [entry for document in sent for entry in document.get("logs", [])]
    assert [entry["level"] for entry in logs] == ["ERROR", "WARN"]
    assert all("SLA daily of users.check is violated" in entry["message"] for entry in logs)
    assert sum("metrics" in document for document in sent) == 2


def test_kestra_sees_that_an_sla_holds() -> None:
    out = io.StringIO()
    call(KestraNotificationHook(handler=KestraOutputHandler(out)), GOOD)
    outputs = next(document["outputs"] for document in documents(out) if "outputs" in document)
    assert outputs == {"sla_compliant": True, "sla_violations": [], "sla_consecutive_failures": 0}


@contextmanager
def kestra_webhook(status: int) -> Iterator[tuple[str, list[Any]]]:
    """A server that takes a webhook's call as Kestra does."""
    bodies: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/executions/webhook/prod/alert/s3cret", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_violation_starts_an_alert_flow() -> None:
    with kestra_webhook(200) as (url, bodies):
        call(KestraNotificationHook(url, handler=KestraOutputHandler(io.StringIO())), GOOD, BAD)
    assert len(bodies) == 1
    assert bodies[0]["name"] == "daily"
    assert bodies[0]["is_compliant"] is False
    assert bodies[0]["metrics"]["flow_id"] == "users"


def test_an_alert_flow_that_does_not_start_is_told_without_its_key() -> None:
    with kestra_webhook(404) as (url, _):
        hook = KestraNotificationHook(url, handler=KestraOutputHandler(io.StringIO()))
        with pytest.raises(OutputError, match=r"could not be started: HTTP 404\.") as caught:
            call(hook, BAD)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(hook)
    assert caught.value.__cause__ is None


def test_kestra_out_of_reach() -> None:
    hook = KestraNotificationHook("http://127.0.0.1:9/x", handler=KestraOutputHandler(io.StringIO()))
    with pytest.raises(OutputError, match="could not be started"):
        call(hook, BAD)


def test_only_http() -> None:
    with pytest.raises(ConfigurationError, match="http"):
        KestraNotificationHook("file:///etc/passwd")


class _Broken:
    def on_pass(self, result: SLAResult) -> None:
        raise OSError("no network")

    on_violation = on_pass


def test_one_hook_that_fails_does_not_silence_the_others() -> None:
    seen: list[SLAResult] = []
    later = CallbackSLAHook(on_violation=seen.append)
    with pytest.raises(OSError, match="no network"):
        call(CompositeSLAHook([_Broken(), later]), BAD)
    assert len(seen) == 1
    with pytest.raises(ExceptionGroup, match="2 of 3 SLA hooks failed"):
        call(CompositeSLAHook([_Broken(), later, _Broken()]), BAD)
    assert len(seen) == 2
