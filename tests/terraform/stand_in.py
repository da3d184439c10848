"""A google provider that runs already, of which Terraform is told by TF_REATTACH_PROVIDERS: `google_provider.py`.

It is a process of its own, with packages of its own: where grpcio is installed google-cloud-storage imports it, too,
and what functions cost would be measured wrongly.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests import needs
from tests.terraform.google_schema import Schemas

SOURCE = "registry.terraform.io/hashicorp/google"


@contextmanager
def serving(schemas: Schemas) -> Iterator[dict[str, str]]:
    """The environment in which Terraform finds the provider, for as long as it runs."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(schemas, there, str(needs.terraform_tool("python"))), daemon=True)
    process.start()
    there.close()  # so that its end is seen here
    address = {"Network": "tcp", "String": f"127.0.0.1:{here.recv()}"}
    running = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": process.pid, "Test": True, "Addr": address}
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: running})}
    finally:
        process.terminate()
        process.join()


def _serve(schemas: Schemas, caller: Connection, packages: str) -> None:
    sys.path.insert(0, packages)
    from tests.terraform import google_provider

    google_provider.serve(schemas, caller)
