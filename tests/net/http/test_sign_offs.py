"""Who hears of a change to how somebody signs in: those who keep identities of their own, as the sockets do."""

from trio.testing import MockClock

from actors.model import Role
from net.auth.identity import Concern
from tests.net.http.harness import PASSWORD, served

KEYS = "/api/v1/agents/agt_1/keys"


async def test_each_change_tells_whom_it_concerns(mock_clock: MockClock) -> None:
    """A key, a sign-in that ends or is stolen, or all of a person; what changes nothing concerns nobody."""
    async with served() as edge:
        admin, ann = await edge.user("boss", Role.ADMIN), await edge.user("ann")
        await edge.agent(ann)
        key = (await edge.call("POST", KEYS, {"name": "the bot"}, token=ann)).json
        other = await edge.auth.sign_ins.sign_in("ann@example.com", PASSWORD, "elsewhere")
        names = {admin: "boss", ann: "ann", other.access: "ann elsewhere", key["key"]: "bot"}
        known = {names[token]: await edge.auth.recogniser.recognise(token) for token in names}
        heard: list[Concern] = []
        edge.auth.recogniser.follow(heard.append)

        await edge.call("PATCH", "/api/v1/users/usr_ann", {"role": "trader"}, token=admin)
        assert heard == []
        await edge.call("DELETE", f"{KEYS}/{key['keyId']}", token=ann)
        await edge.call("POST", "/api/v1/auth/logout", token=ann)
        for _ in range(2):
            await edge.call("POST", "/api/v1/auth/refresh", {"refreshToken": other.refresh})
        await edge.call("PATCH", "/api/v1/users/usr_ann", {"role": "viewer"}, token=admin)

    concerned = [{name for name, identity in known.items() if concerns(identity)} for concerns in heard]
    assert concerned == [{"bot"}, {"ann"}, {"ann elsewhere"}, {"ann", "ann elsewhere", "bot"}]
