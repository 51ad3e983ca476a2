"""Authentication in one piece, built once and shared by HTTP and the sockets."""

import trio

from net.auth.identity import Identity, Recogniser, bearer
from net.auth.links import Links
from net.auth.passwords import Passwords
from net.auth.signins import SignIns
from net.auth.tokens import AccessTokens
from net.edge import Edge


class Auth:
    """Who is calling, and how they sign in."""

    def __init__(self, edge: Edge) -> None:
        tokens = AccessTokens(edge.auth.jwt_secret, edge.auth.access_ttl_s)
        self.changing = trio.Lock()
        """Held by whoever changes a person, from the look at them on: of two changes at once none undoes the other."""
        self.links = Links(edge.auth.jwt_secret)
        self.passwords = Passwords(edge.auth, edge.entropy)
        self.recogniser = Recogniser(edge.people, tokens, edge.clock)
        self.sign_ins = SignIns(
            edge.people,
            self.passwords,
            tokens,
            self.recogniser,
            edge.clock,
            edge.ids,
            edge.entropy,
            edge.auth.refresh_ttl_s,
        )

    async def identify(self, authorization: str | None) -> Identity:
        """Return who sends this Authorization header. Raises Unauthorized."""
        return await self.recogniser.recognise(bearer(authorization))
