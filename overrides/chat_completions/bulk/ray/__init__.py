"""A run on a Ray cluster: what is sent to workers, and how their parts become one output.

Imported when the engine `ray` is asked for.
"""
