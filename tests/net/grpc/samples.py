"""A request for approval, and how it may stand."""

from actors.ports.oversight import DecisionRecord, RequestState, RequestStatus
from tests.actors.builders import an_oversight_request
from tests.net.grpc.scripted import JANUARY_15_US

EXPIRY_US = JANUARY_15_US + 600_000_000
REQUEST = an_oversight_request(created_at_us=JANUARY_15_US, expires_at_us=EXPIRY_US, metadata={"concentration": "0.75"})
PENDING = RequestStatus("ovr_1", RequestState.PENDING)
APPROVED = DecisionRecord("approved", "usr_1", "Ann", "slack", "fine", JANUARY_15_US + 1)
REJECTED = DecisionRecord("rejected", "usr_2", "Ben", "api", "", JANUARY_15_US + 2)
