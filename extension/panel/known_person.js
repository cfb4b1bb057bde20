/** Somebody Beckon knows: who they are, what was said to them before, and what can be added. */

import { adding } from "./adding.js";
import { isEmpty } from "./draft.js";
import { chosenFinding, findingChoice } from "./finding.js";
import { fill, h, icon, link } from "./h.js";
import { avatar, banner, into, letters, position, screen, setBusy } from "./parts.js";

const LETTERS = { email: { work: "W", personal: "P" }, phone: { work: "W", personal: "P", mobile: "M" } };
const SPOILED = new Set(["bounced", "invalid"]);
const BLANK = { title: "Title", company: "Company", location: "Location", headline: "Headline", first_name: "First name", last_name: "Last name", summary: "Summary" };

/** @typedef {{done: string[], refused: {what: string, code: string, id: number, detail: string}[]}} Outcome */

/**
 * @param {object} options
 * @param {import("../beckon/client.js").Client} options.client
 * @param {any} options.person a Summary
 * @param {import("./draft.js").Draft} options.draft with the page's profile; it is sent only when asked for
 * @param {Outcome | null} options.saved what was just done
 * @param {(draft: import("./draft.js").Draft) => Promise<any>} options.save
 * @param {(() => void) | null} options.another "not this person"
 */
