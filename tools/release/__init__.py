"""The results of a refresh: version, changelog, and the rehearsal on a copy of the project.

Imported by the command `refresh`.
"""
