"""The rows of the client's own tests: sync, async, and both on httpx2."""

from tests.client.conftest import api, pytest_generate_tests

__all__ = ["api", "pytest_generate_tests"]
