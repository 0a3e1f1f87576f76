"""Listings: all items over all pages, the guards, resuming; sync and async by the same rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from chat_completions import AsyncPage, Page, errors, response_info
from tests.client.conftest import AsyncApi, SyncApi
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply

STORE = [f"c{number}" for number in range(12)]


def page_of(ids: list[str], has_more: bool, **more: Any) -> dict[str, Any]:
    data = [{"id": name, "object": "chat.completion", "choices": []} for name in ids]
    ends = {"first_id": ids[0], "last_id": ids[-1]} if ids else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": has_more, **ends, **more}


def stored(request: Received) -> Reply:
    """Answer as the API does: after is exclusive, limit counts."""
    query = httpx.URL(request.target).params
    begin = STORE.index(query["after"]) + 1 if "after" in query else 0
    limit = int(query.get("limit", 20))
    return json_reply(page_of(STORE[begin : begin + limit], begin + limit < len(STORE)), x_request_id="req-p")


def ids(api: SyncApi, listing: Any) -> list[str]:
    """Iterate a listing to its end."""
    if not isinstance(api, AsyncApi):
        return [item.id for item in listing]

    async def collect() -> list[str]:
        return [item.id async for item in listing]

    return api._runner.run(collect())


def next_page(api: SyncApi, page: Any) -> Any:
    if not isinstance(api, AsyncApi):
        return page.get_next_page()

    async def get() -> Any:
        return await page.get_next_page()

    return api._runner.run(get())


def pages(api: SyncApi, page: Any) -> list[Any]:
    if not isinstance(api, AsyncApi):
        return list(page.iter_pages())

    async def collect() -> list[Any]:
        return [one async for one in page.iter_pages()]

    return api._runner.run(collect())


@pytest.mark.parametrize("limit", [1, 5, 6, 12, 20])
def test_iterating_gives_every_item_once(api: SyncApi, limit: int) -> None:
    with ScriptedServer(stored) as server:
        page = api.list(api.client(base_url=server.base_url), limit=limit, metadata={"a": "b"}, order="asc")
        assert ids(api, page) == STORE
        assert len(server.requests) == -(-12 // limit)
        assert all("metadata%5Ba%5D=b" in request.target for request in server.requests)


def test_a_page_says_what_it_holds(api: SyncApi) -> None:
    with ScriptedServer(stored) as server:
        page = api.list(api.client(base_url=server.base_url), limit=5)
        assert isinstance(page, (Page, AsyncPage))
        assert (len(page.data), page.has_more, page.first_id, page.last_id, page.object) == (
            5,
            True,
            "c0",
            "c4",
            "list",
        )
        assert page.to_dict() == page_of(STORE[:5], True)
        assert page.has_next_page()
        assert response_info(page).request_id == "req-p"
        second = next_page(api, page)
        assert [item.id for item in second.data] == STORE[5:10]
        assert [len(one.data) for one in pages(api, page)] == [5, 5, 2]
        last = pages(api, page)[-1]
        assert not last.has_next_page()
        with pytest.raises(RuntimeError, match="no next page"):
            next_page(api, last)


@pytest.mark.parametrize(("most", "requests"), [(0, 1), (3, 1), (5, 1), (6, 2), (10, 2), (None, 3), (99, 3)])
def test_max_items_ends_the_listing_and_fetches_no_page_too_many(api: SyncApi, most: int | None, requests: int) -> None:
    with ScriptedServer(stored) as server:
        page = api.list(api.client(base_url=server.base_url), limit=5, max_items=most)
        assert ids(api, page) == STORE[:most]
        assert len(server.requests) == requests
        assert all("max_items" not in request.target for request in server.requests)


def test_any_items_id_resumes(api: SyncApi) -> None:
    with ScriptedServer(stored) as server:
        client = api.client(base_url=server.base_url)
        for position, name in enumerate(STORE):
            assert ids(api, api.list(client, limit=4, after=name)) == STORE[position + 1 :]


def test_an_async_listing_is_iterated_without_awaiting_it() -> None:
    api = AsyncApi()
    with ScriptedServer(stored) as server:
        client = api.client(base_url=server.base_url)
        assert ids(api, client.chat.completions.list(limit=5)) == STORE
        assert len(pages(api, client.chat.completions.list(limit=5))) == 3
    api.shut_down()


ENDLESS: dict[str, tuple[Callable[[Received], Reply] | Reply, str | None]] = {
    "the same page for ever": (json_reply(page_of(["a", "b"], True)), "b"),
    "more, but nothing to go on from": (json_reply(page_of([], True)), None),
    "items without ids": (json_reply({"object": "list", "data": [{}], "has_more": True}), None),
}


@pytest.mark.parametrize(("reply", "cursor"), ENDLESS.values(), ids=ENDLESS.keys())
def test_pages_that_lead_nowhere_raise(api: SyncApi, reply: Reply, cursor: str | None) -> None:
    with ScriptedServer(reply) as server:
        page = api.list(api.client(base_url=server.base_url))
        with pytest.raises(errors.PaginationError) as caught:
            ids(api, page)
        assert caught.value.cursor == cursor
        assert len(server.requests) <= 2


def test_last_id_leads_on_where_items_have_no_id(api: SyncApi) -> None:
    first = {"object": "list", "data": [{"choices": []}], "has_more": True, "last_id": "x"}
    with ScriptedServer(json_reply(first), json_reply(page_of(["y"], False))) as server:
        assert ids(api, api.list(api.client(base_url=server.base_url))) == [None, "y"]
        assert server.requests[1].target.endswith("after=x")


def test_a_failure_keeps_what_came_and_names_the_cursor(api: SyncApi) -> None:
    replies = [json_reply(page_of(["a", "b"], True)), json_reply({"error": {"message": "No."}}, 400)]
    with ScriptedServer(*replies) as server:
        page = api.list(api.client(base_url=server.base_url))
        given: list[str] = []

        async def collect(items: AsyncIterator[Any]) -> None:
            async for item in items:
                given.append(item.id)

        with pytest.raises(errors.BadRequestError) as caught:
            if isinstance(api, AsyncApi):
                api._runner.run(collect(page))
            else:
                given.extend(item.id for item in page)
    assert given == ["a", "b"]
    assert caught.value.cursor == "b"  # type: ignore[attr-defined]
    assert "after='b'" in caught.value.__notes__[0]
