"""One process that sends the requests of a run: admission, pace, concurrency, attempts.

Imported by `bulk.ray`, and by `bulk` when a run begins.
"""
