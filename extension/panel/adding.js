/** What is added to a person on both screens, known and new: projects, campaigns, tags, a note, and how to sync. */

import { offered } from "./choices.js";
import { combobox } from "./combobox.js";
import { h } from "./h.js";
import { field, select, tell } from "./parts.js";
import { syncBox } from "./sync_box.js";

const VISIBILITY = [
  { value: "organisation", label: "Everybody reads it" },
  { value: "project", label: "The project’s members read it" },
  { value: "me", label: "Only I read it" },
];

/**
 * @param {object} options
 * @param {import("../beckon/client.js").Client} options.client
 * @param {import("./draft.js").Draft} options.draft
 * @param {{add_to_project?: boolean, add_to_campaign?: boolean, sync?: boolean}} options.may
 * @param {string} options.recordType what the person is synced as now
 * @param {() => void} options.changed
 * @returns {{elements: HTMLElement[], read: () => Partial<import("./draft.js").Draft>, wrong: (inProject: boolean) => boolean}} `wrong` tells what is wrong beside it, and leads there
 */
export function adding({ client, draft, may, recordType, changed }) {
  const choices = (kind) => (q) => offered(client, { kind, q });
  const projects = combobox({ label: "Add to project", find: choices("project"), chosen: draft.projects, placeholder: "Search projects", changed });
  const campaigns = combobox({ label: "Add to campaign", find: choices("campaign"), chosen: draft.campaigns, placeholder: "Search campaigns", changed });
  const tags = combobox({ label: "Tags", find: choices("tag"), free: true, chosen: draft.tags, placeholder: "Add a tag", changed });
  const note = h("textarea", { class: "textarea min-h-16 py-1.5", name: "note", rows: "2", maxlength: "20000", dir: "auto", value: draft.note.text, on: { input: () => { visibility.hidden = !note.value; changed(); } } });
  const visibility = select("visibility", VISIBILITY, draft.note.visibility, { "aria-label": "Who reads the note", class: "select mt-1.5", hidden: !draft.note.text, on: { change: changed } });
  const noteField = field("Note", note);
  noteField.append(visibility);
  const sync = may.sync === false ? null : syncBox({ client, candidate: draft.candidate, recordType: draft.record_type || recordType, given: draft.sync, changed });
  const section = h("section", { class: "section flex flex-col gap-3", "aria-label": "Add" },
    may.add_to_project !== false && projects.element, may.add_to_campaign !== false && campaigns.element, tags.element, noteField);
  return {
    elements: sync ? [section, sync.element] : [section],
    wrong,
    read: () => ({
      projects: projects.value(), campaigns: campaigns.value(), tags: tags.value(),
      note: { text: note.value, visibility: visibility.value },
      sync: sync ? sync.value() : [], record_type: sync ? sync.recordType() : "",
    }),
  };
  function wrong(inProject) {
    tell(note, "");
    const stray = [projects, campaigns].find((box) => box.stray());
    if (stray) return point(stray.input, `“${stray.stray()}” is not chosen. Choose one from the list, or clear it.`);
    const homeless = note.value.trim() && visibility.value === "project" && !projects.value().length && !inProject;
    return homeless ? point(note, "Choose the project whose members read this note.") : false;
  }

  /** @param {HTMLElement} control @param {string} text @returns {true} */
  function point(control, text) {
    tell(control, text);
    control.focus();
    return true;
  }
}
