"""What a newcomer finds in development: a demo user who may do everything, and six agents at work."""

from typing import Final

from actors import paths
from actors.lifecycle import AgentEvent
from actors.messages import ChangeStatus, CreateAgent, NewAgent
from actors.model import Principal, Role, StrategyKind, User
from actors.money import dollars
from actors.ports.people import People
from actors.preferences import AssetPreferences
from net.auth.passwords import Passwords
from tradefloor.floor import Floor

DEMO_EMAIL: Final = "demo@example.com"
DEMO_PASSWORD: Final = "demo123"  # noqa: S105 -- the demo login is public; production has none

DEMO_AGENTS: Final = (
    NewAgent("Steady Index", StrategyKind.BALANCED, dollars(100_000), risk_tolerance=5),
    NewAgent("Momentum Hunter", StrategyKind.AGGRESSIVE, dollars(50_000), risk_tolerance=8),
    NewAgent("Rainy Day Fund", StrategyKind.CONSERVATIVE, dollars(25_000), risk_tolerance=2),
    NewAgent(
        "Tech Tilt",
        StrategyKind.BALANCED,
        dollars(75_000),
        risk_tolerance=7,
        preferences=AssetPreferences(sectors=("technology",)),
    ),
    NewAgent("Night Owl", StrategyKind.AGGRESSIVE, dollars(20_000), risk_tolerance=6),
    NewAgent(
        "Under Watch",
        StrategyKind.CONSERVATIVE,
        dollars(100_000),
        risk_tolerance=4,
        oversight_threshold_micros=dollars(4_000),
    ),
)


async def seed_demo_user(floor: Floor, people: People, passwords: Passwords) -> None:
    """Add the demo user, unless somebody has that address already."""
    if await people.user_by_email(DEMO_EMAIL) is not None:
        return
    services = floor.services
    user = User(
        user_id=services.ids.new("usr"),
        email=DEMO_EMAIL,
        role=Role.ADMIN,
        password_hash=await passwords.hash(DEMO_PASSWORD),
        created_at_us=services.clock.now_us(),
    )
    by = Principal(user.user_id, "Tradefloor", Role.ADMIN)
    await people.save_user(user, by, user.created_at_us, None)


async def seed_demo_agents(floor: Floor, people: People) -> None:
    """Give the demo user six agents of different strategies, active, unless there are agents already."""
    user = await people.user_by_email(DEMO_EMAIL)
    if user is None or floor.views.agents:
        return
    principal = Principal(user.user_id, user.email, user.role)
    for new in DEMO_AGENTS:
        agent = await floor.system.ref(paths.FLOOR).ask(CreateAgent(new, principal))
        await floor.system.ref(paths.agent(agent.agent_id)).ask(ChangeStatus(AgentEvent.RESUME, principal))
