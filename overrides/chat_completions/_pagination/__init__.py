"""Pagination of listings: a cursor without I/O, and the sync and async pages.

Imported by `_client` and what is above it.
"""
