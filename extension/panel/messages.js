/** Screens that say one thing: what is the matter, and the one next step. */

import { askGrant } from "../beckon/servers.js";
import { h, icon } from "./h.js";
import { message, setBusy } from "./parts.js";

/** @typedef {import("../beckon/servers.js").Server} Server */
/** @typedef {import("../beckon/queue.js").Save} Save */

/** @param {string} label @param {() => void} act */
function primary(label, act) {
  return h("button", { class: "btn btn-primary", type: "button", on: { click: act } }, label);
}

/** @param {string} label @param {() => void} act */
function quiet(label, act) {
  return h("button", { class: "link-q cursor-pointer", type: "button", on: { click: act } }, label);
}

/** @param {import("./page.js").Unreadable} problem @param {() => void} byHand */
export function unreadable(problem, byHand) {
  return message({
    icon: problem.again ? icon("mouse-pointer-click", "size-5") : icon("file-x", "size-5"),
    title: problem.again ? "Click the Beckon icon again to read this page" : "This page cannot be read",
    text: problem.again ? problem.message : `${problem.message} Open a profile and click the Beckon icon.`,
    quiet: quiet("Add a person by hand", byHand),
  });
}

/** @param {string} text @param {() => void} retry @param {() => void} [otherwise] the form, where somebody can be added all the same */
export function failed(text, retry, otherwise) {
  return message({ icon: icon("triangle-alert", "size-5"), title: "That did not work", text, action: primary("Try again", retry), quiet: otherwise && quiet("Add the person all the same", otherwise) });
}

/** The person took the permission for the host back, in the browser's settings. @param {Server} server @param {() => void} allowed */
export function notGranted(server, allowed) {
  return message({
    icon: icon("shield", "size-5"), title: `The extension may no longer talk to ${new URL(server.origin).host}`, text: "Your browser took the permission back. Nothing you saved is lost.",
    action: primary("Allow it again", async () => { if (await askGrant(server)) allowed(); }),
  });
}

/** Whoever may look people up and not add them meets somebody nobody knows. */
export function readOnly() {
  return message({ icon: icon("search-x", "size-5"), title: "Beckon does not know this person", text: "You may look people up, not add them. Ask an admin of your organisation." });
}

/** @param {Save} save @param {() => void} showWaiting */
export function kept(save, showWaiting) {
  return message({
    icon: icon("cloud-off", "size-5"), title: `${save.title} is kept here`, text: `${save.reason} What you saved waits in this browser and is sent by itself, once.`,
    action: primary("Show what waits", showWaiting),
  });
}

/** @param {{server: Server, unsent: Save[], go: () => Promise<void>, cancel: () => void}} options */
export function disconnecting({ server, unsent, go, cancel }) {
  const lost = unsent.length === 1 ? "1 save is" : `${unsent.length} saves are`;
  const yes = h("button", { class: "btn btn-danger", type: "button", on: { click: () => { setBusy(yes, true); go(); } } }, "Disconnect");
  return message({
    icon: icon("log-out", "size-5"), title: `Disconnect ${server.organisation.name}?`,
    text: unsent.length ? `${lost} still waiting in this browser and would be lost: ${unsent.map((each) => each.title).join(", ")}.` : "You can connect again with a new code.",
    action: h("span", { class: "flex gap-2" }, h("button", { class: "btn", type: "button", on: { click: cancel } }, "Cancel"), yes),
  });
}
