"""Which way a metric gets worse. Pure; shared by the perfspec and the statistical judge."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """`increase`: more is worse (response time, errors); `decrease`: less is worse (throughput); `either`: both."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"
