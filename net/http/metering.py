"""The metering service over HTTP, with the calls that it has over gRPC."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from attrs import field, frozen

from actors import paths
from actors.errors import AgentNotFound
from actors.messages import CheckQuota, GetUsage, IngestUsage
from actors.model import Role
from actors.money import MICROS_PER_DOLLAR
from actors.ports.metering import MeteringRefused, QuotaUnknown, UsageEvent
from actors.ports.periods import period_of
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.http.usage import UsageQuery
from net.wire.render import metered_quota_json, metered_usage_json
from net.wire.rules import Doc, FieldError, Integer, Moment, Money, Text
from net.wire.shapes import AcceptedShape, MeteredQuotaShape, MeteredUsageShape

METADATA_MAX = 20

OF_THE_SERVICE: Final = (MeteringRefused, QuotaUnknown)

routes = Routes("Metering")


@frozen
class _Metadata:
    """Up to METADATA_MAX short texts by name."""

    text: Text

    def parse(self, value: Any) -> Mapping[str, str]:
        """Return the texts. Raises FieldError."""
        if not isinstance(value, dict) or len(value) > METADATA_MAX:
            raise FieldError(f"must be an object of at most {METADATA_MAX} texts")
        return {self.text.parse(name): self.text.parse(text) for name, text in value.items()}

    def parse_text(self, _text: str) -> Mapping[str, str]:
        """No object stands in a query."""
        raise FieldError("must not be an object")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        text = self.text.schema()
        return {
            "type": "object",
            "maxProperties": METADATA_MAX,
            "propertyNames": text,
            "additionalProperties": text,
        }


@frozen
class UsageEventBody:
    """Something that another program did for an agent and that counts."""

    event_id: Annotated[str, Text(max_length=64), Doc("The event counts once under this id.", "evt_0001")]
    agent_id: Annotated[str, Text(max_length=64), Doc("Whose usage it is.", "agt_0001")]
    type: Annotated[str, Text(max_length=64), Doc("What happened.", "report.generated")]
    api_calls: Annotated[int, Integer(0, 1_000_000), Doc("API calls that it used.", 1)] = 0
    cost: Annotated[int, Money(0, 1_000_000 * MICROS_PER_DOLLAR), Doc("What it cost, in dollars.", 0.1)] = 0
    timestamp: Annotated[int | None, Moment(since_us=0), Doc("When it happened, not before 1970; without it, now.")] = (
        None
    )
    metadata: Annotated[
        Mapping[str, str], _Metadata(Text(max_length=256)), Doc("Details for people.", {"source": "nightly"})
    ] = field(factory=dict)


@routes.add(
    "GET", "/api/v1/metering/agents/<agent_id>/usage", keys=True, answer=MeteredUsageShape, refuses=OF_THE_SERVICE
)
async def get_metered_usage(call: Call, agent_id: str, query: UsageQuery) -> Reply:
    """Show what the metering service knows of an agent's month."""
    call.agent(agent_id)
    period = query.period or period_of(call.edge.clock.now_us())
    return Reply(metered_usage_json(await call.ask(paths.METERING, GetUsage(agent_id, period))))


@routes.add(
    "GET", "/api/v1/metering/agents/<agent_id>/quota", keys=True, answer=MeteredQuotaShape, refuses=OF_THE_SERVICE
)
async def get_metered_quota(call: Call, agent_id: str) -> Reply:
    """Show what the metering service says is left of an agent's month."""
    call.agent(agent_id)
    return Reply(metered_quota_json(agent_id, await call.ask(paths.METERING, CheckQuota(agent_id))))


@routes.add(
    "POST",
    "/api/v1/metering/events",
    role=Role.TRADER,
    status=202,
    answer=AcceptedShape,
    refuses=(AgentNotFound, *OF_THE_SERVICE),
)
async def ingest_usage(call: Call, body: UsageEventBody) -> Reply:
    """Count what another program did for an agent; an id that is known already counts no second time."""
    call.agent(body.agent_id)
    event = UsageEvent(
        event_id=body.event_id,
        agent_id=body.agent_id,
        type=body.type,
        api_calls=body.api_calls,
        cost_micros=body.cost,
        at_us=call.edge.clock.now_us() if body.timestamp is None else body.timestamp,
        metadata=body.metadata,
    )
    await call.ask(paths.METERING, IngestUsage((event,)))
    return Reply({"eventId": event.event_id}, 202)
