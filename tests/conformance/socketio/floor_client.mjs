// See the README's tour live, as a page in a browser would: sign in at the floor whose URL is the first argument, over
// the transports named in the second one, trade and approve over HTTP, and watch. Exit with 0 if all was as it should.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const [url, names] = process.argv.slice(2);
const transports = names.split(",");

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

async function post(path, body, token) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(`${url}/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}

async function isRefused(auth, message) {
  const socket = io(url, { transports, auth, forceNew: true });
  const [error] = await once(socket, "connect_error");
  assert.match(error.message, message);
  assert.equal(error.data.status, 401);
  socket.disconnect();
}

async function seesTheTour(socket, agentId, token) {
  const seen = [];
  socket.onAny((name, frame) => name !== "market:update" && seen.push([name, frame]));
  const tradesTo = `/agents/${agentId}/trades`;
  const bought = await post(tradesTo, { symbol: "AAPL", action: "buy", quantity: 10, orderType: "market" }, token);
  assert.equal(bought.status, "completed");
  const held = await post(tradesTo, { symbol: "TSLA", action: "buy", quantity: 500, orderType: "market" }, token);
  assert.equal(held.status, "pending_approval");
  const executed = new Promise((resolve) =>
    socket.on("trade:executed", (frame) => frame.data.tradeId === held.tradeId && resolve(frame)),
  );
  await post(`/oversight/requests/${held.approvalRequestId}/approve`, { reason: "fine" }, token);
  assert.equal((await executed).agentId, agentId);

  const steps = seen.filter(([name]) => name !== "portfolio:update");
  assert.deepEqual(
    steps.map(([name]) => name),
    ["trade:created", "trade:executed", "trade:created", "oversight:request", "oversight:approved", "trade:executed"],
  );
  for (const [name, frame] of seen) assert.equal(frame.type, name.replace(":", "."));
  const sequence = steps.map(([, frame]) => frame.seq);
  assert.deepEqual(sequence, [...new Set(sequence)].sort((a, b) => a - b));
  assert.deepEqual(steps[1][1].data, bought);
}

await isRefused({}, /auth: \{ token \}/);
await isRefused({ token: "guess" }, /token/);

const { token } = await post("/auth/login", { email: "demo@example.com", password: "demo123" });
const budget = { name: "Tour", strategy: "balanced", initialBudget: 100_000, riskTolerance: 5 };
const { agentId } = await post("/agents", budget, token);

const socket = io(url, { transports, auth: { token }, timeout: 5000 });
const upgraded = transports.length > 1 && once(socket.io, "open").then(() => once(socket.io.engine, "upgrade"));
await once(socket, "connect");
await upgraded;
assert.equal(socket.io.engine.transport.name, transports.at(-1));

const absent = await socket.timeout(5000).emitWithAck("subscribe:agent", "agt_unknown");
assert.deepEqual([absent.ok, absent.status], [false, 404]);
assert.equal((await socket.timeout(5000).emitWithAck("subscribe:agent", agentId)).ok, true);

const pong = once(socket, "pong");
socket.emit("ping");
assert.ok((await pong)[0].timestamp);

const [market] = await once(socket, "market:update");
assert.equal(market.data.prices.length, 20);

await seesTheTour(socket, agentId, token);
socket.disconnect();
process.exit(0);
