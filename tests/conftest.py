"""Fixtures for every test."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

hypothesis.settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.register_profile("nightly", deadline=None, max_examples=10_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
"""A slow machine fails no property, and CI sees the same examples each time; `make nightly` looks for new ones."""


@pytest.fixture(autouse=True)
def _environment_is_restored() -> Iterator[None]:
    """A test may change the environment; the next one sees it as it was."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
