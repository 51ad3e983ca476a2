/** One connection to /ws that comes back by itself and resumes after the last sequence that was seen. */

import { freshToken } from "./session.js";

const CHANNELS = ["portfolio", "trades", "oversight", "market"];
const BACKOFF_MS = [250, 500, 1000, 2000, 4000, 8000];
const SILENCE_MS_MAX = 15_000;

/**
 * Events: `frame` (detail: the frame), `live` (detail: {isFirst}) when the channels are subscribed,
 * `behind` when the floor has dropped what this page was too slow for and sends it once more, `down` (detail: {again_ms}).
 */
export class Feed extends EventTarget {
  #socket = null;
  #seq = null;
  #attempts = 0;
  #timer = null;
  #watch = null;
  #heard_ms = 0;
  #isClosed = false;
  #isAsking = false;

  open() {
    this.#isClosed = false;
    this.#connect();
    addEventListener("online", this.#now);
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    removeEventListener("online", this.#now);
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #now = () => {
    if (this.#socket === null) this.#connect();
  };

  async #connect() {
    clearTimeout(this.#timer);
    let token;
    try {
      token = await freshToken();
    } catch {
      this.#later();
      return;
    }
    if (token === null || this.#isClosed || this.#socket !== null) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    this.#socket = socket;
    this.#heard_ms = Date.now();
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.#look(socket), 5000);
    socket.onopen = () => socket.send(JSON.stringify({ action: "authenticate", token }));
    socket.onmessage = (message) => this.#take(socket, JSON.parse(message.data));
    socket.onclose = () => this.#gone(socket);
  }

  /** Prices come every second; when nothing comes at all, ask for a sign of life, then give the connection up. */
  #look(socket) {
    const silence_ms = Date.now() - this.#heard_ms;
    if (silence_ms > SILENCE_MS_MAX) this.#gone(socket);
    else if (silence_ms > 5000 && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ action: "ping" }));
  }

  #take(socket, frame) {
    if (socket !== this.#socket) return;
    this.#heard_ms = Date.now();
    if (typeof frame.seq === "number") this.#seq = frame.type === "lagged" ? frame.seq : Math.max(this.#seq ?? 0, frame.seq);
    if (frame.type === "lagged") this.dispatchEvent(new Event("behind"));
    if (frame.type === "authenticated" || frame.type === "lagged") {
      this.#subscribe(socket);
    } else if (frame.type === "error" && this.#isAsking && this.#seq !== null) {
      // A floor that was restored from a backup knows less than this page has seen: all is read anew.
      this.#seq = null;
      this.#subscribe(socket);
    } else if (frame.type === "subscribed") {
      const isFirst = this.#seq === null;
      this.#seq ??= frame.data.seq;
      this.#attempts = 0;
      this.#isAsking = false;
      this.dispatchEvent(new CustomEvent("live", { detail: { isFirst } }));
    } else if (frame.agentId !== undefined) {
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
    }
  }

  #subscribe(socket) {
    this.#isAsking = true;
    socket.send(JSON.stringify({ action: "subscribe", channels: CHANNELS, ...(this.#seq === null ? {} : { after: this.#seq }) }));
  }

  #gone(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearInterval(this.#watch);
    socket.onclose = null;
    socket.close();
    if (!this.#isClosed) this.#later();
  }

  #later() {
    const again_ms = BACKOFF_MS[Math.min(this.#attempts++, BACKOFF_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#connect(), again_ms);
    this.dispatchEvent(new CustomEvent("down", { detail: { again_ms } }));
  }
}
