"""The type that a reply is asked to be, as type checkers follow it through a call; None where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A default is new in Python 3.13's typing; checkers know it from here without anything installed.
    from typing_extensions import TypeVar

    ResponseFormatT = TypeVar("ResponseFormatT", default=None)
else:
    from typing import TypeVar

    ResponseFormatT = TypeVar("ResponseFormatT")
