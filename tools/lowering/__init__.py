"""From the schemas of the slice to schemas that the generator takes: names, hoisting, unions, recursion.

Imported by `rendering` and the commands.
"""
