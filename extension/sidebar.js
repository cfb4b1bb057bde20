/**
 * Firefox's sidebar: one for a window, where Chromium has a panel for each tab. So it holds such a panel for each tab whose icon was
 * pressed and shows that of the tab in front; what was typed in one is there when its tab comes back.
 */

import { wasClicked } from "./clicks.js";
import { h } from "./panel/h.js";

/** @type {Map<number | null, HTMLIFrameElement>} by tab; null: of all whose icon was not pressed */
const panels = new Map();
const { id: here } = await chrome.windows.getCurrent();
let turn = 0;

chrome.tabs.onActivated.addListener(({ windowId }) => { if (windowId === here) show(); });
chrome.tabs.onRemoved.addListener(drop);
chrome.tabs.onDetached.addListener(drop);
chrome.storage.session.onChanged.addListener(show);
await show();

async function show() {
  const mine = ++turn;
  const [front] = await chrome.tabs.query({ active: true, windowId: here });
  const tab = front?.id !== undefined && (await wasClicked(front.id)) ? front.id : null;
  if (mine !== turn) return; // another tab came to the front meanwhile
  if (!panels.has(tab)) add(tab);
  for (const [of, panel] of panels) panel.hidden = of !== tab;
}

/** @param {number | null} tab */
function add(tab) {
  const panel = h("iframe", { class: "size-full", title: "Beckon", src: tab === null ? "panel.html" : `panel.html?tab=${tab}` });
  panels.set(tab, panel);
  document.body.append(panel);
}

/** @param {number} tab */
function drop(tab) {
  panels.get(tab)?.remove();
  panels.delete(tab);
}
