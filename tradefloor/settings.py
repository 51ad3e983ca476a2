"""The settings of the program: each an environment variable and a flag, described once, here.

A wrong value stops the start with one line that names the setting.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import click
from attrs import Attribute, field, fields, frozen

from actors.money import MoneyError, dollars
from tradefloor.numbers import FiniteRange
from tradefloor.places import DATABASE_DEFAULT
from tradefloor.tls import client_tls

SECRET_BYTES_MIN: Final = 32

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class DollarsType(click.ParamType[int]):
    """An amount in dollars on the command line, as micro-dollars."""

    name = "dollars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return micro-dollars; fail with the parameter's name."""
        if isinstance(value, int):
            return value
        try:
            micros = dollars(str(value))
        except MoneyError as error:
            self.fail(str(error), param, ctx)
        if micros < 0:
            self.fail(f"{value} is below 0", param, ctx)
        return micros


class OriginsType(click.ParamType[tuple[str, ...]]):
    """Origins of browsers, comma-separated: scheme, host and port without a path."""

    name = "origins"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the origins; fail with the parameter's name."""
        if isinstance(value, tuple):
            return value
        origins = tuple(origin.strip() for origin in str(value).split(",") if origin.strip())
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
                self.fail(f"{origin!r} is not an origin such as http://localhost:5173", param, ctx)
        return origins


class HttpUrlType(click.ParamType[str]):
    """A URL of HTTP; what is wrong with it is said without showing it, as it may hold a secret."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the URL; fail with the parameter's name."""
        try:
            parts = urlsplit(str(value))
        except ValueError:
            self.fail("it is no URL", param, ctx)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            self.fail("it is not a URL such as https://hooks.slack.com/services/...", param, ctx)
        return str(value)


HTTP_URL = HttpUrlType()
DOLLARS = DollarsType()
ORIGINS = OriginsType()
FILE = click.Path(path_type=Path)


def _setting(env: str, kind: click.ParamType[Any] | type, default: Any, text: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"env": env, "kind": kind, "help": text})


@frozen(kw_only=True)
class Settings:
    """What `tradefloor serve` is told. Money is micro-dollars once parsed."""

    port: int = _setting("PORT", click.IntRange(0, 65_535), 3000, "Port of HTTP and WebSocket; 0 takes a free one.")
    host: str = _setting("HOST", str, "127.0.0.1", "Address to listen on.")
    environment: str = _setting(
        "TRADEFLOOR_ENV",
        click.Choice(["development", "production"]),
        "development",
        "Development seeds a demo user; production demands a secret.",
    )
    database_path: Path = _setting(
        "DATABASE_PATH",
        click.Path(path_type=Path, dir_okay=False),
        DATABASE_DEFAULT,
        "File of the database; its folder is the data folder.",
    )
    client_url: tuple[str, ...] = _setting(
        "CLIENT_URL", ORIGINS, ("http://localhost:5173",), "Origins of browsers, comma-separated."
    )
    metering_grpc_address: str | None = _setting(
        "METERING_GRPC_ADDRESS", str, None, "host:port of the metering service; unset: embedded."
    )
    oversight_grpc_address: str | None = _setting(
        "OVERSIGHT_GRPC_ADDRESS", str, None, "host:port of the oversight service; unset: embedded."
    )
    grpc_tls_ca: Path | None = _setting(
        "GRPC_TLS_CA", FILE, None, "Certificates (PEM) to trust gRPC services elsewhere by; unset: no TLS."
    )
    grpc_tls_cert: Path | None = _setting(
        "GRPC_TLS_CERT", FILE, None, "The floor's own certificate (PEM), where those services ask for one."
    )
    grpc_tls_key: Path | None = _setting("GRPC_TLS_KEY", FILE, None, "The private key of that certificate (PEM).")
    jwt_secret: str | None = _setting(
        "JWT_SECRET", str, None, f"Signs tokens, {SECRET_BYTES_MIN} bytes or more; required in production.", secret=True
    )
    oversight_threshold: int = _setting(
        "OVERSIGHT_THRESHOLD", DOLLARS, dollars(50_000), "Notional above which a trade needs approval, in dollars."
    )
    oversight_auto_approve_below: int = _setting(
        "OVERSIGHT_AUTO_APPROVE_BELOW",
        DOLLARS,
        dollars(10_000),
        "Below this, in dollars, the embedded oversight service approves by itself.",
    )
    approval_ttl: int = _setting("APPROVAL_TTL", click.IntRange(1, 30 * 86_400), 600, "Life of an approval, seconds.")
    approval_price_tolerance: float = _setting(
        "APPROVAL_PRICE_TOLERANCE",
        FiniteRange(0, 1),
        0.02,
        "How far the price may move before approval, as a share.",
    )
    tick_interval_ms: int = _setting(
        "TICK_INTERVAL_MS", click.IntRange(10, 3_600_000), 1000, "Time between prices, ms."
    )
    market_seed: int = _setting("MARKET_SEED", click.IntRange(0, 2**63 - 1), 1, "Seed of the synthetic market.")
    rate_limit_max: int = _setting(
        "RATE_LIMIT_MAX", click.IntRange(1), 100, "Requests an address may make without a valid token in the window."
    )
    rate_limit_window: int = _setting("RATE_LIMIT_WINDOW", click.IntRange(1), 900, "That window, seconds.")
    rate_limit_user_max: int = _setting("RATE_LIMIT_USER_MAX", click.IntRange(1), 6000, "Requests of a user a minute.")
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES",
        click.IntRange(0, 8),
        0,
        "Proxies in front of the floor; X-Forwarded-For tells the address of a client that came through them.",
    )
    socketio_ping_interval: int = _setting(
        "SOCKETIO_PING_INTERVAL", click.IntRange(100, 3_600_000), 25_000, "Time between Socket.IO's pings, ms."
    )
    socketio_ping_timeout: int = _setting(
        "SOCKETIO_PING_TIMEOUT",
        click.IntRange(100, 3_600_000),
        60_000,
        "How long a Socket.IO client may take to answer one, ms.",
    )
    slack_webhook_url: str | None = _setting(
        "SLACK_WEBHOOK_URL", HTTP_URL, None, "Slack's incoming webhook for approvals and alerts.", secret=True
    )
    slack_signing_secret: str | None = _setting(
        "SLACK_SIGNING_SECRET", str, None, "Slack's signing secret, for its buttons to work.", secret=True
    )
    slack_bot_token: str | None = _setting(
        "SLACK_BOT_TOKEN",
        str,
        None,
        "Token of the Slack app (users:read, users:read.email), to know who presses them.",
        secret=True,
    )
    simulations_at_once: int = _setting(
        "SIMULATIONS_AT_ONCE", click.IntRange(1, 64), 1, "Simulations that run at a time, each in a process of its own."
    )
    simulations_kept: int = _setting(
        "SIMULATIONS_KEPT", click.IntRange(1, 1_000), 50, "Simulations that are kept with their reports, the newest."
    )
    simulations_mb_max: int = _setting(
        "SIMULATIONS_MB_MAX",
        click.IntRange(1, 10_000_000),
        2_000,
        "Disk that all simulations may take, megabytes; the oldest that have ended go first.",
    )
    stop_timeout: float = _setting(
        "STOP_TIMEOUT", FiniteRange(0.1, 3_600), 25.0, "How long a stop in good order may take, seconds."
    )
    log_format: str = _setting("LOG_FORMAT", click.Choice(["console", "json"]), "console", "How log lines look.")
    log_level: str = _setting(
        "LOG_LEVEL", click.Choice(["debug", "info", "warning", "error"]), "info", "The least grave line to log."
    )

    @property
    def is_development(self) -> bool:
        """Whether the floor may make its own secret and demo user."""
        return self.environment == "development"

    @property
    def data_folder(self) -> Path:
        """Where the database and what belongs to it live."""
        return self.database_path.parent


