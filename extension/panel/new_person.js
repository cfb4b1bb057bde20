/** The form for somebody Beckon does not know, filled with what the page openly states. */

import { adding } from "./adding.js";
import { extrasOf } from "./draft.js";
import { chosenFinding, findingChoice, offersForNew } from "./finding.js";
import { fill, h, icon, newId } from "./h.js";
import { banner, checkbox, errorOf, field, input, screen, setBusy, tell } from "./parts.js";

const LISTS = [
  { name: "emails", label: "E-mail", add: "Add e-mail", type: "email", most: 10 },
  { name: "phones", label: "Phone", add: "Add phone", type: "tel", most: 10 },
  { name: "profiles", label: "Profile", add: "Add profile", type: "url", most: 10 },
];

/**
 * @param {object} options
 * @param {import("../beckon/client.js").Client} options.client
 * @param {import("./draft.js").Draft} options.draft
 * @param {{add_to_project?: boolean, add_to_campaign?: boolean, sync?: boolean}} options.may
 * @param {string[]} options.notices what Beckon says of a person it does not know
 * @param {string} options.trouble why nobody was looked up, or ""
 * @param {string} options.heading
 * @param {(draft: import("./draft.js").Draft) => Promise<any>} options.save resolves with a refusal to show, or nothing
 * @param {() => void} [options.retry]
 */
export function newPersonForm({ client, draft, may, notices, trouble, heading, save, retry }) {
  const { profile } = draft;
  const texts = Object.fromEntries(["first_name", "last_name", "title", "company", "location"].map((name) => [name, input(name, profile[name], { maxlength: 300 })]));
  const lists = LISTS.map((kind) => ({ ...kind, ...listOf(kind, profile[kind.name]) }));
  const more = adding({ client, draft, may, recordType: draft.record_type, changed: () => {} });
  const extras = extrasOf(profile);
  const takeExtras = extras && checkbox(`Also save ${extras}`, { name: "extras", checked: draft.extras });
  const finding = h("div", {});
  const problem = h("div", { class: "empty:hidden mb-4" });
  const button = h("button", { class: "btn btn-primary", type: "submit" }, "Save");
  const isFilled = [...Object.values(texts).map((control) => control.value), ...LISTS.flatMap((kind) => profile[kind.name])].some(Boolean);
  offersForNew(client).then((offers) => fill(finding, findingChoice(offers, draft, () => {})), () => {}); // later it can be asked for all the same

  const form = h("form", { class: "contents", novalidate: true, on: { submit, keydown: (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit() } },
    screen([
      h("h1", { class: "mb-1 text-lg font-medium outline-none", tabindex: "-1" }, heading),
      h("p", { class: "mb-4 text-xs text-muted" }, isFilled ? ["Filled in from ", h("bdi", {}, profile.site || "the page"), ". Check it before you save."] : "The page in front names nobody. Fill in what you know."),
      problem,
      trouble && h("div", { class: "mb-4" }, banner("amber", trouble, retry && h("div", { class: "mt-2" }, h("button", { class: "btn btn-sm", type: "button", on: { click: retry } }, "Try again")))),
      notices.map((text) => h("div", { class: "mb-4" }, banner("amber", text))),
      h("section", { class: "section flex flex-col gap-3", "aria-label": "Person" },
        h("div", { class: "grid grid-cols-2 gap-2" }, field("First name", texts.first_name), field("Last name", texts.last_name)),
        field("Title", texts.title), field("Company", texts.company), field("Location", texts.location),
        lists.map((list) => list.element), takeExtras),
      more.elements, finding,
    ], [button]));
  return form;

  function read() {
    const values = Object.fromEntries(Object.entries(texts).map(([name, control]) => [name, control.value.trim()]));
    for (const list of lists) values[list.name] = list.value();
    return {
      ...draft, ...more.read(), profile: { ...profile, ...values },
      extras: takeExtras ? takeExtras.querySelector("input").checked : true,
      ...chosenFinding(finding),
    };
  }

  async function submit(event) {
    event.preventDefault();
    if (button.classList.contains("is-busy")) return;
    const filled = read();
    forget();
    if (isNobody(filled.profile)) return point(texts.first_name, "Enter a name, or an address to know the person by.");
    if (more.wrong(false)) return;
    setBusy(button, true);
    const refused = await save(filled);
    setBusy(button, false);
    if (refused) show(refused);
  }

  function point(control, text) {
    tell(control, text);
    control.focus();
  }

  function forget() {
    fill(problem);
    for (const control of Object.values(texts)) tell(control, "");
    for (const list of lists) list.tell("");
  }

  /** What Beckon refused, beside what caused it. @param {{message: string, errors: Record<string, any>}} refused */
  function show(refused) {
    let led = false;
    const others = [];
    for (const [name, text] of Object.entries(refused.errors || {})) {
      const words = Array.isArray(text) ? text.join(" ") : String(text);
      const part = name.replace(/^profile\./, "").split(".")[0];
      const list = lists.find((each) => each.name === part);
      const control = texts[part] || list?.first();
      if (!control) { others.push(words); continue; }
      if (list) list.tell(words);
      else tell(control, words);
      if (!led) control.focus();
      led = true;
    }
    if (!led || others.length) {
      fill(problem, banner("red", others.length ? others.join(" ") : refused.message));
      if (!led) form.querySelector(".screen-body").scrollTop = 0;
    }
  }
}

/** @param {any} profile whether nobody could be known by it */
function isNobody({ first_name, last_name, emails, phones, profiles }) {
  return !first_name && !last_name && ![emails, phones, profiles].some((list) => list.length);
}

/** Several values of a kind, each in a box of its own. */
function listOf({ name, label, add, type, most }, values) {
  const id = newId(name);
  const rows = h("div", { class: "flex flex-col gap-1.5" });
  const error = errorOf({ id });
  const more = h("button", { class: "btn btn-ghost btn-sm -ms-2", type: "button", on: { click: () => { row("").focus(); } } }, icon("plus"), add);
  for (const value of values) row(value);
  const element = h("fieldset", {}, h("legend", { class: "mb-1 text-sm font-medium" }, label), rows, error, more);
  return { element, value: () => boxes().map((box) => box.value.trim()).filter(Boolean), first: () => boxes()[0] || row(""), tell: say };

  function boxes() {
    return [...rows.querySelectorAll("input")];
  }

  function row(value) {
    const box = input(name, value, { type, inputmode: { email: "email", tel: "tel", url: "url" }[type], dir: "ltr", maxlength: 500, "aria-label": label, spellcheck: "false" });
    const line = h("div", { class: "flex gap-1" }, box, h("button", { class: "btn btn-ghost btn-square", type: "button", "aria-label": `Remove ${value || label}`, title: "Remove", on: { click: () => { line.remove(); more.hidden = false; more.focus(); } } }, icon("x")));
    rows.append(line);
    more.hidden = boxes().length >= most;
    return box;
  }

  function say(text) {
    error.hidden = !text;
    fill(error, text && icon("circle-alert", "mt-px size-3.5"), text && h("span", {}, text));
    for (const box of boxes()) {
      box.classList.toggle("border-error", Boolean(text));
      if (text) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
      if (text) box.setAttribute("aria-describedby", error.id);
    }
  }
}
