"""Quality gates: pure rules from gate files and measured values to a verdict. No I/O, no clock."""
