"""Reports made by hand, for the tests of whatever shows or stores one."""

from __future__ import annotations

from typing import Any

from dq_core.report import CheckResult, Report


def result(check_name: str = "not_null_email", status: str = "passed", **fields: Any) -> CheckResult:
    """One result; what is not given is that of a passed check of 1 000 rows."""
    plain: dict[str, Any] = {
        "type": "not_null",
        "column": "email",
        "severity": "error",
        "passed": status == "passed",
        "message": "email is never NULL",
        "failed_rows": 0,
        "considered_rows": 1000,
    }
    return CheckResult(check_name=check_name, status=status, **plain | fields)


def report(*results: CheckResult, **fields: Any) -> Report:
    """A report of these results."""
    plain: dict[str, Any] = {
        "total_rows": 1000,
        "execution_time_seconds": 0.25,
        "statements": 2,
        "source": "users.parquet",
        "started_at": "2026-11-20T08:15:00.123456+00:00",
    }
    return Report(results=results, **plain | fields)


def every_outcome() -> Report:
    """A report in which every outcome occurs once, passed first and error last."""
    return report(
        result("ids_present", column="id"),
        result("never_ran", "skipped", failed_rows=None, considered_rows=None, message="skipped behind a failure"),
        result(
            "ages_sane", "failed", type="in_range", column="age", severity="warning", failed_rows=1, message="1 is out"
        ),
        result(
            "emails_present",
            "failed",
            severity="critical",
            failed_rows=25,
            message="25 of 1000 are NULL",
            samples=[{"id": 7, "email": None, "note": " padded"}, {"id": 8, "email": None, "note": "NULL"}],
            sql='SELECT *\nFROM "users"\nWHERE "email" IS NULL',
            details={"threshold": 1.0},
        ),
        result("phones_match", "error", type="regex", failed_rows=None, considered_rows=None, message="bad pattern"),
    )
