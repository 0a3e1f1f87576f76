"""Stored completions in SQLite.

A dedicated thread holds the one connection, so that the event loop never waits for the disk or for another process's
lock. The file is in WAL mode: other processes can read and write it at the same time.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, TypeVar

from .errors import ApiError

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    model TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS completions_by_creation ON completions (created, seq);
CREATE INDEX IF NOT EXISTS completions_by_model ON completions (model, created, seq);
CREATE TABLE IF NOT EXISTS metadata (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created INTEGER NOT NULL,
    seq INTEGER NOT NULL REFERENCES completions (seq),
    PRIMARY KEY (key, value, created, seq)
) WITHOUT ROWID;
"""

_COUNT_OF_PAIR = "SELECT count(*) FROM (SELECT 1 FROM metadata WHERE key = ? AND value = ? LIMIT ?)"
_COUNT_OF_MODEL = "SELECT count(*) FROM (SELECT 1 FROM completions WHERE model = ? LIMIT ?)"
_MAX_COUNT = 16 * 4**5
_HAS_ALL_WANTED = (
    "NOT EXISTS (SELECT 1 FROM temp.wanted AS w WHERE NOT EXISTS (SELECT 1 FROM metadata AS m"
    " WHERE m.key = w.key AND m.value = w.value AND m.created = c.created AND m.seq = c.seq))"
)

