"""Oversight's records to and from protocol buffers. Every ``read_`` raises `OversightRefused` for a malformed one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from actors.ports.oversight import (
    Decision,
    DecisionRecord,
    DecisionResult,
    OversightRefused,
    OversightRequestRecord,
    RequestState,
    RequestStatus,
    RiskLevel,
    TradeAction,
)
from net.grpc.times import from_timestamp, to_timestamp
from proto import common_pb2, oversight_pb2

StatusMessage = (
    oversight_pb2.CreateRequestResponse | oversight_pb2.ApproveRequestResponse | oversight_pb2.GetRequestStatusResponse
)
RECORDED_STATUS_KEY = "recorded-status-bin"
"""Trailing metadata of a refused decision: the serialised `GetRequestStatusResponse` on record."""

Message = TypeVar("Message", bound=StatusMessage)
Word = TypeVar("Word")

# The generated enums are integers at run time; `ValueType` is only in the stubs.
_ACTIONS: dict[TradeAction, "common_pb2.TradeAction.ValueType"] = {
    "buy": common_pb2.TRADE_ACTION_BUY,
    "sell": common_pb2.TRADE_ACTION_SELL,
}
_RISKS: dict[RiskLevel, "oversight_pb2.RiskLevel.ValueType"] = {
    "low": oversight_pb2.RISK_LEVEL_LOW,
    "medium": oversight_pb2.RISK_LEVEL_MEDIUM,
    "high": oversight_pb2.RISK_LEVEL_HIGH,
    "critical": oversight_pb2.RISK_LEVEL_CRITICAL,
}
_RESULTS: dict[DecisionResult, "oversight_pb2.DecisionResult.ValueType"] = {
    "approved": oversight_pb2.DECISION_RESULT_APPROVED,
    "rejected": oversight_pb2.DECISION_RESULT_REJECTED,
}
_STATES: dict[RequestState, "oversight_pb2.RequestStatus.ValueType"] = {
    RequestState.PENDING: oversight_pb2.REQUEST_STATUS_PENDING,
    RequestState.APPROVED: oversight_pb2.REQUEST_STATUS_APPROVED,
    RequestState.REJECTED: oversight_pb2.REQUEST_STATUS_REJECTED,
    RequestState.EXPIRED: oversight_pb2.REQUEST_STATUS_EXPIRED,
}


def write_request(request: OversightRequestRecord) -> oversight_pb2.CreateRequestRequest:
    """Return the message of a request for approval."""
    return oversight_pb2.CreateRequestRequest(
        request_id=request.request_id,
        agent_id=request.agent_id,
        trade_id=request.trade_id,
        symbol=request.symbol,
        action=_ACTIONS[request.action],
        quantity=request.quantity,
        price_micros=request.price_micros,
        estimated_value_micros=request.estimated_value_micros,
        reason=request.reason,
        risk_level=_RISKS[request.risk_level],
        created_at=to_timestamp(request.created_at_us),
        expires_at=to_timestamp(request.expires_at_us),
        metadata=dict(request.metadata),
    )


def read_request(message: oversight_pb2.CreateRequestRequest) -> OversightRequestRecord:
    """Return a request for approval."""
    with _refusing():
        return OversightRequestRecord(
            request_id=message.request_id,
            agent_id=message.agent_id,
            trade_id=message.trade_id,
            symbol=message.symbol,
            action=_word(_ACTIONS, message.action, "action"),
            quantity=message.quantity,
            price_micros=message.price_micros,
            estimated_value_micros=message.estimated_value_micros,
            reason=message.reason,
            risk_level=_word(_RISKS, message.risk_level, "risk_level"),
            created_at_us=_time(message.HasField("created_at"), message.created_at, "created_at"),
            expires_at_us=_time(message.HasField("expires_at"), message.expires_at, "expires_at"),
            metadata=dict(message.metadata),
        )


def write_decision(record: DecisionRecord) -> oversight_pb2.Decision:
    """Return the message of a decision."""
    return oversight_pb2.Decision(
        result=_RESULTS[record.result],
        approver_id=record.approver_id,
        approver_name=record.approver_name,
        channel=record.channel,
        reason=record.reason,
        timestamp=to_timestamp(record.at_us),
    )


def read_decision(message: oversight_pb2.Decision) -> DecisionRecord:
    """Return a decision."""
    with _refusing():
        return DecisionRecord(
            result=_word(_RESULTS, message.result, "result"),
            approver_id=message.approver_id,
            approver_name=message.approver_name,
            channel=message.channel,
            reason=message.reason,
            at_us=_time(message.HasField("timestamp"), message.timestamp, "timestamp"),
        )


def write_status(kind: type[Message], status: RequestStatus) -> Message:
    """Return how a request stands, as a message of the given kind."""
    decision = write_decision(status.decision) if status.decision else None
    return kind(request_id=status.request_id, status=_STATES[status.state], decision=decision)


def read_status(message: StatusMessage) -> RequestStatus:
    """Return how a request stands."""
    with _refusing():
        return RequestStatus(
            request_id=message.request_id,
            state=_word(_STATES, message.status, "status"),
            decision=read_decision(message.decision) if message.HasField("decision") else None,
        )


def write_decision_event(decision: Decision) -> oversight_pb2.DecisionEvent:
    """Return the message of a decision in its place in the stream."""
    return oversight_pb2.DecisionEvent(
        sequence=decision.sequence, request_id=decision.request_id, decision=write_decision(decision.record)
    )


def read_decision_event(message: oversight_pb2.DecisionEvent) -> Decision:
    """Return a decision in its place in the stream."""
    return Decision(message.sequence, message.request_id, read_decision(message.decision))


def read_request_id(request_id: str) -> str:
    """Return a request's id, which must not be empty."""
    if not request_id:
        raise OversightRefused("request_id is missing")
    return request_id


def _word(numbers: Mapping[Word, int], number: int, name: str) -> Word:
    for word, known in numbers.items():
        if known == number:
            return word
    raise ValueError(f"{name} is missing or unknown")


def _time(present: bool, timestamp: Timestamp, name: str) -> int:
    if not present:
        raise ValueError(f"{name} is missing")
    return from_timestamp(timestamp)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise OversightRefused(str(error.args[0])) from error
