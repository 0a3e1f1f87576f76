"""The checks of `doctor` on the connection: each step of a request that changes nothing, and its duration.

The steps are those of a request of the client, as its HTTP library reports them, so they use the same proxy,
certificates and time limits as any call.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chat_completions.cli.checks import Check
from chat_completions.cli.connection import Connection
from chat_completions.cli.exits import Failure, missing_package
from chat_completions.cli.models import listed_names, model_names, nearest
from chat_completions.cli.verdicts import (
    answer_problem,
    connection_problem,
    demands_key,
    is_absent,
    is_html,
    redirect_problem,
    status_problem,
    tls_problem,
)
from chat_completions.errors import APIConnectionError, APIError, APIStatusError, ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions import Client

_DEADLINE = 20.0  # seconds for a request, unless the user sets a limit
_SOON = 14 * 86400  # seconds before its end when a certificate gets a warning


class Trace:
    """The steps of a request, as httpcore reports them."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.took: dict[str, float] = {}  # milliseconds
        self.failed: str | None = None
        self.connected_to: tuple[str, int] | None = None
        self.tls: Any = None

    def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        _, step, stage = name.rsplit(".", 2)
        if stage == "started":
            self.began[step] = time.perf_counter()
            if step == "connect_tcp":
                self.connected_to = info.get("host", ""), info.get("port", 0)
        else:
            self.took[step] = (time.perf_counter() - self.began.get(step, time.perf_counter())) * 1000
            if stage == "failed":
                self.failed = step
            elif step == "start_tls":
                self.tls = info["return_value"].get_extra_info("ssl_object")


def check_server(connection: Connection, *, keyed: bool, model: str | None = None) -> Iterator[Check]:
    """Send a request to the server, and yield a check for each step.

    Args:
        connection: The options.
        keyed: Whether there is a key to send.
        model: The model to look for among those that the server lists.
    """
    import httpx

    from chat_completions._transport.environment import environment_errors
    from chat_completions._transport.transport import default_ssl_context

    trace = Trace()

    def watch(request: httpx.Request) -> None:
        if not trace.began:
            request.extensions = {**request.extensions, "trace": trace}

    try:
        with environment_errors():
            http_client = httpx.Client(verify=default_ssl_context(), event_hooks={"request": [watch]})
    except (ChatCompletionsError, ImportError, OSError, ValueError) as error:
        yield Check("http client", "problem", f"cannot be created: {error}", _setting(error))
        return
    with http_client:
        settings: dict[str, Any] = {} if keyed else {"api_key": str}  # a function that returns an empty key
        settings |= {"deadline": connection.deadline or _DEADLINE, "max_retries": 0}
        settings |= {"http_client": http_client, "transport": "httpx"}
        try:
            client = connection.client(**settings)
        except Failure as failure:
            yield Check("client", "problem", str(failure), failure.hint or "run chat-completions doctor --help")
            return
        url = httpx.URL(client.base_url)
        target = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
        answer: Check | APIError
        try:
            answer = _ask(client)
        except APIError as error:
            answer = error
        proxied = trace.connected_to not in (None, target)
        yield from _steps(trace, proxied, client.base_url, answer if isinstance(answer, APIConnectionError) else None)
        if isinstance(answer, Check):
            yield answer
            if answer.status == "ok":
                yield _models(client, model)
        elif answer.status_code == 401 and not keyed:
            yield demands_key(answer)
        elif not isinstance(answer, APIConnectionError):
            yield status_problem(answer, client.base_url, proxied=proxied)


def _setting(error: Exception) -> str:
    if isinstance(error, ImportError) and "socks" in str(error).lower():
        return "pip install 'httpx[socks]', or unset the proxy variable"
    if isinstance(error, ImportError):
        missing = missing_package(error)
        return f"pip install {missing}" if missing else "the installation is broken, or this is a bug: reinstall it"
    return "check the proxy and certificate variables above"


