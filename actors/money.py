"""Money as an integer number of micro-dollars, and the arithmetic that keeps it exact."""

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

MICROS_PER_DOLLAR = 1_000_000
CENT_MICROS = 10_000
DECIMAL_PLACES_MAX = 6

_EXACT = Context(prec=40, Emax=40, Emin=-40, traps=[Inexact, InvalidOperation, Overflow])
"""Far more digits than any amount has; what does not fit is refused, never rounded."""


class MoneyError(ValueError):
    """A value is not an amount of money: not a number, not finite, or finer than a micro-dollar."""


def dollars(amount: int | str | Decimal) -> int:
    """Return `amount`, in dollars, as micro-dollars.

    Raises MoneyError when the amount is not finite or has more than six decimal places.
    """
    try:
        micros = Decimal(amount).scaleb(DECIMAL_PLACES_MAX, _EXACT)
    except DecimalException as error:
        raise MoneyError(f"{amount!r} is not an amount in dollars") from error
    if not micros.is_finite():
        raise MoneyError(f"{amount!r} is not a finite amount")
    whole = int(micros)
    if whole != micros:
        raise MoneyError(f"{amount} has more than {DECIMAL_PLACES_MAX} decimal places")
    return whole


def from_json_number(value: float) -> int:
    """Return a JSON number of dollars as micro-dollars.

    A decoder hands over a float; its shortest representation is the text that was sent, so it is read as decimal.
    Raises MoneyError as `dollars` does.
    """
    return dollars(repr(value))


def to_json_number(micros: int) -> float:
    """Return micro-dollars as the JSON number of dollars.

    The nearest float of an amount below $2**33 prints with at most six places, so nothing is lost on the wire.
    """
    return micros / MICROS_PER_DOLLAR


def format_dollars(micros: int) -> str:
    """Return an amount as a person writes it, rounded to cents: `-$1,502.50`; zero has no sign."""
    cents = divide_half_even(micros, CENT_MICROS)
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}.{rest:02d}"


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return the quotient of two integers, the denominator positive, rounded half to even."""
    quotient, remainder = divmod(numerator, denominator)
    doubled = remainder * 2
    if doubled > denominator or (doubled == denominator and quotient % 2):
        return quotient + 1
    return quotient
