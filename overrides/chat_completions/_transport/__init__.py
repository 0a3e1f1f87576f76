"""How a call is carried out: settings, the plan of attempts without I/O, connections, and errors for what fails.

Imported by `_streaming`, `toolkit`, `_client` and what is above them.
"""
