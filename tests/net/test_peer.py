"""The kernel says who is at the other end of a Unix socket, and the audit names that user."""

import os
import pwd
import socket
from typing import Any

import pytest
import trio

from net.local_control import AsLocalOperator, local_operator
from net.peer import PEER_USER_ID, peer_user_id


def test_the_peer_of_a_unix_socket_is_known() -> None:
    """Here it is this process itself."""
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_user_id(one) == os.getuid()


def test_the_peer_of_another_socket_is_not() -> None:
    """Nor is that of a platform that does not tell."""
    with socket.socket(socket.AF_INET) as connection:
        assert peer_user_id(connection) is None


def test_a_platform_without_credentials_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the operator is the user whom the floor belongs to."""
    monkeypatch.delattr(socket, "SO_PEERCRED")
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_user_id(one) is None
    assert local_operator(None).principal.name == f"local operator ({pwd.getpwuid(os.getuid()).pw_name})"


def test_a_user_without_a_name_is_a_number() -> None:
    """As in some containers."""
    assert local_operator(2_000_000_001).principal.name == "local operator (2000000001)"


async def test_each_user_has_a_credential_of_their_own() -> None:
    """Made once; whoever brings one along keeps that, and what is no request passes."""
    admitted: list[int | None] = []
    seen: list[Any] = []

    def admit(user_id: int | None) -> str:
        admitted.append(user_id)
        return f"opr_{user_id}"

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        await trio.lowlevel.checkpoint()
        seen.append(dict(scope.get("headers", ())).get(b"authorization"))

    door = AsLocalOperator(app, admit)
    own = {"type": "http", "headers": [(b"authorization", b"Bearer mine")], "state": {PEER_USER_ID: 7}}
    for scope in (
        {"type": "http", "headers": [], "state": {PEER_USER_ID: 7}},
        {"type": "websocket", "headers": [], "state": {PEER_USER_ID: 7}},
        {"type": "http", "headers": []},
        own,
        {"type": "lifespan"},
    ):
        await door(scope, None, None)

    assert admitted == [7, None]
    assert seen == [b"Bearer opr_7", b"Bearer opr_7", b"Bearer opr_None", b"Bearer mine", None]
