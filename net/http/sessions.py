"""Signing in and out over HTTP."""

from typing import Any

from net.auth.errors import LoginThrottled, Unauthorized
from net.auth.signins import Tokens
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.http.sites import site_of
from net.wire.render import user_json
from net.wire.requests import LoginBody, RefreshBody
from net.wire.shapes import SessionShape, UserShape

routes = Routes("Authentication")


@routes.add("POST", "/api/v1/auth/login", role=None, answer=SessionShape, refuses=(Unauthorized, LoginThrottled))
async def sign_in(call: Call, body: LoginBody) -> Reply:
    """Sign in with an address and a password. The token lives an hour; the refresh token prolongs it."""
    return Reply(_shown(await call.auth.sign_ins.sign_in(body.email, body.password, site_of(call.exchange.ip))))


@routes.add("POST", "/api/v1/auth/refresh", role=None, answer=SessionShape, refuses=(Unauthorized,))
async def refresh(call: Call, body: RefreshBody) -> Reply:
    """Exchange a refresh token for new tokens. A token that is used twice ends its sign-in."""
    return Reply(_shown(await call.auth.sign_ins.refresh(body.refresh_token)))


@routes.add("POST", "/api/v1/auth/logout", status=204)
async def sign_out(call: Call) -> Reply:
    """Sign out: the tokens of this sign-in are good no more."""
    await call.auth.sign_ins.sign_out(call.identity)
    return Reply(status=204)


@routes.add("GET", "/api/v1/auth/me", answer=UserShape)
async def who_am_i(call: Call) -> Reply:
    """Show who is signed in."""
    identity = call.identity
    return Reply(user_json(identity.principal.user_id, identity.email, identity.principal.role))


def _shown(tokens: Tokens) -> dict[str, Any]:
    return {
        "token": tokens.access,
        "refreshToken": tokens.refresh,
        "expiresIn": tokens.expires_in_s,
        "user": user_json(tokens.user.user_id, tokens.user.email, tokens.user.role),
    }
