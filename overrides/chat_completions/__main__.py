"""`python -m chat_completions`: the command `chat-completions`."""

from __future__ import annotations

import sys

from chat_completions.cli import main

if __name__ == "__main__":
    sys.exit(main())
