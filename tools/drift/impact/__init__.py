"""What a finding touches: the generated symbols, and the lines of code that use them.

Imported by the command.
"""
