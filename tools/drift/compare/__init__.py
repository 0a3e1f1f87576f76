"""Two documents as a list of differences: operations, schemas, variants, and where each one is.

Imported by the command.
"""
