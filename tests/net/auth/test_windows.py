"""Fixed windows."""

from net.auth.windows import FixedWindows, Standing

SECOND_US = 1_000_000


def test_a_window_counts_down_and_starts_anew() -> None:
    """The limit is allowed, one more is not, and the next window is full again."""
    windows = FixedWindows(2, 10)
    assert windows.take("a", 0) == Standing(allowed=True, remaining=1, reset_s=10)
    assert windows.take("a", SECOND_US) == Standing(allowed=True, remaining=0, reset_s=9)
    assert windows.take("a", 9_000_001) == Standing(allowed=False, remaining=0, reset_s=1)
    assert windows.take("a", 10 * SECOND_US) == Standing(allowed=True, remaining=1, reset_s=10)


def test_keys_do_not_touch_each_other() -> None:
    """Each key has its own window."""
    windows = FixedWindows(1, 10)
    assert windows.take("a", 0).allowed
    assert windows.take("b", 0).allowed
    assert not windows.take("a", 0).allowed


def test_what_is_given_back_may_be_taken_again() -> None:
    """Nothing is given back twice, and nothing to a key that has no window."""
    windows = FixedWindows(1, 10)
    windows.take("a", 0)
    windows.give_back("a")
    windows.give_back("a")
    windows.give_back("b")
    assert windows.take("a", 0).allowed
    assert not windows.take("a", 0).allowed


def test_the_oldest_windows_make_room() -> None:
    """A flood of keys takes bounded memory."""
    windows = FixedWindows(1, 10, keys_max=2)
    windows.take("a", 0)
    windows.take("b", 1)
    windows.take("c", 2)
    assert windows.take("a", 3).allowed
    assert not windows.take("c", 3).allowed
