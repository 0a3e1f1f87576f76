"""From pointers to symbols: every symbol is there, every property has one, and what counts as naming a field."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.specs import ROOT, Json, generate, obj, ref, spec
from tools.document import document as documents
from tools.document import pointer as pointers
from tools.drift.findings.findings import Symbol
from tools.drift.impact.symbols import Symbols

BASE = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
SYMBOLS = Symbols(ROOT, BASE)
API = "chat_completions_api"
SCHEMAS = "#/components/schemas"
PATH = "#/paths/~1chat~1completions"
TEXT = {"type": "string"}


def pointers_of(node: Any, at: str = "#") -> Iterator[str]:
    """Yield the pointers of all that is in a document."""
    yield at
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from pointers_of(value, pointers.join(at, key))


ALL = list(pointers_of(BASE))
LISTED = {
    parameter["name"]: f"{PATH}/get/parameters/{position}"
    for position, parameter in enumerate(BASE["paths"]["/chat/completions"]["get"]["parameters"])
}
PROPERTIES = [pointer for pointer in ALL if re.fullmatch(SCHEMAS + ".*/properties/[^/]+", pointer)]


def names(found: tuple[Symbol, ...], start: str = API) -> list[str]:
    """Return the names of those symbols that begin like this, without that beginning."""
    return sorted(symbol.name.removeprefix(start + ".") for symbol in found if symbol.name.startswith(start + "."))


def assert_exists(symbol: Symbol) -> None:
    """See that a symbol is where it says, in the file and at run time."""
    line = (ROOT / symbol.file).read_text().splitlines()[symbol.line - 1]
    if symbol.kind == "module":
        found = importlib.util.find_spec(symbol.name)
        assert found is not None and found.origin == str(ROOT / symbol.file)
        return
    holder, last = re.fullmatch(r"(.+?)[.\[](\w+)\]?", symbol.name).groups()  # type: ignore[union-attr]
    assert re.search(rf"\b{last}\b", line), symbol
    if symbol.kind in ("class", "enum", "function", "typeddict", "union"):
        assert getattr(importlib.import_module(holder), last) is not None
        return
    module, name = holder.rsplit(".", 1)
    owner = getattr(importlib.import_module(module), name)
    known = {
        "field": lambda: [field.name for field in owner.__attrs_attrs__],
        "key": lambda: owner.__annotations__,
        "parameter": lambda: inspect.signature(owner).parameters,
    }
    assert last in known[symbol.kind]()


def test_every_symbol_of_every_pointer_exists() -> None:
    """Whatever in the slice changes, the symbols can be looked up; they come sorted, and each once."""
    symbols: set[Symbol] = set()
    for pointer in ALL:
        found = SYMBOLS.of(pointer)
        assert list(found) == sorted(found, key=lambda s: (s.file, s.line, s.name))
        assert len({symbol.name for symbol in found}) == len(found)
        symbols |= {*found}
    for symbol in symbols:
        assert_exists(symbol)
    assert {symbol.kind for symbol in symbols} >= {"class", "enum", "field", "function", "key", "module", "parameter"}


def test_every_property_of_every_component_has_its_field() -> None:
    """A property's symbols are fields or keys of its word, in the generated code."""
    for pointer in PROPERTIES:
        word = pointer.rpartition("/")[2]
        found = [s for s in SYMBOLS.of(pointer) if s.kind in ("field", "key")]
        assert found, pointer
        assert all(s.name.endswith((f".{word}", f"[{word}]")) for s in found), pointer


def test_what_says_nothing_of_the_contract_touches_nothing() -> None:
    """Only the document's frame has no symbol."""
    frame = re.compile(r"#(/(openapi|info|tags|components(/(schemas|responses))?)(/(title|version|0|0/name))?)?")
    assert [pointer for pointer in ALL if not SYMBOLS.of(pointer) and not frame.fullmatch(pointer)] == []


