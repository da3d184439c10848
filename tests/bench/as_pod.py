"""`as_pod.py URL MOUNT …`: `keptn.local.launch …`, where the cluster's API is not at the address that all pods know."""

import runpy
import sys
from pathlib import Path

from keptn.adapters.kubernetes.in_cluster import InCluster

InCluster.__init__.__defaults__ = (sys.argv[1], Path(sys.argv[2]))
del sys.argv[1:3]
runpy.run_module("keptn.local.launch", run_name="__main__", alter_sys=True)
