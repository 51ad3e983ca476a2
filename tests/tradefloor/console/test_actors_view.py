"""The tree of the console, the card of one actor, and what is done to it."""

import pytest

from tests.fakes.console_floor import SMALL, FakeFloor
from tests.fakes.piloting import AtTheConsole, at_the_console
from tradefloor.operating.connection import ACTORS

CONFLICT = {"status": 409, "title": "Conflict", "detail": "/edge/http carries requests such as this one"}


def many(agents: int) -> FakeFloor:
    """Return a floor with so many agents."""
    return FakeFloor(kinds={**SMALL, **{f"/agents/agt_{number:06}": "actor" for number in range(agents)}})


def test_the_console_fits_a_small_screen() -> None:
    """The whole first screen at 80 x 24."""
    floor = FakeFloor()
    screens: list[list[str]] = []

    async def look(console: AtTheConsole) -> None:
        await console.press("down")
        screens.append(console.lines())

    at_the_console(floor.connection(), look)

    assert screens[0] == [
        " 1 Actors   2 Approvals                                            ok  4 actors",
        "▾ / 3                               │ /journal  running  MarketActor",
        "├ ● journal                         │ in hand    nothing",
        "├ ● market                          │ waits for  nobody",
        "└ ▸ agents 1                        │ mailbox    0 of 1,024 (block)",
        "                                    │ handled    0, skipped 0, busy 1.2 s in",
        "                                    │            all",
        "                                    │ restarts   0, 3 left; permanent",
        "                                    │",
        "                                    │  handled   messages",
        "                                    │  ──────────────────",
        "                                    │  Tick             7",
        "                                    │",
        "                                    │",
        "                                    │  inside   value",
        "                                    │  ──────────────",
        "                                    │  ticks    7",
        "                                    │",
        "                                    │",
        "                                    │      ago   event",
        "                                    │  ─────────────────",
        "                                    │  1.5 min   started                      ▇",
        " This is the floor at http://floor; ? shows the keys.",
        " p Pause  u Resume  R Restart  / Find  m Mailbox  F5 Look  ? Help  q Quit",
    ]


def test_children_are_asked_for_when_they_are_wanted() -> None:
    """A part of the tree that nobody opened costs the floor nothing."""
    floor = FakeFloor()

    async def open_agents(console: AtTheConsole) -> None:
        assert not any("path=%2Fagents&" in asked for asked in floor.asked)
        await console.press("down", "down", "down", "right", "down", "right", "down")
        assert console.path == "/agents/agt_1/agent"
        await console.press("left", "left", "left", "left")
        assert console.path == "/agents"
        assert console.lines()[4].startswith("└ ▸ agents 1 ")

    at_the_console(floor.connection(), open_agents)


def test_a_hundred_thousand_children_are_shown_by_the_page() -> None:
    """The first of them, then more, then the way to find the others."""

    async def page(console: AtTheConsole) -> None:
        await console.press("down", "down", "down", "enter", "end")
        assert console.lines()[-3].startswith("  └ … 99,801 more (Enter, /)")
        await console.press("enter")
        assert console.path == "/agents/agt_000199"
        await console.press("end")
        assert console.lines()[-3].startswith("  └ … 99,001 more (/ finds)")
        assert console.path == "/agents"

    at_the_console(many(100_000).connection(), page)


def test_only_what_can_be_seen_is_asked_for_again() -> None:
    """A look at a large floor is no more work than one at a small floor."""
    floor = many(1_000)

    async def look_again(console: AtTheConsole) -> None:
        await console.press("down", "down", "down", "enter", "end")
        floor.asked.clear()
        await console.press("f5")
        trees = [asked for asked in floor.asked if "/tree?" in asked]
        assert trees == [f"{ACTORS}/tree?path=%2Fagents&depth=1&limit=201"]

    at_the_console(floor.connection(), look_again)


def test_an_actor_is_found_however_far_down_the_list() -> None:
    """By a pattern; it is shown among its siblings, with the cursor on it."""

    async def search(console: AtTheConsole) -> None:
        await console.press("slash")
        await console.write("/agents/*000777")
        await console.press("enter")
        assert any("/agents/agt_000777  running  3 waiting" in line for line in console.lines())
        await console.press("enter")
        assert console.path == "/agents/agt_000777"
        await console.press("f5")
        assert console.path == "/agents/agt_000777"

    at_the_console(many(1_000).connection(), search)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("convict", "Conviction desk  active"),
        ("gt_1", "/agents/agt_1/agent  running"),
        ("/journal", "/journal  running"),
        ("nobody", "Nothing is there. /agents/* is a pattern"),
    ],
)
def test_what_is_looked_for_may_be_a_name_a_part_of_an_id_or_a_path(text: str, expected: str) -> None:
    """And what is nowhere is said to be nowhere."""

    async def search(console: AtTheConsole) -> None:
        await console.press("slash")
        await console.write(text)
        await console.press("enter")
        assert any(expected in line for line in console.lines())
        await console.press("escape")
        assert console.path == "/"

    at_the_console(FakeFloor().connection(), search)


