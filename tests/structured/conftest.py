"""The two clients by one interface, as for all calls."""

from tests.client.conftest import api as api
from tests.client.conftest import pytest_generate_tests as pytest_generate_tests
