"""A fixed number of cases from fixed seeds; `make fuzz` tries others."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.cases import Case, case
from tests.fuzz.drive import Driver
from tests.fuzz.shrinking import smallest

CASES = 400  # of each seed

# httpx-aiohttp forgets the connection of a reply whose reason is no UTF-8; it is closed when it is collected.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
FOUND = [
    Case("raw", "async-httpx2", (b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=rot13\r\n\r\n{",)),
    Case("stream", "sync", (b'HTTP/1.1 200 OK\r\n\r\n{"choices":true}',)),
    Case("list", "async", (b'HTTP/1.1 200 OK\r\n\r\n{"data":true,"has_more":true}',)),
    Case("create", "sync", (b"HTTP/1.1 204 None\r\nset-cookie:a=\xaa\r\n\r\n",)),
    Case("create", "aiohttp", (b"",), environment={"SSL_CERT_FILE": "x" * 300}),
    Case("create", "sync", (b"",), environment={"SSL_CERT_DIR": "socks5://u:sk-fuzz-marker@127.0.0.1:1"}),
]


@pytest.mark.parametrize("seed", range(3))
def test_all_errors_are_ours(seed: int) -> None:
    random = Random(seed)
    with Driver() as driver:
        for _ in range(CASES):
            one = case(random, driver.server.port)
            if (problem := driver.problem(one)) is not None:
                pytest.fail(f"{problem}\n\n{smallest(driver, one)!r}")
        assert not driver.leaks()


@pytest.mark.parametrize("found", FOUND, ids=range(len(FOUND)))
def test_what_was_found_stays_mended(found: Case) -> None:
    with Driver() as driver:
        assert driver.problem(found) is None
        assert not driver.leaks()
