"""Which `custom_id`s a run has seen, and which were done before: in little memory, however many there are."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from enum import Enum

_CACHE_KIB = 2 * 1024  # more would only fill slowly, and be of no use for names in no order
_TABLE = "CREATE TABLE met (id BLOB PRIMARY KEY, state INTEGER NOT NULL) WITHOUT ROWID"
_ENDED_BEFORE, _MET = 0, 1


class Occurrence(Enum):
    """What is known of an id in the input: it is new, done in an earlier run, or a duplicate."""

    NEW = "new"
    ENDED = "ended"
    DUPLICATE = "again"


class Seen:
    """Remembers digests of 16 bytes in a temporary SQLite database: whatever its cache does not hold is on disk.

    A set would take 100 MB for a million. The database has no name, so nothing is left of it, however the run ends;
    the next run creates it again from the output and the error file.
    """

    def __init__(self) -> None:
        # A database without a name is a temporary file, which is made once the cache is full.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._cursor = self._database.cursor()
        for statement in (
            f"PRAGMA cache_size = -{_CACHE_KIB}",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            _TABLE,
            "BEGIN",
        ):
            self._cursor.execute(statement)

    def add_ended(self, names: Iterable[str | int]) -> int:
        """Record what done before this run.

        Args:
            names: `custom_id`s, and the numbers of lines that are not requests.

        Returns:
            How many of them were new.
        """
        before = self._database.total_changes
        self._cursor.executemany(
            f"INSERT OR IGNORE INTO met VALUES (?, {_ENDED_BEFORE})", ((_digest(name),) for name in names)
        )
        return self._database.total_changes - before

    def meet(self, name: str | int) -> Occurrence:
        """Record that an id is in the input, and return what is known of it.

        Args:
            name: A `custom_id`, or the number of a line that is not a request.
        """
        digest = _digest(name)
        if self._cursor.execute(f"INSERT OR IGNORE INTO met VALUES (?, {_MET})", (digest,)).rowcount == 1:
            return Occurrence.NEW
        changed = self._cursor.execute(
            f"UPDATE met SET state = {_MET} WHERE id = ? AND state = {_ENDED_BEFORE}", (digest,)
        )
        return Occurrence.ENDED if changed.rowcount == 1 else Occurrence.DUPLICATE

    def close(self) -> None:
        """Close the database, which deletes it."""
        self._database.close()


def _digest(name: str | int) -> bytes:
    # A custom_id may hold half a surrogate, which JSON can say.
    data = f"line {name}".encode() if isinstance(name, int) else b"id " + name.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).digest()
