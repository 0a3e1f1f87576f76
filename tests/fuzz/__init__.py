"""Servers and environments that do whatever they like: whatever it is, a caller sees our errors and no others."""