# SQLite's error: the status, and what happened and what to do.
_FAILURES = {
    "SQLITE_FULL": (507, "the disk is full, or the database has reached its size limit; free some space and try again"),
    "SQLITE_IOERR": (507, "the disk could not be read or written: it is full or damaged, or a quota is exceeded"),
    "SQLITE_READONLY": (500, "the database or its directory is not writable"),
    "SQLITE_BUSY": (500, "another process has locked the database for too long"),
    "SQLITE_LOCKED": (500, "another process has locked the database for too long"),
    "SQLITE_CORRUPT": (500, "the database is damaged; move it away, and the next start creates a new one"),
    "SQLITE_NOTADB": (500, "the database is damaged; move it away, and the next start creates a new one"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of stored completions.

    Attributes:
        data: The completions as they were saved.
        has_more: Whether there are completions after this page.
    """

    data: list[dict[str, Any]]
    has_more: bool

    def body(self) -> dict[str, Any]:
        """Return the page as the API sends it; an empty page has null ids."""
        return {
            "object": "list",
            "data": self.data,
            "first_id": self.data[0]["id"] if self.data else None,
            "last_id": self.data[-1]["id"] if self.data else None,
            "has_more": self.has_more,
        }


class Store:
    """Keep completions in a SQLite file.

    Args:
        path: The file, created if it is missing; None keeps them in memory until `close`.
        busy_timeout: Seconds to wait for another process's write.
    """

    def __init__(self, path: str | PathLike[str] | None = None, *, busy_timeout: float = 10.0) -> None:
        self._path = ":memory:" if path is None else fspath(path)
        self._busy_timeout = busy_timeout
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file and create its tables; opening an open store does nothing.

        Raises:
            OSError: If the file cannot be used as a database.
        """
        if self._thread is not None:
            return
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="completions-store")
        try:
            self._thread.submit(self._connect).result()
        except sqlite3.Error as error:
            self.close()
            raise OSError(f"cannot use {self._path} as a database: {error}") from error

    def close(self) -> None:
        """Close the file after pending writes; closing twice does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._disconnect).result()
            thread.shutdown()

    async def save(self, completion: Mapping[str, Any]) -> None:
        """Save a completion.

        Args:
            completion: The whole completion with its `id`, `created`, `model` and `metadata`.

        Raises:
            ApiError: With status 507 if the disk is full, 500 if writing fails for another reason.
        """
        await self._run(lambda connection: _insert(connection, completion))

    async def page(self, query: Mapping[str, Any]) -> Page:
        """Read one page of completions.

        Args:
            query: `limit` (items) and `order` (`asc` or `desc`, by creation, then by insertion); optionally `after`
                (an id, not included), `model`, and `metadata` (pairs that must all match).

        Returns:
            The page.

        Raises:
            ApiError: With status 404 if nothing has the id `after`; with status 500 if the database cannot be read.
        """
        return await self._run(lambda connection: _select(connection, query))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def job() -> T:
            assert self._connection is not None
            return work(self._connection)

        self.open()
        assert self._thread is not None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job)
        except sqlite3.Error as error:
            raise _store_error(error, self._path) from error

    def _connect(self) -> None:
        connection = sqlite3.connect(self._path, timeout=self._busy_timeout, isolation_level=None)
        self._connection = connection
        _use_wal(connection, self._busy_timeout)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("CREATE TEMP TABLE wanted (key TEXT NOT NULL, value TEXT NOT NULL)")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    # Changing the mode does not wait for other processes: SQLite fails with "locked" at once.
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _insert(connection: sqlite3.Connection, completion: Mapping[str, Any]) -> None:
    text = json.dumps(completion, ensure_ascii=False)
    row = (completion["id"], completion["created"], completion["model"], text)
    connection.execute("BEGIN IMMEDIATE")
    try:
        added = connection.execute("INSERT INTO completions (id, created, model, body) VALUES (?, ?, ?, ?)", row)
        place = (completion["created"], added.lastrowid)
        pairs = [(key, value, *place) for key, value in completion["metadata"].items()]
        connection.executemany("INSERT INTO metadata (key, value, created, seq) VALUES (?, ?, ?, ?)", pairs)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk rolls it back
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _select(connection: sqlite3.Connection, query: Mapping[str, Any]) -> Page:
    order = "DESC" if query["order"] == "desc" else "ASC"
    rarest, others = _by_rarity(connection, query)
    conditions: list[str] = ["true"]
    values: list[Any] = []
    # The index of the rarest filter is scanned, which is in page order; the others are probed.
    if isinstance(rarest, tuple):
        source, ordered = "metadata AS t CROSS JOIN completions AS c ON c.seq = t.seq", "t"
        conditions.append("t.key = ? AND t.value = ?")
        values += rarest
    else:
        source, ordered = "completions AS c", "c"
    if "model" in query:
        conditions.append("c.model = ?")
        values.append(query["model"])
    if others:
        # In a table, because SQLite limits the length of a statement.
        connection.execute("DELETE FROM temp.wanted")
        connection.executemany("INSERT INTO temp.wanted (key, value) VALUES (?, ?)", others)
        conditions.append(_HAS_ALL_WANTED)
    if "after" in query:
        found = connection.execute("SELECT created, seq FROM completions WHERE id = ?", (query["after"],)).fetchone()
        if found is None:
            message = f"No stored completion has the id '{query['after']}' (in the query at /after)."
            raise ApiError(404, message, param="after", code="not_found")
        conditions.append(f"({ordered}.created, {ordered}.seq) {'<' if order == 'DESC' else '>'} (?, ?)")
        values += found
    # One extra row shows whether there are more.
    rows = connection.execute(
        f"SELECT c.body FROM {source} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {ordered}.created {order}, {ordered}.seq {order} LIMIT ?",
        (*values, query["limit"] + 1),
    ).fetchall()
    data = [json.loads(body) for (body,) in rows]
    return Page(data[: query["limit"]], len(data) > query["limit"])


def _by_rarity(
    connection: sqlite3.Connection, query: Mapping[str, Any]
) -> tuple[tuple[str, str] | None, list[tuple[str, str]]]:
    """Return the metadata pair that the fewest completions have (None if the model is rarer), and the other pairs."""
    pairs = list((query.get("metadata") or {}).items())
    if len(pairs) + ("model" in query) < 2:
        return (pairs[0] if pairs else None), []
    filters: list[tuple[str, ...]] = [*pairs, *([(query["model"],)] if "model" in query else [])]
    # Count only as far as needed to find the rarest; if all are common, the choice does not matter.
    most, counts = 16, [16]
    while min(counts) >= most and most < _MAX_COUNT:
        most *= 4
        counts = [
            connection.execute(_COUNT_OF_MODEL if len(one) == 1 else _COUNT_OF_PAIR, (*one, most)).fetchone()[0]
            for one in filters
        ]
    rarest = min(zip(counts, filters, strict=True))[1]  # regardless of their order in the query
    others = [pair for _, pair in sorted(zip(counts, pairs, strict=False)) if pair != rarest]
    return (rarest[0], rarest[1]) if len(rarest) > 1 else None, others


def _store_error(error: sqlite3.Error, path: str) -> ApiError:
    """Return the response to a request for which the database failed."""
    name = str(getattr(error, "sqlite_errorname", None) or "")
    for begin, (status, reason) in _FAILURES.items():
        if name.startswith(begin):
            code = "store_full" if status == 507 else "store_failed"
            message = f"The store of completions failed: {reason} ({error}; the database is {path})."
            return ApiError(status, message, type="server_error", code=code)
    message = f"The store of completions failed: {error} (the database is {path})."
    return ApiError(500, message, type="server_error", code="store_failed")
