"""Records to messages and back, and what malformed messages lead to."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from actors.ports.metering import (
    EVENT_AMOUNT_MAX,
    MeteringRefused,
    QuotaLimits,
    QuotaState,
    UsageEvent,
    UsageLine,
    UsageReport,
)
from actors.ports.oversight import (
    Decision,
    DecisionRecord,
    OversightRefused,
    OversightRequestRecord,
    RequestState,
    RequestStatus,
)
from net.grpc.metering_messages import (
    read_event,
    read_limits,
    read_quota,
    read_usage,
    write_event,
    write_quota,
    write_usage,
)
from net.grpc.oversight_messages import (
    read_decision,
    read_decision_event,
    read_request,
    read_request_id,
    read_status,
    write_decision,
    write_decision_event,
    write_request,
    write_status,
)
from net.grpc.times import from_timestamp, to_timestamp
from proto import metering_pb2, oversight_pb2
from tests.net.grpc.samples import APPROVED, REQUEST

TIMES = st.integers(0, 253_402_300_799_999_999)
AMOUNTS = st.integers(0, EVENT_AMOUNT_MAX)
COUNTS = st.integers(0, 2**63 - 1)
POSITIVE = st.integers(1, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
DETAILS = st.dictionaries(TEXTS, TEXTS, max_size=3)
DECISIONS = st.builds(DecisionRecord, st.sampled_from(["approved", "rejected"]), NAMES, TEXTS, TEXTS, TEXTS, TIMES)
REQUESTS = st.builds(
    OversightRequestRecord,
    request_id=NAMES,
    agent_id=NAMES,
    trade_id=NAMES,
    symbol=NAMES,
    action=st.sampled_from(["buy", "sell"]),
    quantity=POSITIVE,
    price_micros=POSITIVE,
    estimated_value_micros=POSITIVE,
    reason=TEXTS,
    risk_level=st.sampled_from(["low", "medium", "high", "critical"]),
    created_at_us=TIMES,
    expires_at_us=TIMES,
    metadata=DETAILS,
)


@given(TIMES)
def test_times_keep_their_microseconds(at_us: int) -> None:
    """There and back is the same time."""
    assert from_timestamp(to_timestamp(at_us)) == at_us


@pytest.mark.parametrize(
    "timestamp",
    [Timestamp(seconds=-1), Timestamp(seconds=253_402_300_800), Timestamp(nanos=-1), Timestamp(nanos=10**9)],
)
def test_times_outside_the_calendar_are_refused(timestamp: Timestamp) -> None:
    """Before 1970, after 9999, or with nanoseconds that are none."""
    with pytest.raises(ValueError, match="1970 to 9999"):
        from_timestamp(timestamp)


@given(st.builds(UsageEvent, NAMES, NAMES, NAMES, AMOUNTS, AMOUNTS, TIMES, DETAILS))
def test_usage_events_keep_everything(event: UsageEvent) -> None:
    """There and back is the same event."""
    assert read_event(write_event(event)) == event


@given(st.builds(QuotaState, st.booleans(), COUNTS, COUNTS, TIMES))
def test_quotas_keep_everything(quota: QuotaState) -> None:
    """There and back is the same state."""
    assert read_quota(write_quota(quota)) == quota


@given(st.dictionaries(NAMES, st.builds(UsageLine, COUNTS, COUNTS, COUNTS), max_size=3), COUNTS, COUNTS)
def test_usage_keeps_everything(breakdown: dict[str, UsageLine], calls: int, micros: int) -> None:
    """There and back is the same report, with its lines in the order of their names."""
    report = UsageReport("agt_1", "2026-01", micros, calls, breakdown)
    message = write_usage(report)
    assert read_usage("agt_1", message) == report
    assert [line.type for line in message.breakdown] == sorted(breakdown)


@given(REQUESTS)
def test_requests_keep_everything(request: OversightRequestRecord) -> None:
    """There and back is the same request."""
    assert read_request(write_request(request)) == request


@given(COUNTS, NAMES, DECISIONS)
def test_decisions_keep_everything(sequence: int, request_id: str, record: DecisionRecord) -> None:
    """There and back is the same decision, alone and in the stream."""
    assert read_decision(write_decision(record)) == record
    decision = Decision(sequence, request_id, record)
    assert read_decision_event(write_decision_event(decision)) == decision


@pytest.mark.parametrize("state", list(RequestState))
def test_statuses_keep_everything(state: RequestState) -> None:
    """With and without a decision, in each of the messages that say how a request stands."""
    for status in (RequestStatus("ovr_1", state), RequestStatus("ovr_1", state, APPROVED)):
        for kind in (
            oversight_pb2.CreateRequestResponse,
            oversight_pb2.ApproveRequestResponse,
            oversight_pb2.GetRequestStatusResponse,
        ):
            assert read_status(write_status(kind, status)) == status


def test_limits_left_out_are_the_defaults() -> None:
    """Zero, which was sent, is not a default."""
    assert read_limits(metering_pb2.InitializeQuotaRequest(agent_id="agt_1")) == QuotaLimits()
    request = metering_pb2.InitializeQuotaRequest(limits=metering_pb2.QuotaLimits(api_calls=0, budget_micros=5))
    with pytest.raises(MeteringRefused, match="api_calls"):
        read_limits(request)


@pytest.mark.parametrize(
    ("field", "value"), [("event_id", ""), ("agent_id", ""), ("type", ""), ("api_calls", -1), ("cost_micros", -1)]
)
def test_malformed_events_are_refused_by_field(field: str, value: object) -> None:
    """The error names the field."""
    message = write_event(UsageEvent("evt_1", "agt_1", "trade.submitted", 1, 0, 0))
    setattr(message, field, value)
    with pytest.raises(MeteringRefused, match=field):
        read_event(message)


def test_an_event_without_a_time_is_refused() -> None:
    """It does not count as one of 1970."""
    message = write_event(UsageEvent("evt_1", "agt_1", "trade.submitted", 1, 0, 0))
    message.ClearField("timestamp")
    with pytest.raises(MeteringRefused, match="timestamp"):
        read_event(message)


@pytest.mark.parametrize(
    "field", ["request_id", "agent_id", "trade_id", "symbol", "action", "quantity", "risk_level", "expires_at"]
)
def test_requests_without_a_field_are_refused(field: str) -> None:
    """The error names the field."""
    message = write_request(REQUEST)
    message.ClearField(field)  # type: ignore[arg-type] # one of its fields
    with pytest.raises(OversightRefused, match=field):
        read_request(message)


@pytest.mark.parametrize("field", ["result", "approver_id", "timestamp"])
def test_decisions_without_a_field_are_refused(field: str) -> None:
    """The error names the field."""
    message = write_decision(APPROVED)
    message.ClearField(field)  # type: ignore[arg-type] # one of its fields
    with pytest.raises(OversightRefused, match=field):
        read_decision(message)


def test_a_request_has_an_id() -> None:
    """The empty text is none."""
    with pytest.raises(OversightRefused, match="request_id"):
        read_request_id("")