export function knownPerson({ client, person, draft, saved, save, another }) {
  const may = person.may || {};
  const bare = { ...draft, profile: { ...draft.profile, first_name: "", last_name: "", headline: "", title: "", company: "", location: "", summary: "", emails: [], phones: [], profiles: [], skills: [], experience: [], education: [] } };
  const button = h("button", { class: "btn btn-primary", type: "submit", "aria-disabled": "true" }, "Save");
  const problem = h("div", { class: "empty:hidden mb-3" });
  const finding = findingChoice(may.get_email || {}, draft, changed);
  const more = may.edit ? adding({ client, draft, may, recordType: person.record_type, changed }) : null;
  const body = screen([
    told(saved, anyway), problem,
    head(person),
    (person.obstacles || []).length > 0 && h("div", { class: "mt-3" }, banner("red", h("p", { class: "font-medium" }, "Do not contact"), person.obstacles.map((text) => h("p", {}, text)))),
    may.edit && missing(),
    contacts(person.contact_points || []),
    history(person.contact || []),
    places("Projects", person.projects || [], () => null),
    places("Campaigns", person.campaigns || [], (each) => h("span", { class: "badge badge-plain flex-none text-muted" }, h("span", { class: `dot ${each.running ? "dot-teal" : "dot-grey"}` }), each.status)),
    more && h("div", { class: "mt-4 border-t border-line pt-4" }, more.elements, finding),
    another && h("p", { class: "mt-2 text-sm" }, h("button", { class: "link-q cursor-pointer", type: "button", on: { click: another } }, "Not this person?")),
  ], more ? [button] : []);
  const form = h("form", { class: "contents", novalidate: true, on: { submit, keydown: (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit() } }, body);
  return form;

  function read() {
    return { ...bare, ...more?.read(), ...chosenFinding(finding) };
  }

  function changed() {
    if (more) button.setAttribute("aria-disabled", String(isEmpty(read())));
  }

  async function submit(event) {
    event.preventDefault();
    if (!more || button.getAttribute("aria-disabled") === "true") return;
    const filled = read();
    if (more.wrong((person.projects || []).length > 0)) return;
    await send(button, filled);
  }

  async function send(pressed, filled) {
    setBusy(pressed, true);
    fill(problem);
    const refused = await save(filled);
    setBusy(pressed, false);
    if (refused) fill(problem, banner("red", [refused.message, ...Object.values(refused.errors || {}).flat()].join(" ")));
  }

  /** Into a campaign although something speaks against it. @param {HTMLElement} pressed @param {number} id */
  function anyway(pressed, id) {
    send(pressed, { ...bare, campaigns: [{ id, name: "" }], anyway: true });
  }

  /** What the page states and Beckon lacks, with one button. */
  function missing() {
    const lacks = person.missing;
    const lines = lacks ? [...Object.entries(lacks.blank || {}).map(([name, text]) => [BLANK[name] || name, text]),
      ...[["E-mail", "emails"], ["Phone", "phones"], ["Profile", "profiles"]].flatMap(([label, name]) => (lacks[name] || []).map((text) => [label, text]))] : [];
    if (!lines.length) return null;
    const add = h("button", { class: "btn btn-sm", type: "button", on: { click: () => send(add, { ...bare, profile: draft.profile }) } }, icon("plus"), "Add to Beckon");
    return h("section", { class: "banner tone-primary mt-4 flex-col gap-2!", "aria-label": "New on this page" },
      h("p", { class: "font-medium" }, "New on this page"),
      h("dl", { class: "w-full" }, lines.map(([label, text]) => h("div", { class: "flex gap-3 py-0.5" }, h("dt", { class: "w-16 flex-none text-muted" }, label), h("dd", { class: "min-w-0 flex-1 wrap-anywhere" }, h("bdi", {}, text))))),
      add);
  }
}

/**
 * @param {Outcome | null} saved
 * @param {(pressed: HTMLElement, campaign: number) => void} anyway
 */
function told(saved, anyway) {
  if (!saved) return null;
  return h("div", { class: "mb-4 flex flex-col gap-2" },
    (saved.done.length > 0 || saved.refused.length === 0) && h("div", { class: "banner tone-green" }, h("span", { class: "mt-0.5 text-success" }, icon("circle-check")),
      h("div", { class: "min-w-0 flex-1 wrap-anywhere" }, h("p", { class: "font-medium" }, "Saved"), saved.done.map((text) => h("p", { class: "text-muted" }, text)))),
    saved.refused.map((each) => {
      const add = each.code === "doubtful" && h("button", { class: "btn btn-xs mt-1.5", type: "button", on: { click: () => anyway(add, each.id) } }, "Add anyway");
      return banner("amber", h("p", {}, each.detail), add);
    }));
}

function head(person) {
  return h("div", { class: "flex gap-3" }, avatar(person, "avatar-lg"),
    h("div", { class: "min-w-0 flex-1" },
      h("div", { class: "flex items-start gap-2" },
        h("h1", { class: "min-w-0 flex-1 text-lg leading-6 font-medium wrap-anywhere outline-none", tabindex: "-1" }, h("bdi", {}, person.name)),
        h("span", { class: "flex flex-none gap-1" }, (person.systems || []).map(badge))),
      (person.title || person.company) && h("p", { class: "text-sm wrap-anywhere" }, position(person)),
      person.location && h("p", { class: "mt-0.5 flex items-center gap-1 text-xs text-muted" }, icon("map-pin", "size-3.5"), h("bdi", { class: "wrap-anywhere" }, person.location)),
      (person.tags || []).length > 0 && h("p", { class: "mt-1.5 flex flex-wrap gap-1" }, person.tags.map((tag) => h("span", { class: "badge badge-tint max-w-full" }, h("bdi", { class: "truncate" }, tag)))),
      h("p", { class: "mt-1.5 text-sm" }, into(person.url, "Open in Beckon"))));
}

function badge(system) {
  const linked = system.state === "linked";
  const said = linked ? `${system.name}, ${system.exported ? "exported" : "linked"}` : `${system.name}, not confirmed yet`;
  const tile = h("span", { class: `ats ${linked ? "ats-ok" : ""}`, role: "img", "aria-label": said, title: said }, letters(system.name));
  return system.url ? link(system.url, "", tile) : tile;
}

function contacts(points) {
  const rows = points.filter((point) => point.kind !== "profile").map((point) => {
    const spoiled = SPOILED.has(point.status);
    const letter = LETTERS[point.kind]?.[point.type] || "";
    return h("li", { class: "flex min-h-7 items-center gap-2" },
      h("span", { class: "text-muted" }, point.kind === "phone" ? icon("phone") : icon("mail"), h("span", { class: "sr" }, point.kind === "phone" ? "Phone" : "E-mail")),
      h("span", { class: `truncate ${spoiled ? "text-muted line-through decoration-1" : ""}`, title: point.value }, point.value),
      letter && h("span", { class: "letter", title: point.type }, letter),
      spoiled && h("span", { class: "flex-none text-xs text-error" }, point.status === "bounced" ? "Bounced" : "Invalid"),
      point.private && h("span", { class: "flex-none text-xs text-muted" }, "only you"));
  });
  return rows.length > 0 && h("section", { class: "mt-4 border-t border-line pt-3", "aria-label": "Contact data" }, h("ul", { class: "text-sm" }, rows));
}

function history(lines) {
  return h("section", { class: "mt-4 border-t border-line pt-3", "aria-labelledby": "past" },
    h("h2", { class: "h-sec mb-1", id: "past" }, "Past contact"),
    lines.length
      ? h("ul", { class: "flex flex-col gap-1 text-sm" }, lines.map((each) => h("li", { class: "flex gap-2" }, icon("message-square", "mt-0.5 text-muted"), h("span", { class: "min-w-0 wrap-anywhere", title: each.at ? new Date(each.at).toLocaleString() : null }, each.text))))
      : h("p", { class: "text-sm text-muted" }, "Nobody here has written to them."));
}

function places(title, rows, mark) {
  if (!rows.length) return null;
  return h("section", { class: "mt-4 border-t border-line pt-3", "aria-label": title },
    h("h2", { class: "h-sec mb-1" }, title),
    h("ul", { class: "flex flex-col text-sm" }, rows.map((each) => h("li", { class: "flex min-h-7 items-center gap-2" }, h("span", { class: "min-w-0 flex-1 truncate" }, link(each.url, "underline-offset-3 hover:underline", h("bdi", {}, each.name))), mark(each)))));
}
