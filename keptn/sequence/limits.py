"""How long a task may take and how much it may bring, unless the shipyard says otherwise."""

START_TIMEOUT_S = 10 * 60.0
FINISH_TIMEOUT_S = 60 * 60.0
FINISH_TIMEOUTS_S = dict.fromkeys(("deployment", "traffic", "release", "rollback"), 10 * 60.0)
"""What changes what runs holds the slot: what does not get ready is to end in minutes."""
MOST_EXECUTORS = 16
"""Executors of one task at the most: each has a place in the slot, which is one small object."""
APPROVAL_TIMEOUT_S = 7 * 24 * 60 * 60.0
"""How long people may take, unless the approval's `timeout` says otherwise."""
REPAIR_LONGEST_S = 24 * 60 * 60.0
"""After so long what a runbook's action changed is taken back, unless it said something else: monitors forget, too."""
REPAIR_AGAIN_S = 5 * 60.0
"""When to try again what could not be taken back; each time twice as long."""
LARGEST_DATA = 48 * 1024
"""Bytes of an execution's merged data; several copies of it share a slot, which is stored compressed."""
