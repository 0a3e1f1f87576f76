"""Differences as findings: their rules and levels, and which of them were acknowledged.

Imported by `drift.formats` and the command.
"""
