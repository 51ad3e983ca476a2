"""People, managed by admins."""

from actors.errors import EmailInUse
from actors.model import Role, User
from net.auth.errors import OwnStanding, PersonNotFound
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.wire.render import account_json
from net.wire.requests import UserBody, UserChanges
from net.wire.shapes import AccountShape, Listing

routes = Routes("Users")


@routes.add("GET", "/api/v1/users", role=Role.ADMIN, answer=Listing[AccountShape])
async def list_users(call: Call) -> Reply:
    """List everybody who may sign in, or once might."""
    users = await call.edge.people.users()
    return Reply({"items": [account_json(user) for user in users], "nextCursor": None})


@routes.add("POST", "/api/v1/users", role=Role.ADMIN, status=201, answer=AccountShape, refuses=(EmailInUse,))
async def add_user(call: Call, body: UserBody) -> Reply:
    """Add a person."""
    user = User(
        user_id=call.edge.ids.new("usr"),
        email=body.email,
        role=body.role,
        password_hash=await call.auth.passwords.hash(body.password),
        created_at_us=call.edge.clock.now_us(),
    )
    await _save(call, user)
    return Reply(account_json(user), 201, {"Location": f"/api/v1/users/{user.user_id}"})


@routes.add(
    "PATCH",
    "/api/v1/users/<user_id>",
    role=Role.ADMIN,
    answer=AccountShape,
    refuses=(EmailInUse, OwnStanding),
)
async def change_user(call: Call, user_id: str, body: UserChanges) -> Reply:
    """Change a person's role, standing or password. A new password or none at all ends their sign-ins."""
    password_hash = None if body.password is None else await call.auth.passwords.hash(body.password)
    async with call.auth.changing:
        return Reply(account_json(await _change(call, user_id, body, password_hash)))


async def _change(call: Call, user_id: str, body: UserChanges, password_hash: str | None) -> User:
    user = await call.edge.people.user(user_id)
    if user is None:
        raise PersonNotFound(f"there is no user {user_id}")
    changed = body.changed(user, password_hash)
    if user_id == call.principal.user_id and (changed.disabled or changed.role is not user.role):
        raise OwnStanding("another admin has to change your role or standing")
    await _save(call, changed)
    if changed.disabled or password_hash is not None:
        await call.edge.people.end_sign_ins_of(user_id, call.edge.clock.now_us(), call.exchange.correlation_id)
    if changed != user:
        call.auth.recogniser.forget(lambda identity: identity.principal.user_id == user_id)
    return changed


async def _save(call: Call, user: User) -> None:
    at_us = call.edge.clock.now_us()
    await call.edge.people.save_user(user, call.principal, at_us, call.exchange.correlation_id)
