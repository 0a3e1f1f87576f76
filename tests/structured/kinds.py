"""The same reply as a type of each library, and odd types of each."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import typing
import uuid
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar

import attrs
import msgspec
import pydantic
import typing_extensions
from pydantic import BaseModel, Field

T = TypeVar("T")


class Unit(enum.Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


class PydanticWeather(BaseModel):
    """The weather in a city."""

    city: str = Field(min_length=1, description="As the user wrote it.")
    degrees: float
    unit: Unit = Unit.CELSIUS
    days: list[str] = []


@pydantic.dataclasses.dataclass
class PydanticDataclassWeather:
    city: str
    degrees: float
    unit: Unit = Unit.CELSIUS
    days: list[str] = dataclasses.field(default_factory=list)


class MsgspecWeather(msgspec.Struct):
    city: Annotated[str, msgspec.Meta(min_length=1)]
    degrees: float
    unit: Unit = Unit.CELSIUS
    days: list[str] = []


@attrs.define
class AttrsWeather:
    city: str = attrs.field(validator=attrs.validators.min_len(1))
    degrees: float
    unit: Unit = Unit.CELSIUS
    days: list[str] = attrs.Factory(list)


@dataclasses.dataclass
class DataclassWeather:
    city: str
    degrees: float
    unit: Unit = Unit.CELSIUS
    days: list[str] = dataclasses.field(default_factory=list)


class TypedDictWeather(typing.TypedDict, total=False):
    city: typing.Required[str]
    degrees: typing.Required[float]
    unit: Unit
    days: list[str]


class OtherTypedDictWeather(typing_extensions.TypedDict):
    city: str
    degrees: float
    unit: typing_extensions.NotRequired[Unit]
    days: typing_extensions.NotRequired[list[str]]


# Each type, and the extra that its library is in.
WEATHERS: dict[type, str] = {
    PydanticWeather: "pydantic",
    PydanticDataclassWeather: "pydantic",
    MsgspecWeather: "msgspec",
    AttrsWeather: "msgspec",
    DataclassWeather: "pydantic",
    TypedDictWeather: "pydantic",
    OtherTypedDictWeather: "pydantic",
}


class Step(BaseModel):
    explanation: str
    output: str


class Tree(BaseModel):
    value: int
    children: list[Tree] = []
    parent: Tree | None = None
    favourite: list[Annotated[Tree, Field(description="liked")]] = []


class Box(BaseModel, Generic[T]):
    content: T


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Pair(NamedTuple):
    left: int
    right: str


class Everything(BaseModel):
    """Of what pydantic exports, all that strict mode knows or can be told."""

    model_config = pydantic.ConfigDict(extra="allow", json_schema_extra={"x-origin": "here"})

    step: Step = Field(description="a described reference")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    either: Cat | int | None = None
    text: str = Field(min_length=12, max_length=20, default="twelve or more", examples=["one of them, say"])
    pattern: Annotated[str, Field(pattern="^a+b$")]
    number: int = Field(gt=3, le=20, multiple_of=3)
    several: set[int] = Field(min_length=1)
    pair: tuple[int, str]
    named: Pair
    twice: tuple[int, int] = (1, 2)
    when: datetime.datetime
    day: datetime.date
    hour: datetime.time
    span: datetime.timedelta
    key: uuid.UUID
    address: pydantic.HttpUrl
    price: decimal.Decimal
    raw: bytes
    mixed: Literal["a", 1, None] = None
    aliased: int = Field(alias="A-b")
    nothing: None = None
    box: Box[list[Step]]
    shout: str = Field(deprecated=True, default="")


class EverythingOfMsgspec(msgspec.Struct, tag="all"):
    moves: list[EverythingOfMsgspec]
    pair: tuple[int, str]
    when: Annotated[datetime.datetime, msgspec.Meta(tz=True)]
    day: datetime.date
    key: uuid.UUID
    price: decimal.Decimal
    raw: bytes
    fixed: Literal["a", "b"] | None
    text: Annotated[str, msgspec.Meta(min_length=12, pattern="^[a-z ]+$")]
    around: Annotated[str, msgspec.Meta(pattern="^(?!x)a$")]
    aliased: int = msgspec.field(name="A-b", default=3)


# What is no object, and so is asked for as the field of one.
WRAPPED: list[Any] = [
    list[Step],
    list[MsgspecWeather],
    Cat | Dog,
    Optional[Cat],  # noqa: UP045
    int,
    Literal["a", "b"],
    Unit,
    tuple[int, str],
    Pair,
    Annotated[int, Field(ge=3)],
    pydantic.RootModel[list[int]],
    pydantic.TypeAdapter(list[Step]),
    list[TypedDictWeather],
]
