"""Stored completions: what is kept, and how it is listed."""

import asyncio
import itertools
import json
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chat_completions.local import LocalServer
from chat_completions.local.errors import ApiError
from chat_completions.local.store import Store


def open_client(server):
    return httpx.Client(base_url=server.base_url, trust_env=False, timeout=20)


def save(client, content="x", model="m", **fields):
    body = {"model": model, "messages": [{"role": "user", "content": content}], "store": True, **fields}
    return client.post("/chat/completions", json=body).raise_for_status()


def listed(client, **query):
    return client.get("/chat/completions", params=query).raise_for_status().json()


def walk(client, **query):
    """Return the ids of all pages, going on after the last one."""
    ids = []
    while True:
        page = listed(client, **query)
        ids += [item["id"] for item in page["data"]]
        if not page["has_more"]:
            return ids
        query["after"] = page["last_id"]


@pytest.fixture(scope="module")
def filled():
    """A server with 25 completions: two models, three groups."""
    with LocalServer() as server, open_client(server) as client:
        ids = [
            save(
                client,
                f"number {number}",
                model=("a", "b")[number % 2],
                metadata={"group": f"g{number % 3}", "number": str(number), "a[b]": "ü & ="},
            ).json()["id"]
            for number in range(25)
        ]
        yield client, ids


@pytest.fixture
def empty():
    with LocalServer() as server, open_client(server) as client:
        yield client


def test_a_stored_completion_is_listed_as_it_was_sent(empty, contract):
    """With `store`, the completion with its metadata is listed; without, it is not."""
    sent = save(empty, metadata={"k": "v"}, n=2, logprobs=True).json()
    assert sent["metadata"] == {"k": "v"}
    for fields in ({"store": False}, {"store": None}):
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "metadata": {"k": "v"}, **fields}
        empty.post("/chat/completions", json=body).raise_for_status()
    page = listed(empty)
    assert page["data"] == [sent]
    assert (page["object"], page["has_more"]) == ("list", False)
    assert page["first_id"] == page["last_id"] == sent["id"]
    assert contract.response_fault("listChatCompletions", page) is None
    assert save(empty).json()["metadata"] == save(empty, metadata=None).json()["metadata"] == {}


def test_a_stored_stream_is_listed_once_it_is_done(empty):
    """What a stream said is stored whole before its `[DONE]`."""
    tool = {"type": "function", "function": {"name": "f"}}
    fields = {"stream": True, "metadata": {"k": "v"}, "n": 2, "tools": [tool], "logprobs": True}
    events = save(empty, "call f", **fields).text.split("\n\n")
    chunk = json.loads(events[0].removeprefix("data: "))
    (item,) = listed(empty, **{"metadata[k]": "v"})["data"]
    assert item["id"] == chunk["id"] and item["object"] == "chat.completion"
    call = chunk["choices"][0]["delta"]["tool_calls"][0]
    assert item["choices"][0]["message"]["tool_calls"][0]["id"] == call["id"]
    save(empty, "plain text", stream=True)
    assert listed(empty)["data"][1]["choices"][0]["message"]["content"].startswith("You said: plain text")


def test_an_empty_page_has_null_ids(empty, contract):
    """Nothing stored is an empty page whose ids are null, as the real API has it."""
    page = listed(empty)
    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert contract.response_fault("listChatCompletions", page) is None


@pytest.mark.parametrize("limit", [1, 4, 5, 25, 100])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_visit_everything_once(filled, order, limit):
    """Whatever the page size and the order, all are listed once, in order of creation."""
    client, ids = filled
    assert walk(client, order=order, limit=limit) == (ids if order == "asc" else ids[::-1])


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ({}, lambda number: True),
        ({"model": "a"}, lambda number: number % 2 == 0),
        ({"model": "c"}, lambda number: False),
        ({"metadata[group]": "g1"}, lambda number: number % 3 == 1),
        ({"metadata[group]": "g1", "metadata[number]": "4"}, lambda number: number == 4),
        ({"metadata[group]": "g1", "metadata[number]": "5"}, lambda number: False),
        ({"metadata[group]": "g1", "model": "b"}, lambda number: number % 3 == 1 and number % 2),
        ({"metadata[a[b]]": "ü & ="}, lambda number: True),
        ({"metadata[none]": "x"}, lambda number: False),
        ({"metadata[group]": ""}, lambda number: False),
        ({"unknown": "x"}, lambda number: True),
    ],
)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_filters(filled, query, chosen, order):
    """Model and all metadata pairs must match, also over pages of two."""
    client, ids = filled
    wanted = [name for number, name in enumerate(ids) if chosen(number)]
    assert walk(client, **query, order=order, limit=2) == (wanted if order == "asc" else wanted[::-1])


