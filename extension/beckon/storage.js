/** The extension's storage: survives the browser, is seen by all panels, is read by no page. */

import { NoRoom } from "./problems.js";

const area = chrome.storage.local;
// Not for code that runs in pages, be it ours: whoever took over such a page's process could read the tokens.
area.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });

/** @param {string} key @returns {Promise<any>} what stands there, or undefined */
export async function read(key) {
  return (await area.get(key))[key];
}

/** @param {string} prefix @returns {Promise<any[]>} the values of all keys that begin so */
export async function readAll(prefix) {
  const all = await area.get(null);
  return Object.keys(all)
    .filter((key) => key.startsWith(prefix))
    .map((key) => all[key]);
}

/**
 * Write; when this returns it is kept. Raises NoRoom, and then what stood there still stands.
 * @param {Record<string, any>} values
 */
export async function write(values) {
  try {
    await area.set(values);
  } catch {
    throw new NoRoom();
  }
}

/** @param {string | string[]} keys */
export async function remove(keys) {
  await area.remove(keys);
}

/**
 * Call `act` after any change of a key that begins so, by this panel or another.
 * @param {string} prefix
 * @param {() => void} act
 */
export function watch(prefix, act) {
  chrome.storage.onChanged.addListener((changes, name) => {
    if (name === "local" && Object.keys(changes).some((key) => key.startsWith(prefix))) act();
  });
}
