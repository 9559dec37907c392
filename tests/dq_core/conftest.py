"""The conformance suite's fixture and cases for every test of dq_core."""

from support.check_conformance import pytest_generate_tests, put, shared_postgresql_url

__all__ = ["pytest_generate_tests", "put", "shared_postgresql_url"]
