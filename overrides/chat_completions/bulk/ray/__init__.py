"""A run on a Ray cluster: the work for workers, and how their parts become one output.

Imported when the engine `ray` is requested.
"""
