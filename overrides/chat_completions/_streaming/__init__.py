"""A stream from bytes to chunks: decoder, accumulator, and the sync and async shells that read.

Imported by `_streaming.events`, `_client` and what is above them.
"""
