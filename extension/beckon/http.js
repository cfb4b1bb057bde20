/** One request and what its answer means. Knows neither tokens nor storage. */

import { Offline, Refused, ServerTrouble, Throttled } from "./problems.js";

const WAIT_WHEN_UNTOLD = 30;
const LONGEST_WAIT = 3600;

/**
 * Ask once and read the answer.
 *
 * The token goes nowhere else: no cookies, no cache, and no redirect is followed. Raises Offline when no answer came
 * within `timeout` ms, or one that is not Beckon's (a captive portal answers 200 to anything), and Throttled,
 * ServerTrouble or Refused for what Beckon answered.
 *
 * @param {string} origin
 * @param {string} method
 * @param {string} path with its query
 * @param {{token?: string, body?: string, key?: string, timeout: number}} options `body` is JSON already
 * @returns {Promise<any>} the parsed answer, null for 204
 */
export async function ask(origin, method, path, { token = "", body, key = "", timeout }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  /** @type {Response} */
  let response;
  let text;
  try {
    response = await fetch(origin + path, {
      method,
      headers,
      body,
      credentials: "omit",
      cache: "no-store",
      redirect: "manual",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(timeout),
    });
    text = await response.text();
  } catch {
    throw new Offline(`${hostOf(origin)} cannot be reached.`);
  }
  return meaning(origin, response, text);
}

/** @param {string} origin @param {Response} response @param {string} text */
function meaning(origin, response, text) {
  if (response.type === "opaqueredirect") {
    throw new Offline(`${hostOf(origin)} leads elsewhere. Pair with the address you see when you use Beckon.`);
  }
  if (response.status === 204) return null;
  const told = parsed(response.headers.get("Content-Type") || "", text);
  if (response.ok) {
    if (told === undefined) throw new Offline(`What answers at ${hostOf(origin)} is not Beckon.`);
    return told;
  }
  if (response.status === 429) throw new Throttled(secondsAsked(response.headers.get("Retry-After")));
  if (response.status >= 500) throw new ServerTrouble("Something broke on Beckon's side.");
  throw new Refused(response.status, told && typeof told === "object" ? told : {});
}

/** @param {string} type @param {string} text @returns {any} undefined when it is no JSON */
function parsed(type, text) {
  if (!/^application\/(\w+\+)?json\b/.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut short on the way
  }
}

/** @param {string | null} header seconds, or a date */
function secondsAsked(header) {
  const seconds = header && /^\d+$/.test(header) ? Number(header) : (Date.parse(header || "") - Date.now()) / 1000;
  return Math.min(Math.max(Math.ceil(Number.isFinite(seconds) ? seconds : WAIT_WHEN_UNTOLD), 1), LONGEST_WAIT);
}

/** @param {string} origin */
export function hostOf(origin) {
  return new URL(origin).host;
}
