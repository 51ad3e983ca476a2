/**
 * The actors that are shown, as nodes: {path, state, paused, children, depth, mailbox, handled, restarts, rate?}.
 *
 * Of the tree only what is open is asked for, and of each node so many children: a floor may have a million. What is
 * sought or ranked is found by the floor, among all of them. `said` of a list is a line about what is not in it.
 */

import { get } from "../api.js";
import { count } from "../format.js";

const CHILDREN_MAX = 200;
const FOUND_MAX = 200;
const RANKED_MAX = 50;
const WINDOW_MS = 1000;

/** Ways to look at the actors beside the tree: what is asked for, which are worth showing, and what it means that none is. */
export const RANKINGS = {
  busy: { name: "Busiest", at: `/top?windows=1&intervalMs=${WINDOW_MS}&limit=${RANKED_MAX}`, fits: (item) => item.rate > 0, none: "No actor handled a message in the last second." },
  full: { name: "Fullest", at: `?sort=mailbox&limit=${RANKED_MAX}`, fits: (item) => item.mailbox > 0, none: "No message waits in any mailbox." },
  restarted: { name: "Restarted", at: `?sort=restarts&limit=${RANKED_MAX}`, fits: (item) => item.restarts > 0, none: "No actor had to be restarted since the floor began." },
  aside: { name: "Set aside", at: `?state=failed,stuck,paused,stopped&limit=${RANKED_MAX}`, fits: () => true, none: "No actor has failed, is stuck, paused or stopped." },
};

/** The nodes of the tree that are open, each before those below it. A node that has gone meanwhile is left out. */
export async function openNodes(opened) {
  const parts = await Promise.all([...opened].map(async (path) => {
    const part = await get(`/admin/v1/actors/tree?path=${encodeURIComponent(path)}&depth=1&limit=${CHILDREN_MAX + 1}`).catch((error) => {
      if (error.status !== 404) throw error;
      return { items: [] };
    });
    return [path, part.items];
  }));
  const children = new Map(parts.map(([path, items]) => [path, items.filter((item) => item.path !== path)]));
  const nodes = [];
  const walk = (node, depth) => {
    const below = children.get(node.path);
    nodes.push({ ...node, depth, more: below ? node.children - below.length : 0 });
    below?.forEach((child) => walk(child, depth + 1));
  };
  const top = parts.find(([path]) => path === "/")?.[1].find((item) => item.path === "/");
  walk(top ?? { path: "/", kind: "supervisor", state: "running", paused: false, children: 0 }, 0);
  const cut = nodes.filter((node) => node.more > 0).map((node) => `${count(node.more)} more below ${node.path}`);
  if (cut.length > 0) nodes.said = `Not shown: ${cut.join(", ")}. Find them by a part of their path, or look at the busiest.`;
  return nodes;
}

/** The actors that the floor finds by a part of their path, the fullest mailbox first. */
export async function find(sought) {
  const pattern = sought.startsWith("/") ? `${sought}*` : `/**/*${sought}*`;
  try {
    const { items, total } = await get(`/admin/v1/actors?path=${encodeURIComponent(pattern)}&limit=${FOUND_MAX}`);
    const nodes = items.map(flat);
    nodes.said = total > items.length ? `${count(items.length)} of ${count(total)} actors, the fullest mailboxes first.` : `${count(total)} ${total === 1 ? "actor" : "actors"}.`;
    return nodes;
  } catch (error) {
    if (error.status !== 404) throw error;
    return Object.assign([], { said: "No actor fits. Try another part of its path, such as portfolio." });
  }
}

/** The first of all actors by a ranking. */
export async function ranked({ at, fits, none }) {
  const { items, total } = await get(`/admin/v1/actors${at}`);
  const nodes = items.filter(fits).map(flat);
  nodes.said = nodes.length === 0 ? none : nodes.length === RANKED_MAX ? `The first ${RANKED_MAX} of ${count(total)} actors.` : `${count(nodes.length)} of ${count(total)} actors.`;
  return nodes;
}

const flat = (item) => ({ ...item, paused: item.state === "paused", depth: null, children: 0 });
