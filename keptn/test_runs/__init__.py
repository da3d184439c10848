"""Tests of a deployed version: what to run, against which URL, and what the test files say."""
