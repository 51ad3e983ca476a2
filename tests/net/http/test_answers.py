"""Answers that are kept for a while."""

import pytest
from trio.testing import MockClock

from actors.errors import IdempotencyMismatch
from actors.ports.journal import IdempotencyClaim
from net.http.answers import ENTRY_BYTES, KEPT_US, Answer, Answers
from tests.net.http.harness import served

CLAIM = IdempotencyClaim("usr_1", "k", "one request")
ANSWER = Answer(200, {}, b"12345")


def test_an_answer_is_kept_for_a_day() -> None:
    """The last microsecond of it included."""
    answers = Answers()
    assert answers.find(CLAIM, 0) is None
    answers.keep(CLAIM, ANSWER, 0)
    assert answers.find(CLAIM, KEPT_US - 1) is ANSWER
    assert answers.find(CLAIM, KEPT_US) is None


def test_another_request_under_the_key_is_refused() -> None:
    """Another caller's key of the same name is another key."""
    answers = Answers()
    answers.keep(CLAIM, ANSWER, 0)
    with pytest.raises(IdempotencyMismatch):
        answers.find(IdempotencyClaim("usr_1", "k", "another request"), 1)
    assert answers.find(IdempotencyClaim("usr_2", "k", "another request"), 1) is None


def test_memory_is_bounded() -> None:
    """The oldest answers go first, and what is over goes when the next one comes."""
    answers = Answers(bytes_max=2 * (ENTRY_BYTES + 5))
    claims = [IdempotencyClaim("usr_1", str(number), "") for number in range(4)]
    for number, claim in enumerate(claims):
        answers.keep(claim, ANSWER, number)
    assert [answers.find(claim, 4) is not None for claim in claims] == [False, False, True, True]
    answers.keep(claims[0], ANSWER, KEPT_US + 3)
    assert list(answers._kept) == [("usr_1", "0")]
    answers.keep(claims[0], Answer(200, {}, b"x" * 2 * (ENTRY_BYTES + 5)), KEPT_US + 3)
    assert not answers._kept


def test_answers_without_a_body_are_bounded_too() -> None:
    """Somebody may ask for ever to be signed out, under ever new keys."""
    answers = Answers(bytes_max=2 * ENTRY_BYTES)
    for number in range(100):
        answers.keep(IdempotencyClaim("usr_1", str(number), ""), Answer(204, {}, b""), number)
    assert list(answers._kept) == [("usr_1", "98"), ("usr_1", "99")]


async def test_any_post_is_once_under_one_key(mock_clock: MockClock) -> None:
    """A key of a program is made once, and its secret comes again; another body is refused."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        path, headers = "/api/v1/agents/agt_1/keys", {"Idempotency-Key": "k1"}
        first = await edge.call("POST", path, {"name": "the bot"}, token=token, headers=headers)
        again = await edge.call("POST", path, {"name": "the bot"}, token=token, headers=headers)
        assert (again.status, again.json, again.headers["location"]) == (201, first.json, first.headers["location"])
        assert again.headers["content-type"] == "application/json"
        other = await edge.call("POST", path, {"name": "another"}, token=token, headers=headers)
        assert (other.status, other.slug) == (422, "idempotency-mismatch")
        assert len((await edge.call("GET", path, token=token)).json["items"]) == 1


async def test_a_key_is_used_up_for_every_other_request(mock_clock: MockClock) -> None:
    """Wherever its answer is kept: beside the trade in the journal, or in memory."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        order = {"symbol": "AAPL", "action": "buy", "quantity": 1}
        trades, keys = "/api/v1/agents/agt_1/trades", "/api/v1/agents/agt_1/keys"
        calls = [
            ("k1", trades, order),
            ("k1", keys, {"name": "the bot"}),
            ("k2", keys, {"name": "the bot"}),
            ("k2", trades, order),
        ]
        answers = [
            await edge.call("POST", path, body, token=token, headers={"Idempotency-Key": key})
            for key, path, body in calls
        ]
        assert [answer.status for answer in answers] == [200, 422, 201, 422]
