/** The saves of this browser that are not done: waiting, refused, or to be looked at. */

import * as queue from "../beckon/queue.js";
import { fill, h, icon, link } from "./h.js";
import { screen, setBusy } from "./parts.js";

/** @typedef {import("../beckon/queue.js").Save} Save */

/**
 * @param {object} options
 * @param {Save[]} options.saves
 * @param {string} options.organisation
 * @param {() => Promise<void>} options.sendNow
 * @param {(save: Save) => void} options.edit
 * @param {(save: Save) => void} options.resolve choose whom a possible duplicate is
 * @param {() => void} options.back
 */
export function waiting({ saves, organisation, sendNow, edit, resolve, back }) {
  const now = Date.now();
  const due = saves.some((save) => save.state === "waiting" && !queue.mustAsk(save, now));
  const press = h("button", { class: "btn btn-primary", type: "button", on: { click: async () => { setBusy(press, true); await sendNow(); setBusy(press, false); } } }, "Send now");
  return screen([
    h("h1", { class: "mb-1 text-lg font-medium outline-none", tabindex: "-1" }, saves.length ? "On the way to Beckon" : "Nothing is waiting"),
    h("p", { class: "mb-4 text-sm text-muted" }, saves.length
      ? "Kept in this browser until Beckon has it, even when you close it. Sent by itself when the line is back and a panel is open."
      : ["Everything you saved is at ", h("bdi", {}, organisation), "."]),
    saves.length > 0 && h("ul", { class: "panel divide-y divide-line" }, saves.map((save) => row(save, now, { edit, resolve, again: async () => { await queue.again(save); await sendNow(); } }))),
  ], [h("button", { class: "btn btn-ghost", type: "button", on: { click: back } }, "Back"), due && press].filter(Boolean));
}

/** @param {Save} save @param {number} now */
function row(save, now, can) {
  const { dot, word, text } = state(save, now);
  const place = h("div", { class: "mt-2 flex flex-wrap gap-1.5 empty:hidden" });
  const offer = () => fill(place, actions(save, now, { ...can, ask: () => fill(place, asking(save, offer)) }));
  offer();
  return h("li", { class: "px-3 py-2.5 text-sm" },
    h("div", { class: "flex items-center gap-2" }, h("bdi", { class: "min-w-0 flex-1 truncate font-medium" }, save.title), h("span", { class: "badge badge-plain flex-none" }, h("span", { class: `dot ${dot}` }), word)),
    h("p", { class: "mt-0.5 text-xs text-muted wrap-anywhere" }, text),
    (save.answer?.refused || []).map((each) => h("p", { class: "mt-0.5 text-xs text-warning wrap-anywhere" }, each.detail)),
    place);
}

/** @param {Save} save @param {number} now */
function state(save, now) {
  const made = new Date(save.at).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });
  if (save.state === "sent") return { dot: "dot-green", word: "Saved", text: (save.answer?.done || []).join(" ") || `Made ${made}.` };
  if (save.state === "refused") return { dot: "dot-red", word: "Refused", text: save.reason };
  if (queue.mustAsk(save, now)) return { dot: "dot-amber", word: "Uncertain", text: `Sent ${made}, and no answer came. Look whether Beckon has it before you send it again.` };
  return { dot: "dot-hollow", word: "Waiting", text: `Since ${made}. ${save.reason}` };
}

function actions(save, now, { edit, resolve, again, ask }) {
  const small = (label, act, css = "") => h("button", { class: `btn btn-xs ${css}`, type: "button", on: { click: act } }, label);
  if (save.state === "sent") return [save.answer?.person?.url && link(save.answer.person.url, "btn btn-xs", "Open in Beckon"), small("Dismiss", () => queue.discard(save))];
  const discard = small("Discard", ask, "btn-danger");
  if (save.state === "refused") {
    if (save.problem?.code === "possible_duplicate") return [small("Choose the person", () => resolve(save)), discard];
    return [small("Edit", () => edit(save)), small("Try again", again), discard];
  }
  return queue.mustAsk(save, now) ? [small("Send again", again), discard] : [discard];
}

/** @param {Save} save @param {() => void} keep */
function asking(save, keep) {
  const arrived = save.unknown_since !== null ? " It may have reached Beckon already; that is not undone." : "";
  const yes = h("button", { class: "btn btn-xs btn-danger", type: "button", on: { click: () => queue.discard(save) } }, "Discard");
  return [h("p", { class: "w-full text-xs", role: "alert" }, `Discard what you saved about ${save.title}?${arrived}`), yes, h("button", { class: "btn btn-xs", type: "button", on: { click: keep } }, "Keep")];
}
