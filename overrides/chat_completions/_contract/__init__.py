"""What the specification says: the seam to the generated package, request bodies, validation, unknown values.

Imported by every room that handles requests or replies; it imports none of them.
"""
