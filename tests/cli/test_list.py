"""`list`: lines for a program, a table for a person, and what came before something went wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_completions import Client
from chat_completions.local import LocalServer
from tests.cli.commands import Command, whole
from tests.client.scripted import ScriptedServer, json_reply

pytestmark = pytest.mark.slow

STORED = 130  # more than one page


@pytest.fixture(scope="module")
def stored() -> Iterator[LocalServer]:
    with LocalServer() as server, Client(base_url=server.base_url) as client:
        for number in range(STORED):
            client.chat.completions.create(
                model="even" if number % 2 == 0 else "odd",
                messages=[{"role": "user", "content": f"number {number}\n\ttab \\ [red]x[/red]"}],
                metadata={"tens": str(number // 10), "team": "a"},
                store=True,
            )
        yield server


@pytest.fixture
def listing(tmp_path: Path, stored: LocalServer) -> Command:
    return Command(tmp_path, stored.base_url)


def page(items: list[Any], *, more: bool) -> dict[str, Any]:
    last = items[-1]["id"] if items else None
    return {"object": "list", "data": items, "first_id": None, "last_id": last, "has_more": more}


def test_json_lines_are_all_that_is_stored(listing: Command) -> None:
    ended = listing("list", "--json")
    assert (ended.code, ended.err) == (0, "")
    items = ended.lines()
    assert len({item["id"] for item in items}) == STORED
    assert items[0]["object"] == "chat.completion" and items[0]["metadata"] == {"tens": "0", "team": "a"}


def test_plain_lines_have_tabs_and_no_others(listing: Command) -> None:
    lines = listing("list").out.splitlines()
    assert len(lines) == STORED
    rows = [line.split("\t") for line in lines]
    assert {len(row) for row in rows} == {7}
    id_, created, model, finish, tokens, metadata, text = rows[3]
    assert id_.startswith("chatcmpl-") and created.endswith("Z") and (model, finish) == ("odd", "stop")
    assert int(tokens) > 0 and json.loads(metadata)["tens"] == "0"
    assert text.startswith("You said: number 3\\n\\ttab \\\\ [red]x[/red] ")


def test_filters_reach_the_server(listing: Command) -> None:
    def numbers(*arguments: str) -> list[str]:
        lines = listing("list", "--json", *arguments).lines()
        return [item["choices"][0]["message"]["content"].split()[3] for item in lines]

    assert numbers("--metadata", "tens=1", "--model", "odd") == ["11", "13", "15", "17", "19"]
    assert numbers("--order", "desc", "--max-items", "2") == ["129", "128"]
    third = listing("list", "--json", "-n", "3", "--limit", "2").lines()[2]["id"]
    assert numbers("--after", third, "-n", "2") == ["3", "4"]
    assert numbers("--metadata", "tens=none") == []


def test_a_table_fits_the_terminal_and_keeps_ids_whole(listing: Command) -> None:
    for columns in (70, 140):
        ended = listing.at_terminal("list", "-n", "3", columns=columns)
        header, *rows = ended.out.splitlines()
        if columns == 70:
            note = "".join(rows[3:])  # which the terminal's width breaks
            assert "no room for" in note and "tokens, metadata" in note.replace("  ", " ") and " id" not in note
            del rows[3:]
        assert ended.code == 0 and len(rows) == 3
        assert "ID" in header and "TEXT" in header and "\x1b[1m" in header
        assert ("TOKENS" in header) is (columns > 70) and ("METADATA" in header) is (columns > 100)
        ids = [row.split()[0] for row in rows]
        assert ids == [item["id"] for item in listing("list", "--json", "-n", "3").lines()]
        assert max(map(len, rows)) == columns and all(row.endswith("…") for row in rows)
    plain = listing.at_terminal("list", "-n", "1", columns=60, NO_COLOR="1")
    assert "\x1b" not in plain.out and ids[0] in plain.out
    wide = listing.at_terminal("list", "-n", "1", COLUMNS="400")
    assert "[red]x[/red]" in wide.out


def test_on_a_narrow_terminal_each_completion_has_lines_of_its_own(listing: Command) -> None:
    ended = listing.at_terminal("list", "-n", "2", columns=40, NO_COLOR="1")
    lines = ended.out.splitlines()
    ids = [line for line in lines if not line.startswith(" ")]
    assert ids == [item["id"] for item in listing.within("list", "--json", "-n", "2").lines()]
    assert lines[1].endswith("  even") and "stop" in lines[2] and '"tens"' in lines[3] and "number 0" in lines[4]
    assert max(map(len, lines)) <= 40 and len(lines) == 10


def test_long_listings_tell_how_far_they_are(listing: Command, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        ended = listing.at_terminal("list", stdout=out.fileno())
    assert ended.code == 0 and "completions" in ended.out
    assert len((tmp_path / "out").read_bytes().splitlines()) == STORED
    assert "completions" not in listing.at_terminal("list", "-n", "5", stdout=os.open(os.devnull, os.O_WRONLY)).out


def test_what_came_before_an_error_is_shown_with_how_to_go_on(tmp_path: Path) -> None:
    first = json_reply(page([{**whole({"content": "One"}), "id": "chatcmpl-1"}], more=True))
    broken = json_reply({"error": {"message": "Broken."}}, 400)
    for terminal in (False, True):
        with ScriptedServer(first, broken) as server:
            command = Command(tmp_path, server.base_url)
            ended = command.at_terminal("list") if terminal else command("list")
        said = ended.out + ended.err
        assert ended.code == 1 and "chatcmpl-1" in ended.out and "One" in ended.out
        assert "Broken." in said and "--after chatcmpl-1" in said


def test_an_id_that_is_not_there_is_told_of(command: Command) -> None:
    ended = command("list", "--after", "chatcmpl-no-such")
    assert ended.code == 1 and "the id of --after" in ended.err and "--model" not in ended.err


def test_pages_that_lead_nowhere_are_an_error(tmp_path: Path) -> None:
    again = json_reply(page([{**whole({"content": "One"}), "id": "chatcmpl-1"}], more=True))
    with ScriptedServer(again) as server:
        ended = Command(tmp_path, server.base_url)("list")
    assert ended.code == 1 and "twice" in ended.err and "--after chatcmpl-1" in ended.err


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "neither data nor has_more"),
        ({"data": [{"id": "a"}, 7], "has_more": False}, "data[1] is 7"),
        (page([{"id": "a\ud800"}], more=True), "is not a valid id"),
    ],
)
def test_what_is_no_page_is_an_error(tmp_path: Path, body: dict[str, Any], told: str) -> None:
    """Also where items came first, which are listed."""
    with ScriptedServer(json_reply(body)) as server:
        command = Command(tmp_path, server.base_url)
        for options in ((), ("--json",)):
            ended = command("list", *options)
            assert ended.code == 1 and told in ended.err and bool(ended.out) == bool(body)


def test_odd_items_are_listed(tmp_path: Path) -> None:
    items = [{"id": "a"}, {"id": "b", "created": "soon", "choices": [], "usage": 3, "metadata": [1]}]
    items += [{"id": "c", "created": 10**18, "choices": [{"message": {"content": [{"type": "text", "text": "x"}]}}]}]
    with ScriptedServer(json_reply(page(items, more=False))) as server:
        command = Command(tmp_path, server.base_url)
        ended = command("list")
        assert ended.code == 0 and [line.split("\t")[0] for line in ended.out.splitlines()] == ["a", "b", "c"]
        assert command("list", "--json").lines() == items
        assert command.at_terminal("list").code == 0


def test_an_empty_listing(command: Command) -> None:
    ended = command("list", "--metadata", "no=such")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert "--param store=true" in command.at_terminal("list", "--metadata", "no=such").out
