"""What Schemathesis has to know of this API: objects that exist, and what would end the run rather than fail it."""

import json
import os
import re
import zlib
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import schemathesis
from schemathesis.generation.meta import TestPhase

from net.http.problems import MEDIA_TYPE
from tests.net.http.declared import require_declared

POOL: Final[dict[str, Any]] = json.loads(Path(os.environ["FUZZ_POOL"]).read_text("utf-8"))
"""Written by the runner: `objects`, each the ids that belong together; `own`, an agent of a user's; `credentials` and
`people` of the runs, and `spare` credentials; `foreign` ids; and the `actor` that may be controlled."""

ENDINGS: Final = frozenset({"deleteAgent", "stopAgent"})
"""They would leave nothing to try the other operations on; the agents that stateful tests make are theirs to end."""

CONTROLS: Final = frozenset({"pauseActors", "resumeActors", "stopActors", "restartActors"})
MAKERS: Final = frozenset({"submitTrade", "createKey"})
"""What they make, others are about; with made-up ids, symbols and amounts they would hardly ever make anything."""

GIVEN_ID: Final = re.compile("agt_[0-9a-f]{24}")
SYMBOL: Final = "KO"
QUANTITY_MAX: Final = 20
SIGN_OUT: Final = "signOut"
TRACE: Final = "traceActors"
TRACE_S_MAX: Final = 1
WATCH: Final = "watchActors"
WINDOW_MS_MIN: Final = 200
FOLLOW: Final = "tailEvents"
SIMULATED_DAYS: Final = 1
SIMULATED_AGENTS: Final = 100
NOBODY_LISTENS: Final = "http://127.0.0.1:9/"


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """Ask every other time about objects that exist, where the path is meant to be valid."""
    operation = case.operation.definition.raw.get("operationId")
    if case.meta is None or case.meta.phase.name is TestPhase.STATEFUL or operation in ENDINGS:
        return case
    path = {place.value: part for place, part in case.meta.components.items()}.get("path")
    if not case.path_parameters or path is None or not path.mode.is_positive:
        return case
    number = zlib.crc32(json.dumps(case.path_parameters, sort_keys=True, default=str).encode())
    known = POOL["objects"][(number >> 1) % len(POOL["objects"])]
    if number % 2:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    return case


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Turn aside what would end the run, or reach beyond this machine."""
    operation = case.operation.definition.raw.get("operationId")
    body: Any = case.body
    shorten(case, operation)
    if case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL:
        # A key that came before is answered with what was made then, which may be gone by now.
        case.headers.pop("Idempotency-Key", None)
        if operation in MAKERS:
            make_something(case)
    if operation == SIGN_OUT and str(case.headers.get("Authorization")) in POOL["credentials"]:
        # Of these sign-ins there are some to spare; afterwards the answer is 401.
        case.headers["Authorization"] = POOL["spare"].pop() if POOL["spare"] else "Bearer ended"
    elif operation == "changeUser" and case.path_parameters.get("userId") in POOL["people"]:
        # The list of users shows everybody; whoever gets another password or role is out.
        case.path_parameters["userId"] = POOL["objects"][0]["userId"]
    elif operation in CONTROLS and isinstance(body, dict) and str(body.get("path", "")).startswith("/"):
        # Any other path, or a pattern, could stop the server that is tried.
        body["path"] = POOL["actor"]
    elif operation == "startSimulation" and isinstance(body, dict):
        # A simulation takes as long as it is told to.
        shorten_simulation(body)
    elif operation == "putAlerts" and isinstance(body, dict) and isinstance(body.get("channels"), dict):
        # Alerts would go to whatever address was made up.
        url = body["channels"].get("webhookUrl")
        if isinstance(url, str) and url.startswith(("http://", "https://")):
            body["channels"]["webhookUrl"] = NOBODY_LISTENS


def shorten(case: schemathesis.Case[Any], operation: str | None) -> None:
    """Let what is sent line by line end soon, where its query is valid; this client waits for the end."""
    query: Any = case.query
    if operation == WATCH and (query is None or isinstance(query, dict)):
        end_soon(case)
    elif operation == TRACE and isinstance(query, dict) and query.get("seconds", TRACE_S_MAX + 1) in range(1, 601):
        query["seconds"] = TRACE_S_MAX
    elif operation == FOLLOW and isinstance(query, dict) and str(query.get("follow")).lower() == "true":
        query["follow"] = "false"


def shorten_simulation(body: dict[str, Any]) -> None:
    """Ask for little, where much, or as much as the scenario has, was asked for validly."""
    days, agents = body.get("days"), body.get("agents")
    if days is None or (isinstance(days, int | float) and SIMULATED_DAYS < days <= 3_660):
        body["days"] = SIMULATED_DAYS
    if agents is None or (isinstance(agents, int | float) and SIMULATED_AGENTS < agents <= 100_000 and not agents % 1):
        body["agents"] = SIMULATED_AGENTS


def end_soon(case: schemathesis.Case[Any]) -> None:
    """Ask for one short window, where any number of windows, or none at all for ever, was asked for validly."""
    query: dict[str, Any] = case.query or {}
    if "windows" not in query or number_of(query["windows"]) in range(1, 1_000_001):
        query["windows"] = 1
    if "intervalMs" not in query or number_of(query["intervalMs"]) in range(WINDOW_MS_MIN, 60_001):
        query["intervalMs"] = WINDOW_MS_MIN
    case.query = query


def number_of(value: object) -> int | None:
    """Return a whole number, also one in writing; None for anything else."""
    return int(str(value)) if re.fullmatch("-?[0-9]{1,9}", str(value), re.ASCII) else None


def make_something(case: schemathesis.Case[Any]) -> None:
    """Ask for an agent that exists and a trade that it can afford, where all of it was made up."""
    if GIVEN_ID.fullmatch(str(case.path_parameters.get("agentId"))) is None:
        case.path_parameters["agentId"] = POOL["own"]
    body: Any = case.body
    if isinstance(body, dict) and "symbol" in body:
        body["symbol"] = SYMBOL
        body.pop("clientOrderId", None)
        if isinstance(body.get("quantity"), int | float):
            body["quantity"] = body["quantity"] % QUANTITY_MAX or body["quantity"]


@schemathesis.check
def foreign_objects_are_not_there(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Nothing that is asked about another user's object works, whatever is asked."""
    if case.method == "OPTIONS":
        return  # It is answered by what the path is, whatever the id in it.
    ids = set(map(str, (case.path_parameters or {}).values()))
    assert not (ids & set(POOL["foreign"]) and response.status_code < 400), "another user's object was reached"


@schemathesis.check
def refusals_are_declared(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Each problem is among those that its operation declares, by its type as well as by its status."""
    if MEDIA_TYPE in response.headers.get("content-type", []):
        path = unquote(urlsplit(str(response.request.url)).path)
        require_declared(str(response.request.method), path, response.json())
