"""One process that sends the requests of a run: filter, rate limiter, concurrency, attempts.

Imported by `bulk.ray`, and by `bulk` when a run begins.
"""
