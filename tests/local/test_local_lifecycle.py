"""Starting, streaming, disconnecting and stopping, over real sockets."""

import gc
import http.client
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from chat_completions.local import LocalServer, create_app

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello there!"}]}
LONG = {"model": "m", "messages": [{"role": "user", "content": "word " * 5_000}], "stream": True}


def post(server, body=BODY, **options):
    return httpx.post(f"{server.base_url}/chat/completions", json=body, trust_env=False, timeout=20, **options)


def test_starting_and_stopping_is_quick_and_leaves_nothing():
    """A server starts and stops in a fraction of a second, if the machine lets it, and no thread or socket stays."""
    threads, files = set(threading.enumerate()), len(list(Path("/dev/fd").iterdir()))
    starting, stopping = [], []
    for _ in range(3):
        begin = time.perf_counter()
        with LocalServer() as server:
            starting.append(time.perf_counter() - begin)
            assert server.base_url.startswith("http://127.0.0.1:") and server.base_url.endswith("/v1")
            assert post(server).status_code == 200
            assert post(server, {**BODY, "user": "x" * 100_000}).status_code == 200
            begin = time.perf_counter()
        stopping.append(time.perf_counter() - begin)
    assert min(starting) < 2 and min(stopping) < 2
    gc.collect()
    assert set(threading.enumerate()) <= threads  # one of an earlier test may have ended meanwhile
    assert len(list(Path("/dev/fd").iterdir())) <= files


def test_several_servers_in_one_process():
    """Each server has its own port, keys and completions."""
    with LocalServer() as one, LocalServer(api_keys=["k"]) as two:
        assert one.base_url != two.base_url
        assert post(one).status_code == 200 and post(two).status_code == 401
        assert post(two, headers={"api-key": "k"}).status_code == 200
        assert post(one, {**BODY, "store": True}).status_code == 200
        found = httpx.get(f"{two.base_url}/chat/completions", headers={"api-key": "k"}, trust_env=False).json()
        assert found["data"] == []


def test_a_server_out_of_its_time():
    """Before the start and after the close there is no URL; starting twice is refused; closing twice is fine."""
    server = LocalServer()
    server.close()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.base_url
    with server:
        with pytest.raises(RuntimeError, match="already running"):
            server.start()
        assert post(server).status_code == 200
    server.close()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.base_url
    with server:
        assert post(server).status_code == 200


def test_a_taken_port_is_an_error_at_the_start():
    """Listening on a port in use raises at once, and the first server goes on."""
    with LocalServer() as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="in use"):
            LocalServer(port=port).start()
        assert post(server).status_code == 200
    with LocalServer(port=port) as server:
        assert post(server).status_code == 200


def test_ipv6():
    """An IPv6 address is written in brackets."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with LocalServer("::1") as server:
        assert server.base_url.startswith("http://[::1]:")
        assert post(server).status_code == 200


def test_chunks_arrive_one_by_one():
    """Each chunk leaves when it is made, and not with the next one."""
    with (
        LocalServer(chunk_delay=0.1) as server,
        httpx.Client(trust_env=False) as client,
        client.stream(
            "POST", f"{server.base_url}/chat/completions", json={**BODY, "stream": True, "max_tokens": 5}
        ) as response,
    ):
        arrivals = [time.perf_counter() for _ in response.iter_raw()]
    gaps = [after - before for before, after in itertools.pairwise(arrivals)]
    assert len([gap for gap in gaps if gap > 0.03]) >= 3  # of 6, as a busy machine reads two at once


@pytest.mark.parametrize("delay", [0.0, 60.0], ids=["unread", "waiting"])
def test_closing_cuts_an_open_stream(delay):
    """A stream that nobody reads, or that waits long for its next chunk, does not hold up the close."""
    threads = set(threading.enumerate())
    with httpx.Client(trust_env=False, timeout=20) as client:
        server = LocalServer(chunk_delay=delay).start()
        body = {**LONG, "n": 3, "logprobs": True, "top_logprobs": 20}
        with client.stream("POST", f"{server.base_url}/chat/completions", json=body) as response:
            parts = response.iter_raw()
            assert next(parts).startswith(b"data: ")
            begin = time.perf_counter()
            server.close()
            assert time.perf_counter() - begin < 30
            with pytest.raises(httpx.TransportError):
                list(parts)
    assert set(threading.enumerate()) <= threads  # one of an earlier test may have ended meanwhile


def test_closing_lets_a_short_reply_end():
    """A stream that is nearly done is not cut."""
    with LocalServer(chunk_delay=0.01) as server, httpx.Client(trust_env=False) as client:
        body = {**BODY, "stream": True, "max_tokens": 3}
        with client.stream("POST", f"{server.base_url}/chat/completions", json=body) as response:
            closing = threading.Thread(target=server.close)
            closing.start()
            assert response.read().endswith(b"data: [DONE]\n\n")
            closing.join()


def test_a_disconnect_stops_the_work():
    """After the client has gone the stream ends, nothing is stored, and nothing is logged."""
    with LocalServer(chunk_delay=0.02) as server:
        body = {**BODY, "stream": True, "store": True}
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", f"{server.base_url}/chat/completions", json=body) as response,
        ):
            next(response.iter_raw())
        time.sleep(0.8)
        assert httpx.get(f"{server.base_url}/chat/completions", trust_env=False).json()["data"] == []


def test_half_a_request_harms_nobody(caplog):
    """A client that goes away in the middle of its body leaves the server as it was."""
    with LocalServer() as server:
        host, port = server.base_url.removeprefix("http://").removesuffix("/v1").split(":")
        for text in (b"POST /v1/chat/completions HTTP/1.1\r\n", b"\x00\xff\r\n\r\n"):
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(text)
        with socket.create_connection((host, int(port))) as raw:
            head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            raw.sendall(head + b"content-length: 1000\r\n\r\n{")
        time.sleep(0.1)
        assert post(server).status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_fifty_clients_at_once(tmp_path):
    """Fifty clients stream, complete and store at the same time, and each gets its own text."""
    with (
        LocalServer(database=tmp_path / "s.db") as server,
        httpx.Client(base_url=server.base_url, trust_env=False, timeout=30, limits=httpx.Limits()) as client,
        ThreadPoolExecutor(50) as pool,
    ):

        def one(number):
            body = {"model": "m", "messages": [{"role": "user", "content": f"number {number}"}], "store": True}
            text = client.post("/chat/completions", json={**body, "stream": bool(number % 2)}).text
            return ("[DONE]" if number % 2 else f"You said: number {number} ") in text or f"number {number}." in text

        assert all(pool.map(one, range(150)))
        page = client.get("/chat/completions", params={"limit": 100}).json()
        assert len(page["data"]) == 100 and page["has_more"]


def test_a_connection_is_kept():
    """Plain replies, streams and errors leave the connection open for the next request."""
    with LocalServer() as server:
        host, port = server.base_url.removeprefix("http://").removesuffix("/v1").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.connect()
        mine = connection.sock
        for body in (BODY, {**BODY, "stream": True}, {}, {**BODY, "n": 0}):
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
            connection.getresponse().read()
            assert connection.sock is mine
        connection.request("HEAD", "/v1/chat/completions")
        assert connection.getresponse().read() == b""
        connection.close()


def test_the_app_runs_without_the_server():
    """`create_app` gives an ASGI application that a client can call in the process."""

    async def call():
        app = create_app()
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local/v1") as client:
            first = await client.post("/chat/completions", json={**BODY, "store": True})
            page = await client.get("/chat/completions")
        app.state.store.close()
        return first.json(), page.json()

    import asyncio

    first, page = asyncio.run(call())
    assert page["data"] == [first]


def test_an_error_of_our_own_is_a_500_in_shape(monkeypatch, caplog):
    """An unexpected error is answered in the API's shape and logged with its traceback."""
    monkeypatch.setattr("chat_completions.local.app.plan_reply", lambda body: 1 / 0)
    with LocalServer() as server:
        response = post(server)
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"
    assert "ZeroDivisionError" in caplog.text


