"""Keys with which programs trade for one agent."""

from typing import Final

from actors.model import Role
from actors.ports.people import AgentKey
from net.auth.errors import KeyNotFound, TooManyKeys
from net.auth.identity import KEY_PREFIX
from net.auth.tokens import SECRET_BYTES, encode_secret, hash_secret
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.wire.render import key_json
from net.wire.requests import KeyBody
from net.wire.shapes import KeyShape, Listing, NewKeyShape

HINT_CHARACTERS: Final = 4

KEYS_MAX: Final = 100
"""Keys of one agent; all of them are listed at once."""

routes = Routes("Keys")


@routes.add(
    "POST",
    "/api/v1/agents/<agent_id>/keys",
    role=Role.TRADER,
    status=201,
    answer=NewKeyShape,
    refuses=(TooManyKeys,),
)
async def create_key(call: Call, agent_id: str, body: KeyBody) -> Reply:
    """Make a key. Its secret is shown this once, and stored as a hash only."""
    agent = call.agent(agent_id)
    if len(await call.edge.people.keys(agent_id)) >= KEYS_MAX:
        raise TooManyKeys(f"the agent has {KEYS_MAX} keys, as many as it may; revoke one first")
    secret = KEY_PREFIX + encode_secret(call.edge.entropy(SECRET_BYTES))
    key = AgentKey(
        key_id=call.edge.ids.new("kid"),
        agent_id=agent_id,
        user_id=agent.user_id,
        name=body.name,
        key_hash=hash_secret(secret),
        hint=secret[-HINT_CHARACTERS:],
        created_at_us=call.edge.clock.now_us(),
    )
    await call.edge.people.add_key(key, call.principal, call.exchange.correlation_id)
    location = f"/api/v1/agents/{agent_id}/keys/{key.key_id}"
    return Reply(key_json(key) | {"key": secret}, 201, {"Location": location})


@routes.add("GET", "/api/v1/agents/<agent_id>/keys", role=Role.TRADER, answer=Listing[KeyShape])
async def list_keys(call: Call, agent_id: str) -> Reply:
    """List the keys that are good, without their secrets."""
    call.agent(agent_id)
    keys = await call.edge.people.keys(agent_id)
    return Reply({"items": [key_json(key) for key in keys], "nextCursor": None})


@routes.add("DELETE", "/api/v1/agents/<agent_id>/keys/<key_id>", role=Role.TRADER, status=204)
async def revoke_key(call: Call, agent_id: str, key_id: str) -> Reply:
    """Revoke a key."""
    call.agent(agent_id)
    at_us, correlation_id = call.edge.clock.now_us(), call.exchange.correlation_id
    if not await call.edge.people.revoke_key(agent_id, key_id, call.principal, at_us, correlation_id):
        raise KeyNotFound(f"the agent has no key {key_id}")
    call.auth.recogniser.forget(lambda identity: not identity.is_person and identity.principal.agent_id == agent_id)
    return Reply(status=204)
