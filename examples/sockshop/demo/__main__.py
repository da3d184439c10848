"""`python -m examples.sockshop.demo`: `command.py`, which imports for a while."""

import signal

from keptn.cli import interrupt

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in its background deaf to Ctrl-C
interrupt.silent()

from examples.sockshop.demo.command import main  # noqa: E402 - Ctrl-C meanwhile is silent

main()
