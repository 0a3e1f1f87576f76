"""The way through a listing as a protocol: a page in, the next cursor or the end out. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from chat_completions._contract import generated
from chat_completions._types import NotGiven, publish, sealed
from chat_completions.errors import PaginationError

if TYPE_CHECKING:
    from chat_completions_api.models import ChatCompletion, ChatCompletionList


# A server that filters what it has already cut into pages sends some without an item, but not that many in a row.
MOST_EMPTY_PAGES = 1_000

_LONGEST_CURSOR = 8_192  # characters; most servers read no longer line
_SAYS_MORE = {"true": True, "1": True, "false": False, "0": False, "none": False}


@dataclass(frozen=True)
class Listing:
    """Where a listing stands.

    Attributes:
        arguments: What `list` was called with.
        left: How many items may still be given; None for all.
        cursors: The cursors that were used so far: each leads to a page only once.
        empty: How many pages without an item came last.
    """

    arguments: Mapping[str, Any]
    left: int | None = None
    cursors: frozenset[str] = field(default_factory=frozenset)
    empty: int = 0

    def next(self, page: ChatCompletionList) -> Listing | None:
        """Return where the listing stands after a page, None at its end.

        Raises:
            PaginationError: What came is no page; or the server says that there is more, and no way leads there, or
                only one already gone, or one along which nothing comes.
        """
        data = self._data(page)
        left = None if self.left is None else self.left - len(data)
        if not self._says_more(page) or (left is not None and left <= 0):
            return None
        cursor = self._cursor(page, data)
        if cursor in self.cursors:
            raise PaginationError(
                f"the server leads back to {cursor!r}, after which this listing has already been", cursor=cursor
            )
        empty = 0 if data else self.empty + 1
        if empty >= MOST_EMPTY_PAGES:
            raise PaginationError(
                f"the server sent {empty} pages without a completion, one after another, and says that there is more;"
                " to go on all the same, list again with this error's cursor as after",
                cursor=cursor,
            )
        arguments = {**self.arguments, "after": cursor}
        return replace(self, arguments=arguments, left=left, cursors=self.cursors | {cursor}, empty=empty)

    def items(self, page: ChatCompletionList) -> Iterator[ChatCompletion]:
        """Yield the items of a page, as far as they may be given.

        Raises:
            PaginationError: What came is no page, or one of its items is no object.
        """
        for number, item in enumerate(self._data(page)[: self.left]):
            if not isinstance(item, generated.Model):
                raise self._error(f"the server sent a page whose data[{number}] is {item!r:.80}, and no completion")
            yield cast("ChatCompletion", item)

    def _data(self, page: ChatCompletionList) -> list[Any]:
        """Return what a page holds; null counts as nothing."""
        if "data" not in page and "has_more" not in page:
            raise self._error("the server sent an object that is no page: it has neither data nor has_more")
        data: Any = page.data
        if data is not None and not isinstance(data, list):
            raise self._error(f"the server sent a page whose data is {data!r:.80}, and no list")
        return data or []

    def _says_more(self, page: ChatCompletionList) -> bool:
        says = says_more(page.has_more)
        if says is None:
            raise self._error(f"the server sent a page whose has_more is {page.has_more!r:.80}, and no true or false")
        return says

    def _cursor(self, page: ChatCompletionList, data: list[Any]) -> str:
        found = [getattr(data[-1], "id", None) if data else None, page.last_id]
        for cursor in found:
            if cursor and _can_be_sent(cursor):
                return cursor
        named = next((cursor for cursor in found if cursor), None)
        if named is None:
            raise self._error(
                "the server says that there is more, but gave neither an item with an id nor a last_id to go on from"
            )
        raise self._error(
            f"the server says that there is more, but what it gave to go on from, {named!r:.80}, can be no id:"
            f" it is no text of at most {_LONGEST_CURSOR:,} characters that UTF-8 can say"
        )

    def _error(self, message: str) -> PaginationError:
        return PaginationError(message, cursor=self.arguments.get("after"))

    def add_resume_hint(self, error: Exception) -> None:
        """Add to an error where the listing can be resumed."""
        cursor = self.arguments.get("after")
        if cursor is not None:
            error.cursor = cursor  # type: ignore[attr-defined]
            error.add_note(f"the listing can be resumed with after={cursor!r}")


@dataclass(frozen=True)
class PageInfo:
    """How to get a page.

    Attributes:
        params: The arguments of `list` that differ from those of the page before: `after`.
    """

    params: Mapping[str, Any]


def start(arguments: Mapping[str, Any], max_items: int | None) -> Listing:
    """Return the listing that a call begins.

    Raises:
        ValueError: `max_items` is negative.
    """
    if max_items is not None and max_items < 0:
        raise ValueError(f"max_items is {max_items}; give 0 or more, or None for all")
    after = arguments.get("after")
    return Listing(arguments, max_items, frozenset() if after is None else frozenset({after}))


def says_more(has_more: object) -> bool | None:
    """Return what a page's `has_more` means, also as a string or a number; None if it is neither true nor false."""
    return _SAYS_MORE.get(str(has_more).lower())


def _can_be_sent(cursor: object) -> bool:
    if not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR:
        return False
    try:
        cursor.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def listing_of(arguments: Mapping[str, Any]) -> Listing:
    """Return the listing that the arguments of `list` begin."""
    rest = {name: value for name, value in sealed(arguments).items() if not isinstance(value, NotGiven)}
    max_items = rest.pop("max_items", None)
    return start(rest, max_items)


publish(PageInfo)
