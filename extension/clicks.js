/** The tabs whose icon was pressed, until the browser is closed: Firefox's sidebar asks, when it opens and whenever another tab comes to the front. */

const PREFIX = "clicked:";

/** @param {number} tab */
export function clicked(tab) {
  return chrome.storage.session.set({ [PREFIX + tab]: true });
}

/** @param {number} tab @returns {Promise<boolean>} */
export async function wasClicked(tab) {
  return PREFIX + tab in (await chrome.storage.session.get(PREFIX + tab));
}