# The generated symbols exactly, then modules of ours that must be among the rest, then some that must not.
EXPECTED: dict[str, tuple[list[str], list[str], list[str]]] = {
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/usage": (
        ["models.ChatCompletion.usage"],
        ["_streaming.accumulator", "local.replies"],
        ["_pagination.cursor", "_transport.settings", "sse"],
    ),
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/choices/items/properties/finish_reason/enum/3": (
        ["models.Choice.finish_reason", "models.ChoiceFinishReason"],
        ["_streaming.events.event_builder", "_streaming.accumulator", "_streaming.stream_decoder"],
        ["_pagination.cursor", "_transport.retry"],
    ),
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/id": (
        ["models.ChatCompletion.id"],
        ["_streaming.accumulator", "_pagination.cursor"],
        ["_transport.retry", "sse"],
    ),
    f"{SCHEMAS}/CreateChatCompletionResponse/required": (
        ["models.ChatCompletion"],
        ["_streaming.accumulator", "_contract.generated", "_pagination.pages"],
        ["_transport.retry", "sse"],
    ),
    f"{SCHEMAS}/ChatCompletionMessageToolCallChunk/properties/index": (
        ["models.ChoiceDeltaToolCall.index"],
        ["_streaming.events.event_builder", "_streaming.accumulator"],
        ["_pagination.cursor", "sse"],
    ),
    f"{SCHEMAS}/ModelResponseProperties/properties/temperature/maximum": (
        [
            "models.CreateChatCompletionRequest.temperature",
            "models.CreateModelResponseProperties.temperature",
            "models.ModelResponseProperties.temperature",
            "params.CompletionCreateParamsBase[temperature]",
        ],
        [],
        ["_streaming.accumulator"],
    ),
    f"{SCHEMAS}/CreateChatCompletionRequest/allOf/1/properties/stream/default": (
        [
            "models.CreateChatCompletionRequest.stream",
            "params.CompletionCreateParamsNonStreaming[stream]",
            "params.CompletionCreateParamsStreaming[stream]",
        ],
        ["_client.completions"],
        ["_transport.retry"],
    ),
    f"{SCHEMAS}/CreateChatCompletionRequest/allOf/1/properties/response_format/oneOf": (
        [
            "models.CreateChatCompletionRequest.response_format",
            "params.CompletionCreateParamsBase[response_format]",
            "params.ResponseFormatParam",
        ],
        [],
        ["_streaming.accumulator"],
    ),
    f"{SCHEMAS}/ChatCompletionRequestMessage/oneOf/5": (
        [
            "models.CreateChatCompletionRequest.messages",
            "params.ChatCompletionMessageParam",
            "params.CompletionCreateParamsBase[messages]",
        ],
        [],
        ["_streaming.accumulator"],
    ),
    f"{SCHEMAS}/VoiceIdsShared/anyOf/1/enum/2": (
        [
            "models.ChatCompletionAudioOptions.voice",
            "models.VoiceName",
            "params.ChatCompletionAudioParam[voice]",
            "params.VoiceIdsOrCustomVoiceParam",
        ],
        [],
        ["_streaming.accumulator"],
    ),
    f"{SCHEMAS}/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1/properties/type": (
        [
            "models.ChatCompletionCustomToolCustomFormatGrammar.type",
            "params.ChatCompletionCustomToolCustomFormatGrammarParam[type]",
        ],
        [],
        ["errors"],
    ),
    f"{SCHEMAS}/Metadata/additionalProperties": (
        [
            "api.chat.list_chat_completions._get_kwargs.metadata",
            "models.ChatCompletion.metadata",
            "models.CreateChatCompletionRequest.metadata",
            "models.CreateModelResponseProperties.metadata",
            "models.ModelResponseProperties.metadata",
            "params.CompletionCreateParamsBase[metadata]",
            "params.CompletionListParams[metadata]",
        ],
        ["local.store"],
        ["_streaming.accumulator"],
    ),
    f"{SCHEMAS}/Error/properties/code": (
        ["models.Error.code"],
        ["errors"],
        ["_streaming.accumulator", "_transport.retry"],
    ),
    f"{PATH}/get": (
        ["api.chat.list_chat_completions", "params.CompletionListParams"],
        ["_contract.generated"],
        ["_streaming.accumulator"],
    ),
    f"{LISTED['after']}/schema/type": (
        ["api.chat.list_chat_completions._get_kwargs.after", "params.CompletionListParams[after]"],
        ["_pagination.cursor"],
        ["_streaming.accumulator"],
    ),
    f"{LISTED['order']}/schema/enum/1": (
        [
            "api.chat.list_chat_completions._get_kwargs.order",
            "models.ListChatCompletionsOrder",
            "params.CompletionListParams[order]",
        ],
        [],
        ["_streaming.accumulator"],
    ),
    f"{PATH}/post/requestBody/required": (
        ["api.chat.create_chat_completion._get_kwargs"],
        ["_contract.generated"],
        ["_pagination.cursor"],
    ),
    f"{PATH}/post/responses/200/content/text~1event-stream/schema/$ref": (
        ["api.chat.create_chat_completion._parse_response"],
        ["_transport.plan", "_contract.generated"],
        ["_pagination.cursor"],
    ),
    "#/components/responses/TooManyRequests/headers/Retry-After/schema/minimum": (
        ["api.chat.create_chat_completion._parse_response"],
        ["_transport.retry"],
        ["_pagination.cursor"],
    ),
    "#/components/securitySchemes/ApiKeyAuth/scheme": ([], ["_transport.settings"], ["_pagination.cursor"]),
    "#/security/0": ([], ["_transport.settings"], ["_pagination.cursor"]),
    "#/servers/0/url": ([], ["_transport.settings"], ["_pagination.cursor"]),
}


