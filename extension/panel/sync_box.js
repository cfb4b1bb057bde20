/**
 * *Sync as* with the grey arrow: how this one person goes to connected systems. Settings come from the organisation, the
 * campaign and so on; what is changed here is for this person only. Locked ones are shown as they count.
 */

import { offered } from "./choices.js";
import { combobox } from "./combobox.js";
import { companyChooser } from "./companies.js";
import { fill, h, icon, newId } from "./h.js";
import { checkbox, field, input, letters, select } from "./parts.js";

/** Where a value stands that counts for this person. */
const FROM = { organisation: "the team’s", user: "yours", campaign: "the campaign’s", person: "this person’s", default: "nothing set" };
/** The choice of no value of this person's own. */
const INHERIT = "inherit";

/**
 * @param {object} options
 * @param {import("../beckon/client.js").Client} options.client
 * @param {number | null} options.candidate
 * @param {string} options.recordType
 * @param {{connection: number, settings: Record<string, any>, fields: Record<string, any>}[]} options.given what was changed before, when a save is edited
 * @param {() => void} options.changed
 * @returns {{element: HTMLElement, recordType: () => string, value: () => {connection: number, settings: object, fields: object}[]}}
 */
export function syncBox({ client, candidate, recordType, given, changed }) {
  const id = newId("sync");
  const element = h("section", { class: "section", hidden: true, "aria-label": "Connected systems" });
  const before = recordType || "candidate";
  let type = before;
  /** @type {{connection: number, read: () => {settings: object, fields: object}}[]} */
  let systems = [];
  let open = false;
  load();
  return { element, recordType: () => (type === before && candidate ? "" : type), value: () => systems.map((each) => ({ connection: each.connection, ...each.read() })) };

  async function load() {
    let told;
    try {
      told = await client.get("/api/v1/panel/sync/", { record_type: type, candidate: candidate ?? undefined });
    } catch {
      return; // no system is connected, or nothing can be asked now: a save goes by what is set already
    }
    element.hidden = told.systems.length === 0;
    if (!element.hidden) draw(told);
  }

  function draw(told) {
    const box = select("record_type", told.record_types.map((value) => ({ value, label: value === "contact" ? "Contact" : "Candidate" })), type, {
      id: `${id}-as`, on: { change: (event) => { type = event.target.value; changed(); load(); } },
    });
    const arrow = h("button", {
      class: "btn btn-ghost btn-square", type: "button", "aria-expanded": String(open), "aria-controls": `${id}-more`, "aria-label": "Advanced settings", title: "Advanced settings",
      on: { click: () => { open = !open; show(); } },
    }, icon("chevron-down"));
    const drawn = told.systems.map((system) => ofSystem(system, { candidate, client, changed, given: given.find((each) => each.connection === system.connection_id) }));
    systems = drawn.map((each) => ({ connection: each.connection, read: each.read }));
    const more = h("div", { id: `${id}-more`, class: "mt-3 flex flex-col gap-5", hidden: !open }, drawn.map((each) => each.element));
    const wanted = told.systems.filter((system) => system.takes).flatMap((system) => system.fields.filter((each) => each.mandatory && isBlank(each.value) && !each.mapped).map((each) => `${system.name}: ${each.label}`));
    fill(element,
      h("label", { class: "mb-1 block text-sm font-medium", for: `${id}-as` }, "Sync as"),
      h("div", { class: "flex gap-1" }, box, arrow),
      wanted.length > 0 && h("p", { class: "mt-1.5 flex items-start gap-1.5 text-xs text-warning" }, icon("triangle-alert", "mt-px size-3.5"), h("span", {}, `To be filled in under the arrow before anything is sent: ${wanted.join(", ")}.`)),
      more);

    function show() {
      more.hidden = !open;
      arrow.setAttribute("aria-expanded", String(open));
    }
  }
}

/** One connected system: its settings, its fields, its company. */
function ofSystem(system, { candidate, client, changed, given }) {
  const heading = h("span", { class: "h-sec flex items-center gap-2" }, h("span", { class: "ats", "aria-hidden": "true" }, letters(system.name)), system.name);
  if (!system.takes) {
    const element = h("div", {}, heading, h("p", { class: "mt-1 text-xs text-muted" }, `${system.name} knows no such records: nothing is sent there.`));
    return { element, connection: system.connection_id, read: () => ({ settings: {}, fields: {} }) };
  }
  const jobs = (q) => offered(client, { kind: "job", connection: system.connection_id, q });
  const settings = system.settings.map((each) => settingLine({ ...each, given: given?.settings[each.name] }, jobs, changed));
  const fields = system.fields.map((each) => fieldLine({ ...each, given: given?.fields[each.id] }, system.name, changed));
  const element = h("fieldset", { class: "flex flex-col gap-3" }, h("legend", { class: "mb-3" }, heading),
    settings.map((each) => each.element), fields.map((each) => each.element),
    system.companies?.has && companyChooser({ client, candidate, connection: system.connection_id, system: system.name, chosen: system.companies.chosen }));
  return { element, connection: system.connection_id, read: () => ({ settings: collected(settings), fields: collected(fields) }) };
}

/** Only what was changed here. @param {{name: string, read: () => any}[]} lines */
function collected(lines) {
  return Object.fromEntries(lines.map((line) => [line.name, line.read()]).filter(([, value]) => value !== undefined));
}

