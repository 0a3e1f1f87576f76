"""From input files to requests: places, decompression, lines, and what has been seen before.

Imported by the other rooms of `bulk`.
"""
