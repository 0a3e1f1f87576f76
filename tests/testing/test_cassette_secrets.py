"""What is secret is in no file, wherever it stood and in however many pieces it was said."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions import Client
from chat_completions.testing import ScriptedServer, record, replay
from chat_completions.testing.recorded_bodies import cleaned_body, cleaned_pieces
from chat_completions.testing.secrets import REMOVED, Secrets, is_secret
from tests.client.scripted import Reply, json_reply, stream_reply
from tests.client.scripted import ScriptedServer as RawServer
from tests.conftest import examples

KEY = "sk-proj-Ab9_secret/+key"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "it.json"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("logprobs", [None, 3])
def test_a_key_in_the_prompt_that_the_model_says_again(path: Path, stream: bool, logprobs: int | None) -> None:
    """The key is taken out of the prompt, and of the answer, which says it token by token; the replay still answers."""
    messages: Any = [{"role": "user", "content": f"My key is {KEY}, keep it."}]
    fields: Any = {"logprobs": True, "top_logprobs": logprobs} if logprobs else {}

    def ask(client: Client, key: str) -> str:
        text = messages[0]["content"].replace(KEY, key)
        said = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": text}], stream=stream, **fields
        )
        if not stream:
            return str(said.choices[0].message.content)  # type: ignore[union-attr]
        list(said)  # type: ignore[arg-type]
        return str(said.completion.choices[0].message.content)  # type: ignore[union-attr]

    with ScriptedServer() as server, record(path) as cassette:
        with Client(base_url=server.base_url, api_key=KEY, http_client=cassette.http_client()) as client:
            live = ask(client, KEY)
            assert KEY in live
    text = path.read_text()
    said: list[str] = []

    def collect(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                collect(item, key)
        elif isinstance(value, list):
            if value and all(isinstance(item, int) for item in value):
                said.append(bytes(value).decode())  # the bytes of a token
            for item in value:
                collect(item, name)
        elif isinstance(value, str) and name in ("content", "token"):
            said.append(value)

    collect(json.loads(text))
    for piece in (KEY, "secret", "Ab9_"):
        assert piece not in text and piece not in "".join(said), piece
    with replay(path) as cassette:
        # Whoever replays has another key, and asks with that.
        with Client(base_url="http://x/v1", api_key="sk-another", http_client=cassette.http_client()) as client:
            assert ask(client, "sk-another") == live.replace(KEY, REMOVED)


def test_headers_addresses_and_cookies(path: Path) -> None:
    """Credentials of every kind, sent or received, are gone; what is harmless is still there."""
    secrets = {
        "api-key": "azure-secret",
        "X-Goog-Api-Key": "google-secret",
        "Ocp-Apim-Subscription-Key": "gateway-secret",
        "OpenAI-Organization": "org-secret",
        "OpenAI-Project": "proj_secret",
        "Cookie": "session=cookie-secret; other=1",
        "X-Unforeseen": "unforeseen-secret",
        "Proxy-Authorization": "Basic " + base64.b64encode(b"user:proxy-secret").decode(),
    }
    answer = {
        "content-type": "application/json",
        "set-cookie": "id=set-secret; Path=/",
        "openai-organization": "org-of-the-answer",
        "x-ratelimit-remaining-tokens": "149984",
        "x-request-id": "req-1",
    }
    said = [value for name, value in secrets.items() if name != "X-Unforeseen"]
    echoed = json.dumps([*said, "set-secret", "org-of-the-answer", "user-secret", "proxy-secret"]).encode()
    with RawServer(Reply([echoed], headers=answer)) as server, record(path) as cassette:
        url = server.base_url.replace("http://", "http://user:user-secret@")
        client = cassette.http_client()
        client.post(
            f"{url}/chat/completions?api-version=1&sig=query-secret%2B1&subscription-key=query-secret-2",
            headers=secrets,
            json={"q": "query-secret+1 or query-secret%2B1"},
        )
        assert "-secret" not in repr(cassette) + repr(cassette.exchanges) + cassette.account() + repr(cassette._secrets)
    text = path.read_text()
    for secret in ("secret", "org-of-the-answer", "dXNlcjpwcm94eS1z"):
        assert secret not in text.replace("x-unforeseen", ""), [line for line in text.splitlines() if secret in line]
    exchange = json.loads(text)["exchanges"][0]
    assert exchange["request"]["url"].endswith(
        "/v1/chat/completions?api-version=1&sig=[removed]&subscription-key=[removed]"
    )
    assert "@" not in exchange["request"]["url"]
    assert exchange["request"]["headers"]["x-unforeseen"] == REMOVED
    assert exchange["response"]["headers"]["x-ratelimit-remaining-tokens"] == "149984"
    assert exchange["response"]["headers"]["x-request-id"] == "req-1"


def test_keys_of_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the environment holds is gone wherever it occurs, though nobody sent it as one."""
    monkeypatch.setenv("SOME_VENDOR_API_KEY", "vendor-secret-1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-environment")
    with RawServer(json_reply({"says": "vendor-secret-1 of org-environment"})) as server, record(path) as cassette:
        cassette.http_client().post(f"{server.base_url}/chat/completions", json={"a": "vendor-secret-1"})
    assert "vendor-secret-1" not in path.read_text() and "org-environment" not in path.read_text()


