"""The contract of the port of news, kept by the fake and by the real thing over real sockets."""

import pytest

from actors.ports.notifications import Notification, NotificationRefused, NotificationUnavailable, TellNobody
from tests.actors.builders import NOW_US, a_trade, an_approval
from tests.contracts.stages import Receiver

NEWS = Notification("ntf_1", "oversight.request", "agt_1", "Desk", NOW_US, an_approval(), a_trade())


async def test_news_are_taken(notifications: Receiver) -> None:
    """Each time they are sent."""
    await notifications.tell(NEWS)
    await notifications.tell(NEWS)
    assert notifications.taken() == 2


async def test_a_refusal_is_told_apart_from_a_failure(notifications: Receiver) -> None:
    """The next attempt is another one."""
    notifications.refuse()
    with pytest.raises(NotificationRefused):
        await notifications.tell(NEWS)
    notifications.fail()
    with pytest.raises(NotificationUnavailable) as caught:
        await notifications.tell(NEWS)
    assert caught.value.retry_after_s == 0
    await notifications.tell(NEWS)
    assert notifications.taken() == 1


async def test_whoever_asks_to_wait_is_heard(notifications: Receiver) -> None:
    """For how long."""
    notifications.ask_to_wait()
    with pytest.raises(NotificationUnavailable) as caught:
        await notifications.tell(NEWS)
    assert caught.value.retry_after_s == 30


async def test_a_receiver_that_is_gone_is_unavailable(notifications: Receiver) -> None:
    """Not refused: it may come back."""
    notifications.vanish()
    with pytest.raises(NotificationUnavailable):
        await notifications.tell(NEWS)


async def test_who_has_nobody_to_tell_lets_it_go() -> None:
    """And raises nothing."""
    await TellNobody().to_slack(NEWS)
    await TellNobody().to_webhook("https://example.com/hook", NEWS)
