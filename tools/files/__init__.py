"""Files and trees that are written whole or not at all.

Imported by the commands and by `release`; it imports only the errors.
"""
