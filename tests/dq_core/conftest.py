"""The conformance suite's fixture and cases for every test of dq_core."""

from support.check_conformance import put, pytest_generate_tests, shared_postgresql_url

__all__ = ["put", "pytest_generate_tests", "shared_postgresql_url"]
