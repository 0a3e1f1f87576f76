"""`doctor`: what it finds, against servers that are well and servers that are not."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chat_completions import Client
from chat_completions.cli import checks, server_checks
from chat_completions.cli.connection import Connection
from chat_completions.cli.models import model_names
from chat_completions.local import LocalServer
from tests.cli.certificates import TlsServer, self_signed
from tests.cli.commands import Command, nobody
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply

pytestmark = pytest.mark.slow

KEY = "sk-proj-0123456789abcdef"
LIST = {"object": "list", "data": [], "has_more": False}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def without_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if re.match("OPENAI_|SSL_CERT_|(HTTPS?|ALL|NO)_PROXY$", name, re.IGNORECASE):
            monkeypatch.delenv(name)


def findings(command: Command, *arguments: str, **variables: str | None) -> dict[str, Any]:
    """Return what doctor found, by name, and `code`."""
    ended = command.within("doctor", "--json", *arguments, **variables)
    assert ended.err == ""
    report = ended.json()
    names = [check["name"] for check in report["checks"]]
    assert len(names) == len(set(names))
    assert report["ok"] is (ended.code == 0) and ended.code in (0, 1)
    assert all(check["advice"] for check in report["checks"] if check["status"] != "ok")
    return {"code": ended.code, **{check["name"]: check for check in report["checks"]}}


def problems(found: dict[str, Any]) -> list[str]:
    return [name for name, check in found.items() if name != "code" and check["status"] == "problem"]


def test_all_is_well(command: Command) -> None:
    found = findings(command, OPENAI_API_KEY=KEY)
    assert found["code"] == 0 and {check["status"] for name, check in found.items() if name != "code"} == {"ok"}
    assert found["versions"]["facts"]["httpx"] and found["specification"]["facts"]["slice_sha256"]
    assert found["extras"]["facts"]["missing"]["cli"] == []
    assert found["key"]["facts"] == {"present": True, "source": "the variable OPENAI_API_KEY"}
    assert found["connection"]["facts"]["milliseconds"] >= 0 and found["latency"]["facts"]["milliseconds"] > 0
    assert found["answer"]["facts"]["status"] == 200
    assert found["time limits"]["facts"]["timeout"] == 600
    lines = command("doctor").out.splitlines()
    assert len(lines) == len(found) - 1 and all(line.startswith("ok       ") for line in lines)


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    error = json_reply({"error": {"message": f"Incorrect API key provided: {KEY[:8]}****{KEY[-4:]}"}}, 401)
    with ScriptedServer(error) as server:
        command = Command(tmp_path, server.base_url)
        for ended in (
            command("doctor", OPENAI_API_KEY=KEY),
            command("doctor", "--json", "--debug", "--api-key-file", "key"),
            command.at_terminal("doctor", "--api-key-env", "OTHER", OTHER=KEY),
        ):
            said = ended.out + ended.err
            assert ended.code == 1 and "does not accept the key" in said.replace("\n         ", " ")
            for length in range(4, len(KEY)):
                assert KEY[:length] not in said and KEY[-length:] not in said
            assert f" {len(KEY)} " not in re.sub(r"\d+ ms", "", said)
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


def test_the_key_is_looked_at(alone: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, mode in (("open", 0o644), ("closed", 0o600)):
        (tmp_path / name).write_text(KEY)
        (tmp_path / name).chmod(mode)

    rows: list[tuple[str, str, dict[str, Any], str | None]] = [
        ("ok", "if the server requires one", {}, None),
        ("ok", "--header", {"header": ["api-key: x"]}, None),
        ("problem", "whitespace", {}, f"{KEY}\n"),
        ("warning", "quotes", {}, f"'{KEY}'"),
        ("warning", "quotes", {}, f"Bearer {KEY}"),
        ("problem", "NOT_SET", {"api_key_env": "NOT_SET"}, None),
        ("warning", "chmod 600", {"api_key_file": tmp_path / "open"}, None),
        ("ok", "--api-key-file", {"api_key_file": tmp_path / "closed"}, None),
    ]
    for status, told, options, key in rows:
        with monkeypatch.context() as variables:
            if key is not None:
                variables.setenv("OPENAI_API_KEY", key)
            check = checks.key(Connection(base_url="http://host/v1", **options))
        assert check.status == status and told in f"{check.detail} {check.advice}"
        assert bool(check.advice) is (status != "ok") and KEY[:4] not in repr(check)
    # The way to the default server is a proxy's, so that no test leaves this machine.
    with ScriptedServer(Reply(cut=True, framing="close", pieces=[])) as proxy:
        address = proxy.base_url.removesuffix("/v1")
        missing = findings(alone, HTTPS_PROXY=address)
        assert "key" in problems(missing) and missing["address"]["facts"]["source"] == "the default"
        assert [request.target for request in proxy.requests] == ["api.openai.com:443"]


NO_ADDRESSES = [
    ("user:secret-word@host", "does not have a host, or http://"),
    ("ftp://host/v1", "or http://"),
    ("http://", "not have a host"),
    ("http://host:99999/v1", "Port out of range"),
    ("http://host/v1?api-version=1", "--query"),
    ("'http://host/v1'", "whitespace or quotes"),
    ("http://host/v1/chat/completions/", "use http://host/v1"),
]


@pytest.mark.parametrize(("url", "told"), NO_ADDRESSES)
def test_an_invalid_address(url: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    check = checks.address(Connection())
    assert check.status == "problem" and told in f"{check.detail} {check.advice}"
    assert check.advice and "secret-word" not in repr(check)


def test_the_way_is_not_gone_to_no_address(alone: Command) -> None:
    found = findings(alone, OPENAI_BASE_URL="user:secret-word@host")
    assert problems(found) == ["address"] and "connection" not in found and "secret-word" not in json.dumps(found)


def test_a_dead_port_and_an_unknown_host(alone: Command) -> None:
    with nobody() as address:
        found = findings(alone, "--base-url", f"http://{address}/v1")
    assert problems(found) == ["connection"] and "refuses" in found["connection"]["detail"]
    found = findings(alone, "--base-url", "http://no-such-host.invalid/v1")
    assert problems(found) == ["name"] and "no-such-host.invalid" in found["name"]["detail"]


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        for limit in ("--deadline", "--timeout"):
            found = findings(Command(tmp_path, url), limit, "2")
            assert problems(found) == ["answer"] and found["connection"]["status"] == "ok"
            assert "in time" in found["answer"]["detail"] and "firewall" not in found["answer"]["advice"]
        found = findings(Command(tmp_path, url.replace("http", "https")), "--timeout", "2")
    assert problems(found) == ["TLS"] and "in time" in found["TLS"]["detail"]


def test_the_target_of_a_redirect_is_named(tmp_path: Path) -> None:
    with (
        nobody() as address,
        ScriptedServer(Reply([b""], 307, {"location": f"http://{address}/v1/chat/completions"})) as server,
    ):
        found = findings(Command(tmp_path, server.base_url))
    assert problems(found) == ["redirect"] and found["connection"]["status"] == "ok"
    first = server.base_url.removeprefix("http://").removesuffix("/v1")
    assert found["redirect"]["detail"] == f"{address} (to which {first} redirects) refuses connections"


@pytest.mark.parametrize(
    ("begins", "ends", "told"),
    [(-DAY, 30 * DAY, "self-signed"), (-2 * DAY, -DAY, "expired"), (DAY, 2 * DAY, "not valid yet")],
)
def test_a_certificate_that_is_not_trusted(tmp_path: Path, begins: timedelta, ends: timedelta, told: str) -> None:
    certificate, key = self_signed(tmp_path, begins=begins, ends=ends)
    trusted = {} if told == "self-signed" else {"SSL_CERT_FILE": str(certificate)}
    with TlsServer(certificate, key, json_reply(LIST)) as server:
        found = findings(Command(tmp_path, server.base_url), **trusted)
    assert problems(found) == ["TLS"] and told in found["TLS"]["detail"] and found["connection"]["status"] == "ok"
    assert ("SSL_CERT_FILE" in found["TLS"]["advice"]) is (told == "self-signed")


def test_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, begins=-DAY, ends=5 * DAY)
    with TlsServer(certificate, key, json_reply(LIST)) as server:
        command = Command(tmp_path, server.base_url)
        found = findings(command, SSL_CERT_FILE=str(certificate))
        assert found["code"] == 0 and found["TLS"]["status"] == "warning" and "expires soon" in found["TLS"]["advice"]
        named = findings(command, "--base-url", server.base_url.replace("127.0.0.1", "localhost"),
                         SSL_CERT_FILE=str(certificate))  # fmt: skip
        if named["connection"]["facts"]["host"] == "localhost":
            assert problems(named) in ([], ["TLS"])
        plain = findings(command, "--base-url", server.base_url.replace("https", "http"))
        assert plain["code"] == 1 and "https://" in plain["answer"]["advice"]


def test_tls_where_there_is_none(tmp_path: Path, server: LocalServer) -> None:
    found = findings(Command(tmp_path, server.base_url.replace("http:", "https:")))
    assert problems(found) == ["TLS"] and "http://" in found["TLS"]["advice"]


def test_certificates_that_are_not_there(command: Command) -> None:
    # It is loaded at once, whatever the address.
    found = findings(command, SSL_CERT_FILE="/no/such/file")
    assert problems(found) == ["certificate file", "http client"]
    assert problems(findings(command, SSL_CERT_DIR="/no/such/folder")) == ["http client"]


def test_only_certificates_that_are_used_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    rows: list[tuple[str, str | None, str | None, dict[str, str]]] = [
        ("https", None, None, {}),
        ("https", "file", None, {"certificate file": "ok"}),
        ("https", "file", "gone", {"certificate file": "ok", "certificate directory": "ok"}),
        ("https", None, "gone", {"certificate directory": "problem"}),
        ("https", None, ".", {"certificate directory": "ok"}),
        ("http", "file", "gone", {}),
        ("http", "gone", None, {"certificate file": "problem"}),
    ]
    for scheme, file, directory, wanted in rows:
        with monkeypatch.context() as variables:
            for name, value in (("FILE", file), ("DIR", directory)):
                if value is not None:
                    variables.setenv(f"SSL_CERT_{name}", str(tmp_path / value))
                    variables.setenv(f"ssl_cert_{name.lower()}", "/not/read")
            proxies, *found = checks.environment(Connection(base_url=f"{scheme}://host/v1"))
        assert proxies.name == "proxies" and {check.name: check.status for check in found} == wanted


def test_a_proxy_is_used_and_its_password_hidden(tmp_path: Path) -> None:
    with ScriptedServer(json_reply(LIST)) as proxy:
        address = proxy.base_url.removesuffix("/v1").replace("://", "://me:pass-word-1@")
        command = Command(tmp_path, "http://api.example.test/v1")
        ended = command("doctor", http_proxy=address)
        found = findings(command, HTTP_PROXY=address, NO_PROXY="other.test")
    assert ended.code == 0 and "pass-word-1" not in ended.out and "://[hidden]@127.0.0.1" in ended.out
    assert found["connection"]["facts"]["proxied"] is True and "the proxy" in found["connection"]["detail"]
    assert found["proxies"]["facts"]["NO_PROXY"] == "other.test"
    assert proxy.requests[0].target.startswith("http://api.example.test/v1/")
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("proxy", "name", "told"),
    [
        ("http://me:pass-word-1@127.0.0.1:9", "connection", "the proxy 127.0.0.1:9 refuses"),
        ("http://me:pass-word-1@no-such-proxy.invalid:1", "name", "the proxy no-such-proxy.invalid"),
        ("gopher://me:pass-word-1@127.0.0.1:9", "http client", "cannot be created"),
    ],
)
def test_a_proxy_that_does_not_work(command: Command, proxy: str, name: str, told: str) -> None:
    found = findings(command, ALL_PROXY=proxy)
    assert problems(found) == [name] and told in found[name]["detail"] and "pass-word-1" not in json.dumps(found)
    if "127.0.0.1" in found["address"]["detail"] and name == "connection":
        assert findings(command, ALL_PROXY=proxy, NO_PROXY="127.0.0.1")["code"] == 0


def test_a_proxy_that_refuses(tmp_path: Path) -> None:
    for status, told in ((407, "USER:PASSWORD@"), (403, "NO_PROXY")):
        with ScriptedServer(Reply([b"<html>"], status, {"content-type": "text/html"})) as proxy:
            address = proxy.base_url.removesuffix("/v1")
            found = findings(Command(tmp_path, "http://api.example.test/v1"), ALL_PROXY=address)
            assert problems(found) == ["answer"] and told in found["answer"]["advice"]
            tunnel = findings(Command(tmp_path, "https://api.example.test/v1"), ALL_PROXY=address)
            assert problems(tunnel) == ["proxy"] and str(status) in tunnel["proxy"]["detail"]


HTML = Reply([b"<!doctype html><title>Welcome</title>"], headers={"content-type": "text/html"})


ANSWERS = [
    (json_reply({"error": {"message": "no"}}, 401), "does not accept the key"),
    (json_reply({"error": {"message": "no"}}, 403), "not have permission"),
    (Reply([b"<html>"], 403, {"content-type": "text/html"}), "in front of the API"),
    (json_reply({"detail": "Not Found"}, 404), "not at this address"),
    (json_reply({"error": {"code": "insufficient_quota"}}, 429), "quota"),
    (json_reply({"error": "x"}, 500), "failed"),
    (json_reply({"error": "Odd."}, 400), "Odd."),
    (json_reply({"error": f"Wrong API key: {KEY[:4]}***{KEY[-4:]}"}, 400), "400: the server rejects the key"),
    (Reply([b""], 302, {"location": "/"}), "redirects to"),
    (HTML, "web page"),
    (json_reply({"error": "Unexpected endpoint"}), "is not the API"),
    (Reply([b"hello"]), "is not the API"),
    (Reply([b"{}"], framing="close", cut=True, status=99), "but closed it"),
]


@pytest.mark.parametrize(("reply", "told"), ANSWERS)
def test_what_the_answer_means(reply: Reply, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ScriptedServer(reply) as server:
        found = list(server_checks.check_server(Connection(base_url=server.base_url), keyed=True))
    assert [check.name for check in found if check.status == "problem"] == ["answer"]
    assert told in found[-1].detail and found[-1].advice and KEY[-4:] not in repr(found)


def test_too_many_requests_is_only_a_warning(tmp_path: Path) -> None:
    with ScriptedServer(json_reply({"error": {"code": "rate_limit_exceeded"}}, 429)) as server:
        found = findings(Command(tmp_path, server.base_url))
    assert found["code"] == 0 and found["answer"]["status"] == "warning" and len(server.requests) == 1


def test_a_server_that_requires_a_key(tmp_path: Path) -> None:
    with LocalServer(api_keys=["made-up"]) as server:
        command = Command(tmp_path, server.base_url)
        found = findings(command)
        assert problems(found) == ["answer"] and "requires a key" in found["answer"]["detail"]
        assert findings(command, OPENAI_API_KEY="made-up")["code"] == 0
        assert "does not accept" in findings(command, OPENAI_API_KEY="another")["answer"]["detail"]


@pytest.mark.parametrize(
    ("answers", "by"),
    [
        ({"/v1/models": json_reply({"object": "list", "data": [{"id": "m"}]})}, "models"),
        ({"POST": json_reply({"error": {"message": "messages is required"}}, 400)}, "completions"),
        ({"POST": json_reply({"choices": []})}, "completions"),
    ],
)
def test_servers_that_do_not_list_completions_are_recognized(
    tmp_path: Path, answers: dict[str, Reply], by: str
) -> None:
    def reply(request: Received) -> Reply:
        return answers.get(request.method) or answers.get(request.target) or json_reply({"detail": "no"}, 405)

    with ScriptedServer(reply) as server:
        found = findings(Command(tmp_path, server.base_url))
    assert found["code"] == 0 and found["answer"]["facts"]["by"] == by


MODELS = ["gpt-5", "gpt-5-mini", "meta-llama/Llama-3.1-8B-Instruct"]


def test_the_models_of_a_server_are_listed(tmp_path: Path) -> None:
    with ScriptedServer(json_reply({"object": "list", "data": [{"id": name} for name in MODELS]})) as server:
        command = Command(tmp_path, server.base_url)
        known = findings(command, "--model", "gpt-5")["models"]
        near = findings(command, "--model", "llama-3.1-8b-instruct")["models"]
        far = findings(command, "--model", "zzz")["models"]
    assert (known["status"], known["facts"]["listed"]) == ("ok", MODELS)
    assert (near["status"], near["advice"]) == ("warning", f"did you mean {MODELS[2]}?")
    assert "--model" in far["advice"] and "gpt-5, gpt-5-mini" in far["detail"]


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ({"models": [{"name": "a"}, "b", 1, None, {"id": ""}]}, ["a", "b"]),
        ([{"id": "a"}, {"id": "a"}], ["a"]),
        ({"data": {}}, None),
        ("a", None),
    ],
)
def test_lists_of_models_in_other_forms_are_read(listed: Any, found: list[str] | None) -> None:
    with ScriptedServer(json_reply(listed)) as server, Client(base_url=server.base_url, api_key="k") as client:
        assert model_names(client) == found


def test_a_path_without_v1_is_reported(tmp_path: Path, server: LocalServer) -> None:
    found = findings(Command(tmp_path, server.base_url.removesuffix("/v1")))
    assert problems(found) == ["answer"] and "most end in /v1" in found["answer"]["advice"]


def test_a_package_that_is_broken_is_told_of(command: Command, tmp_path: Path) -> None:
    (tmp_path / "jiter.py").write_text("raise ImportError('built for another machine')")
    places = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    ended = command("doctor", "--json", program=[sys.executable, "-m", "chat_completions"], PYTHONPATH=places)
    (extras,) = [check for check in ended.json()["checks"] if check["name"] == "extras"]
    assert extras["status"] == "problem" and "built for another machine" in extras["detail"]
