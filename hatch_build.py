"""Complete the package's metadata with addresses that only whoever publishes it knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# A Markdown link to a file of the project, which works only where the project is.
_LINK = re.compile(r"\]\((?![a-z]+:|#)")


class Addresses(MetadataHookInterface):
    """Add the readme, with links that work on a package index, and the project's addresses."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme` and `urls` from the option `repository`; where it is empty, the links stay as they are."""
        repository = str(self.config["repository"]).rstrip("/")
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["urls"] = {}
        if repository:
            files = f"{repository}/blob/main"
            text = _LINK.sub(f"]({files}/", text)
            metadata["urls"] = {
                "Homepage": repository,
                "Documentation": f"{files}/docs/index.md",
                "Changelog": f"{files}/CHANGELOG.md",
                "Issues": f"{repository}/issues",
            }
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
