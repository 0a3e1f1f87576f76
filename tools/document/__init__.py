"""OpenAPI documents as files: reading and writing YAML, parts of documents, JSON pointers.

Imported by every other room of the tools; it imports none of them.
"""