def test_defaults(filled):
    """Without parameters it is twenty, the oldest first."""
    client, ids = filled
    page = listed(client)
    assert [item["id"] for item in page["data"]] == ids[:20]
    assert page["has_more"] is True
    assert (page["first_id"], page["last_id"]) == (ids[0], ids[19])


def test_any_id_resumes(filled):
    """The cursor may be any stored id, even one that the filter leaves out; the last one gives an empty page."""
    client, ids = filled
    assert walk(client, after=ids[7]) == ids[8:]
    assert walk(client, after=ids[7], order="desc") == ids[:7][::-1]
    assert walk(client, after=ids[1], model="a") == ids[2::2]
    page = listed(client, after=ids[-1])
    assert (page["data"], page["has_more"]) == ([], False)


@pytest.mark.parametrize(
    ("query", "status", "param", "code"),
    [
        ({"limit": "0"}, 400, "limit", "integer_below_min_value"),
        ({"limit": "-1"}, 400, "limit", "integer_below_min_value"),
        ({"limit": "101"}, 400, "limit", "integer_above_max_value"),
        ({"limit": "ten"}, 400, "limit", "invalid_type"),
        ({"limit": "2.5"}, 400, "limit", "invalid_type"),
        ({"limit": ""}, 400, "limit", "invalid_type"),
        ({"limit": "9" * 5000}, 400, "limit", "invalid_type"),
        ({"order": "up"}, 400, "order", "invalid_value"),
        ({"order": ""}, 400, "order", "invalid_value"),
        ({"metadata": "x"}, 400, "metadata", "invalid_type"),
        ({"after": "chatcmpl-none"}, 404, "after", "not_found"),
        ({"after": ""}, 404, "after", "not_found"),
    ],
)
def test_a_broken_query_names_its_fault(client, query, status, param, code):
    """Parameters are checked as the body is."""
    response = client.get("/chat/completions", params=query)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (status, param, code)
    assert f"(in the query at /{param})" in error["message"]


def test_pages_are_stable_while_others_write(empty):
    """What was there when the walk began is listed once, whatever comes in between."""
    before = [save(empty, str(number)).json()["id"] for number in range(9)]
    seen, after = [], {}
    while True:
        page = listed(empty, limit=2, order="desc", **after)
        seen += [item["id"] for item in page["data"]]
        save(empty, "new")
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
    assert seen == before[::-1]


def test_equal_times_keep_the_order_of_insertion(tmp_path):
    """Creation time comes first, then the order of insertion, and a cursor knows both."""
    store = Store(tmp_path / "s.db")

    async def fill_and_list():
        for name, created in [("a", 5), ("b", 5), ("c", 3), ("d", 5)]:
            await store.save({"id": name, "created": created, "model": "m", "metadata": {"k": "v"}})
        found = []
        for extra, order in itertools.product(({}, {"metadata": {"k": "v"}}), ("asc", "desc")):
            query = {"limit": 1, "order": order, **extra}
            ids = []
            while True:
                page = await store.page(query)
                ids += [item["id"] for item in page.data]
                if not page.has_more:
                    break
                query["after"] = ids[-1]
            found.append("".join(ids))
        return found

    try:
        assert asyncio.run(fill_and_list()) == ["cabd", "dbac"] * 2
    finally:
        store.close()


def test_a_file_survives_a_restart(tmp_path):
    """The same server, and another one, find what was stored before."""
    server = LocalServer(database=tmp_path / "kept.db")
    ids = []
    for _ in range(3):
        with server, open_client(server) as client:
            assert walk(client) == ids
            ids.append(save(client).json()["id"])
    with LocalServer(database=str(tmp_path / "kept.db")) as other, open_client(other) as client:
        assert walk(client) == ids
    assert len(set(ids)) == 3


def test_memory_is_forgotten():
    """Without a file, a restarted server begins empty."""
    server = LocalServer()
    for _ in range(2):
        with server, open_client(server) as client:
            assert walk(client) == []
            save(client)


def test_two_processes_share_a_file(tmp_path):
    """Two processes start on one new file at once, write at once, and both list everything."""
    program = (
        "import sys\n"
        "from chat_completions.local import LocalServer\n"
        "with LocalServer(database=sys.argv[1]) as server:\n"
        "    print(server.base_url, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "shared.db")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        urls = [process.stdout.readline().strip() for process in processes]
        clients = [httpx.Client(base_url=url, trust_env=False, timeout=20) for url in urls]
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(save, clients[number % 2], str(number)) for number in range(60)]
            ids = {job.result().json()["id"] for job in jobs}
        assert len(ids) == 60
        first, second = (walk(client, limit=7) for client in clients)
        assert first == second and set(first) == ids
        for client in clients:
            client.close()
    finally:
        errors = [process.communicate()[1] for process in processes]
    assert errors == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]


