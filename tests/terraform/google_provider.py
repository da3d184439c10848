"""A google provider for `terraform validate`, and for `terraform test` with `mock_provider "google" {}`.

It knows the schema (`google_schema.py`) and looks at values (`google_values.py`); whoever wants more is told that there
is no more. Terraform takes a provider that runs already, at the address in TF_REATTACH_PROVIDERS; of its protocol
6 these two commands use GetProviderSchema and three validations. Numbers of fields are those of tfplugin6.proto.
Source: docs/plugin-protocol of hashicorp/terraform.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import TypeVar

import grpc
import msgpack

from tests.terraform.google_schema import Attribute, Block, Nested, Schemas
from tests.terraform.google_values import Fault, faults
from tests.terraform.wire import field, fields

T = TypeVar("T")
_NESTING = {"single": 1, "list": 2, "set": 3}
_ERROR = 1
_NO_MORE = 'This google provider only validates, and stands behind mock_provider "google" {} in `terraform test`.'


def serve(schemas: Schemas, caller: Connection) -> None:
    """Tell the caller the port, and answer until this process is ended."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers([_Provider(schemas)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    caller.send(port)
    server.wait_for_termination()


class _Provider(grpc.GenericRpcHandler):
    def __init__(self, schemas: Schemas) -> None:
        schema = _provider_schema(schemas)
        refusal = field(1, _diagnostic(Fault(path=(), summary="No real provider", detail=_NO_MORE)))
        self.methods: dict[str, Callable[[bytes], bytes]] = {
            "GetProviderSchema": lambda request: schema,
            "ValidateProviderConfig": lambda request: b"",
            "ValidateResourceConfig": lambda request: _validation(request, schemas.resources),
            "ValidateDataResourceConfig": lambda request: _validation(request, schemas.data_sources),
            "ConfigureProvider": lambda request: refusal,
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method = self.methods.get(handler_call_details.method.rpartition("/")[2])
        return grpc.unary_unary_rpc_method_handler(lambda request, context: method(request)) if method else None


def _validation(request: bytes, blocks: dict[str, Block]) -> bytes:
    """The answer to a request with the name of a type and a configuration."""
    said = fields(request)
    config = msgpack.unpackb(fields(said[2])[1])
    return b"".join(field(1, _diagnostic(fault)) for fault in faults(blocks[said[1].decode()], config))


def _diagnostic(fault: Fault) -> bytes:
    steps = b"".join(field(1, field(3 if isinstance(step, int) else 1, step)) for step in fault.path)
    return field(1, _ERROR) + field(2, fault.summary) + field(3, fault.detail) + field(4, steps)


def _provider_schema(schemas: Schemas) -> bytes:
    return (
        field(1, _schema(schemas.provider))
        + _repeated(2, schemas.resources, _schema_of_type)
        + _repeated(3, schemas.data_sources, _schema_of_type)
    )


def _schema_of_type(name: str, block: Block) -> bytes:
    return field(1, name) + field(2, _schema(block))


def _schema(block: Block) -> bytes:
    return field(2, _block(block))


def _block(block: Block) -> bytes:
    return _repeated(2, block.attributes, _attribute) + _repeated(3, block.blocks, _nested)


def _attribute(name: str, attribute: Attribute) -> bytes:
    return (
        field(1, name)
        + field(2, json.dumps(attribute.type))
        + field(4, attribute.required)
        + field(5, attribute.optional)
        + field(6, attribute.computed)
        + field(11, attribute.write_only)
    )


def _nested(name: str, nested: Nested) -> bytes:
    return (
        field(1, name)
        + field(2, _block(nested.block))
        + field(3, _NESTING[nested.nesting])
        + field(4, nested.at_least)
        + field(5, nested.at_most)
    )


def _repeated(number: int, values: dict[str, T], encode: Callable[[str, T], bytes]) -> bytes:
    return b"".join(field(number, encode(name, value)) for name, value in values.items())
