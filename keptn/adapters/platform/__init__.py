"""Platforms: what runs workloads."""
