"""Adapters: a folder per port of `keptn/ports.py`, a file per technology; chosen by name in `keptn/context.py`."""
