"""JSON Schema as this document writes it: slices, overlays, merging, nulls, and the keys of the contract.

Imported by `lowering`, `rendering`, `drift` and the commands.
"""
