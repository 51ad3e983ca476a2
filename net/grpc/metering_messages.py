"""Metering's records to and from protocol buffers. Every ``read_`` raises `MeteringRefused` for a malformed message."""

from collections.abc import Iterator
from contextlib import contextmanager

from actors.ports.metering import MeteringRefused, QuotaLimits, QuotaState, UsageEvent, UsageLine, UsageReport
from actors.ports.periods import is_period
from net.grpc.times import from_timestamp, to_timestamp
from proto import metering_pb2


def write_limits(limits: QuotaLimits) -> metering_pb2.QuotaLimits:
    """Return the message of an agent's limits."""
    return metering_pb2.QuotaLimits(api_calls=limits.api_calls, budget_micros=limits.budget_micros)


def read_limits(request: metering_pb2.InitializeQuotaRequest) -> QuotaLimits:
    """Return the limits asked for, the defaults where none are."""
    if not request.HasField("limits"):
        return QuotaLimits()
    with _refusing():
        return QuotaLimits(api_calls=request.limits.api_calls, budget_micros=request.limits.budget_micros)


def write_quota(quota: QuotaState) -> metering_pb2.CheckQuotaResponse:
    """Return the message of what is left of a quota."""
    return metering_pb2.CheckQuotaResponse(
        allowed=quota.allowed,
        remaining_api_calls=quota.remaining_api_calls,
        remaining_budget_micros=quota.remaining_budget_micros,
        reset_date=to_timestamp(quota.reset_at_us),
    )


def read_quota(response: metering_pb2.CheckQuotaResponse) -> QuotaState:
    """Return what is left of a quota."""
    with _refusing():
        return QuotaState(
            allowed=response.allowed,
            remaining_api_calls=response.remaining_api_calls,
            remaining_budget_micros=response.remaining_budget_micros,
            reset_at_us=from_timestamp(response.reset_date),
        )


def write_event(event: UsageEvent) -> metering_pb2.UsageEvent:
    """Return the message of a usage event."""
    return metering_pb2.UsageEvent(
        event_id=event.event_id,
        agent_id=event.agent_id,
        type=event.type,
        api_calls=event.api_calls,
        cost_micros=event.cost_micros,
        timestamp=to_timestamp(event.at_us),
        metadata=dict(event.metadata),
    )


def read_event(message: metering_pb2.UsageEvent) -> UsageEvent:
    """Return a usage event."""
    if not message.HasField("timestamp"):
        raise MeteringRefused("a usage event has no timestamp")
    with _refusing():
        return UsageEvent(
            event_id=message.event_id,
            agent_id=message.agent_id,
            type=message.type,
            api_calls=message.api_calls,
            cost_micros=message.cost_micros,
            at_us=from_timestamp(message.timestamp),
            metadata=dict(message.metadata),
        )


def write_usage(report: UsageReport) -> metering_pb2.GetUsageResponse:
    """Return the message of a month's usage."""
    return metering_pb2.GetUsageResponse(
        period=report.period,
        total_cost_micros=report.total_cost_micros,
        total_calls=report.total_calls,
        breakdown=[
            metering_pb2.UsageByType(
                type=kind, events=line.events, api_calls=line.api_calls, cost_micros=line.cost_micros
            )
            for kind, line in sorted(report.breakdown.items())
        ],
    )


def read_usage(agent_id: str, response: metering_pb2.GetUsageResponse) -> UsageReport:
    """Return a month's usage of the agent that was asked about."""
    return UsageReport(
        agent_id=agent_id,
        period=response.period,
        total_cost_micros=response.total_cost_micros,
        total_calls=response.total_calls,
        breakdown={line.type: UsageLine(line.events, line.api_calls, line.cost_micros) for line in response.breakdown},
    )


def read_agent_id(agent_id: str) -> str:
    """Return an agent's id, which must not be empty."""
    if not agent_id:
        raise MeteringRefused("agent_id is missing")
    return agent_id


def read_period(period: str) -> str:
    """Return a month, which must be written ``YYYY-MM``."""
    if not is_period(period):
        raise MeteringRefused(f"a period is a month as YYYY-MM, not {period!r}")
    return period


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise MeteringRefused(str(error.args[0])) from error
