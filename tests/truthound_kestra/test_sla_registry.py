"""SLAs by name."""

from __future__ import annotations

import pytest

from truthound_kestra.sla import SLAConfig, SLAMetrics, evaluate_sla, get_sla_registry, register_sla
from truthound_kestra.utils.exceptions import ConfigurationError, SLAViolationError

METRICS = SLAMetrics(passed_count=96, failed_count=4, flow_id="users")


def test_register_evaluate_and_read_back() -> None:
    register_sla("users_check", SLAConfig(min_pass_rate=0.95))
    register_sla("orders_check", SLAConfig(min_pass_rate=0.99))
    assert get_sla_registry().names() == ("orders_check", "users_check")
    assert evaluate_sla("users_check", METRICS).is_compliant
    result = evaluate_sla("orders_check", METRICS, raise_on_violation=False)
    assert not result.is_compliant
    assert get_sla_registry().get_all_results() == {
        "users_check": get_sla_registry().get_all_results()["users_check"],
        "orders_check": result,
    }


def test_a_violation_is_kept_and_raises_on_request() -> None:
    register_sla("orders_check", SLAConfig(min_pass_rate=0.99))
    assert not evaluate_sla("orders_check", METRICS).is_compliant
    with pytest.raises(SLAViolationError, match="SLA orders_check is violated"):
        evaluate_sla("orders_check", METRICS, raise_on_violation=True)
    assert not get_sla_registry().get_all_results()["orders_check"].is_compliant


def test_an_unknown_name_gets_the_closest() -> None:
    register_sla("users_check", SLAConfig())
    with pytest.raises(ConfigurationError, match="Did you mean 'users_check'"):
        evaluate_sla("user_check", METRICS)


def test_a_name_stands_for_one_sla() -> None:
    register_sla("users_check", SLAConfig())
    register_sla("users_check", SLAConfig())
    with pytest.raises(ConfigurationError, match="Another SLA"):
        register_sla("users_check", SLAConfig(min_row_count=1))
    register_sla("users_check", SLAConfig(min_row_count=1), replace=True)
    assert get_sla_registry().get("users_check").config.min_row_count == 1


def test_unregister() -> None:
    register_sla("users_check", SLAConfig())
    evaluate_sla("users_check", METRICS, raise_on_violation=False)
    get_sla_registry().unregister("users_check")
    assert get_sla_registry().get_all_results() == {}
    with pytest.raises(ConfigurationError):
        get_sla_registry().unregister("users_check")
