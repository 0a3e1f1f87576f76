"""What a run writes: result lines, result files and their parts, manifest, and the files of a run.

Imported by `bulk.runner`, `bulk.ray` and `bulk.report`.
"""
