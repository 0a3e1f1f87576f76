"""Compare the vendored slice with upstream's current document."""

from tools.drift.command import add_arguments as add_arguments
from tools.drift.command import report as report
from tools.drift.command import run as run
