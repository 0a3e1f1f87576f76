"""What a docstring says to a model: what the function does, and what each parameter means."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from docstring_parser import Docstring


class Described(NamedTuple):
    """A docstring in parts: the text before its sections, and the descriptions of parameters by name."""

    text: str | None
    parameters: dict[str, str]


def described(documented: Any, names: Iterable[str]) -> Described:
    """Return the parts of a docstring in its style (Google, NumPy, ReST, Epydoc).

    Args:
        documented: The function or the class; inherited docstrings do not count.
        names: The parameters or fields that it may describe.

    Raises:
        ImportError: There is a docstring of several lines, and the library that reads it is not installed.
    """
    written = documented.__doc__
    if not isinstance(written, str) or not written.strip() or _is_made_by_dataclasses(documented, written):
        return Described(None, {})
    line = written.strip()
    if "\n" not in line and not line.startswith((":", "@")):
        return Described(line, {})  # a single sentence, without sections
    try:
        from docstring_parser import DocstringStyle, ParseError, parse
    except ImportError as error:
        raise ImportError(
            "reading docstrings needs the package 'docstring-parser': pip install 'chat-completions-client[pydantic]'"
            " or 'chat-completions-client[msgspec]'",
            name="docstring_parser",
        ) from error
    # The parser cleans it again, and would take the first line to be unindented.
    text, wanted = "\n" + inspect.cleandoc(written), set(names)
    best: tuple[int, Docstring] | None = None
    for style in (DocstringStyle.GOOGLE, DocstringStyle.NUMPYDOC, DocstringStyle.REST, DocstringStyle.EPYDOC):
        try:
            parsed = parse(text, style)
        except ParseError:
            continue
        # The best style finds the most of our parameters, then the most of other sections.
        found = 1000 * len(wanted & {param.arg_name for param in parsed.params}) + len(parsed.meta)
        if best is None or found > best[0]:
            best = (found, parsed)
    if best is None:
        return Described(text.strip(), {})
    parts = (best[1].short_description, best[1].long_description)
    parameters = {
        param.arg_name: param.description for param in best[1].params if param.arg_name in wanted and param.description
    }
    return Described("\n\n".join(part.strip() for part in parts if part) or None, parameters)


def _is_made_by_dataclasses(documented: Any, written: str) -> bool:
    """Return whether it is the signature that `dataclass` writes where there is no docstring."""
    return isinstance(documented, type) and written.startswith(f"{documented.__name__}(") and written.endswith(")")
