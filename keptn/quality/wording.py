"""How numbers are written in the sentences that explain a verdict. Pure; called by the graders and renderers."""

from __future__ import annotations

import math
from collections.abc import Iterable


def number(value: float) -> str:
    """Up to six significant digits, without needless zeros: `412.3`, `0.05`, `90`."""
    return f"{value:.6g}" if math.isfinite(value) else str(value)


def sentence(reasons: Iterable[str]) -> str:
    """The reasons as one line, empty ones left out."""
    return "; ".join(reason for reason in reasons if reason)
