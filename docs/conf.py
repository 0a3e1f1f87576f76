"""Settings of the documentation site; `make docs` builds it and fetches nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from chat_completions import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "chat-completions-client"
author = copyright = "the authors of chat-completions-client"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "extensions.generated_types",
    "extensions.listings",
    "extensions.names",
]
exclude_patterns = ["extensions"]

html_theme = "furo"
html_title = "chat-completions-client"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("tables.js", {"defer": "defer"})]
html_search_scorer = str(Path(__file__).parent / "_static" / "scorer.js")
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_domain_indices = False
pygments_style = "friendly"
pygments_dark_style = "monokai"

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

# Docstrings have single backticks: a name of ours becomes a link, all else is code.
default_role = "code-or-name"
add_module_names = False
toc_object_entries_show_parents = "hide"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False

nitpicky = True
# What stands in backticks in a docstring may be any code.
nitpick_ignore_regex = [(r"py:obj", r".*")]

# A prompt and what a program prints are not copied with the commands.
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True
