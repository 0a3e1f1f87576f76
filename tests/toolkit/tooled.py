"""Functions as users write them, and what a model may call them with."""

from __future__ import annotations

import datetime
import enum
import functools
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NewType, Optional, TypedDict, Union

import attrs
import msgspec
import pydantic

Celsius = NewType("Celsius", float)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    y: int = 0


@attrs.define
class Place:
    name: str
    at: Optional[str] = None  # noqa: UP045


class Struct(msgspec.Struct):
    name: str


class Model(pydantic.BaseModel):
    """A thing.

    Attributes:
        name: What it is called.
    """

    name: str
    parts: list[Part] = []


class Part(pydantic.BaseModel):
    weight: float


class Settings(TypedDict):
    depth: int


def echo(**given: Any) -> dict[str, Any]:
    return given


def plain(text: str, count: int, ratio: float, sure: bool) -> Any:
    return echo(text=text, count=count, ratio=ratio, sure=sure)


def optional(text: str = "x", *, count: int = 3, note: str | None = None, other: Optional[int] = 5) -> Any:  # noqa: UP045
    return echo(text=text, count=count, note=note, other=other)


def positional(first: int, second: int = 2, /, third: int = 3, *, fourth: int) -> Any:
    return echo(first=first, second=second, third=third, fourth=fourth)


def rich(
    colour: Colour,
    day: datetime.date,
    unit: Literal["km", "mi"],
    points: list[Point],
    either: Union[int, str],  # noqa: UP007
    warm: Celsius = Celsius(20.0),
    favourite: Colour = Colour.RED,
) -> Any:
    return echo(colour=colour, day=day, unit=unit, points=points, either=either, warm=warm, favourite=favourite)


def with_models(model: Model, many: list[Part]) -> Any:
    return echo(model=model, many=many)


def with_structs(place: Place, struct: Struct, point: Point) -> Any:
    return echo(place=place, struct=struct, point=point)


def nothing() -> Any:
    return echo()


async def later(text: str) -> Any:
    return echo(text=text)


class Shelf:
    def __init__(self, label: str) -> None:
        self.label = label

    def find(self, title: str, limit: int = 5) -> Any:
        """Find a book."""
        return echo(label=self.label, title=title, limit=limit)

    @classmethod
    def opened(cls, title: str) -> Any:
        return echo(cls=cls.__name__, title=title)

    @staticmethod
    def shut(title: str) -> Any:
        return echo(title=title)

    def __call__(self, title: str) -> Any:
        """Call for a book."""
        return echo(label=self.label, title=title)


@functools.lru_cache
def cached(text: str) -> Any:
    return echo(text=text)


def logged(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@logged
def wrapped(text: str, colour: Colour = Colour.BLUE) -> Any:
    return echo(text=text, colour=colour)


def google(city: str, days: int = 3) -> str:
    """Tell the weather.

    It rains mostly.

    Args:
        city: Where to look,
            as people call it.
        days (int): How many days.

    Returns:
        What to wear.

    Raises:
        LookupError: No such city.
    """
    return city


def numpy(city: str, days: int = 3) -> str:
    """Tell the weather.

    It rains mostly.

    Parameters
    ----------
    city : str
        Where to look,
        as people call it.
    days : int, default 3
        How many days.

    Returns
    -------
    str
        What to wear.
    """
    return city


def rest(city: str, days: int = 3) -> str:
    """Tell the weather.

    It rains mostly.

    :param city: Where to look,
        as people call it.
    :param int days: How many days.
    :returns: What to wear.
    """
    return city


def epydoc(city: str, days: int = 3) -> str:
    """Tell the weather.

    It rains mostly.

    @param city: Where to look,
        as people call it.
    @param days: How many days.
    @return: What to wear.
    """
    return city


def annotated(  # noqa: D417
    city: Annotated[str, "Where to look."],
    days: Annotated[int, pydantic.Field(description="How many days.", ge=1)] = 3,
    unit: Annotated[str, msgspec.Meta(description="Of degrees.")] = "C",
) -> Any:
    """Tell the weather.

    Args:
        city: Not this one.
    """
    return echo(city=city, days=days, unit=unit)
