"""A request for approval, and how it may stand."""

from actors.ports.oversight import DecisionRecord, OversightRequestRecord, RequestState, RequestStatus
from tests.net.grpc.scripted import JANUARY_15_US

EXPIRY_US = JANUARY_15_US + 600_000_000
REQUEST = OversightRequestRecord(
    request_id="ovr_1",
    agent_id="agt_1",
    trade_id="trd_1",
    symbol="TSLA",
    action="buy",
    quantity=500,
    price_micros=150_000_000,
    estimated_value_micros=75_000_000_000,
    reason="above the threshold",
    risk_level="high",
    created_at_us=JANUARY_15_US,
    expires_at_us=EXPIRY_US,
    metadata={"concentration": "0.75"},
)
PENDING = RequestStatus("ovr_1", RequestState.PENDING)
APPROVED = DecisionRecord("approved", "usr_1", "Ann", "slack", "fine", JANUARY_15_US + 1)
REJECTED = DecisionRecord("rejected", "usr_2", "Ben", "api", "", JANUARY_15_US + 2)
