"""How names are shown and linked: by the names that people import, not by the modules that hold them."""

from __future__ import annotations

import builtins
import re
import sys
import typing
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.utils import unescape
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import find_pending_xref_condition, make_refnode

# What is given by a client and never made by its users: how to make it says nothing to them.
_GIVEN = re.compile(
    r"(Async)?(ChatCompletionStream(Manager)?|Chat(View)?|Completions(WithRawResponse)?|Stream|Pages?|RawResponse|Anomaly"
    r"|Attempt|RateLimits?|ResponseInfo|Unknown|Provenance|APIResponse|ToolRun\w*"
    r"|FunctionTool|ReceivedRequest|Script|Cassette|Adapter|Summary|Progress|Sample|Histogram|Job|Source)"
    r"|\w+(WithStreamingResponse|ContextManager|Event|Error)|Parsed\w+"
)
# Where a name may be documented, the best first.
_HOMES = (
    "chat_completions.",
    "chat_completions.models.",
    "chat_completions.local.",
    "chat_completions.structured.",
    "chat_completions.bulk.",
    "",
)
# Other people's packages, which have documentation of their own, and the names that are taken from them.
_FOREIGN = {"httpx", "httpx2", "starlette", "Starlette", "pytest", "opentelemetry", "pydantic"}
_PLAIN = {"MeterProvider", "TracerProvider", "timedelta", *dir(builtins), *typing.__all__}
# What stands for classes of httpx2 where it is not installed.
_STANDS_FOR = {
    "_Address": "httpx2.URL",
    "_Closes": "httpx2.Client",
    "_ClosesLater": "httpx2.AsyncClient",
    "_Limits": "httpx2.Timeout",
}
# What a signature names and nobody needs to know.
_INNER = {"Masked", "Exchange", "Secret", "Sender", "TooLong", "Request", "Result", "Pace", "Concurrency"}
# Variables of types.
_VARIABLE = re.compile(r"(\w+\.)*(P|R|R_co|T|T_co|Item|Operations|Piece|\w+FormatT)")


def without_constructor(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str, str] | None:
    """Leave out the signature of a class that nobody calls."""
    given = what == "class" and _GIVEN.fullmatch(name.rpartition(".")[2])
    return ("", "") if given and signature is not None else None


def public_bases(app: Sphinx, name: str, obj: Any, options: Any, bases: list[Any]) -> None:
    """Show only bases that have a public name."""
    bases[:] = [base for base in bases if not getattr(base, "__name__", "").startswith("_")]


def property_as_method(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Read a property's docstring as that of a method; napoleon would take the words before a colon for its type."""
    if what == "property":
        # Of an empty comment, napoleon can take no words.
        lines[:] = ["..", "", *GoogleDocstring(lines, app.config, app, "method", name, obj, options).lines()]


def without_fields(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Leave out the fields that a method's docstring lists at its end; a page lists them once, with links."""
    if what == "method" and "Fields:" in lines:
        del lines[lines.index("Fields:") :]


class OthersNames(SphinxPostTransform):
    """Make plain text of what Python and other packages define; else it is looked for here, and may be found."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Replace such references by what they show."""
        for node in list(self.document.findall(pending_xref)):
            target = node.get("reftarget", "")
            if target in _STANDS_FOR:
                node.replace_self(nodes.Text(_STANDS_FOR[target]))
            elif node.get("refdomain") == "py" and _is_elsewhere(target):
                shown = find_pending_xref_condition(node, "resolved") or node
                # There is a class of the same name in both.
                full = target.startswith(("httpx.", "httpx2.")) and isinstance(shown.children[0], nodes.Text)
                node.replace_self(nodes.Text(target) if full else shown.children)


def _is_elsewhere(target: str) -> bool:
    """Tell whether a name is Python's, another package's, a variable's, or one that has no documentation."""
    first = target.split(".")[0]
    is_standard = "." in target and first in sys.stdlib_module_names
    is_inner = target.rpartition(".")[2] in _INNER
    return target in _PLAIN or is_inner or first in _FOREIGN or is_standard or bool(_VARIABLE.fullmatch(target))


def code_or_name(
    name: str, raw: str, text: str, line: int, inliner: Any, options: Any = None, content: Any = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Read what stands in single backticks: code, and a link where it is a name that is documented."""
    text = unescape(text)
    shown = nodes.literal(text, text, classes=["code"])
    if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", text):
        return [shown], []
    env = inliner.document.settings.env
    place = {f"py:{kind}": env.ref_context.get(f"py:{kind}") for kind in ("module", "class")}
    where = {"refdomain": "py", "reftype": "obj", "reftarget": text, "refdoc": env.current_document.docname}
    return [pending_xref("", shown, refexplicit=False, refwarn=False, **where, **place)], []


def linked(app: Sphinx, env: BuildEnvironment, node: pending_xref, link: nodes.TextElement) -> nodes.Node | None:
    """Link a name that is written without its module, or with the private one, to where it is documented."""
    if node.get("refdomain") != "py":
        return None
    objects = env.domains.python_domain.objects
    full = next((name for name in _meant(node["reftarget"], objects) if name in objects), None)
    if full is None:
        return None
    found = objects[full]
    return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, link, full)


def _meant(target: str, objects: Any) -> Iterator[str]:
    """Give the full names that a written one may mean: of a class, or of a method of one, as `Page.get_next_page`."""
    tail = target.rpartition(".")[2]
    if tail[:1].isupper():
        yield from (home + tail for home in _HOMES)
    elif re.fullmatch(r"[A-Z]\w*\.\w+", target):
        yield from (name for name in objects if name.endswith(f".{target}"))
    else:
        yield from (home + tail for home in _HOMES[:1])


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the events of autodoc and of the resolving of references."""
    app.connect("autodoc-process-signature", without_constructor)
    app.connect("autodoc-process-bases", public_bases)
    app.connect("autodoc-process-docstring", property_as_method, priority=400)
    app.connect("autodoc-process-docstring", without_fields, priority=400)
    app.connect("missing-reference", linked)
    app.add_post_transform(OthersNames)
    app.add_role("code-or-name", code_or_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