def settings_options(function: FunctionT) -> FunctionT:
    """Give a command one option for each setting, named like its variable."""
    for attribute in reversed(fields(Settings)):
        function = _option(attribute)(function)
    return function


def chosen_options(*names: str) -> Callable[[FunctionT], FunctionT]:
    """Give a command the options of some settings only, by the names of their attributes."""

    def decorate(function: FunctionT) -> FunctionT:
        for name in reversed(names):
            function = _option(getattr(fields(Settings), name))(function)
        return function

    return decorate


def load_settings(values: Mapping[str, Any]) -> Settings:
    """Return the settings from a command's parsed options. Raises click.BadParameter for what no option shows alone."""
    settings = Settings(**{attribute.name: values[attribute.name] for attribute in fields(Settings)})
    client_tls(settings.grpc_tls_ca, settings.grpc_tls_cert, settings.grpc_tls_key)
    if settings.jwt_secret is not None and len(settings.jwt_secret.encode()) < SECRET_BYTES_MIN:
        raise click.BadParameter(
            f"it has {len(settings.jwt_secret.encode())} bytes and needs {SECRET_BYTES_MIN} or more",
            param_hint="JWT_SECRET",
        )
    if settings.jwt_secret is None and not settings.is_development:
        raise click.BadParameter(
            f"production needs a secret of {SECRET_BYTES_MIN} bytes or more, for instance from: openssl rand -hex 32",
            param_hint="JWT_SECRET",
        )
    return settings


def _option(attribute: "Attribute[Any]") -> Callable[[FunctionT], FunctionT]:
    env, kind = attribute.metadata["env"], attribute.metadata["kind"]
    show_default: bool | str = attribute.default is not None and attribute.name != "client_url"
    if kind is DOLLARS and attribute.default is not None:
        show_default = str(attribute.default // dollars(1))
    return click.option(
        "--" + ("env" if env == "TRADEFLOOR_ENV" else attribute.name.replace("_", "-")),
        attribute.name,
        type=kind,
        default=attribute.default,
        envvar=env,
        show_envvar=True,
        show_default=show_default,
        help=attribute.metadata["help"],
    )


def environment_names() -> tuple[str, ...]:
    """Return the names of all variables that settings read."""
    return tuple(attribute.metadata["env"] for attribute in fields(Settings))


def stray_variables() -> tuple[str, ...]:
    """Return variables of the environment that look like a mistyped setting of ours."""
    known = set(environment_names())
    return tuple(sorted(name for name in os.environ if name.startswith("TRADEFLOOR_") and name not in known))
