"""`python -m keptn` is `keptn`: what both begin with."""

import sys

from keptn.cli import interrupt


def run() -> int:
    """Run one command and return its exit code."""
    interrupt.silent()
    from keptn.cli.main import main  # noqa: PLC0415 - its imports can be interrupted

    return main()


if __name__ == "__main__":
    sys.exit(run())
