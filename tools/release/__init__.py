"""What a refresh publishes: version, changelog, and the rehearsal on a copy of the project.

Imported by the command `refresh`.
"""
