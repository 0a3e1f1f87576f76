"""JSON Schema as this document writes it: slices, overlays, nulls, the keys of the contract, and what it means.

Imported by `lowering`, `rendering`, `drift` and the commands.
"""
