// Talk to the server at the URL in the first argument as a browser would, over the transports named in the second one
// (polling, websocket, or both for an upgrade). Exit with 0 if everything went as it should.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const [url, names] = process.argv.slice(2);
const transports = names.split(",");
const upgrades = transports.length > 1;

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

const open = (namespace, options = {}) =>
  io(url + namespace, { transports, auth: { token: "abc" }, timeout: 5000, reconnectionDelay: 20, ...options });

async function greeted(socket) {
  const [auth] = await once(socket, "auth");
  return auth;
}

async function connects() {
  const socket = open("/");
  const upgraded = upgrades && once(socket.io, "open").then(() => once(socket.io.engine, "upgrade"));
  assert.deepEqual(await greeted(socket), { token: "abc" });
  if (upgrades) await upgraded;
  assert.equal(socket.io.engine.transport.name, transports.at(-1));
  return socket;
}

async function exchangesEvents(socket) {
  socket.emit("message", 1, "grüße", { nested: [true, null] });
  assert.deepEqual(await once(socket, "message-back"), [1, "grüße", { nested: [true, null] }]);

  const bytes = Buffer.from([0, 1, 255]);
  socket.emit("message", bytes, { inside: [bytes] }, Buffer.alloc(0));
  const [first, { inside }, empty] = await once(socket, "message-back");
  assert.deepEqual([Buffer.from(first), Buffer.from(inside[0])], [bytes, bytes]);
  assert.equal(empty.byteLength ?? empty.length, 0);
}

async function getsAcknowledgements(socket) {
  const answer = await socket.timeout(5000).emitWithAck("message-with-ack", "only");
  assert.equal(answer, "only");
  const bytes = await socket.timeout(5000).emitWithAck("message-with-ack", Buffer.from([7]));
  assert.deepEqual(Buffer.from(bytes), Buffer.from([7]));
}

async function keepsTheOrderOfMany(socket) {
  const received = [];
  const done = new Promise((resolve) =>
    socket.on("message-back", (number) => received.push(number) === 500 && resolve()),
  );
  for (let number = 0; number < 500; number++) socket.emit("message", number);
  await done;
  socket.off("message-back");
  assert.deepEqual(received, [...Array(500).keys()]);
}

async function survivesHeartbeats(socket) {
  for (let count = 0; count < 3; count++) await once(socket.io, "ping");
  assert.ok(socket.connected);
}

async function reconnects(socket) {
  const before = socket.id;
  const reconnected = once(socket.io, "reconnect");
  const greeting = greeted(socket);
  socket.io.engine.close();
  await reconnected;
  await greeting;
  assert.notEqual(socket.id, before);
  await exchangesEvents(socket);
}

async function usesNamespaces(socket) {
  const custom = open("/custom", { forceNew: false });
  assert.deepEqual(await greeted(custom), { token: "abc" });
  custom.disconnect();
  const refused = open("/unknown");
  const [error] = await once(refused, "connect_error");
  assert.equal(error.message, "Invalid namespace");
  await exchangesEvents(socket);
}

const socket = await connects();
await exchangesEvents(socket);
await getsAcknowledgements(socket);
await keepsTheOrderOfMany(socket);
await survivesHeartbeats(socket);
await usesNamespaces(socket);
await reconnects(socket);
socket.disconnect();
process.exit(0);
