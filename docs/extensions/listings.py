"""Directives that list what there is: errors, events, classes that a client gives, other names, and examples."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import chat_completions
from chat_completions import errors
from extensions.declarations import home_of

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


class PublicClasses(SphinxDirective):
    """Describe the package's `errors`, in the order of their tree, its `events`, or its `tool-events`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Give the parsed descriptions."""
        what = self.arguments[0]
        if what == "errors":
            drawn = re.findall(r"^[ │├└─]*(\w+)", errors.__doc__ or "", re.MULTILINE)
            names = [name for name in dict.fromkeys([*drawn, *errors.__all__]) if name in errors.__all__]
            options = [":show-inheritance:"]
        else:
            homes = {
                "events": (
                    "chat_completions._streaming.events.events",
                    "chat_completions._streaming.events.logprobs_events",
                ),
                "tool-events": ("chat_completions.toolkit.events",),
            }[what]
            public = {name: getattr(chat_completions, name) for name in chat_completions.__all__}
            names = [
                name
                for name, value in public.items()
                if isinstance(value, type) and chat_completions._MODULES.get(name) in homes
            ]
            options = [":inherited-members:", ":undoc-members:"]
        lines = [".. currentmodule:: chat_completions", ""]
        for name in names:
            lines += [f".. autoclass:: {name}", *(f"   {option}" for option in options), ""]
        return list(self.parse_text_to_nodes("\n".join(lines)))


class Given(SphinxDirective):
    """Describe classes that a client gives, which are imported by nobody, wherever they are defined."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"inherited-members": directives.flag, "undoc-members": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Give the parsed descriptions."""
        lines: list[str] = []
        for name in self.arguments[0].split():
            lines += [f".. autoclass:: {home_of(name)}.{name}", *(f"   :{option}:" for option in self.options), ""]
        return list(self.parse_text_to_nodes("\n".join(lines)))


class OtherNames(SphinxDirective):
    """List the names that `chat_completions.models` has for what has another name there."""

    def run(self) -> list[nodes.Node]:
        """Give the parsed list."""
        from chat_completions.models import _FORMER_NAMES

        lines = [".. currentmodule:: chat_completions.models", ""]
        for name, current in _FORMER_NAMES.items():
            lines += [f".. py:data:: {name}", "   :no-contents-entry:", "", f"   `{current}`.", ""]
        return list(self.parse_text_to_nodes("\n".join(lines)))


class ErrorTree(SphinxDirective):
    """Show the tree of errors, as the docstring of `chat_completions.errors` draws it."""

    def run(self) -> list[nodes.Node]:
        """Give the tree as a literal block."""
        _, _, tree = (errors.__doc__ or "").partition("\n\n")
        block = nodes.literal_block(tree.strip(), tree.strip())
        block["language"] = "text"
        return [block]


class Examples(SphinxDirective):
    """Show the files of `examples/`, in the order of its README, each below what its docstring says first."""

    def run(self) -> list[nodes.Node]:
        """Give a section for each file."""
        lines: list[str] = []
        listed = re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text("utf-8"))
        names = dict.fromkeys([*listed, *sorted(path.name for path in EXAMPLES.glob("*.py"))])
        for path in map(EXAMPLES.joinpath, names):
            self.env.note_dependency(str(path))
            module = ast.parse(path.read_text("utf-8"))
            told = (ast.get_docstring(module) or "").split("\n\n")[0].replace("\n", " ")
            after = module.body[0].end_lineno or 0
            lines += [f"## {path.name}", "", told, "", f"```{{literalinclude}} ../examples/{path.name}"]
            lines += [f":lines: {after + 2}-", "```", ""]
        return list(self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("public-classes", PublicClasses)
    app.add_directive("given", Given)
    app.add_directive("other-names", OtherNames)
    app.add_directive("error-tree", ErrorTree)
    app.add_directive("examples", Examples)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
