"""The sync and the async pages of a listing: they fetch one page at a time and yield the items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from chat_completions._pagination.cursor import Listing, PageInfo, says_more
from chat_completions._types import publish

if TYPE_CHECKING:
    # Defaults of type variables are new in Python 3.13; type checkers know this one without the package.
    from typing_extensions import TypeVar as TypeVarWithDefault

    from chat_completions_api.models import ChatCompletion, ChatCompletionList

    Item = TypeVarWithDefault("Item", default=ChatCompletion)
else:
    Item = TypeVar("Item")


class _BasePage(Generic[Item]):
    """The base class of the two pages: the decoded page and the position of the listing."""

    def __init__(self, page: ChatCompletionList, listing: Listing) -> None:
        self._page = page
        self._listing = listing
        self._info = page._info

    @property
    def data(self) -> list[Item]:
        """The completions on this page."""
        return cast("list[Item]", self._page.data) if isinstance(self._page.data, list) else []

    @property
    def has_more(self) -> bool:
        """Whether the server says that there are more completions."""
        return says_more(self._page.has_more) is True

    @property
    def first_id(self) -> str | None:
        """The id of the first completion on this page, as stated by the server."""
        return self._page.first_id

    @property
    def last_id(self) -> str | None:
        """The id of the last completion on this page, as stated by the server."""
        return self._page.last_id

    @property
    def object(self) -> str:
        """The object type, `list`."""
        return self._page.object

    def has_next_page(self) -> bool:
        """Return whether there is another page.

        Raises:
            PaginationError: The server says that there is one, but it cannot be followed.
        """
        return self._listing.next(self._page) is not None

    @property
    def _request_id(self) -> str | None:
        return self._page._request_id

    def next_page_info(self) -> PageInfo | None:
        """Return how to get the next page, such as `PageInfo(params={"after": "chatcmpl-1"})`; None if there is none.

        Raises:
            PaginationError: The server says that there is one, but it cannot be followed.
        """
        listing = self._listing.next(self._page)
        return None if listing is None else PageInfo({"after": listing.arguments["after"]})

    @property
    def after(self) -> str | None:
        """The `after` for `list` to continue after this page; None for the last one."""
        info = self.next_page_info()
        return None if info is None else info.params["after"]

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the server sent it."""
        return self._page.to_dict()

    def _next(self) -> Listing:
        listing = self._listing.next(self._page)
        if listing is None:
            raise RuntimeError("there is no next page; check has_next_page() first")
        return listing

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._page, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data=[{len(self.data)} completions], has_more={self.has_more})"


@publish()
class Page(_BasePage[Item]):
    """A page of stored completions; iterating it yields the completions of this page and of all that follow.

    Raises, from `get_next_page` and from the iterations:
        PaginationError: The pages cannot be followed, or a response is not a page.
        APIError: A page could not be fetched; pass its `.cursor` as `after` to continue after what was returned.
    """

    def __init__(
        self, page: ChatCompletionList, listing: Listing, fetch: Callable[[Listing], ChatCompletionList]
    ) -> None:
        super().__init__(page, listing)
        self._fetch = fetch

    def get_next_page(self) -> Page[Item]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: This is the last page.
        """
        listing = self._next()
        try:
            return Page(self._fetch(listing), listing, self._fetch)
        except Exception as error:
            listing.add_resume_hint(error)
            raise

    def iter_pages(self) -> Iterator[Page[Item]]:
        """Iterate over this page and all that follow; only one is in memory."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[Item]:
        for page in self.iter_pages():
            yield from cast("Iterator[Item]", page._listing.items(page._page))


@publish()
class AsyncPage(_BasePage[Item]):
    """A page of stored completions; see `Page`."""

    def __init__(
        self, page: ChatCompletionList, listing: Listing, fetch: Callable[[Listing], Awaitable[ChatCompletionList]]
    ) -> None:
        super().__init__(page, listing)
        self._fetch = fetch

    async def get_next_page(self) -> AsyncPage[Item]:
        """Fetch the page after this one; see `Page.get_next_page`."""
        listing = self._next()
        try:
            return AsyncPage(await self._fetch(listing), listing, self._fetch)
        except Exception as error:
            listing.add_resume_hint(error)
            raise

    async def iter_pages(self) -> AsyncIterator[AsyncPage[Item]]:
        """Iterate over this page and all that follow; only one is in memory."""
        page = self
        yield page
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.iter_pages():
            for item in cast("Iterator[Item]", page._listing.items(page._page)):
                yield item


class AsyncPages:
    """A listing that has not been requested yet: await it for its first page, or iterate it for all completions."""

    def __init__(self, listing: Listing, fetch: Callable[[Listing], Awaitable[ChatCompletionList]]) -> None:
        self._listing = listing
        self._fetch = fetch

    def __repr__(self) -> str:
        return f"{type(self).__name__}(await it for the first page, or iterate over it with `async for`)"

    def __await__(self) -> Generator[Any, None, AsyncPage]:
        return self._first().__await__()

    async def _first(self) -> AsyncPage:
        return AsyncPage(await self._fetch(self._listing), self._listing, self._fetch)

    async def iter_pages(self) -> AsyncIterator[AsyncPage]:
        """Iterate over the pages; only one is in memory."""
        async for page in (await self).iter_pages():
            yield page

    async def __aiter__(self) -> AsyncIterator[ChatCompletion]:
        async for item in await self:
            yield item
