"""The machine: its clock, logs, processes, locks and ports."""