@pytest.mark.parametrize(
    ("key", "verb", "question", "done"),
    [
        ("p", "pause", "Pause 1 actor at /market?", "Paused 1 actor at /market: odd prices"),
        ("u", "resume", "Resume 1 actor at /market?", "Resumed 1 actor at /market: odd prices"),
        ("R", "restart", "Restart 1 actor at /market?", "Restarted 1 actor at /market: odd prices"),
    ],
)
def test_an_act_takes_a_yes_and_a_reason(key: str, verb: str, question: str, done: str) -> None:
    """Without a reason nothing is done; with one it is, and the console says so."""
    floor = FakeFloor()

    async def act(console: AtTheConsole) -> None:
        await console.press("down", "down", key)
        assert any(question in line for line in console.lines())
        await console.press("enter")
        assert any("A reason is wanted" in line for line in console.lines())
        assert floor.posted == []
        await console.write("odd prices")
        await console.press("enter")
        assert console.told() == done

    at_the_console(floor.connection(), act)

    assert floor.posted == [(f"{ACTORS}/{verb}", {"path": "/market", "reason": "odd prices"})]


def test_escape_does_nothing() -> None:
    """And says so."""
    floor = FakeFloor()

    async def hesitate(console: AtTheConsole) -> None:
        await console.press("R", "escape")
        assert console.told() == "Nothing was done to /."

    at_the_console(floor.connection(), hesitate)

    assert floor.posted == []


def test_a_refusal_is_shown() -> None:
    """In the floor's own words."""
    floor = FakeFloor(refusal=CONFLICT)

    async def act(console: AtTheConsole) -> None:
        await console.press("R")
        await console.write("a drill")
        await console.press("enter")
        assert console.told() == "Conflict: /edge/http carries requests such as this one"

    at_the_console(floor.connection(), act)


def test_states_that_matter_are_written() -> None:
    """Beside the name in the tree, and counted at the top."""
    floor = FakeFloor(states={"/market": "stuck", "/journal": "failed"})

    async def look(console: AtTheConsole) -> None:
        assert console.lines()[0].endswith("ok  4 actors  1 failed  1 stuck")
        assert [line[:20].rstrip() for line in console.lines()[2:4]] == ["├ ! failed journal", "├ ! stuck market"]

    at_the_console(floor.connection(), look)


def test_an_actor_that_ended_leaves_the_tree() -> None:
    """The card says so, and the cursor goes on."""
    floor = FakeFloor()

    async def look(console: AtTheConsole) -> None:
        await console.press("down", "down", "down", "right", "down")
        assert console.path == "/agents/agt_1"
        for path in [path for path in floor.kinds if path.startswith("/agents/agt_1")]:
            del floor.kinds[path]
        await console.press("f5")
        assert console.lines()[4].startswith("└ ▾ agents 0 ")
        assert not any("agt_1" in line for line in console.lines())

    at_the_console(floor.connection(), look)


def test_the_card_shows_how_much_is_handled_from_look_to_look() -> None:
    """Of the actor that is looked at, in blocks and as a number."""
    floor = FakeFloor(handled={"/market": 100})

    async def look(console: AtTheConsole) -> None:
        await console.press("down", "down", "f5")
        floor.handled["/market"] = 108
        await console.press("f5")
        assert console.lines()[1].endswith("│ lately     █ 8 since the last look")
        floor.handled["/market"] = 112
        await console.press("f5")
        assert console.lines()[1].endswith("│ lately     █▄ 4 since the last look")
        await console.press("up")
        assert "lately" not in console.lines()[1]

    at_the_console(floor.connection(), look)


def test_the_mailbox_is_shown_only_when_asked_for() -> None:
    """Messages may be large, and are nobody's business most of the time."""
    floor = FakeFloor()

    async def look(console: AtTheConsole) -> None:
        await console.press("down", "f5")
        assert any(asked.endswith("inspect?path=%2Fjournal&messages=0") for asked in floor.asked)
        await console.press("m")
        assert floor.asked[-1].endswith("inspect?path=%2Fjournal&messages=20")

    at_the_console(floor.connection(), look)
