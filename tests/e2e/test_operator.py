"""The operator's commands against the real program: over the socket beside its data, and over its URL."""

import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from tests.e2e.people import sign_in
from tests.e2e.program import DEMO, Program, running
from tradefloor.__main__ import main
from tradefloor.operating.connection import API, Place, connected

pytestmark = pytest.mark.e2e

BIG: Final = {"symbol": "TSLA", "action": "buy", "quantity": 500, "orderType": "market", "timeInForce": "day"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Run a floor without demo agents."""
    with running(tmp_path_factory.mktemp("floor"), "--no-demo") as program:
        yield program


@pytest.fixture
def run(program: Program) -> Any:
    """Run a command beside the floor's data, as a terminal of 140 columns would show it."""

    def invoke(*arguments: str, input: str | None = None) -> Result:  # noqa: A002 - as click's runner calls it
        env = {"DATABASE_PATH": str(program.folder / "floor.db"), "COLUMNS": "140", "NO_COLOR": "1"}
        return CliRunner(env=env).invoke(main, arguments, input=input)

    return invoke


@pytest.fixture
def agent_id(run: Any) -> str:
    """Make an agent, as an operator may."""
    made: str = json.loads(run("agents", "create", "By hand", "--strategy", "custom", "--json").stdout)["agentId"]
    return made


def place_of(program: Program) -> Place:
    """Return where the floor is for whoever is on its machine."""
    return Place(None, None, program.folder / "floor.db")


def golden(text: str) -> str:
    """Return what a command printed with what differs from run to run made alike."""
    text = re.sub(r"\b(agt|ovr|trd)_[0-9a-f]{24}\b", r"\1_ID", text)
    text = re.sub(r"\b\d[\d,.]* (ms|s|min|h)\b", "TIME", text)
    text = re.sub(r"(?<![\w-])\d[\d,]*(?<!,)(\.\d+)?%?(?![\w-])", "N", text)
    return "\n".join(re.sub(r" +", " ", line).strip() for line in text.splitlines() if line.strip(" ─"))


def test_the_socket_is_the_owners_alone(program: Program) -> None:
    """Nobody else on the machine may open it."""
    mode = (program.folder / "control.sock").stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_summary(run: Any) -> None:
    """Health, actors, messages and approvals on one screen."""
    lines = golden(run("summary").stdout).splitlines()

    assert lines[0] == "health ok: database ok, grpc ok, market ok"
    assert lines[1].startswith("actors N in all, ")
    assert lines[2] == "messages N handled, N waiting, N skipped"
    assert lines[3:5] == ["restarts N", "approvals none wait"]


def test_tree(run: Any) -> None:
    """The children of the root, in the order in which they start."""
    assert golden(run("tree", "--depth", "1", "--limit", "50").stdout).splitlines()[:8] == [
        "/ running N children",
        "├── journal running",
        "├── metering running",
        "├── oversight running",
        "├── notifier running",
        "├── market running",
        "├── drawdown running",
        "├── agents running N children",
    ]


def test_ps(run: Any) -> None:
    """A line an actor, and how many there are."""
    lines = golden(run("ps", "/journal").stdout).splitlines()

    assert lines[0] == "state mailbox oldest handled busy restarts in hand path"
    assert lines[1].startswith("running N ")
    assert lines[1].endswith(" /journal")
    assert lines[-1] == "N of N actors"


def test_ps_of_some_states(run: Any) -> None:
    """The line that counts them counts no others; a state that there is not is said, with those that there are."""
    none = golden(run("ps", "--state", "failed,stopped").stdout).splitlines()
    refused = run("ps", "--state", "asleep")

    assert none[-1] == "N of N actors"
    assert json.loads(run("ps", "--state", "running,busy,passive", "--json").stdout)["total"] > 1
    assert refused.exit_code == 1
    assert "state must be one of starting, running, busy, stuck, paused, " in refused.stderr


def test_top(run: Any) -> None:
    """Where it is printed it is one window, or as many as wanted."""
    lines = golden(run("top", "/market", "--interval", "0.2").stdout).splitlines()
    documents = run("top", "--json", "--interval", "0.2", "--looks", "2", "--limit", "1").stdout.splitlines()

    assert lines[0] == "state msgs/s busy mailbox oldest restarts history path"
    assert lines[1].endswith("/market")
    assert lines[2] == "N of N actors by rate over TIME"
    assert [len(json.loads(document)["items"]) for document in documents] == [1, 1]


def test_keys_change_what_top_sorts_by(program: Program) -> None:
    """In a terminal, which is as before at the end."""
    terminal, ours = pty.openpty()
    termios.tcsetwinsize(ours, (24, 140))
    before = termios.tcgetattr(ours)
    command = [sys.executable, "-m", "tradefloor", "top", "--interval", "0.2"]
    env = {**os.environ, "DATABASE_PATH": str(program.folder / "floor.db"), "TERM": "xterm"}
    with subprocess.Popen(command, stdin=ours, stdout=ours, stderr=ours, env=env) as top:
        seen = ""
        for key, order in (("m", "by rate"), ("e", "by mailbox"), ("q", "by restarts")):
            while order not in seen:
                seen += os.read(terminal, 4096).decode(errors="replace")
            os.write(terminal, key.encode())
        while top.poll() is None:
            select.select([terminal], [], [], 0.1)[0] and os.read(terminal, 4096)
    after = termios.tcgetattr(ours)
    os.close(terminal)
    os.close(ours)

    assert (top.returncode, after) == (0, before)


def test_inspect(run: Any, agent_id: str) -> None:
    """What an actor does, what it handled, and what it says of itself."""
    told = golden(run("inspect", f"/agents/{agent_id}/portfolio").stdout)

    assert told.splitlines()[:3] == ["/agents/agt_ID/portfolio passive actor", "in hand nothing", "waits for nobody"]
    assert "mailbox N of N (block)" in told
    assert "restarts N, N left; permanent" in told


def test_a_paused_actor_answers_and_goes_on(run: Any, agent_id: str) -> None:
    """Pausing says what it did and how to undo it; the audit keeps who it was and why."""
    path = f"/agents/{agent_id}"
    paused = run("pause", path, "--reason", "odd prices")

    assert golden(paused.stdout).replace("\n", " ") == (
        "Paused N actors at /agents/agt_ID. Their mailboxes fill within their limits; "
        "tradefloor resume /agents/agt_ID lets them go on."
    )
    assert json.loads(run("inspect", f"{path}/agent", "--json").stdout)["state"] == "paused"
    assert golden(run("resume", path, "--reason", "checked").stdout).startswith(
        "Resumed N actors at /agents/agt_ID. They go on"
    )


def test_control_is_audited(program: Program, run: Any) -> None:
    """With the name of the user on this machine, and the reason."""
    run("restart", "/drawdown", "--reason", "a drill")

    with connected(place_of(program)) as floor:
        entry = floor.get("/api/v1/audit", limit=200)["items"][-1]
    assert "local operator" in json.dumps(entry)
    assert "a drill" in json.dumps(entry)


@pytest.mark.parametrize("verb", ["pause", "resume", "stop", "restart", "trace"])
def test_nothing_is_done_without_a_reason(run: Any, verb: str) -> None:
    """A script is told to give one; exit status 2."""
    result = run(verb, "/market")

    assert result.exit_code == 2
    assert 'say why with --reason "..."' in result.output


def test_many_actors_are_asked_about_first(run: Any, agent_id: str) -> None:
    """Stopping half the floor takes a yes."""
    result = run("stop", "/", "--reason", "a slip", input="n\n")

    assert result.exit_code == 1
    assert "actors at /?" in result.output


@pytest.mark.parametrize("verb", ["stop", "restart"])
def test_the_operators_door_is_not_ended_through_itself(run: Any, verb: str) -> None:
    """It would answer nobody on this machine any more, until the floor starts anew."""
    result = run(verb, "/edge/local", "--yes", "--reason", "a slip")

    assert result.exit_code == 1
    assert "/edge/local carries requests such as this one" in result.output


def test_trace(run: Any) -> None:
    """What the market takes in hand, and an end line that counts."""
    lines = run("trace", "/market", "--count", "1", "--reason", "a look").stdout.splitlines()

    assert "/market" in lines[0]
    assert lines[-1] == "Messages seen: 1, of which too many to show: 0."


@pytest.mark.parametrize(
    ("command", "expected"),
    [("waits", "Nobody waits for anybody."), ("dead-letters", "There are no dead letters.")],
)
def test_an_empty_look_says_so(run: Any, command: str, expected: str) -> None:
    """Nothing is an answer, too."""
    assert run(command).stdout.strip() == expected


def test_threads(run: Any) -> None:
    """Every limit by name."""
    names = [line.split()[0] for line in golden(run("threads").stdout).splitlines()]

    assert {"database.writer", "database.readers", "grpc.metering", "grpc.oversight"} <= set(names)


def test_an_approval_is_decided(program: Program, run: Any, agent_id: str) -> None:
    """It is listed, shown with its reason, approved; and then no longer waits."""
    with connected(place_of(program)) as floor:
        request_id = floor.post(f"{API}/agents/{agent_id}/trades", BIG)["approvalRequestId"]

    assert request_id in run("approvals", "list").stdout
    assert "exceeds the threshold" in run("approvals", "show", request_id).stdout
    approved = golden(run("approvals", "approve", request_id, "--reason", "within plan").stdout)
    assert approved.splitlines()[0] == "ovr_ID approved buy N TSLA"
    assert "within plan" in approved
    assert request_id not in run("approvals", "list").stdout


def test_an_agent_lives_and_ends(run: Any, agent_id: str) -> None:
    """Resumed, paused, stopped, deleted: each says what it is then."""
    for verb, status in (("resume", "active"), ("pause", "paused"), ("stop", "stopped")):
        assert golden(run("agents", verb, agent_id).stdout).startswith(f"agt_ID {status} By hand")
    assert run("agents", "delete", agent_id, "--yes").stdout.strip() == f"{agent_id} is deleted."
    assert agent_id not in run("agents", "list").stdout


def test_json_is_the_answer_itself(run: Any) -> None:
    """For programs."""
    assert set(json.loads(run("ps", "--json").stdout)) == {"items", "total"}


def test_a_refusal_names_the_field(run: Any) -> None:
    """With the limit, and exit status 1."""
    result = run("agents", "create", "x")

    assert result.exit_code == 1
    assert "name must have 3 to 100 characters, not 1" in result.output


def test_nobody_there_says_what_to_do(tmp_path: Path) -> None:
    """Exit status 3, and the way out in one line."""
    result = CliRunner().invoke(main, ["ps", "--database-path", str(tmp_path / "none.db")])

    assert result.exit_code == 3
    assert "start one with: tradefloor serve" in result.output


def test_a_floor_elsewhere_takes_a_token(program: Program, run: Any) -> None:
    """By its URL: with an admin's token as here, without one not at all."""
    token = sign_in(program.url, DEMO)["token"]

    assert run("ps", "/journal", "--url", program.url, "--token", token).exit_code == 0
    refused = run("ps", "/journal", "--url", program.url)
    assert refused.exit_code == 1
    assert "sign in" in refused.output
    assert run("ps", "--url", "http://127.0.0.1:9").exit_code == 3


def test_the_log_is_followed_and_shown(run: Any, agent_id: str) -> None:
    """A line an event; one of them in full, with its place in the chain."""
    lines = [json.loads(line) for line in run("events", "tail", "--agent", agent_id, "--json").stdout.splitlines()]
    told = golden(run("events", "tail", "--agent", agent_id).stdout)
    shown = golden(run("events", "show", str(lines[0]["seq"])).stdout).splitlines()

    assert [line["type"] for line in lines] == ["agent.created"]
    assert told.startswith("N N:N:N agent.created paused By hand agt_ID by local operator")
    assert shown[0] == "event N agent.created"
    assert "chain holds" in shown


def test_a_portfolio_at_two_moments(program: Program, run: Any, agent_id: str) -> None:
    """What changed stands beside what was and what is."""
    with connected(place_of(program)) as floor:
        floor.post(f"{API}/agents/{agent_id}/trades", {**BIG, "quantity": 1})

    told = golden(run("diff", agent_id).stdout)

    assert "TSLA shares - N +N" in told
    assert "trd_ID buy N TSLA - completed $N $N" in told


def test_where_tasks_wait(run: Any) -> None:
    """The lines, and the actors whose tasks they are."""
    lines = run("stacks", "/market").stdout.splitlines()

    assert "/market" in lines[0]
    assert lines[1].strip().startswith("supervisor/")
