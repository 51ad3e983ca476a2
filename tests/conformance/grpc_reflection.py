"""A gRPC client that knows nothing of the contract: it learns services, calls and messages from the server.

What it can do, any tool with reflection can (grpcurl, buf curl, Postman).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE_S: Final = 10.0


class ReflectedService:
    """A service as its server describes it; messages are JSON documents with the contract's names."""

    def __init__(self, channel: grpc.Channel, name: str) -> None:
        """Ask the server behind a channel for the description of one of its services."""
        self._channel = channel
        self._database = ProtoReflectionDescriptorDatabase(channel)
        self.descriptor: ServiceDescriptor = DescriptorPool(self._database).FindServiceByName(name)

    def services(self) -> list[str]:
        """Return the full names of all services at this address."""
        return sorted(self._database.get_services())

    def methods(self) -> list[str]:
        """Return the names of the service's calls."""
        return [method.name for method in self.descriptor.methods]

    def call(self, method: str, **request: Any) -> dict[str, Any]:
        """Make a unary call. Raises `grpc.RpcError`."""
        described = self.descriptor.methods_by_name[method]
        response_class = GetMessageClass(described.output_type)
        multi_callable: grpc.UnaryUnaryMultiCallable[Any, Any] = self._channel.unary_unary(
            f"/{self.descriptor.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response_class.FromString,
        )
        message = ParseDict(request, GetMessageClass(described.input_type)())
        response = multi_callable(message, timeout=DEADLINE_S, wait_for_ready=True)
        return MessageToDict(response, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


@contextmanager
def reflected(
    address: str, service: str, credentials: grpc.ChannelCredentials | None = None
) -> Iterator[ReflectedService]:
    """Open a client to a service at `host:port`, over TLS where credentials are given."""
    with (
        grpc.insecure_channel(address) if credentials is None else grpc.secure_channel(address, credentials)
    ) as channel:
        grpc.channel_ready_future(channel).result(timeout=DEADLINE_S)
        yield ReflectedService(channel, service)
