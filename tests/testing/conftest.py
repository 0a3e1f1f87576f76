"""The rows of the client's own tests: sync, async, and both on httpx2."""

from tests.client.conftest import api

__all__ = ["api"]
