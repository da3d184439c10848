"""Seconds on the command line."""

from __future__ import annotations

import math
from typing import Any

import click


class Seconds(click.ParamType[float]):
    """A time that a clock can wait for."""

    name = "float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's
        seconds = float(click.FLOAT.convert(value, param, ctx))
        if not (math.isfinite(seconds) and seconds >= 0):
            self.fail(f"{value} is no time to wait; give 0 or more seconds", param, ctx)
        return seconds
