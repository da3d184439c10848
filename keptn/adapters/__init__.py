"""Adapters: one file per technology behind a port of `keptn/ports.py`; chosen by name in `keptn/context.py`."""
