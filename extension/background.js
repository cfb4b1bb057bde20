// A click on the icon opens the panel for the tab in front. The click is also what lets the panel read that page
// (activeTab), so a panel that is open already is told of it and reads anew.

import { clicked } from "./clicks.js";

chrome.action.onClicked.addListener((tab) => {
  // No await before open(): the browser permits it only in the turn of the click.
  if (chrome.sidePanel) {
    chrome.sidePanel.setOptions({ tabId: tab.id, path: `panel.html?tab=${tab.id}`, enabled: true });
    chrome.sidePanel.open({ tabId: tab.id });
  } else {
    chrome.sidebarAction.open();
    clicked(tab.id);
  }
  chrome.runtime.sendMessage({ clicked: tab.id }).catch(() => {}); // nobody listens before the first panel is open
});
