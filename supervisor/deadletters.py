"""Dead letters: messages that nobody will handle, kept for the operator."""

from collections import deque

from attrs import frozen

DEAD_LETTERS_MAX = 1000


@frozen
class DeadLetter:
    """A message that found no handler; `at_s` is the time of trio's clock, in seconds."""

    at_s: float
    path: str
    message: object
    reason: str


class DeadLetters:
    """The last dead letters, and how many there were."""

    def __init__(self) -> None:
        self._letters: deque[DeadLetter] = deque(maxlen=DEAD_LETTERS_MAX)
        self.count = 0

    def add(self, letter: DeadLetter) -> None:
        """Keep one more; the oldest makes room."""
        self._letters.append(letter)
        self.count += 1

    def latest(self) -> tuple[DeadLetter, ...]:
        """Give those that are kept, oldest first."""
        return tuple(self._letters)