@pytest.mark.parametrize("pointer", EXPECTED)
def test_expected_symbols(pointer: str) -> None:
    """What these places became, and who in our code names them."""
    generated, among, not_among = EXPECTED[pointer]
    found = SYMBOLS.of(pointer)
    assert {*generated} <= {*names(found)}, "upstream may use it in more places"
    own = names(found, "chat_completions")
    assert {*among} <= {*own}
    assert not {*not_among} & {*own}


NEW = {
    f"{SCHEMAS}/Brand/properties/new": [],
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/unheard_of": ["models.ChatCompletion"],
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/unheard_of/properties/grams": ["models.ChatCompletion"],
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/usage/properties/unheard_of": ["models.ChatCompletion.usage"],
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/choices/items/properties/x": ["models.Choice"],
    f"{SCHEMAS}/CreateChatCompletionResponse/properties/service_tier/enum/99": ["models.ChatCompletion.service_tier"],
    f"{SCHEMAS}/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1/properties/x": [
        "models.ChatCompletionCustomToolCustomFormatGrammar",
        "params.ChatCompletionCustomToolCustomFormatGrammarParam",
    ],
    f"{SCHEMAS}/ModelResponseProperties/properties/unheard_of": [
        "models.CreateChatCompletionRequest",
        "models.CreateModelResponseProperties",
        "models.ModelResponseProperties",
        "params.CompletionCreateParamsBase",
        "params.CompletionCreateParamsNonStreaming",
        "params.CompletionCreateParamsStreaming",
    ],
    f"{PATH}/get/parameters/99": ["api.chat.list_chat_completions._get_kwargs", "params.CompletionListParams"],
    f"{PATH}/get/responses/503/content": ["api.chat.list_chat_completions._parse_response"],
    f"{PATH}/delete": [],
    f"{PATH}/delete/parameters/0/schema": [],
    "#/paths/~1new/get/responses/200": [],
    "#/components/parameters/New/schema": [],
    "#/components/securitySchemes/New": [],
    "#/servers/7": [],
    "#/webhooks/new/post": [],
}


@pytest.mark.parametrize("pointer", NEW)
def test_what_only_a_newer_slice_has(pointer: str) -> None:
    """It touches the nearest thing above it that the code knows, or nothing; it never raises."""
    assert names(SYMBOLS.of(pointer)) == NEW[pointer]
    assert {*NEW[pointer]} <= {*names(SYMBOLS.of(pointer, new=True))}


def test_a_new_parameter_is_not_taken_for_the_one_that_has_its_position() -> None:
    """Upstream's list is another list."""
    assert names(SYMBOLS.of(LISTED["limit"])) == [
        "api.chat.list_chat_completions._get_kwargs.limit",
        "params.CompletionListParams[limit]",
    ]
    assert SYMBOLS.of(LISTED["limit"], new=True) == SYMBOLS.of(f"{PATH}/get/parameters/99")


