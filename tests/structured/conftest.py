"""The two clients by one interface, as for all calls."""

from tests.client.conftest import api as api
