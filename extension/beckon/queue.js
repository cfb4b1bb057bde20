/**
 * Saves on their way to a Beckon: nothing lost, nothing doubled.
 *
 * A save is kept with its Idempotency-Key before it is first sent and until its answer is known, and sent again, byte
 * for byte and under the same key, for as long as nobody knows: Beckon does it once. One process at a time sends, across
 * panels. Beckon remembers a key for 24 hours; a save whose first try is older and may have arrived is not sent by
 * itself any more, a person is asked.
 */

import { Client } from "./client.js";
import { NoRoom, Offline, Refused, ServerTrouble, SignedOut, Throttled } from "./problems.js";
import * as storage from "./storage.js";

/**
 * @typedef {object} Save
 * @property {string} key the Idempotency-Key, for ever
 * @property {string} server
 * @property {string} title whom it is about
 * @property {string} body JSON, as sent; empty once it was sent
 * @property {any} draft what it was made of, for whoever edits it; null once it was sent
 * @property {"waiting" | "refused" | "sent"} state
 * @property {number} at when it was made, ms since 1970
 * @property {number | null} unknown_since first try of which nobody knows whether it arrived; null when there is none
 * @property {number} tries since the last answer that was understood
 * @property {number} not_before not sent by itself earlier
 * @property {string} reason why it waits or was refused
 * @property {any} problem what Beckon told of the refusal
 * @property {any} answer of a sent one
 */
/** @typedef {Pick<Save, "key" | "title" | "body" | "draft">} What */

const PATH = "/api/v1/panel/saves/";
const PREFIX = "save:";
/** ms: an hour less than Beckon remembers a key. */
const SAFE = 23 * 3600_000;
const FIRST_PAUSE = 15_000;
const LONGEST_PAUSE = 15 * 60_000;
/** ms: sent ones that no panel took are shown this long. */
const SHOWN = 24 * 3600_000;
/** Refusals that say that the save is being done, and that it was. */
const IN_USE = "idempotency_key_in_use";
const DONE_AND_ERASED = "answer_forgotten";

/**
 * Keep a save; only then may it be sent. A refused one of the same key is replaced. One that still waits may have
 * arrived as it was, so it is left as it is. Raises NoRoom.
 * @param {string} server
 * @param {What} what
 * @returns {Promise<Save>}
 */
export async function add(server, what) {
  const before = await get(what.key);
  if (before && before.state !== "refused") return before;
  const save = made(server, what, before ? before.at : Date.now());
  await put(save);
  return save;
}

/** @param {string} server @param {What} what @param {number} at @returns {Save} */
function made(server, { key, title, body, draft }, at) {
  return { key, server, title, body, draft, state: "waiting", at, unknown_since: null, tries: 0, not_before: 0, reason: "", problem: null, answer: null };
}

/** @param {string} key @returns {Promise<Save | undefined>} */
export function get(key) {
  return storage.read(PREFIX + key);
}

/** @param {string} server @returns {Promise<Save[]>} oldest first */
export async function list(server) {
  /** @type {Save[]} */
  const all = await storage.readAll(PREFIX);
  return all.filter((save) => save.server === server).sort((a, b) => a.at - b.at || a.key.localeCompare(b.key));
}

/** Call `act` after every change, by whichever panel. @param {() => void} act */
export function watch(act) {
  storage.watch(PREFIX, act);
}

/**
 * Send one now, whatever it waits for, and return how it stands then. Raises NoRoom, without having sent it.
 * @param {Save} save
 * @param {Client} client
 * @returns {Promise<Save>} with the whole answer when it was sent
 */
export function send(save, client = new Client(save.server)) {
  return inTurn(save.server, async () => {
    const now = await get(save.key);
    if (!now) throw new Error("It was discarded.");
    return now.state === "waiting" ? (await attempt(now, client)).save : now;
  });
}

/**
 * Send one that this browser has no room to keep: whoever asks keeps the key, and uses it again. Never raises.
 * @param {string} server
 * @param {What} what
 * @param {Client} client
 * @returns {Promise<Save>}
 */
export async function sendUnkept(server, what, client = new Client(server)) {
  return (await attempt(made(server, what, Date.now()), client, async () => {})).save;
}

/**
 * Send everything that is due, oldest first, until Beckon cannot be reached.
 * @param {string} server
 * @param {Client} client
 * @returns {Promise<void>}
 */
