"""Write the suite's page anew."""

from __future__ import annotations

from tests.switching.sides import HERE
from tests.switching.table import page

if __name__ == "__main__":
    (HERE / "README.md").write_text(page())