def test_names_and_values_of_the_callers_own(path: Path) -> None:
    """More names and values may be given; names hold for headers, query and fields of bodies, at any depth."""
    names, values = ["X-Tenant", "user", "accept"], ["Anna"]
    answer = {"choices": [{"user": "u-3", "text": "Hello Anna"}]}
    with RawServer(json_reply(answer, x_tenant="tenant-2")) as server:
        with record(path, secret_names=names, secret_values=values) as cassette:
            cassette.http_client(headers={"x-tenant": "tenant-1", "accept": "application/anna"}).post(
                f"{server.base_url}/chat/completions?user=u-1", json={"user": "u-2", "prompt": "I am Anna"}
            )
    text = path.read_text()
    assert not [secret for secret in ("Anna", "tenant-", "u-1", "u-2", "u-3", "/anna") if secret in text]
    with replay(path, secret_names=names, secret_values=["Berta"]) as cassette:
        body = {"user": "someone else", "prompt": "I am Berta"}
        again = cassette.http_client().post("http://x/v1/chat/completions?user=u-9", json=body)
        assert again.json()["choices"][0] == {"user": REMOVED, "text": f"Hello {REMOVED}"}


def test_whoever_replays_has_other_secrets(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a secret was taken out any text is right, and only there."""
    monkeypatch.setenv("SOME_VENDOR_API_KEY", "vendor-secret-1")
    with RawServer(json_reply({})) as server, record(path, secret_names=["user"]) as cassette:
        body = {"user": "u-1", "prompt": "Use vendor-secret-1, please."}
        cassette.http_client().post(f"{server.base_url}/chat/completions?user=u-1", json=body)
    monkeypatch.delenv("SOME_VENDOR_API_KEY")
    url = "http://x/v1/chat/completions?user=u-2"
    with replay(path) as cassette:
        for prompt in ("Use it", "Use X, please. Or not.", "Please use X, please."):
            with pytest.raises(AssertionError, match="/prompt"):
                cassette.http_client().post(url, json={"user": "u-2", "prompt": prompt})
        answer = cassette.http_client().post(url, json={"user": "u-2", "prompt": "Use another\nkey, please."})
        assert answer.status_code == 200


def test_a_failure_and_an_error_message(path: Path) -> None:
    """What an exception says is cleaned as well, and so is what an error shows of a request."""
    with record(path) as cassette, pytest.raises(httpx.UnsupportedProtocol):
        cassette.http_client().get("odd://user-secret:pass-secret@host/", headers={"api-key": "odd-secret"})
    assert "secret" not in path.read_text()
    with replay(path) as cassette, pytest.raises(AssertionError) as unknown:
        cassette.http_client().post("http://me:pass-secret@x/?key=key-secret", json={"a": "key-secret"})
    assert "secret" not in str(unknown.value)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_key_in_a_stream_that_is_no_json(path: Path, size: int) -> None:
    """Comments, other events and broken JSON are cleaned too, wherever the pieces end."""
    body = f': {KEY}\n\nevent: error\ndata: wrong key {KEY}\n\ndata: {{"broken": "{KEY}\n\ndata: [DONE]\n\n'.encode()
    pieces = [body[begin : begin + size] for begin in range(0, len(body), size)]
    with RawServer(stream_reply(pieces)) as server, record(path) as cassette:
        client = cassette.http_client(headers={"authorization": f"Bearer {KEY}"})
        live = client.post(f"{server.base_url}/chat/completions", json={})
        assert live.content == body
    with replay(path) as cassette:
        again = cassette.http_client().post("http://x/v1/chat/completions", json={})
    assert again.text == live.text.replace(KEY, REMOVED)


def test_words_that_are_no_secrets(path: Path) -> None:
    """Placeholders that people use as keys are common words, and stay where they are words."""
    body = {"model": "ollama", "messages": "none EMPTY token max_tokens api-version"}
    with RawServer(json_reply(body)) as server, record(path) as cassette:
        for key in ("ollama", "none", "EMPTY"):
            client = cassette.http_client(headers={"authorization": f"Bearer {key}"})
            client.post(f"{server.base_url}/chat/completions", json=body)
    for exchange in json.loads(path.read_text())["exchanges"]:
        assert exchange["request"]["json"] == exchange["response"]["json"] == body


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("x-api-key", True),
        ("X_Amz_Security_Token", True),
        ("Set-Cookie", True),
        ("OpenAI-Organization", True),
        ("sig", True),
        ("content-type", False),
        ("idempotency-key", False),
        ("x-ratelimit-remaining-tokens", False),
        ("api-version", False),
        ("max_tokens", False),
        ("keyboard", False),
        ("accessToken", True),
        ("clientSecret", True),
        ("subscriptionKey", True),
        ("code", True),
        ("sas", True),
    ],
)
def test_names(name: str, secret: bool) -> None:
    """A name is secret if one of its words is."""
    assert is_secret(name) is secret


UNFORESEEN = ["code", "accessToken", "clientSecret", "subscriptionKey", "sas", "k", "Ticket", "u", "id", "api version"]


@pytest.mark.parametrize("name", UNFORESEEN)
def test_only_names_that_are_known_keep_their_value(path: Path, name: str) -> None:
    """In a query, in the headers of a request and of a response, and in the query of where a redirect leads to."""
    header = name.replace(" ", "-")
    named = {"x-" + header: "response-Secret-1", "www-authenticate": 'Basic realm="secret-realm"'}
    query = urlencode({name: "query-Secret-2", "limit": 2, "metadata[team]": "blue", "metadata[apiKey]": "m-Secret-3"})
    location = "http://127.0.0.1:9/there?" + urlencode({name: "target-Secret-4"})
    answer = {"content-type": "application/json", "location": location, "set-cookie": "a=Secret-5", **named}
    body = b'{"said": "query-Secret-2 and request-Secret-6 and target-Secret-4 and response-Secret-1"}'
    with RawServer(Reply([body], headers=answer)) as server, record(path) as cassette:
        url = f"{server.base_url.replace('//', '//me:user-Secret-7@')}/chat/completions?{query}&alone-Secret-8"
        cassette.http_client().get(url, headers={"X-" + header: "request-Secret-6"})
    text = path.read_text()
    assert "secret" not in text.lower().replace("clientsecret", ""), text
    exchange = json.loads(text)["exchanges"][0]
    assert "limit=2" in exchange["request"]["url"] and "metadata%5Bteam%5D=blue" in exchange["request"]["url"]
    assert exchange["response"]["headers"]["location"].startswith("http://127.0.0.1:9/there?")
    # Whoever replays has other secrets; what is harmless has to be the same.
    other = query.replace("query-Secret-2", "another").replace("m-Secret-3", "x")
    with replay(path) as cassette:
        client = cassette.http_client()
        with pytest.raises(AssertionError, match="query limit"):
            client.get(f"http://x/v1/chat/completions?{other.replace('limit=2', 'limit=3')}&alone-9")
        assert client.get(f"http://x/v1/chat/completions?{other}&alone-9").status_code == 200


def test_what_a_client_needs_of_a_response_is_kept(path: Path) -> None:
    kept = {
        "content-type": "application/json",
        "retry-after-ms": "1",
        "x-should-retry": "true",
        "x-request-id": "req-1",
        "apim-request-id": "req-2",
        "x-ratelimit-limit-requests": "10",
        "openai-processing-ms": "12",
    }
    with RawServer(Reply([b"{}"], headers=kept)) as server, record(path) as cassette:
        cassette.http_client().post(f"{server.base_url}/chat/completions", json={})
    with replay(path) as cassette:
        again = cassette.http_client().post("http://x/v1/chat/completions", json={})
    assert {name: again.headers.get(name) for name in kept} == kept


def test_the_repr_of_what_a_server_got_shows_what_is_harmless() -> None:
    with ScriptedServer() as server:
        httpx.post(f"{server.base_url}/chat/completions?code=Secret-1&limit=2", headers={"X-U": "Secret-2"}, json={})
        shown = f"{server.last!r} {server.last.headers!r} {server.last.query!r}"
        assert "Secret" not in shown and "'limit': '2'" in shown
        assert (server.last.query["code"], server.last.headers["x-u"]) == ("Secret-1", "Secret-2")


TEXT = st.text(st.sampled_from('ab"\\\nż🐢 -'), max_size=12)


@examples(150)
@given(before=TEXT, after=TEXT, data=st.data(), ascii=st.booleans(), spaced=st.booleans())
def test_a_secret_however_it_is_cut(before: str, after: str, data: st.DataObject, ascii: bool, spaced: bool) -> None:
    """However a secret is spread over events, and these over pieces: it is gone, and all else is as it was."""
    secret = 'k"\\-ż🐢-12345'
    text = before + secret + after
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    parts = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    events = [{"choices": [{"index": 1, "delta": {"content": part}}]} for part in parts]
    separators = (", ", ": ") if spaced else (",", ":")
    body = b"".join(f"data: {json.dumps(e, ensure_ascii=ascii, separators=separators)}\n\n".encode() for e in events)
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [(0.0, body[begin:end]) for begin, end in zip([0, *places], [*places, len(body)], strict=True)]
    cleaned = cleaned_pieces(pieces, Secrets(values=[secret]))
    assert len(cleaned) == len(pieces)
    lines = b"".join(piece for _, piece in cleaned).decode().split("\n\n")[:-1]
    again = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert len(again) == len(events)
    assert "".join(event["choices"][0]["delta"]["content"] for event in again) == before + REMOVED + after
    nothing = cleaned_pieces(pieces, Secrets())
    assert nothing == pieces


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=8,
    )
)
def test_bodies_without_secrets_stay_as_they_are(value: Any) -> None:
    """Cleaning changes no byte where there is nothing to take out."""
    for options in ({}, {"indent": 4}, {"separators": (",", ":")}):
        body = json.dumps(value, **options).encode()  # type: ignore[arg-type]
        assert cleaned_body(body, Secrets(values=["not in there at all"])) == body
