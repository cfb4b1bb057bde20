/** *Get email* and *Get phone*, each with its price and what is left. */

import { checkbox } from "./parts.js";
import { h } from "./h.js";

/** @typedef {{offered: boolean, price: number, left: number, had?: boolean}} Offer */

const KINDS = [
  { kind: "email", name: "get_email", label: "Get email", one: "one is found" },
  { kind: "phone", name: "get_phone", label: "Get phone", one: "one is found" },
];

/**
 * @param {Record<string, Offer | undefined>} offers by kind
 * @param {{get_email: boolean, get_phone: boolean}} chosen
 * @param {() => void} changed
 * @returns {HTMLElement | null} null when nothing can be asked for
 */
export function findingChoice(offers, chosen, changed) {
  const shown = KINDS.filter(({ kind }) => offers[kind]?.offered && !offers[kind].had);
  if (!shown.length) return null;
  return h("section", { class: "section", "aria-label": "Find contact data" }, shown.map(({ kind, name, label, one }) => {
    const { price, left } = /** @type {Offer} */ (offers[kind]);
    return checkbox(label, { name, checked: chosen[name], on: { change: changed } }, `${price} credit${price === 1 ? "" : "s"} if ${one} · ${left.toLocaleString()} left`);
  }));
}

/** @param {HTMLElement | null} place @returns {{get_email: boolean, get_phone: boolean}} */
export function chosenFinding(place) {
  const isChecked = (name) => Boolean(place?.querySelector(`[name=${name}]:checked`));
  return { get_email: isChecked("get_email"), get_phone: isChecked("get_phone") };
}

/** For somebody new: what the organisation has left. @param {import("../beckon/client.js").Client} client @returns {Promise<Record<string, Offer>>} */
export async function offersForNew(client) {
  const told = await client.get("/api/v1/credits/");
  return Object.fromEntries((told.results ?? told).map(({ kind, available }) => [kind, { offered: available > 0, price: 1, left: available }]));
}
