"""What a remediation can do: one file per action, named as runbooks name it. `port.py` says what each has."""
