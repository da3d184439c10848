"""Runbooks: which action answers which problem, and who carries it out."""
