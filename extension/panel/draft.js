/** What a person filled in, apart from the elements it is filled into; kept with a save, so that it can be edited later. */

/**
 * @typedef {object} Draft
 * @property {string} key the Idempotency-Key of everything that is made of it
 * @property {number | null} candidate whom it adds to; null: somebody new
 * @property {boolean} create_anyway
 * @property {boolean} anyway into campaigns also when something only warns
 * @property {any} profile as reading/profile.js makes it
 * @property {boolean} extras whether what the form has no fields for (skills, positions, schools, summary) goes along
 * @property {string} record_type "" leaves it as it is
 * @property {import("./combobox.js").Choice[]} projects
 * @property {import("./combobox.js").Choice[]} campaigns
 * @property {import("./combobox.js").Choice[]} tags
 * @property {{text: string, visibility: string}} note
 * @property {{connection: number, settings: Record<string, any>, fields: Record<string, any>}[]} sync
 * @property {boolean} get_email
 * @property {boolean} get_phone
 */

/** Parts of a profile that the form shows as a sum only, with the word for one and for several. */
const EXTRAS = [
  ["skills", "skill", "skills"],
  ["experience", "position", "positions"],
  ["education", "school", "schools"],
];

/** @param {any} profile @param {number | null} candidate @returns {Draft} */
export function newDraft(profile, candidate = null) {
  return {
    key: crypto.randomUUID(), candidate, create_anyway: false, anyway: false, profile, extras: true, record_type: "",
    projects: [], campaigns: [], tags: [], note: { text: "", visibility: "organisation" }, sync: [], get_email: false, get_phone: false,
  };
}

/** @param {Draft} draft @returns {object} the body of a save */
export function bodyOf(draft) {
  const profile = draft.extras ? draft.profile : { ...draft.profile, summary: "", skills: [], experience: [], education: [] };
  return {
    candidate: draft.candidate,
    create_anyway: draft.create_anyway,
    anyway: draft.anyway,
    profile,
    ...(draft.record_type && { record_type: draft.record_type }),
    tags: draft.tags.map((tag) => tag.name),
    note: draft.note.text.trim() ? { text: draft.note.text.trim(), visibility: draft.note.visibility } : null,
    projects: draft.projects.map((project) => project.id),
    campaigns: draft.campaigns.map((campaign) => campaign.id),
    sync: draft.sync.filter((each) => Object.keys(each.settings).length || Object.keys(each.fields).length),
    get_email: draft.get_email,
    get_phone: draft.get_phone,
  };
}

/** @param {Draft} draft whether anything is in it beside the page */
export function isEmpty(draft) {
  const body = /** @type {any} */ (bodyOf(draft));
  return !body.record_type && !body.note && !body.get_email && !body.get_phone && !["tags", "projects", "campaigns", "sync"].some((name) => body[name].length);
}

/** @param {any} profile @returns {string} a name to know it by */
export function titleOf(profile) {
  return [profile.first_name, profile.last_name].filter(Boolean).join(" ") || profile.emails[0] || profile.profiles[0] || "Somebody without a name";
}

/** "12 skills, 3 positions and a summary"; "" when there is nothing more. @param {any} profile */
export function extrasOf(profile) {
  const parts = EXTRAS.filter(([name]) => profile[name]?.length).map(([name, one, several]) => `${profile[name].length} ${profile[name].length === 1 ? one : several}`);
  if (profile.summary) parts.push("a summary");
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}