def test_each_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up thirty pointers all over the document reads no file twice."""
    parsed: list[str] = []
    parse = ast.parse

    def counted(source: Any, *arguments: Any, **options: Any) -> ast.AST:
        parsed.append(hashlib.sha256(source if isinstance(source, bytes) else source.encode()).hexdigest())
        return parse(source, *arguments, **options)

    monkeypatch.setattr(ast, "parse", counted)
    symbols = Symbols(ROOT, BASE)
    assert sum(len(symbols.of(pointer)) for pointer in ALL[:: len(ALL) // 30][:30])
    files = [path for folder in ("generated", "overrides") for path in (ROOT / folder).rglob("*.py")]
    alike = len(files) - len({path.read_bytes() for path in files})
    assert len(parsed) - len(set(parsed)) <= alike


def house(folder: Path, document: Json, **modules: str) -> Symbols:
    """Make a repository of a document and hand-written modules; return its symbols."""
    generate(document, folder / "generated" / API)
    own = folder / "overrides" / "chat_completions"
    own.mkdir(parents=True)
    for name, text in modules.items():
        (own / f"{name}.py").write_text(text)
    return Symbols(folder, document)


MINI = {
    "Pet": {
        "oneOf": [obj({"kind": {"const": "cat"}, "lives": TEXT}), obj({"kind": {"const": "dog"}, "tail_length": TEXT})]
    },
    "Pets": {"type": "array", "items": ref("Pet")},
    "Owner": obj({"pets": ref("Pets"), "by_name": {"type": "object", "additionalProperties": ref("Pet")}}),
    "Named": {"type": "object", "properties": {"name": TEXT, "odd key\n%": obj({"é/~": TEXT})}},
    "Shop": {
        "allOf": [ref("Named"), obj({"stock": ref("Pets"), "open": {"allOf": [ref("Named"), obj({"at": TEXT})]}})]
    },
    "Tree": {"allOf": [ref("Named"), obj({"child": {"allOf": [ref("Tree"), obj({"side": TEXT})]}})]},
}


CALLS = """
from typing import overload
from chat_completions_api.api.things import change_thing

class Calls:
    @overload
    def change(self, *, id: str) -> None: ...
    @overload
    def change(self, *, id: None = None) -> None: ...
    def change(self, *, id: str | None = None) -> None:
        change_thing._get_kwargs(id_query=id)
