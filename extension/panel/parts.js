/** Small pieces that several screens are made of. */

import { fill, h, icon, link, newId } from "./h.js";

/** @typedef {import("./h.js").Child} Child */

/**
 * One screen: what scrolls, and the bar with its one primary action.
 * @param {Child[]} body
 * @param {Child[]} foot
 * @param {Record<string, any>} attributes
 */
export function screen(body, foot = [], attributes = {}) {
  return h("div", { class: "screen", ...attributes }, h("div", { class: "screen-body" }, ...body), foot.length > 0 && h("div", { class: "screen-foot" }, ...foot));
}

/** The place of a person, before there is one. */
export function skeleton() {
  const line = (css) => h("span", { class: `skeleton ${css}` });
  return screen([h("div", { "aria-hidden": "true" },
    h("div", { class: "flex gap-3" }, h("span", { class: "skeleton size-11! rounded-full!" }), h("span", { class: "flex flex-1 flex-col gap-2 pt-1" }, line("w-2/5 h-4!"), line("w-3/5"), line("w-1/4"))),
    h("div", { class: "mt-6 flex flex-col gap-3" }, [1, 2, 3].map(() => [line("w-1/4"), line("h-8!")])))]);
}

/**
 * A screen that says one thing and offers one next step.
 * @param {{icon: Node, title: string, text?: Child, action?: Node, quiet?: Node}} what
 */
export function message({ icon: drawn, title, text, action, quiet }) {
  return screen([
    h("div", { class: "mx-auto flex max-w-sm flex-col items-center px-2 py-12 text-center" },
      h("span", { class: "mb-3 grid size-10 place-items-center rounded-box bg-press text-muted" }, drawn),
      h("h1", { class: "font-medium outline-none", tabindex: "-1" }, title),
      text && h("p", { class: "mt-1 text-sm text-muted wrap-anywhere" }, text),
      action && h("div", { class: "mt-4" }, action),
      quiet && h("div", { class: "mt-2 text-sm" }, quiet)),
  ]);
}

/**
 * Something to know or to mend, where it belongs. @param {"primary" | "amber" | "red"} tone @param {...Child} children
 */
export function banner(tone, ...children) {
  const drawn = { primary: icon("info"), amber: icon("triangle-alert"), red: icon("circle-x") }[tone];
  const ink = { primary: "text-primary", amber: "text-warning", red: "text-error" }[tone];
  return h("div", { class: `banner tone-${tone}`, role: tone === "red" ? "alert" : null }, h("span", { class: `mt-0.5 ${ink}` }, drawn), h("div", { class: "min-w-0 flex-1 wrap-anywhere" }, ...children));
}

/**
 * A labelled control with its help and its error. The control gets the id, and the names of what describes it.
 * @param {string} label
 * @param {HTMLElement} control an input, select or textarea
 * @param {{help?: string, optional?: boolean, mark?: Child}} options
 */
export function field(label, control, { help = "", mark = null } = {}) {
  control.id ||= newId("field");
  const helpId = `${control.id}-help`;
  if (help) control.setAttribute("aria-describedby", helpId);
  return h("div", { class: "field-row" },
    h("label", { class: "mb-1 flex items-center gap-1.5 text-sm font-medium", for: control.id }, label, mark),
    control,
    help && h("p", { class: "mt-1 text-xs text-muted", id: helpId }, help),
    errorOf(control));
}

/** The place under a control, or a group, for what is wrong with it. @param {{id: string}} control */
export function errorOf(control) {
  return h("p", { class: "mt-1 flex items-start gap-1.5 text-xs text-error", id: `${control.id}-error`, hidden: true });
}

/** Say under a control what is wrong with it, or nothing. @param {HTMLElement} control @param {string} text */
export function tell(control, text) {
  const place = document.getElementById(`${control.id}-error`);
  if (!place) return;
  place.hidden = !text;
  fill(place, text && icon("circle-alert", "mt-px size-3.5"), text && h("span", {}, text));
  control.toggleAttribute("aria-invalid", Boolean(text));
  if (text) control.setAttribute("aria-invalid", "true");
  control.classList.toggle("border-error", Boolean(text));
  const others = (control.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== place.id);
  const described = text ? [...others, place.id] : others;
  if (described.length) control.setAttribute("aria-describedby", described.join(" "));
  else control.removeAttribute("aria-describedby");
}

/** @param {string} name @param {string} value @param {Record<string, any>} attributes */
export function input(name, value, attributes = {}) {
  return h("input", { class: "input", type: "text", name, value, autocomplete: "off", dir: "auto", ...attributes });
}

/** @param {string} name @param {{value: string, label: string}[]} options @param {string} value @param {Record<string, any>} attributes */
export function select(name, options, value, attributes = {}) {
  return h("select", { class: "select", name, ...attributes }, options.map((each) => h("option", { value: each.value, selected: each.value === value }, each.label)));
}

/** @param {string} label @param {Record<string, any>} attributes @param {Child} help */
export function checkbox(label, attributes = {}, help = null) {
  return h("label", { class: "choice py-1" }, h("input", { class: "checkbox", type: "checkbox", ...attributes }), h("span", { class: "min-w-0" }, label, help && h("span", { class: "block text-xs text-muted" }, help)));
}

/** Heard: the button keeps its place, the words give way to a ring. @param {HTMLElement} button @param {boolean} busy */
export function setBusy(button, busy) {
  button.classList.toggle("is-busy", busy);
  button.setAttribute("aria-disabled", String(busy));
}

/** Initials in the colour Beckon's own pages give this person. @param {{id?: number, name: string}} person @param {string} size */
export function avatar(person, size = "") {
  const hue = (crc32(String(person.id ?? person.name)) % 12) * 30;
  return h("span", { class: `avatar-i av-${hue} ${size}`, "aria-hidden": "true" }, initials(person.name));
}

/** @param {string} name */
function initials(name) {
  const letters = name.split("@")[0].split(/\s+/).flatMap((word) => [...word].filter((letter) => /[\p{L}\p{N}]/u.test(letter)).slice(0, 1));
  return (letters.length > 1 ? letters[0] + letters[letters.length - 1] : letters[0] || "?").toUpperCase();
}

/** @param {string} text @returns {number} as zlib counts it */
function crc32(text) {
  let crc = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Our own letters for systems, never a vendor's mark. */
const TILES = { sourcewhale: "SW", smartrecruiters: "SR", cats: "CA", pinpoint: "PP" };

/** The letters of a system's tile. @param {string} name */
export function letters(name) {
  const word = name.split(/\s/)[0].toLowerCase();
  return TILES[word] || name.slice(0, 2).toUpperCase();
}

/** "Welder · Voltra", each with its own direction. @param {{title?: string, company?: string}} person */
export function position({ title, company }) {
  return [title && h("bdi", {}, title), title && company && " · ", company && h("bdi", {}, company)];
}

/** A link into Beckon. @param {string} url @param {...Child} children */
export function into(url, ...children) {
  return link(url, "link-q", ...children);
}
