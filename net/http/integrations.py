"""What other services tell the floor: Slack, of the buttons that were pressed."""

from typing import Annotated, Final

import orjson
from attrs import frozen

from net.http.call import Call
from net.http.routing import Reply, Routes
from net.slack.actions import PATH, NoAction, TakeAction, read_action
from net.slack.signatures import SlackSignatureRefused
from net.wire.rules import Doc, Text
from net.wire.structure import FieldProblem, InvalidRequest
from supervisor import DeadlineExceeded

ANSWER_WITHIN_S: Final = 2.0
"""Slack waits three seconds; a decision that takes longer is shown in the message when it is there."""

routes = Routes("Integrations")


@frozen
class SlackForm:
    """Slack's form: one field, which holds JSON."""

    payload: Annotated[
        str,
        Text(max_length=1_000_000, pattern=r"^[\s\S]*$", wanted="JSON"),
        Doc("The interaction payload.", '{"type":"block_actions"}'),
    ]


@routes.add("POST", "/api/v1/integrations/slack/actions", role=None, form=True, refuses=(SlackSignatureRefused,))
async def slack_action(call: Call, body: SlackForm) -> Reply:
    """Take a press of a button in Slack, by Slack's signature. Whoever pressed is known by their email address."""
    exchange = call.exchange
    call.edge.slack.check(
        exchange.header(b"x-slack-request-timestamp"),
        exchange.header(b"x-slack-signature"),
        exchange.body,
        call.edge.clock.now_us() // 1_000_000,
    )
    try:
        action = read_action(orjson.loads(body.payload))
    except orjson.JSONDecodeError as error:
        raise InvalidRequest([FieldProblem("payload", "is not JSON")]) from error
    except NoAction:
        # Links that were followed and other apps' buttons arrive here too; Slack wants to hear that they did.
        return Reply()
    try:
        await call.edge.system.ref(PATH).ask(TakeAction(action), timeout_s=ANSWER_WITHIN_S)
    except DeadlineExceeded:
        return Reply()
    return Reply()
