"""Which hosts a server answers to: what a page in a browser was made to ask is refused."""

import http.client
import json
import socket

import httpx
import pytest

from chat_completions import Client
from chat_completions.local import LocalServer, create_app
from chat_completions.local.__main__ import main
from chat_completions.local.hosts import host_of

PATH = "/v1/chat/completions"


def address(server):
    host, _, port = server.base_url.removeprefix("http://").removesuffix("/v1").rpartition(":")
    return host.strip("[]"), int(port)


def asked(server, host, target=PATH, version="HTTP/1.1"):
    """Ask with these bytes; return status and body."""
    head = f"GET {target} {version}\r\n" + (f"Host: {host}\r\n" if host is not None else "")
    with socket.create_connection(address(server), timeout=60) as raw:
        raw.sendall(head.encode("latin-1") + b"Connection: close\r\n\r\n")
        response = http.client.HTTPResponse(raw)
        response.begin()
        return response.status, json.loads(response.read() or b"null") if response.status != 400 else None


FOREIGN = [
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example.",
    "notlocalhost",
    "192.0.2.7",
    "0.0.0.0",
    "[2001:db8::1]",
    "[::1].evil.example",
    "user@localhost",
    "localhost:80:80",
    "localhost:port",
    "127.1",
    "::1",
    "[::1",
    "localhost,evil.example",
    "loc\xe4lhost",
]
LOOPBACK = [
    "localhost",
    "LOCALHOST:1234",
    "localhost.",
    "app.localhost",
    "127.0.0.1",
    "127.0.0.1:9",
    "127.8.9.10",
    "[::1]",
    "[::1]:9",
    "[0:0::1]",
    "[::ffff:127.0.0.1]:80",
    "localhost:",
]


@pytest.fixture(scope="module")
def plain():
    with LocalServer() as server:
        yield server


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused(plain, host):
    status, body = asked(plain, host)
    assert status in (400, 421)
    if status == 421:
        assert body["error"]["code"] == "host_not_allowed" and "--allow-host" in body["error"]["message"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_requests_for_loopback_are_accepted(plain, host):
    assert asked(plain, host)[0] == 200


def test_a_create_request_for_a_foreign_host_does_nothing(plain):
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "store": True}
    response = httpx.post(
        f"{plain.base_url}/chat/completions", json=body, headers={"Host": "evil.example"}, trust_env=False
    )
    assert response.status_code == 421 and response.headers["x-request-id"]
    assert asked(plain, "localhost")[1]["data"] == []


def test_a_request_without_a_host_is_of_no_browser(plain):
    assert asked(plain, None, version="HTTP/1.0")[0] == 200
    assert asked(plain, "")[0] == 200
    assert asked(plain, None)[0] == 400  # HTTP/1.1 has to have one


def test_the_absolute_form_counts_in_place_of_the_header(plain):
    assert asked(plain, "localhost", f"http://evil.example{PATH}")[0] == 421
    assert asked(plain, "evil.example", f"http://localhost:80{PATH}")[0] == 200


def test_further_hosts_are_allowed():
    with LocalServer(allow_hosts=["Models.Test", "192.0.2.7", "2001:db8::1"]) as server:
        for host in ("models.test", "MODELS.TEST.:8080", "192.0.2.7:1", "[2001:DB8:0::1]:80", "localhost"):
            assert asked(server, host)[0] == 200, host
        assert asked(server, "other.test")[0] == 421
    with LocalServer(allow_hosts="one.test") as server:
        assert (asked(server, "one.test")[0], asked(server, "o")[0]) == (200, 421)


def test_requests_for_the_host_that_it_listens_on_are_accepted():
    with LocalServer("localhost") as server, Client(base_url=server.base_url) as client:
        assert client.chat.completions.list().data == []
        assert asked(server, "evil.example")[0] == 421


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_who_listens_everywhere_answers_to_every_name(host):
    try:
        server = LocalServer(host).start()
    except OSError:
        pytest.skip("there is no IPv6 here")
    try:
        port = address(server)[1]
        for name in ("evil.example", "192.0.2.7", "localhost"):
            url = f"http://{'[::1]' if host == '::' else '127.0.0.1'}:{port}{PATH}"
            assert httpx.get(url, headers={"Host": name}, trust_env=False).status_code == 200
    finally:
        server.close()


@pytest.mark.parametrize("name", ["", "a b", "http://a", "a/b", "[::1"])
def test_what_is_no_host_cannot_be_allowed(name, capsys):
    with pytest.raises(ValueError, match="is not a host"):
        LocalServer(allow_hosts=[name])
    assert main(["--allow-host", name]) == 1
    assert "is not a host" in capsys.readouterr().err


def test_the_application_by_itself_answers_to_all_but_where_it_is_told():
    """Who serves it knows its names."""
    for hosts, status in ((None, 200), ([], 421), (["any.test"], 200)):
        app = create_app(hosts=hosts)
        transport = httpx.ASGITransport(app)

        async def get(transport=transport):
            async with httpx.AsyncClient(transport=transport, base_url="http://any.test") as client:
                return (await client.get(PATH)).status_code

        import asyncio

        assert asyncio.run(get()) == status
        app.state.store.close()


def test_hosts_are_compared_as_they_are_meant():
    assert host_of("[::FFFF:192.0.2.7]:80") == host_of("192.0.2.7") == "192.0.2.7"
    assert host_of("ex-am_ple.test") == "ex-am_ple.test"
