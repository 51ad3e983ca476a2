"""Why somebody is not let in: one class per cause."""


class AuthError(Exception):
    """The base: the caller is not recognised, or may not do this."""


class Unauthorized(AuthError):
    """The caller is not recognised; the message says what is missing."""


class CredentialsMissing(Unauthorized):
    """The request carries neither a token nor a key."""


class TokenInvalid(Unauthorized):
    """The token or key was not issued here, has been tampered with, or was revoked."""


class TokenExpired(Unauthorized):
    """The token was good once; refresh it."""


class BadCredentials(Unauthorized):
    """Address and password do not fit together; which of them is wrong is not said."""


class RefreshRefused(Unauthorized):
    """The refresh token was used before, revoked or expired: sign in again."""


class Forbidden(AuthError):
    """The caller is recognised, and has not the role for this."""


class LoginThrottled(AuthError):
    """Too many attempts to sign in, for this account or from this address."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many attempts to sign in; wait before the next one")
        self.retry_after_s = retry_after_s


class LoginBusy(AuthError):
    """So many passwords wait to be checked that one more would only wait in vain."""

    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("too many people are signing in just now")


class PersonNotFound(AuthError):
    """There is no such person."""


class KeyNotFound(AuthError):
    """The agent has no such key."""


class TooManyKeys(AuthError):
    """The agent has as many keys as it may; revoke one first."""


class OwnStanding(AuthError):
    """An admin may not take their own role away, nor shut themself out: nobody might be left to undo it."""
