"""What a run shows: the progress display and the HTML report.

Imported by `bulk` and `cli`.
"""
