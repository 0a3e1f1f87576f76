"""Directives that list what `declarations` reads: the models, the request types, and names for type checkers."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import chat_completions_api.models as models
from chat_completions_api import params
from extensions.declarations import Declared, declarations, home_of

# What a server sends; all that they are made of belongs to replies, every other model to requests.
REPLIES = ("ChatCompletion", "ChatCompletionChunk", "ChatCompletionList", "ErrorResponse", "Error")


@functools.cache
def all_models() -> dict[str, Declared]:
    """Give every generated model and every name of an enum, by name."""
    modules = (f"{models.__name__}.{info.name}" for info in pkgutil.iter_modules(models.__path__))
    found = {name: declared for module in modules for name, declared in declarations(module).items()}
    return {name: found[name] for name in models.__all__}


def reply_names(known: dict[str, Declared]) -> set[str]:
    """Give the names of the models and enums that replies are made of."""
    reached: set[str] = set()
    waiting = [name for name in REPLIES if name in known]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += known[name].words & known.keys()
    return reached


class Types(SphinxDirective):
    """List types: `replies`, `request-models`, `typed-dicts`, `enums`, or those that are named."""

    has_content = False
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"fields-only": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Give the parsed descriptions."""
        what = self.arguments[0]
        known = all_models()
        module = "chat_completions.models"
        shown: Iterable[Declared]
        if what == "replies":
            shown = [known[name] for name in sorted(reply_names(known)) if not known[name].type]
        elif what == "request-models":
            shown = [known[name] for name in sorted(known.keys() - reply_names(known)) if not known[name].type]
        elif what == "enums":
            shown = [declared for name, declared in sorted(known.items()) if declared.type]
        elif what == "typed-dicts":
            declared = declarations(params.__name__)
            shown = [declared[name] for name in params.__all__]
        else:
            module = ""
            shown = [declarations(home_of(name))[name] for name in what.split()]
        lines = [line for declared in shown for line in described(declared, "fields-only" in self.options)]
        text = "\n".join([f".. py:currentmodule:: {module}" if module else "", "", *lines, ""])
        return list(self.parse_text_to_nodes(text))


def described(declared: Declared, fields_only: bool = False) -> Iterator[str]:
    """Write a declaration as reStructuredText."""
    if declared.type:
        yield from (f".. py:type:: {declared.name}", f"   :canonical: {declared.type}", "")
        yield from (f"   {line}" for line in (*declared.prose.splitlines(), ""))
        return
    indent = "" if fields_only else "   "
    if not fields_only:
        yield from (f".. py:class:: {declared.name}", "")
        yield from (f"   {line}" for line in (*declared.prose.splitlines(), ""))
    for base in declared.bases:
        if base not in ("Model", "TypedDict"):
            yield from (f"{indent}Has what `{base}` has, and:", "")
    for field in declared.fields:
        name = f"{declared.name}.{field.name}" if fields_only else field.name
        yield from (f"{indent}.. py:attribute:: {name}", f"{indent}   :type: {field.type}")
        yield from (f"{indent}   :no-contents-entry:", "")
        yield from (f"{indent}   {line}" for line in (*field.prose.splitlines(), ""))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("types", Types)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
