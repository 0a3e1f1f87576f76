"""The typed events of `.stream()`, what builds them from chunks, and the two shells that yield them.

Imported by `toolkit`, `_client` and what is above them.
"""
