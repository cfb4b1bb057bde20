/**
 * A box with a list under it, for choosing several (WAI-ARIA APG: editable combobox with list autocomplete).
 *
 * ↓ ↑ walk, Enter takes, Escape closes, Backspace in the empty box takes the last one away. The list floats: nothing moves.
 */

import { fill, h, icon, newId } from "./h.js";
import { errorOf, tell } from "./parts.js";

/** @typedef {{id: number | string, name: string, about?: string}} Choice what is chosen, by id */

const PAUSE = 150;

/**
 * @param {object} options
 * @param {string} options.label
 * @param {(words: string) => Promise<Choice[]>} options.find
 * @param {boolean} [options.free] what was typed may be taken as it is
 * @param {number} [options.most] a further one takes the place of the last
 * @param {Choice[]} [options.chosen]
 * @param {string} [options.placeholder]
 * @param {() => void} [options.changed]
 * @returns {{element: HTMLElement, input: HTMLInputElement, value: () => Choice[], stray: () => string}} `stray`: typed, and not chosen
 */
export function combobox({ label, find, free = false, most = Infinity, chosen = [], placeholder = "", changed = () => {} }) {
  const id = newId("combo");
  /** @type {Choice[]} */
  let taken = [...chosen];
  /** @type {Choice[]} */
  let offered = [];
  let active = -1;
  let asked = 0;
  let timer = 0;

  const input = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", dir: "auto", placeholder,
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list", "aria-describedby": `${id}-chosen`,
    on: { input: soon, keydown: key, click: () => open(), blur: () => setTimeout(close, 120) },
  });
  const chips = h("span", { class: "contents" });
  const said = h("span", { class: "sr", id: `${id}-chosen` });
  const list = h("ul", { class: "combo-list", id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const note = h("p", { class: "combo-list px-2 py-2 text-muted", role: "status", hidden: true });
  const box = h("div", { class: "combo-box", on: { click: (event) => event.target === box && input.focus() } }, chips, input);
  const element = h("div", {}, h("label", { class: "mb-1 block text-sm font-medium", for: id }, label), h("div", { class: "combo" }, box, said, list, note), errorOf(input));
  draw();
  return { element, input, value: () => [...taken, ...loose()], stray: () => (free ? "" : input.value.trim()) };

  /** What was typed and not confirmed: where anything may be typed it is meant. */
  function loose() {
    const name = input.value.trim();
    return free && name && !has(name) ? [{ id: name, name }] : [];
  }

  function has(name) {
    return taken.some((each) => each.name.toLowerCase() === name.toLowerCase());
  }

  function draw() {
    fill(chips, taken.map((each) => h("span", { class: "chip" }, h("bdi", { class: "truncate" }, each.name),
      h("button", { type: "button", "aria-label": `Remove ${each.name}`, on: { click: () => drop(each) } }, icon("x", "size-3")))));
    said.textContent = taken.length ? `Chosen: ${taken.map((each) => each.name).join(", ")}` : "";
  }

  function soon() {
    tell(input, "");
    changed();
    clearTimeout(timer);
    timer = setTimeout(open, PAUSE);
  }

  async function open() {
    const mine = ++asked;
    const words = input.value.trim();
    try {
      const found = (await find(words)).filter((each) => !taken.some((one) => one.id === each.id));
      if (mine !== asked || document.activeElement !== input) return;
      offered = free && words && !has(words) && !found.some((each) => each.name.toLowerCase() === words.toLowerCase()) ? [...found, { id: words, name: words, about: "new" }] : found;
      show(words ? `Nothing is called “${words}”.` : "There is nothing to choose yet.");
    } catch (problem) {
      if (mine !== asked || document.activeElement !== input) return;
      offered = [];
      show(problem.message);
    }
  }

  function show(otherwise) {
    active = -1;
    fill(list, offered.map((each, index) => h("li", {
      class: "combo-option", role: "option", id: `${id}-${index}`, "aria-selected": "false",
      on: { mousedown: (event) => event.preventDefault(), click: () => take(each) },
    }, h("bdi", { class: "min-w-0 wrap-anywhere" }, each.name), each.about && h("span", { class: "ms-auto flex-none text-xs text-muted" }, each.about))));
    note.textContent = otherwise;
    list.hidden = offered.length === 0;
    note.hidden = offered.length > 0;
    const room = window.innerHeight - box.getBoundingClientRect().bottom;
    for (const each of [list, note]) each.toggleAttribute("data-above", room < 200 && box.getBoundingClientRect().top > room);
    input.setAttribute("aria-expanded", String(offered.length > 0));
    input.removeAttribute("aria-activedescendant");
  }

  function close() {
    asked += 1;
    clearTimeout(timer);
    list.hidden = note.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function isOpen() {
    return !list.hidden || !note.hidden;
  }

  function walk(step) {
    const options = [...list.children];
    if (!options.length) return;
    options[active]?.setAttribute("aria-selected", "false");
    active = active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length;
    options[active].setAttribute("aria-selected", "true");
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  }

  function take(choice) {
    if (!has(choice.name)) taken = [...taken.slice(0, most - 1), choice];
    input.value = "";
    close();
    draw();
    input.focus();
    changed();
  }

  function drop(choice) {
    taken = taken.filter((each) => each !== choice);
    draw();
    input.focus();
    changed();
  }

  function key(event) {
    const typed = input.value.trim();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      else walk(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && isOpen()) {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !list.hidden && (active >= 0 || typed)) {
      // What is typed means the first offer of exactly that name, else nothing is guessed.
      const choice = offered[active] || offered.find((each) => each.name.toLowerCase() === typed.toLowerCase()) || (offered.length === 1 ? offered[0] : null);
      event.preventDefault();
      if (choice) take(choice);
    } else if ((event.key === "Enter" || event.key === ",") && free && typed) {
      event.preventDefault();
      take({ id: typed, name: typed });
    } else if (event.key === "Enter" && typed) {
      // Nothing is saved while it is looked for: it would be saved without it.
      event.preventDefault();
      open();
    } else if (event.key === "Backspace" && !input.value && taken.length) {
      drop(taken[taken.length - 1]);
    }
  }
}
