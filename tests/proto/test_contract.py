"""The contract as the generated code tells it."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor, FileDescriptor
from grpc_tools import protoc

from proto import common_pb2, metering_pb2, oversight_pb2

FILES: list[FileDescriptor] = [common_pb2.DESCRIPTOR, metering_pb2.DESCRIPTOR, oversight_pb2.DESCRIPTOR]
ROOT = Path(__file__).parents[2]


def fields() -> Iterator[FieldDescriptor]:
    """Yield every field of every message."""
    for file in FILES:
        for message in file.message_types_by_name.values():
            yield from message.fields


def enums() -> Iterator[EnumDescriptor]:
    """Yield every enum."""
    for file in FILES:
        yield from file.enum_types_by_name.values()


def test_services_answer_the_calls_of_the_contract() -> None:
    """Clients in other languages find the calls by these names."""
    calls = {
        service.full_name: [method.name for method in service.methods]
        for file in FILES
        for service in file.services_by_name.values()
    }
    assert calls == {
        "metering.MeteringService": ["InitializeQuota", "CheckQuota", "IngestEvent", "IngestEvents", "GetUsage"],
        "oversight.OversightService": ["CreateRequest", "ApproveRequest", "GetRequestStatus", "WatchDecisions"],
    }


def test_money_is_whole_micros() -> None:
    """No float anywhere, and what says micros is a 64-bit integer."""
    floats = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
    assert [field.full_name for field in fields() if field.type in floats] == []
    assert {field.type for field in fields() if field.name.endswith("_micros")} == {FieldDescriptor.TYPE_INT64}


def test_times_are_timestamps() -> None:
    """What is named as a time is one."""
    times = [field.message_type for field in fields() if field.name.endswith(("_at", "_date", "timestamp"))]
    assert [kind.full_name if kind else None for kind in times] == ["google.protobuf.Timestamp"] * 5


def test_enums_start_unspecified() -> None:
    """A field that was not sent is not mistaken for a value."""
    assert [enum.values_by_number[0].name.endswith("_UNSPECIFIED") for enum in enums()] == [True] * 4


@pytest.mark.parametrize("name", ["common", "metering", "oversight"])
def test_generated_code_is_that_of_the_proto_file(name: str, tmp_path: Path) -> None:
    """Who changes a proto file runs `make proto`, too."""
    well_known = files("grpc_tools") / "_proto"
    arguments = [f"-I{ROOT}", f"-I{well_known}", f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    assert protoc.main(["protoc", *arguments, f"{ROOT}/proto/{name}.proto"]) == 0
    for generated in (f"proto/{name}_pb2.py", f"proto/{name}_pb2_grpc.py"):
        assert (ROOT / generated).read_text() == (tmp_path / generated).read_text(), generated
