"""The contract of identities, unguessable and counted."""

import re

from actors.ports.clock import Ids

PREFIXES = ("usr", "agt", "trd", "ovr", "evt")
FORM = re.compile(r"(usr|agt|trd|ovr|evt)_[0-9a-zA-Z]+")


async def test_an_id_is_its_prefix_and_letters_or_digits(ids: Ids) -> None:
    """So that it can stand in a path, and tells what it is of."""
    made = [ids.new(prefix) for prefix in PREFIXES]

    assert [one.split("_")[0] for one in made] == list(PREFIXES)
    assert all(FORM.fullmatch(one) for one in made)


async def test_no_id_comes_twice(ids: Ids) -> None:
    """Over the edge of what is drawn at once, and whatever the order of the prefixes."""
    made = [ids.new(prefix) for _ in range(600) for prefix in PREFIXES]

    assert len(set(made)) == len(made)