/** A setting with what counts now as its first choice; a locked one is shown as it counts. */
function settingLine(setting, jobs, changed) {
  const lock = setting.locked && h("p", { class: "mt-1 flex items-center gap-1.5 text-xs text-muted" }, icon("lock", "size-3.5"), h("span", {}, "Locked by ", h("bdi", {}, setting.locked.by || "an admin"), setting.editable ? ", for everybody but admins" : ": the team’s setting counts"));
  if (setting.editable === false) {
    const element = h("div", {}, h("p", { class: "text-sm font-medium" }, setting.label), h("p", { class: "mt-0.5 text-sm" }, setting.words), lock);
    return { name: setting.name, element, read: () => undefined };
  }
  const made = setting.kind === "job" ? jobLine(setting, jobs, changed) : setting.kind === "choices" ? boxesLine(setting.name, setting.label, setting, { changed }) : ownLine(setting, changed);
  if (lock) made.element.append(lock);
  return made;
}

/** One value of several, or none of this person's own. */
function ownLine(setting, changed) {
  const isOwn = setting.own !== null && setting.own !== undefined;
  const inherit = { value: INHERIT, label: isOwn ? "As set for everybody" : `${setting.words} (${FROM[setting.from] || FROM.default})` };
  const options = [inherit, ...setting.choices.map((each) => ({ value: JSON.stringify(each.value), label: each.label }))];
  const control = select("", options, isOwn ? JSON.stringify(setting.own) : INHERIT, { on: { change: changed } });
  const first = control.value;
  if (setting.given !== undefined) control.value = setting.given === null ? INHERIT : JSON.stringify(setting.given);
  return { name: setting.name, element: field(setting.label, control, { help: setting.help }), read: () => (control.value === first ? undefined : control.value === INHERIT ? null : JSON.parse(control.value)) };
}

/** The job there that the person is put on. */
function jobLine(setting, jobs, changed) {
  const first = setting.value ? [{ id: setting.value, name: setting.words }] : [];
  const box = combobox({ label: setting.label, find: jobs, most: 1, chosen: setting.given ? [{ id: setting.given, name: setting.words }] : first, placeholder: "Search jobs", changed });
  const now = () => box.value()[0]?.id ?? null;
  const before = first[0]?.id ?? null;
  return { name: setting.name, element: h("div", {}, box.element), read: () => (now() === before ? undefined : now()) };
}

function fieldLine(remote, system, changed) {
  const mark = remote.mandatory && h("span", { class: "badge badge-tint font-normal" }, `required by ${system}`);
  const about = { mark, changed, help: remote.mapped ? `Left empty: filled from ${remote.mapped}.` : "" };
  const name = String(remote.id);
  if (remote.kind === "choices") return boxesLine(name, remote.label, { ...remote, choices: remote.options }, about);
  const control = controlOf(remote, changed);
  const first = control.value;
  if (remote.given !== undefined) control.value = shown(remote.kind, remote.given);
  return { name, element: field(remote.label, control, about), read: () => (control.value === first ? undefined : typed(remote.kind, control.value)) };
}

/** A control for a value of the vendor's kind. */
function controlOf({ kind, value, options, max_length }, changed) {
  const listened = { on: { input: changed, change: changed } };
  const none = { value: "", label: "—" };
  if (kind === "choice") return select("", [none, ...options], value ?? "", listened);
  if (kind === "boolean") return select("", [none, { value: "true", label: "Yes" }, { value: "false", label: "No" }], shown(kind, value), listened);
  if (kind === "long_text" || kind === "texts") {
    return h("textarea", { class: "textarea min-h-16 py-1.5", rows: 2, dir: "auto", maxlength: max_length, placeholder: kind === "texts" ? "One on each line" : null, value: shown(kind, value), ...listened });
  }
  return input("", shown(kind, value), { type: { number: "number", date: "date" }[kind] || "text", maxlength: max_length, step: kind === "number" ? "any" : null, ...listened });
}

/** Several of a few, each with a box. */
function boxesLine(name, label, { value, choices, given }, { help = "", mark = null, changed }) {
  const boxes = choices.map((each) => checkbox(each.label, { value: each.value, checked: (value || []).includes(each.value), on: { change: changed } }));
  const inputs = boxes.map((box) => box.querySelector("input"));
  const picked = () => inputs.filter((box) => box.checked).map((box) => box.value);
  const first = JSON.stringify(picked());
  if (given) for (const box of inputs) box.checked = given.includes(box.value);
  const element = h("fieldset", {}, h("legend", { class: "mb-1 flex items-center gap-1.5 text-sm font-medium" }, label, mark), help && h("p", { class: "text-xs text-muted" }, help), boxes);
  return { name, element, read: () => (JSON.stringify(picked()) === first ? undefined : picked()) };
}

/** @param {string} kind @param {any} value @returns {string} as it stands in a control */
function shown(kind, value) {
  return isBlank(value) ? "" : kind === "texts" ? value.join("\n") : String(value);
}

/** @param {string} kind @param {string} text @returns {any} as it is sent */
function typed(kind, text) {
  if (kind === "texts") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (text === "") return null;
  return kind === "boolean" ? text === "true" : kind === "number" ? Number(text) : text;
}

function isBlank(value) {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
