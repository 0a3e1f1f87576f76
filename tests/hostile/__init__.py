"""Hostile documents for the tools: made from a seed, given to vendor, generate and drift, and judged."""
