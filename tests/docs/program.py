"""Runs the Python blocks of a page as one program, in a process of their own: `program.py < JSON`, a report on stdout.

What the page calls at other people's hosts arrives at the server that DOCS_SERVER names; the report says what was
asked, and where. Hosts on this machine are called as they are, except the usual ports of servers that are not here.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from typing import Any
from urllib.parse import urlsplit

SERVER = urlsplit(os.environ["DOCS_SERVER"])
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# vLLM, llama.cpp, Ollama, LiteLLM, LM Studio, and a gateway.
OTHERS_PORTS = (8000, 8080, 11434, 4000, 1234)

asked: list[dict[str, Any]] = []


def rerouted(request: Any) -> None:
    """Lead a request to the local server unless it is for this machine."""
    url = request.url
    if url.host in LOOPBACK and url.port not in OTHERS_PORTS:
        return
    asked.append({"method": request.method, "url": str(url), "headers": dict(request.headers)})
    request.url = url.copy_with(scheme="http", host=SERVER.hostname, port=SERVER.port, path="/v1/chat/completions")
    request.headers["Host"] = SERVER.netloc  # as loopback: the local server answers to no other


def patch(library: Any) -> None:
    """Put `rerouted` below the library's transports."""
    plain, waiting = library.HTTPTransport.handle_request, library.AsyncHTTPTransport.handle_async_request

    def handle_request(self: Any, request: Any) -> Any:
        rerouted(request)
        return plain(self, request)

    async def handle_async_request(self: Any, request: Any) -> Any:
        rerouted(request)
        return await waiting(self, request)

    library.HTTPTransport.handle_request = handle_request
    library.AsyncHTTPTransport.handle_async_request = handle_async_request


def main() -> None:
    """Run the blocks, each with the names of those before it."""
    import httpx
    import httpx2

    patch(httpx)
    patch(httpx2)
    given = json.load(sys.stdin)
    names: dict[str, Any] = {"__name__": "__main__"}
    printed: list[str] = []
    failure = ""
    for block in given:
        # With empty lines before it, a traceback has the page's own line numbers.
        code = "\n" * (block["line"] - 1) + block["code"]
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                exec(compile(code, block["page"], "exec", dont_inherit=True), names)
        except BaseException:
            failure = traceback.format_exc()
        printed.append(out.getvalue())
        if failure:
            break
    json.dump({"printed": printed, "failure": failure, "asked": asked}, sys.stdout)


if __name__ == "__main__":
    main()
