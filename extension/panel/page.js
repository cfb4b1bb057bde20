/** The page in front, read once when a person asks: its snapshot is taken there, and understood here. */

import { read } from "../reading/read.js";
import { collect } from "../reading/snapshot.js";

/** This page cannot be read; `again` when a click on the icon would let us. */
export class Unreadable extends Error {
  name = "Unreadable";
  /** @param {string} text @param {boolean} again */
  constructor(text, again) {
    super(text);
    this.again = again;
  }
}

const READABLE = new Set(["text/html", "application/xhtml+xml"]);

/** @param {number} tab @returns {Promise<any>} the profile it states, empty where it states none */
export async function readPage(tab) {
  if (!Number.isInteger(tab)) throw new Unreadable("The click lets Beckon read the page in front, once.", true);
  let type, snapshot;
  try {
    [{ result: type }] = await chrome.scripting.executeScript({ target: { tabId: tab }, func: () => document.contentType });
    if (type && READABLE.has(type)) [{ result: snapshot }] = await chrome.scripting.executeScript({ target: { tabId: tab }, func: collect });
  } catch (problem) {
    throw unreadable(String(problem?.message || problem), await isOpenToUs(tab));
  }
  if (!snapshot) throw new Unreadable("This is a document the browser shows by itself, not a web page.", false);
  return read(snapshot);
}

/**
 * Whether a click has let us know the page in front, so that another one would change nothing: Firefox says of pages that no
 * extension may read what it says of those whose click is missing. @param {number} tab
 */
async function isOpenToUs(tab) {
  return Boolean((await chrome.tabs.get(tab).catch(() => null))?.url);
}

/** @param {string} said by the browser @param {boolean} open whether the click was made */
function unreadable(said, open) {
  if (!open && /must request permission|Missing host permission|activeTab/i.test(said)) {
    return new Unreadable("Beckon may read a page only after a click on its icon, and this tab has gone to another one since.", true);
  }
  return new Unreadable("Browsers do not let extensions read their own pages, their store, or error pages.", false);
}