"""


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Symbols:
    parameters = [
        {"name": "thing-id", "in": "path", "required": True, "schema": TEXT},
        {"name": "id", "in": "header", "schema": TEXT},
        {"name": "id", "in": "query", "schema": {"enum": ["a", "b"]}},
        {"name": "from", "in": "query", "style": "deepObject", "schema": obj({"x": TEXT})},
    ]
    content = {"application/json": {"schema": ref("Shop")}}
    body = {"content": {"application/json": {"schema": obj({"tree": ref("Tree"), "owner": ref("Owner")})}}}
    paths = {
        "/things/{thing-id}": {
            "parameters": [{"$ref": "#/components/parameters/Thing"}],
            "post": {
                "operationId": "changeThing",
                "tags": ["things"],
                "parameters": parameters[1:],
                "requestBody": body,
                "responses": {"200": {"description": "", "content": content}},
            },
        }
    }
    document = spec(MINI, paths=paths)
    document["components"]["parameters"] = {"Thing": parameters[0]}
    return house(
        tmp_path_factory.mktemp("mini"),
        document,
        cats="from chat_completions_api.models import PetCat\n\ndef of(pet: PetCat) -> str:\n    return pet.lives\n",
        dogs='def of(pet):\n    """Give its kind."""\n    return pet["tail_length"], pet["kind"]\n',
        prose='"""kind, lives and tail_length."""\n# kind\nkind = "a kind"\n',
        calls=CALLS,
    )


IN_THE_MINI = {
    # Variants are told apart by where they stand; what both have, by what both are.
    f"{SCHEMAS}/Pet/oneOf/0/properties/lives": ["models.PetCat.lives", "params.PetCatParam[lives]"],
    f"{SCHEMAS}/Pet/oneOf/1/properties/kind/const": ["models.PetDog.kind", "params.PetDogParam[kind]"],
    f"{SCHEMAS}/Pet/oneOf/1/properties/new": ["models.PetDog", "params.PetDogParam"],
    # A union ends where it is referred to, through the array and the map.
    f"{SCHEMAS}/Pet/oneOf": [
        "models.Owner.by_name",
        "models.Owner.pets",
        "models.PetCat",
        "models.PetDog",
        "models.Shop.stock",
        "params.OwnerParam[by_name]",
        "params.OwnerParam[pets]",
        "params.PetCatParam",
        "params.PetDogParam",
        "params.PetParam",
    ],
    # What is merged is part of the others, also in themselves, and of them alone.
    f"{SCHEMAS}/Named/properties/name": [
        "models.Named.name",
        "models.Shop.name",
        "models.ShopOpen.name",
        "models.Tree.name",
        "models.TreeChild.name",
        "params.TreeChildParam[name]",
        "params.TreeParam[name]",
    ],
    f"{SCHEMAS}/Shop/allOf/1/properties/open/allOf/1/properties/at": ["models.ShopOpen.at"],
    "#/paths/~1things~1%7Bthing-id%7D/post/parameters/0": ["api.things.change_thing._get_kwargs.id_header"],
    "#/paths/~1things~1%7Bthing-id%7D/post/parameters/1/schema/enum": [
        "api.things.change_thing._get_kwargs.id_query",
        "models.ChangeThingId",
        "params.ChangeThingParams[id_query]",
    ],
    "#/paths/~1things~1%7Bthing-id%7D/post/parameters/2/schema/properties/x": [
        "api.things.change_thing._get_kwargs.from_",
        "models.ChangeThingFrom.x",
        "params.ChangeThingFromParam[x]",
        "params.ChangeThingParams[from_]",
    ],
    "#/paths/~1things~1%7Bthing-id%7D/parameters/0": ["api.things.change_thing._get_kwargs.thing_id"],
    "#/components/parameters/Thing/schema/type": ["api.things.change_thing._get_kwargs.thing_id"],
    "#/paths/~1things~1%7Bthing-id%7D": ["api.things.change_thing", "params.ChangeThingParams"],
}


@pytest.mark.parametrize("pointer", IN_THE_MINI)
def test_symbols_of_a_mini_spec(mini: Symbols, pointer: str) -> None:
    """Unions, merged objects and parameters of every kind."""
    assert names(mini.of(pointer)) == IN_THE_MINI[pointer]


NAMED_IN_THE_MINI = {
    # The class is named, by its import; the word, as an attribute.
    f"{SCHEMAS}/Pet/oneOf/0": ["cats"],
    f"{SCHEMAS}/Pet/oneOf/0/properties/lives": ["cats"],
    # One more word is enough beside a word with an underscore, not beside a plain one.
    f"{SCHEMAS}/Pet/oneOf/1": [],
    f"{SCHEMAS}/Pet/oneOf/1/properties/tail_length": ["dogs"],
    f"{SCHEMAS}/Pet/oneOf/1/properties/kind": [],
    # A property that is new may be known already.
    f"{SCHEMAS}/Pet/oneOf/1/properties/tail_length_cm": [],
    f"{SCHEMAS}/Owner/properties/tail_length": [],
    # An endpoint is named by its module; of overloads, the function that runs has the parameter.
    "#/paths/~1things~1%7Bthing-id%7D/post/operationId": ["calls"],
    "#/paths/~1things~1%7Bthing-id%7D/post/parameters/1": ["calls", "calls.Calls.change.id"],
}


@pytest.mark.parametrize("pointer", NAMED_IN_THE_MINI)
def test_who_names_a_part_of_a_mini_spec(mini: Symbols, pointer: str) -> None:
    """Only code counts, and a plain word only beside more of its object."""
    assert names(mini.of(pointer), "chat_completions") == NAMED_IN_THE_MINI[pointer]


def test_the_first_mention_has_the_line(mini: Symbols) -> None:
    """The lines are those of the import, the word and the parameter that counts."""
    (cats,) = (s for s in mini.of(f"{SCHEMAS}/Pet/oneOf/0/properties/lives") if s.kind == "module")
    assert (cats.file, cats.line) == ("overrides/chat_completions/cats.py", 4)
    calls = [s for s in mini.of("#/paths/~1things~1%7Bthing-id%7D/post/parameters/1") if "calls" in s.name]
    assert [(s.kind, s.line) for s in calls] == [("module", 7), ("parameter", 10)]


def test_without_code_nothing_is_touched(tmp_path: Path) -> None:
    """A folder that has no package of ours has no symbols."""
    assert {found for pointer in PROPERTIES for found in Symbols(tmp_path, BASE).of(pointer)} == set()