def run(*arguments, program=("-m", "chat_completions.local")):
    return subprocess.Popen(
        [sys.executable, "-W", "error", *program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_serves_until_it_is_interrupted(tmp_path):
    """It prints the URL as one line, serves with the given keys and file, and ends with 0 after Ctrl-C."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        process = run("--api-key", "one", "--api-key", "two", "--database", str(tmp_path / "c.db"))
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:") and url.endswith("/v1")
        for key, status in (("one", 200), ("two", 200), ("three", 401)):
            response = httpx.post(
                f"{url}/chat/completions", json={**BODY, "store": True}, headers={"api-key": key}, trust_env=False
            )
            assert response.status_code == status
        process.send_signal(number)
        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0
    assert (tmp_path / "c.db").exists()


def test_the_command_says_why_it_cannot_start(tmp_path):
    """A taken port, a broken file and a wrong setting are one clear line and exit 1."""
    (tmp_path / "a.txt").write_text("no database " * 100)
    with LocalServer() as server:
        port = server.base_url.split(":")[2].split("/")[0]
        rows = [
            (("--port", port), "in use"),
            (("--port", "99999"), "port 99999 is not between"),
            (("--host", "192.0.2.1"), "cannot listen"),
            (("--database", str(tmp_path / "a.txt")), "as a database"),
            (("--chunk-delay", "-1"), "chunk_delay"),
        ]
        for arguments, reason in rows:
            process = run(*arguments)
            output, errors = process.communicate(timeout=20)
            assert (process.returncode, output) == (1, "")
            assert errors.startswith("error: ") and reason in errors and errors.count("\n") == 1


@pytest.mark.parametrize("missing", ["uvicorn", "starlette", "jsonschema"])
def test_a_missing_extra_says_what_to_install(missing):
    """Without the extra the command and the class say what to install; importing the package still works."""
    start = f"import sys; sys.modules[{missing!r}] = None; "
    command = "import runpy; runpy.run_module('chat_completions.local', run_name='__main__')"
    process = run(program=("-c", start + command))
    errors = process.communicate(timeout=20)[1]
    assert process.returncode == 1
    assert "pip install 'chat-completions-client[local]'" in errors and errors.count("\n") == 1
    code = "import chat_completions.local as local\ntry: local.LocalServer()\nexcept ImportError as error: print(error)"
    process = run(program=("-c", start + "\n" + code))
    assert "pip install 'chat-completions-client[local]'" in process.communicate(timeout=20)[0]


@pytest.mark.bare
def test_importing_the_client_stays_light():
    """Neither the client nor the name of the local server imports what the extra brings."""
    code = (
        "import sys, chat_completions, chat_completions.local\n"
        "print(sorted({'uvicorn', 'starlette', 'jsonschema', 'sqlite3'} & set(sys.modules)))"
    )
    assert run(program=("-c", code)).communicate(timeout=20)[0].strip() == "[]"


def test_the_package_imports_nothing_else_of_the_client():
    """The local server stands by itself: no module of it imports the client or the generated code."""
    folder = Path(__file__).parents[2] / "overrides" / "chat_completions" / "local"
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8")
        assert "from .." not in text and "from chat_completions" not in text and "import chat_completions" not in text
