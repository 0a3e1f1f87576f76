"""The formats of a report, by name: each is a function of the report that returns text with one line break at its end.

The summary comes first in each of them: in the JSON as the first key, in the XML as the test suite's name.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.drift.findings.findings import Report
from tools.drift.formats.json_report import json_report
from tools.drift.formats.junit import junit
from tools.drift.formats.markdown import markdown
from tools.drift.formats.text import text
from tools.drift.formats.workflow_commands import workflow_commands

FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text,
    "json": json_report,
    "markdown": markdown,
    "github": workflow_commands,
    "junit": junit,
}
