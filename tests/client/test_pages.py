"""Listings: all items over all pages, the guards, resuming; sync and async by the same rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from chat_completions import AsyncPage, Page, errors, response_info
from chat_completions._pagination.cursor import MOST_EMPTY_PAGES
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


def ever_new(request: Received) -> Reply:
    """Answer with an empty page that leads to another one, without end."""
    number = int(httpx.URL(request.target).params.get("after", "0"))
    return json_reply(page_of([], True, last_id=str(number + 1)))


def test_empty_pages_with_ever_new_cursors_end(api: SyncApi) -> None:
    """The bound is reached, and the cursor leads on behind it."""
    with ScriptedServer(ever_new) as server:
        client = api.client(base_url=server.base_url)
        with pytest.raises(errors.PaginationError, match="1000 pages in a row without a completion") as caught:
            ids(api, api.list(client))
        assert len(server.requests) == MOST_EMPTY_PAGES
        assert caught.value.cursor == str(MOST_EMPTY_PAGES)
        page = next_page(api, api.list(client, after=caught.value.cursor))
        assert page.after == str(MOST_EMPTY_PAGES + 2)


def test_empty_pages_of_a_filter_are_passed_over(api: SyncApi) -> None:
    """A server that filters what it has cut into pages sends runs of empty ones; an item begins the count anew."""

    def filtered(request: Received) -> Reply:
        number = int(httpx.URL(request.target).params.get("after", "0").removeprefix("c"))
        ids = [f"c{number + 1}"] if number % 600 == 599 else []
        return json_reply(page_of(ids, number < 1_199, last_id=f"c{number + 1}"))

    with ScriptedServer(filtered) as server:
        client = api.client(base_url=server.base_url)
        assert ids(api, api.list(client)) == ["c600", "c1200"]


@pytest.mark.parametrize("has_more", [None, False, "false", "False", 0, "0"])
def test_a_last_page_is_one_however_it_says_so(api: SyncApi, has_more: object) -> None:
    with ScriptedServer(json_reply(page_of(["a"], has_more))) as server:  # type: ignore[arg-type]
        page = api.list(api.client(base_url=server.base_url))
        assert (ids(api, page), page.has_more, page.has_next_page(), page.after) == (["a"], False, False, None)
        assert len(server.requests) == 1


@pytest.mark.parametrize("has_more", [True, "true", 1])
def test_more_is_to_come_however_it_is_said(api: SyncApi, has_more: object) -> None:
    with ScriptedServer(json_reply(page_of(["a"], has_more)), json_reply(page_of(["b"], False))) as server:  # type: ignore[arg-type]
        page = api.list(api.client(base_url=server.base_url))
        assert (ids(api, page), page.has_more) == (["a", "b"], True)


def test_null_is_an_empty_page(api: SyncApi) -> None:
    with ScriptedServer(json_reply({"object": "list", "data": None, "has_more": False})) as server:
        page = api.list(api.client(base_url=server.base_url))
        assert (ids(api, page), page.data, page.has_next_page()) == ([], [], False)


ODD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing at all": ({}, "neither data nor has_more"),
    "another object": ({"object": "chat.completion", "choices": []}, "neither data nor has_more"),
    "data is an object": ({"data": {"id": "a"}, "has_more": True, "last_id": "a"}, "not a list"),
    "data is a text": ({"data": "abc", "has_more": False}, "not a list"),
    "data is a number": ({"data": 3, "has_more": False}, "not a list"),
    "data is true": ({"data": True, "has_more": True}, "not a list"),
    "an item is a number": ({"data": [{"id": "a"}, 7], "has_more": False}, r"data\[1\] is 7"),
    "an item is null": ({"data": [{"id": "a"}, None], "has_more": True, "last_id": "z"}, r"data\[1\] is None"),
    "an item is a text": ({"data": [{"id": "a"}, "b"], "has_more": False}, r"data\[1\] is 'b'"),
    "has_more is a list": ({"data": [{"id": "a"}], "has_more": []}, "has_more is \\[\\]"),
    "has_more is a word": ({"data": [{"id": "a"}], "has_more": "perhaps"}, "has_more is 'perhaps'"),
    "an id of a megabyte": ({"data": [{"id": "i" * 10**6}], "has_more": True}, "is not a valid id"),
    "a last_id of a megabyte": ({"data": [], "has_more": True, "last_id": "i" * 10**6}, "is not a valid id"),
    "half of a surrogate pair": ({"data": [], "has_more": True, "last_id": "a\ud800"}, "is not a valid id"),
    "an id that is a number": ({"data": [{"id": 5}], "has_more": True}, "is not a valid id"),
    "a last_id that is an object": ({"data": [], "has_more": True, "last_id": {"a": 1}}, "is not a valid id"),
    "an empty last_id": ({"data": [], "has_more": True, "last_id": ""}, "no item with an id and no last_id"),
}


@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@pytest.mark.parametrize(("body", "message"), ODD.values(), ids=ODD.keys())
def test_what_is_no_page_is_an_error_of_ours(api: SyncApi, body: dict[str, Any], message: str, second: bool) -> None:
    """As the first page or a later one, by items and by pages; what came before is given, and the error is short."""
    replies = [json_reply(page_of(["before"], True))] * second + [json_reply(body)]
    with ScriptedServer(*replies) as server:
        page = api.list(api.client(base_url=server.base_url))
        with pytest.raises(errors.PaginationError, match=message) as caught:
            ids(api, page)
        assert caught.value.cursor == ("before" if second else None)
        assert len(str(caught.value)) < 400 and len(server.requests) == 1 + second
    with ScriptedServer(*replies) as server:
        page = api.list(api.client(base_url=server.base_url))
        if second:
            page = next_page(api, page)
        for step in (page.next_page_info, page.has_next_page, lambda: page.after, lambda: pages(api, page)):
            if "an item is" not in message and "data[1]" not in message.replace("\\", ""):
                with pytest.raises(errors.PaginationError, match=message):
                    step()
        assert repr(page) and isinstance(page.data, list) and page.has_more in (True, False)


@pytest.mark.parametrize("cursor", ["a\0b", "a&after=b#c?d", "☃ %41", "i" * 8_000])
def test_an_id_goes_as_it_came(api: SyncApi, cursor: str) -> None:
    with ScriptedServer(json_reply(page_of([], True, last_id=cursor)), json_reply(page_of(["y"], False))) as server:
        assert ids(api, api.list(api.client(base_url=server.base_url))) == ["y"]
        assert httpx.URL(server.requests[1].target).params["after"] == cursor


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
