"""Test runners, one per test strategy."""