def test_the_file_is_in_wal_mode(tmp_path):
    """Readers and a writer do not wait for each other."""
    with LocalServer(database=tmp_path / "w.db") as server, open_client(server) as client:
        save(client)
        connection = sqlite3.connect(tmp_path / "w.db")
        try:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        finally:
            connection.close()
    assert not (tmp_path / "w.db-wal").exists()


def test_another_writer_does_not_stop_the_server(tmp_path):
    """While another process holds the write lock, other requests are answered, and then the write goes through."""
    with (
        LocalServer(database=tmp_path / "w.db") as server,
        open_client(server) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        other = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            waiting = pool.submit(save, client)
            time.sleep(0.1)
            body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
            assert client.post("/chat/completions", json=body, timeout=30).status_code == 200
            assert not waiting.done()
            other.execute("ROLLBACK")
        finally:
            other.close()
        assert waiting.result().status_code == 200


def test_a_store_that_fails_is_an_error_of_the_server(tmp_path):
    """A write that fails is a 500 in the API's shape, and an error event in a stream instead of `[DONE]`."""
    with LocalServer(database=tmp_path / "w.db") as server, open_client(server) as client:
        other = sqlite3.connect(tmp_path / "w.db")
        other.execute("DROP TABLE metadata")
        other.close()
        body = {
            "model": "m",
            "messages": [{"role": "user", "content": "x"}],
            "store": True,
            "metadata": {"k": "v"},
        }
        response = client.post("/chat/completions", json=body)
        assert (response.status_code, response.json()["error"]["type"]) == (500, "server_error")
        text = client.post("/chat/completions", json={**body, "stream": True}).text
        assert json.loads(text.split("\n\n")[-2].removeprefix("data: "))["error"]["code"] == "store_failed"
        assert walk(client) == []


def on_connection(server, work):
    """Do something with the server's own connection, on its thread."""
    store = server.app.state.store
    return store._thread.submit(lambda: work(store._connection)).result()


def test_a_full_disk_is_told_and_the_server_goes_on(tmp_path):
    """As an error of the reply or of the stream; what was stored before is listed, and room makes it work again."""
    with LocalServer(database=tmp_path / "full.db") as server, open_client(server) as client:
        kept = save(client).json()["id"]
        pages = on_connection(server, lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
        on_connection(server, lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        body = {"model": "m", "messages": [{"role": "user", "content": "x" * 50_000}], "store": True}
        for _ in range(2):
            response = client.post("/chat/completions", json={**body, "max_tokens": 16_000})
            error = response.json()["error"]
            assert (response.status_code, error["type"], error["code"]) == (507, "server_error", "store_full")
            assert "the disk is full" in error["message"] and "full.db" in error["message"]
            assert "rollback" not in error["message"]
            text = client.post("/chat/completions", json={**body, "stream": True}).text
            assert json.loads(text.split("\n\n")[-2].removeprefix("data: "))["error"]["code"] == "store_full"
            assert walk(client) == [kept]
            assert client.post("/chat/completions", json={**body, "store": False}).status_code == 200
        on_connection(server, lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchone())
        stored = [kept, save(client, "x" * 50_000).json()["id"]]
        assert walk(client) == stored


_LIMITED = """
import resource, sys
from chat_completions.local import LocalServer
with LocalServer(database=sys.argv[1]) as server:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    print(server.base_url, flush=True)
    sys.stdin.read()
"""


def test_a_limit_of_the_file_system_is_told_and_the_server_goes_on(tmp_path):
    command = [sys.executable, "-c", _LIMITED, str(tmp_path / "s.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        with httpx.Client(base_url=process.stdout.readline().strip(), trust_env=False, timeout=60) as client:
            kept = save(client).json()["id"]
            body = {"model": "m", "messages": [{"role": "user", "content": "x" * 60_000}], "store": True, "n": 8}
            for _ in range(9):
                response = client.post("/chat/completions", json=body)
                if response.status_code != 200:
                    break
            error = response.json()["error"]
            assert (response.status_code, error["code"]) == (507, "store_full")
            assert "disk" in error["message"] and "rollback" not in error["message"]
            assert kept in walk(client)
        process.stdin.close()


def test_a_database_that_is_not_writable_is_reported(tmp_path):
    with LocalServer(database=tmp_path / "s.db") as server, open_client(server) as client:
        kept = save(client).json()["id"]
        on_connection(server, lambda connection: connection.execute("PRAGMA query_only = 1").fetchall())
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "store": True}
        error = client.post("/chat/completions", json=body)
        assert error.status_code == 500 and "not writable" in error.json()["error"]["message"]
        assert walk(client) == [kept]


def test_a_damaged_database_is_reported(tmp_path):
    with LocalServer(database=tmp_path / "s.db") as server, open_client(server) as client:
        for number in range(60):
            save(client, f"{number} " + "x" * 500)
    data = bytearray((tmp_path / "s.db").read_bytes())
    with sqlite3.connect(tmp_path / "s.db") as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        first = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'completions'").fetchone()[0]
    connection.close()
    data[(first - 1) * size : first * size] = b"\xff" * size
    (tmp_path / "s.db").write_bytes(data)
    with LocalServer(database=tmp_path / "s.db") as server, open_client(server) as client:
        response = client.get("/chat/completions")
        assert response.status_code == 500 and "is damaged" in response.json()["error"]["message"]
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        assert client.post("/chat/completions", json=body).status_code == 200


def test_many_filters_are_answered(empty):
    """As many as a line of a request holds, of which SQLite would not take a statement."""
    pairs = {f"k{number}": f"v{number}" for number in range(1_500)}
    wanted = save(empty, metadata=pairs).json()["id"]
    save(empty, metadata={**pairs, "k7": "other"})
    for many in (1_000, 1_500):
        query = {f"metadata[{key}]": value for key, value in list(pairs.items())[:many]}
        assert [item["id"] for item in listed(empty, **query)["data"]] == [wanted]
        assert listed(empty, **query, model="other")["data"] == []


def test_odd_filters_are_answered(empty):
    odd = {"nul": "a\0b", "long": "x" * 20_000, "quote": "'\"; --", "": "empty key", "v": ""}
    wanted = save(empty, metadata=odd, model="m\0x").json()["id"]
    save(empty, metadata={**odd, "nul": "a"}, model="m")
    query = {f"metadata[{key}]": value for key, value in odd.items()}
    assert [item["id"] for item in listed(empty, **query, model="m\0x")["data"]] == [wanted]
    for raw in (
        "metadata[k]=%ED%A0%80",
        "metadata[%ff]=%00",
        "after=%00",
        "model=%ED%A0%80",
        "limit=1e30",
        "limit=1E2",
    ):
        assert empty.get(f"/chat/completions?{raw}").status_code in (200, 400, 404)


def steps_of(store, query):
    """Count what SQLite does for a page, in its own instructions."""
    count = 0

    def step():
        nonlocal count
        count += 1

    store._thread.submit(lambda: store._connection.set_progress_handler(step, 10)).result()
    page = asyncio.run(store.page({"limit": 20, "order": "asc", **query}))
    store._thread.submit(lambda: store._connection.set_progress_handler(None, 10)).result()
    return count * 10, len(page.data)


def test_the_order_of_filters_does_not_matter():
    """The rarest filter is walked, be it a pair or the model, and whatever was asked for first."""
    store = Store()
    store.open()

    def fill():
        connection = store._connection
        connection.execute("BEGIN")
        for number in range(20_000):
            model = "rare" if number % 5_000 == 4_999 else "common"
            row = (f"c{number}", number, model, json.dumps({"id": f"c{number}"}))
            connection.execute("INSERT INTO completions (id, created, model, body) VALUES (?, ?, ?, ?)", row)
            pairs = {"all": "x", "also": "x", **({"rare": "y"} if number % 5_000 == 4_999 else {})}
            rows = [(key, value, number, number + 1) for key, value in pairs.items()]
            connection.executemany("INSERT INTO metadata VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")

    try:
        store._thread.submit(fill).result()
        for names in itertools.permutations(["all", "also", "rare"]):
            metadata = {name: "y" if name == "rare" else "x" for name in names}
            steps, found = steps_of(store, {"metadata": metadata})
            assert found == 4 and steps < 10_000, (names, steps)
            steps, found = steps_of(store, {"metadata": {"all": "x", "also": "x"}, "model": "rare"})
            assert found == 4 and steps < 10_000, steps
            steps, found = steps_of(store, {"metadata": metadata, "model": "none"})
            assert found == 0 and steps < 10_000, steps
    finally:
        store.close()


def test_a_lock_that_lasts_is_an_error(tmp_path):
    """A store waits for other writers only so long."""
    store = Store(tmp_path / "s.db", busy_timeout=0.05)
    store.open()
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ApiError, match="locked"):
            asyncio.run(store.save({"id": "a", "created": 1, "model": "m", "metadata": {}}))
        other.execute("ROLLBACK")
        asyncio.run(store.save({"id": "a", "created": 1, "model": "m", "metadata": {}}))
    finally:
        other.close()
        store.close()


@pytest.mark.parametrize("kind", ["text", "folder", "nowhere"])
def test_what_is_no_database_is_refused_at_the_start(tmp_path, kind):
    """A file that SQLite cannot use is an OSError that names it, and the port is free again."""
    path = {"text": tmp_path / "a.txt", "folder": tmp_path, "nowhere": tmp_path / "none" / "a.db"}[kind]
    if kind == "text":
        path.write_text("no database " * 100)
    server = LocalServer(database=path)
    with pytest.raises(OSError, match=r"cannot use .* as a database"):
        server.start()
    server.close()
