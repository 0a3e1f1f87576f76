"""From lowered schemas to the generated package: models, parameters, operations, and their checks.

Imported by the commands.
"""
