/** The Beckons this browser is connected to. One entry per address, organisation and user; one of them is current. */

import { ask } from "./http.js";
import { Offline, Refused } from "./problems.js";
import * as storage from "./storage.js";

/**
 * @typedef {object} Server
 * @property {string} id the same again when the same user is paired again, so that what waits is still theirs
 * @property {string} origin
 * @property {{id: number, name: string}} user
 * @property {{id: number, name: string}} organisation
 * @property {string[]} rights
 * @property {string} access_token
 * @property {number} access_until ms since 1970, by this machine's clock
 * @property {string} refresh_token
 * @property {boolean} ended revoked or expired: must be paired again
 */

const PREFIX = "server:";
const CURRENT = "current";
const LOOPBACK = new Set(["localhost", "127.0.0.1"]);
const TIMEOUT = 20_000;

/** What was typed is no address of a Beckon, or the browser may not talk to it. */
export class BadAddress extends Error {
  name = "BadAddress";
}

/** @returns {Promise<Server[]>} by organisation */
export async function list() {
  /** @type {Server[]} */
  const all = await storage.readAll(PREFIX);
  return all.sort((a, b) => a.organisation.name.localeCompare(b.organisation.name) || a.id.localeCompare(b.id));
}

/** @param {string} id @returns {Promise<Server | undefined>} */
export function get(id) {
  return storage.read(PREFIX + id);
}

/** @returns {Promise<Server | undefined>} the chosen one, else the first */
export async function current() {
  const id = await storage.read(CURRENT);
  const chosen = typeof id === "string" ? await get(id) : undefined;
  return chosen || (await list())[0];
}

/** @param {string} id */
export function choose(id) {
  return storage.write({ [CURRENT]: id });
}

/** Call `act` whenever a server comes, changes or goes. @param {() => void} act */
export function watch(act) {
  storage.watch(PREFIX, act);
  storage.watch(CURRENT, act);
}

/**
 * The origin of a typed address: a scheme is added, a path is left out.
 * Raises BadAddress; http only leads to this machine, because the token would be readable on the way.
 * @param {string} address
 */
export function originOf(address) {
  const typed = address.trim();
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `${schemeFor(typed)}://${typed}`);
  if (!url || !/^[a-z0-9.-]+$/i.test(url.hostname) || url.username || url.password || !["https:", "http:"].includes(url.protocol)) {
    throw new BadAddress("Enter the address of your Beckon, as beckon.example.com.");
  }
  if (url.protocol === "http:" && !LOOPBACK.has(url.hostname)) {
    throw new BadAddress("The address must begin with https://, so that nobody on the way reads along.");
  }
  return url.origin;
}

/** @param {string} text @returns {URL | null} */
function parse(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** @param {string} typed without a scheme */
function schemeFor(typed) {
  return LOOPBACK.has(typed.split(/[:/]/)[0].toLowerCase()) ? "http" : "https";
}

/** The pattern a browser grants: it knows hosts, not ports. @param {string} origin */
function grantOf(origin) {
  const url = new URL(origin);
  return `${url.protocol}//${url.hostname}/*`;
}

/**
 * Connect to a Beckon by a code, and make it the current one.
 *
 * Call it in the turn of a press: the browser asks the person whether the extension may talk to that host.
 * Raises BadAddress, Offline, Throttled, Refused (`pairing_code_refused`) and NoRoom.
 *
 * @param {string} address
 * @param {string} code
 * @returns {Promise<Server>}
 */
export async function pair(address, code) {
  const origin = originOf(address);
  const grant = { origins: [grantOf(origin)] };
  if (!(await chrome.permissions.request(grant))) {
    throw new BadAddress(`The browser did not let the extension talk to ${new URL(origin).host}. Press Connect again and allow it.`);
  }
  try {
    const told = await ask(origin, "POST", "/api/v1/pairing/", {
      body: JSON.stringify({ code: code.trim(), name: browserName() }),
      timeout: TIMEOUT,
    });
    const server = { ...recordOf(origin, told), ended: false };
    await storage.write({ [PREFIX + server.id]: server, [CURRENT]: server.id });
    return server;
  } catch (problem) {
    await release(origin);
    // The code may have been used up by a request whose answer was lost.
    if (problem instanceof Offline) problem.message += " If it happens again, make a new code.";
    throw problem;
  }
}

/** @param {string} origin @param {any} told @returns {Server} */
function recordOf(origin, told) {
  if (!told?.access_token || !told.refresh_token || !told.user?.id || !told.organisation?.id) {
    throw new Refused(200, { detail: "This Beckon answered in a way the extension does not know. Is it up to date?" });
  }
  return {
    id: `${origin}|${told.organisation.id}|${told.user.id}`,
    origin,
    user: told.user,
    organisation: told.organisation,
    rights: told.rights || [],
    access_token: told.access_token,
    access_until: Date.now() + told.access_expires_in * 1000,
    refresh_token: told.refresh_token,
    ended: false,
  };
}

/**
 * New tokens for one. They are kept before they are used: the server holds the old refresh token good until then, so
 * that neither a lost answer nor a full disk ends the pairing. Raises what :func:`ask` raises, and NoRoom.
 * @param {Server} server
 * @param {number} timeout ms
 * @returns {Promise<Server>}
 */
export async function refresh(server, timeout) {
  const told = await ask(server.origin, "POST", "/api/v1/pairing/refresh/", {
    body: JSON.stringify({ refresh_token: server.refresh_token }),
    timeout,
  });
  const fresh = { ...recordOf(server.origin, told), id: server.id };
  await storage.write({ [PREFIX + server.id]: fresh });
  return fresh;
}

/** It must be paired again; what waits for it stays. @param {string} id */
export async function end(id) {
  const server = await get(id);
  if (server && !server.ended) {
    await storage.write({ [PREFIX + id]: { ...server, ended: true, access_token: "", refresh_token: "" } });
  }
}

/** Forget one, and give back the browser's permission for its host when no other needs it. @param {string} id */
export async function forget(id) {
  const server = await get(id);
  if (!server) return;
  await storage.remove(PREFIX + id);
  await release(server.origin);
}

/** Whether the browser still lets the extension talk to it: people can take that back at any time. @param {Server} server */
export function isGranted(server) {
  return chrome.permissions.contains({ origins: [grantOf(server.origin)] });
}

/** Ask for that again; in the turn of a press. @param {Server} server */
export function askGrant(server) {
  return chrome.permissions.request({ origins: [grantOf(server.origin)] });
}

/** @param {string} origin */
async function release(origin) {
  const grant = grantOf(origin);
  if ((await list()).some((server) => grantOf(server.origin) === grant)) return;
  // What the manifest itself grants cannot be given back.
  await chrome.permissions.remove({ origins: [grant] }).catch(() => {});
}

/** "Chromium on Linux": how the user knows this browser again in Settings. */
export function browserName() {
  const agent = navigator.userAgent;
  /** @type {{brands: {brand: string}[], platform: string} | undefined} */
  const told = /** @type {any} */ (navigator).userAgentData; // Chromium's
  const brand = told?.brands?.map((each) => each.brand).find((name) => !/not.?a.?brand/i.test(name) && name !== "Chromium");
  const browser = brand || (/Firefox\//.test(agent) ? "Firefox" : "Chromium");
  const system = told?.platform || /Windows|Mac OS X|Linux|CrOS/.exec(agent)?.[0] || "";
  return system ? `${browser} on ${system}` : browser;
}
