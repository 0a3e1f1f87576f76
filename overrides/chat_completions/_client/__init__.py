"""`Client`, `AsyncClient` and what they offer: the resource with its operations, Azure, raw and streaming responses.

Imported by the package's face, and by the apps above: `bulk`, `cli`, `testing`.
"""
