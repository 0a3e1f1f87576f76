"""The cursor of a listing: a page in, the next cursor or the end out. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from chat_completions._contract import generated
from chat_completions._types import publish, sealed, without_omitted
from chat_completions.errors import PaginationError

if TYPE_CHECKING:
    from chat_completions_api.models import ChatCompletion, ChatCompletionList


# A server that filters its pages after it has made them sends some without items, but not that many in a row.
MOST_EMPTY_PAGES = 1_000

_LONGEST_CURSOR = 8_192  # characters; most servers do not accept longer request lines
_SAYS_MORE = {"true": True, "1": True, "false": False, "0": False, "none": False}


@dataclass(frozen=True)
class Listing:
    """The position of a listing.

    Attributes:
        arguments: The arguments of `list` for the next page.
        left: How many items may still be returned; None for all.
        cursors: The cursors used so far: each may lead to a page only once.
        empty: How many pages without items were received in a row.
    """

    arguments: Mapping[str, Any]
    left: int | None = None
    cursors: frozenset[str] = field(default_factory=frozenset)
    empty: int = 0

    def next(self, page: ChatCompletionList) -> Listing | None:
        """Return the position after a page, None at the end of the listing.

        Raises:
            PaginationError: The response is not a page; or the server says that there are more, but does not send a
                cursor, sends one that was used before, or sends only empty pages.
        """
        data = self._data(page)
        left = None if self.left is None else self.left - len(data)
        if not self._says_more(page) or (left is not None and left <= 0):
            return None
        cursor = self._cursor(page, data)
        if cursor in self.cursors:
            raise PaginationError(
                f"the server sent the cursor {cursor!r} twice; following it would repeat the listing",
                cursor=cursor,
            )
        empty = 0 if data else self.empty + 1
        if empty >= MOST_EMPTY_PAGES:
            raise PaginationError(
                f"the server sent {empty} pages in a row without a completion, and says that there are more;"
                " to continue, list again with after=error.cursor",
                cursor=cursor,
            )
        arguments = {**self.arguments, "after": cursor}
        return replace(self, arguments=arguments, left=left, cursors=self.cursors | {cursor}, empty=empty)

    def items(self, page: ChatCompletionList) -> Iterator[ChatCompletion]:
        """Yield the items of a page, up to the number that may still be returned.

        Raises:
            PaginationError: The response is not a page, or one of its items is not an object.
        """
        for number, item in enumerate(self._data(page)[: self.left]):
            if not isinstance(item, generated.Model):
                raise self._error(f"the server sent a page whose data[{number}] is {item!r:.80}, not a completion")
            yield cast("ChatCompletion", item)

    def _data(self, page: ChatCompletionList) -> list[Any]:
        """Return the items of a page; null counts as none."""
        if "data" not in page and "has_more" not in page:
            raise self._error("the server sent an object that is not a page: it has neither data nor has_more")
        data: Any = page.data
        if data is not None and not isinstance(data, list):
            raise self._error(f"the server sent a page whose data is {data!r:.80}, not a list")
        return data or []

    def _says_more(self, page: ChatCompletionList) -> bool:
        says = says_more(page.has_more)
        if says is None:
            raise self._error(f"the server sent a page whose has_more is {page.has_more!r:.80}, not true or false")
        return says

    def _cursor(self, page: ChatCompletionList, data: list[Any]) -> str:
        found = [getattr(data[-1], "id", None) if data else None, page.last_id]
        for cursor in found:
            if cursor and _can_be_sent(cursor):
                return cursor
        named = next((cursor for cursor in found if cursor), None)
        if named is None:
            raise self._error(
                "the server says that there are more, but sent no item with an id and no last_id to continue from"
            )
        raise self._error(
            f"the server says that there are more, but {named!r:.80}, sent to continue from, is not a valid id:"
            f" it must be a string of at most {_LONGEST_CURSOR:,} characters that UTF-8 can encode"
        )

    def _error(self, message: str) -> PaginationError:
        return PaginationError(message, cursor=self.arguments.get("after"))

    def add_resume_hint(self, error: Exception) -> None:
        """Add to an error the cursor to resume the listing from."""
        cursor = self.arguments.get("after")
        if cursor is not None:
            error.cursor = cursor  # type: ignore[attr-defined]
            error.add_note(f"the listing can be resumed with after={cursor!r}")


@publish()
@dataclass(frozen=True)
class PageInfo:
    """How to get a page.

    Attributes:
        params: The arguments of `list` that differ from those of the page before: `after`.
    """

    params: Mapping[str, Any]


def start(arguments: Mapping[str, Any], max_items: int | None) -> Listing:
    """Return the beginning of a listing.

    Raises:
        ValueError: `max_items` is negative.
    """
    if max_items is not None and max_items < 0:
        raise ValueError(f"max_items is {max_items}; give 0 or more, or None for all")
    after = arguments.get("after")
    return Listing(arguments, max_items, frozenset() if after is None else frozenset({after}))


def says_more(has_more: object) -> bool | None:
    """Return whether a page's `has_more`, which may be a string or a number, is true; None if it is neither."""
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
    """Return the beginning of the listing that arguments of `list` request."""
    rest = without_omitted(sealed(arguments))
    max_items = rest.pop("max_items", None)
    return start(rest, max_items)