def _steps(trace: Trace, proxied: bool, url: str, error: APIConnectionError | None) -> Iterator[Check]:
    """Yield the steps before the answer, up to the one that failed."""
    if trace.connected_to is None:
        if error is not None:
            yield connection_problem(error, "the server", proxied=False)
        return
    host, port = trace.connected_to
    where = f"the proxy {host}:{port}" if proxied else f"{host}:{port}"
    if error is not None and trace.failed == "connect_tcp":
        yield connection_problem(error, where, proxied=proxied)
        return
    took = {step: round(milliseconds, 1) for step, milliseconds in trace.took.items()}
    addresses = [address for address in _addresses(host, port) if address != host]
    more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    detail = where + (f" ({addresses[0]}{more})" if addresses else "")
    facts = {"host": host, "port": port, "proxied": proxied, "milliseconds": took["connect_tcp"]}
    yield Check("connection", "ok", f"{detail} in {took['connect_tcp']:.0f} ms", facts=facts)
    if error is not None and trace.failed == "start_tls":
        yield tls_problem(error, url, where)
        return
    if trace.tls is not None:
        yield _certificate(trace.tls, took["start_tls"])
    if error is not None:
        # The first request had a connection; after a redirect, the failure is at another host.
        yield redirect_problem(error, url, where) or answer_problem(error, where, proxied=proxied)
    elif "receive_response_headers" in took:
        waited = took["receive_response_headers"]
        yield Check("latency", "ok", f"first byte of the answer after {waited:.0f} ms", facts={"milliseconds": waited})


def _addresses(host: str, port: int) -> list[str]:
    try:
        return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError:
        return []


def _certificate(tls: ssl.SSLObject, milliseconds: float) -> Check:
    certificate: Any = tls.getpeercert() or {}
    issuer = {name: value for pairs in certificate.get("issuer", ()) for name, value in pairs}
    by = issuer.get("organizationName") or issuer.get("commonName") or "an unnamed issuer"
    ends = certificate.get("notAfter")
    detail = f"{tls.version()}, certificate by {by}, until {ends}, in {milliseconds:.0f} ms"
    facts = {"version": tls.version(), "issuer": by, "until": ends, "milliseconds": milliseconds}
    if ends and ssl.cert_time_to_seconds(ends) - time.time() < _SOON:
        return Check("TLS", "warning", detail, "the server's certificate expires soon; tell its operator", facts)
    return Check("TLS", "ok", detail, facts=facts)


def _ask(client: Client) -> Check:
    """Send requests that change nothing, until a response shows whether this is the API.

    Few servers list stored completions, most list models, and every one rejects an empty request.

    Raises:
        APIError: If the server responds with an error other than an unknown path.
    """
    from chat_completions._contract import generated
    from chat_completions._transport.call import Call

    attempts = (
        ("stored completions", generated.list_request(limit=1)),
        ("models", {"method": "get", "url": "/models"}),
        ("completions", generated.create_request({})),
    )
    last: APIStatusError | None = None
    for what, request in attempts:
        try:
            response = client._sender.send(Call(request)).response
        except APIStatusError as error:
            if what == "completions" and error.status_code in (400, 422, 500) and not is_html(error.response):
                detail = f"the API answers (HTTP {error.status_code} to an empty request, as it should)"
                return Check("answer", "ok", detail, facts={"status": error.status_code, "by": what})
            if not is_absent(error):
                raise
            last = error
            continue
        facts = {"status": response.status_code, "by": what}
        if is_html(response):
            detail = f"HTTP {response.status_code} with a web page, not an API response"
            advice = "the base URL is that of a website, or a network's login page answers; most base URLs end in /v1"
            return Check("answer", "problem", detail, advice, facts)
        body = _json_object(response.content)
        # Some servers report an unknown path with HTTP 200.
        if not body.get("error") and any(isinstance(body.get(name), list) for name in ("data", "choices")):
            return Check("answer", "ok", f"HTTP {response.status_code}, {what}: this is the API", facts=facts)
    if last is None:
        return Check("answer", "problem", "the server that answers is not the API", "check the base URL")
    raise last


def _models(client: Client, model: str | None) -> Check:
    """Check whether the server lists the model; it may also have models that it does not list."""
    names = model_names(client, deadline=_DEADLINE)
    facts = {"listed": names, "model": model}
    if not names:
        return Check("models", "ok", "the server does not list its models", facts=facts)
    detail = f"{len(names)}: {listed_names(names)}"
    if model is None or model in names:
        return Check("models", "ok", detail if model is None else f"{model}, one of {detail}", facts=facts)
    near = nearest(model, names)
    advice = f"did you mean {' or '.join(near)}?" if near else "use one that it lists: --model, CHAT_COMPLETIONS_MODEL"
    return Check("models", "warning", f"the server does not list {model!r}, but {detail}", advice, facts)


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