export function sendDue(server, client = new Client(server)) {
  return inTurn(server, async () => {
    for (const save of await list(server)) {
      const now = Date.now();
      if (save.state === "sent" && now - save.at > SHOWN) await storage.remove(PREFIX + save.key);
      if (!isDue(save, now)) continue;
      const { problem } = await attempt(save, client);
      if (problem instanceof Offline || problem instanceof SignedOut || problem instanceof Throttled) return;
    }
  });
}

/** A person looked and wants it sent again, under its own key. @param {Save} save */
export function again(save) {
  return inTurn(save.server, async () => {
    const now = await get(save.key);
    if (!now || now.state === "sent") return;
    await put({ ...now, state: "waiting", unknown_since: null, not_before: 0, tries: 0, reason: "", problem: null });
  });
}

/** Forget one; the person was told what that means. @param {Save} save */
export function discard(save) {
  return inTurn(save.server, () => storage.remove(PREFIX + save.key));
}

/** Forget all of a server. @param {string} server */
export function discardAll(server) {
  return inTurn(server, async () => storage.remove((await list(server)).map((save) => PREFIX + save.key)));
}

/** @param {Save} save @param {number} now ms */
export function isDue(save, now) {
  return save.state === "waiting" && save.not_before <= now && !mustAsk(save, now);
}

/** Whether a person must look first: it may have arrived, and Beckon may have forgotten its key. @param {Save} save @param {number} now */
export function mustAsk(save, now) {
  return save.state === "waiting" && save.unknown_since !== null && now - save.unknown_since > SAFE;
}

/** One at a time, across panels. @template T @param {string} server @param {() => Promise<T>} work @returns {Promise<T>} */
function inTurn(server, work) {
  return navigator.locks.request(`saves:${server}`, work);
}

/** @param {Save} save */
function put(save) {
  return storage.write({ [PREFIX + save.key]: save });
}

/**
 * One try. That it is tried is kept before a byte leaves, so that a browser that is closed meanwhile knows.
 * @param {Save} save
 * @param {Client} client
 * @param {(save: Save) => Promise<void>} keep
 * @returns {Promise<{save: Save, problem?: unknown}>}
 */
async function attempt(save, client, keep = put) {
  const tried = { ...save, unknown_since: save.unknown_since ?? Date.now(), tries: save.tries + 1 };
  await keep(tried);
  try {
    const answer = await client.send("POST", PATH, { body: tried.body, key: tried.key });
    const sent = done(tried, answer);
    // Kept without room it stays "waiting": sent again, it gets the same answer again.
    await keep({ ...sent, answer: brief(answer) }).catch(() => {});
    return { save: sent };
  } catch (problem) {
    const settled = after(save, tried, problem, Date.now());
    await keep(settled).catch(() => {});
    return { save: settled, problem };
  }
}

/** @param {Save} tried @param {any} answer @returns {Save} */
function done(tried, answer) {
  return { ...tried, body: "", draft: null, state: "sent", unknown_since: null, reason: "", problem: null, answer };
}

/** What is kept of an answer until somebody has seen it. @param {any} answer */
function brief(answer) {
  const { id, name, url } = answer.person || {};
  return { created: answer.created, person: { id, name, url }, done: answer.done || [], refused: answer.refused || [] };
}

/**
 * How a save stands after a try that did not end well. Pure.
 * @param {Save} before as it stood before the try
 * @param {Save} tried
 * @param {any} problem
 * @param {number} now ms
 * @returns {Save}
 */
export function after(before, tried, problem, now) {
  if (problem instanceof Offline || problem instanceof ServerTrouble) {
    const pause = problem instanceof Offline ? 0 : Math.min(FIRST_PAUSE * 2 ** (tried.tries - 1), LONGEST_PAUSE);
    return { ...tried, not_before: now + pause, reason: problem.message };
  }
  // The rest says that this try did nothing; whether an earlier one did is as unknown as before.
  const untried = { ...tried, unknown_since: before.unknown_since };
  if (problem instanceof Throttled) return { ...untried, not_before: now + problem.seconds * 1000, reason: problem.message };
  if (problem instanceof SignedOut || problem instanceof NoRoom) return { ...untried, reason: problem.message };
  if (problem instanceof Refused && problem.code === IN_USE) return { ...tried, not_before: now + FIRST_PAUSE, reason: problem.message };
  if (problem instanceof Refused && problem.code === DONE_AND_ERASED) return done(tried, { done: [problem.message] });
  if (problem instanceof Refused) {
    return { ...tried, state: "refused", unknown_since: null, tries: 0, reason: problem.message, problem: { status: problem.status, ...problem.problem } };
  }
  return { ...tried, reason: String(problem?.message || problem) };
}
