/** The panel: which screen is shown when. What is drawn is in panel/, what is sent in beckon/, what is read in reading/. */

import { Client, disconnect } from "./beckon/client.js";
import { NoRoom, Offline, Refused, ServerTrouble, SignedOut, Throttled } from "./beckon/problems.js";
import * as queue from "./beckon/queue.js";
import * as servers from "./beckon/servers.js";
import { drawBar } from "./panel/bar.js";
import { choosing } from "./panel/choosing.js";
import { bodyOf, newDraft, titleOf } from "./panel/draft.js";
import { fill, h, icon } from "./panel/h.js";
import { knownPerson } from "./panel/known_person.js";
import { newPersonForm } from "./panel/new_person.js";
import { readPage } from "./panel/page.js";
import { pairing } from "./panel/pairing.js";
import { disconnecting, failed, kept, notGranted, readOnly, unreadable } from "./panel/messages.js";
import { skeleton } from "./panel/parts.js";
import { waiting } from "./panel/waiting.js";
import { emptyProfile } from "./reading/profile.js";

const EVERY_MINUTE = 60_000;
const tab = Number(new URLSearchParams(location.search).get("tab") || NaN);
const bar = /** @type {HTMLElement} */ (document.getElementById("bar"));
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const status = /** @type {HTMLElement} */ (document.getElementById("status"));

/** @type {servers.Server | undefined} */
let server;
/** @type {Client} */
let client;
/** Counts what was begun: an answer to something older is not shown any more. */
let turn = 0;
let draws = 0;
let showsWaiting = false;
let awaitsPairing = false;
/** Whether the tab went to another page since it was read, and whether something was typed into the screen. */
let hasLeft = false;
let isTyped = false;

queue.watch(() => { drawTop(); if (showsWaiting) showWaiting(); });
servers.watch(meetServers);
window.addEventListener("online", send);
setInterval(send, EVERY_MINUTE);
main.addEventListener("input", () => { isTyped = true; });
// A press on the icon reads the page, but throws nothing away that somebody typed: for that there is a button.
chrome.runtime.onMessage.addListener((told) => { if (told?.clicked === tab && !isTyped) start(); });
chrome.tabs.onUpdated.addListener((changed, change) => {
  if (changed !== tab) return;
  if (change.status === "loading") hasLeft = true;
  if (change.status === "complete" && hasLeft) tellOfChange();
});
start();

/** Begin anew: the chosen Beckon, what waits for it, the page in front. */
async function start() {
  server = await servers.current();
  await drawTop();
  if (!server) return showPairing();
  client = new Client(server.id);
  if (server.ended) return showPairing({ ended: new SignedOut().message });
  send();
  return lookAtPage();
}

async function lookAtPage() {
  hasLeft = false;
  const mine = show(skeleton(), "Reading the page");
  let profile;
  try {
    profile = await readPage(tab);
  } catch (problem) {
    if (mine === turn) show(unreadable(problem, () => showForm(newDraft(emptyProfile()))));
    return;
  }
  if (mine === turn) await lookUp(profile);
}

/** Ask whether Beckon knows whom the page shows. @param {any} profile */
async function lookUp(profile) {
  const mine = show(skeleton(), "Asking Beckon");
  try {
    const { people, notices } = await client.post("/api/v1/panel/lookups/", profile);
    const waits = people.length ? [] : await waitingFrom(profile.url);
    if (mine !== turn) return;
    if (people.length === 0) showForm(newDraft(profile), { notices: [...waits, ...notices] });
    else if (people.length === 1 && people[0].sure) showPerson(people[0].person, profile, { others: true });
    else showSeveral(people, profile, notices);
  } catch (problem) {
    const notices = await waitingFrom(profile.url);
    const trouble = `${problem.message} Whether Beckon knows this person is checked when it is saved.`;
    if (mine === turn) showTrouble(problem, () => lookUp(profile), () => showForm(newDraft(profile), { notices, trouble, retry: () => lookUp(profile) }));
  }
}

/** That somebody was saved from this page and is not sent yet, so that nobody saves them twice. @param {string} url */
async function waitingFrom(url) {
  const here = (await queue.list(client.id)).filter((save) => save.state !== "sent" && url && save.draft?.profile.url === url);
  return here.map((save) => `${save.title} was saved from this page already and waits to be sent.`);
}

function showSeveral(people, profile, notices) {
  show(choosing({
    title: people.length === 1 ? "Is this the person?" : "Which of these is it?", text: people.length === 1 ? "Beckon knows somebody like the one on this page." : "Beckon knows several people like the one on this page.",
    people, choose: (person) => openPerson(person, profile), otherwise: { label: people.length === 1 ? "Somebody else" : "None of these", act: () => showForm(newDraft(profile), { notices }) },
  }));
}

/** @param {any} person at least its id @param {any} profile @param {Shown} options */
async function openPerson(person, profile, options = {}) {
  if (person.may) return showPerson(person, profile, options);
  const mine = show(skeleton(), "Asking Beckon");
  try {
    const whole = await client.get(`/api/v1/panel/people/${person.id}/`);
    if (mine === turn) showPerson(whole, profile, options);
  } catch (problem) {
    if (mine === turn) showTrouble(problem, () => openPerson(person, profile, options));
  }
}

/**
 * @typedef {object} Shown how a person is shown
 * @property {import("./panel/known_person.js").Outcome | null} [saved] what was just done
 * @property {boolean} [others] whether the page may show somebody else
 * @property {import("./panel/draft.js").Draft} [draft] what was filled in before
 */

/** @param {any} person @param {any} profile @param {Shown} options */
function showPerson(person, profile, { saved = null, others = false, draft = newDraft(profile, person.id) } = {}) {
  const another = others ? () => showForm(newDraft(profile)) : null;
  // What the page says beside it stays on offer until it was taken over.
  const keep = (filled) => save(filled, person.name, profile, filled.profile === draft.profile ? null : person.missing);
  show(knownPerson({ client, person, draft, saved, save: keep, another }), saved ? "Saved" : person.name);
}

/** @param {import("./panel/draft.js").Draft} draft @param {{notices?: string[], trouble?: string, retry?: () => void, heading?: string}} options */
function showForm(draft, { notices = [], trouble = "", retry, heading = "New person" } = {}) {
  const has = (right) => (server?.rights || []).includes(right);
  if (!has("candidate:edit")) {
    show(readOnly());
    return;
  }
  const may = { add_to_project: has("project:edit"), add_to_campaign: has("campaign:edit"), sync: has("candidate:export") };
  show(newPersonForm({ client, draft, may, notices, trouble, heading, retry, save: (filled) => save(filled, titleOf(filled.profile), filled.profile) }), heading);
}

/**
 * Keep it, send it, show what came of it. Resolves with a refusal that belongs on the screen it was saved from.
 * @param {import("./panel/draft.js").Draft} draft
 * @param {string} title
 * @param {any} profile of the page in front
 * @param {any} missing what that still says beside what is saved
 */
async function save(draft, title, profile, missing = null) {
  const mine = turn;
  const what = { key: draft.key, title, body: JSON.stringify(bodyOf(draft)), draft };
  let sent;
  try {
    sent = await queue.send(await queue.add(client.id, what), client);
  } catch (problem) {
    if (!(problem instanceof NoRoom)) return { message: problem.message };
    sent = await queue.sendUnkept(client.id, what, client);
    if (sent.state === "waiting") return { message: `${sent.reason} ${problem.message}` };
  }
  if (mine !== turn) return null; // another page is in front: what waits is told at the top
  if (sent.state === "refused") return refused(sent);
  if (sent.state === "waiting") return showKept(sent);
  await queue.discard(sent);
  return openPerson({ ...sent.answer.person, missing }, profile, { saved: { done: sent.answer.done || [], refused: sent.answer.refused || [] } });
}

/** @param {queue.Save} sent */
function refused(sent) {
  if (sent.problem?.code === "possible_duplicate") {
    resolve(sent);
    return null;
  }
  return { message: sent.reason, errors: sent.problem?.errors };
}

/** Whom a new person may be: one of them gets what was filled in, or they are made all the same. @param {queue.Save} save */
async function resolve(save) {
  const { draft, problem, title } = save;
  const mine = show(skeleton(), "Asking Beckon");
  let people;
  try {
    people = await Promise.all((problem.duplicates || []).slice(0, 5).map(async (each) => ({ because: each.reasons?.[0], person: await client.get(`/api/v1/panel/people/${each.candidate_id}/`) })));
  } catch (trouble) {
    if (mine === turn) showTrouble(trouble, () => resolve(save));
    return;
  }
  if (mine !== turn) return;
  show(choosing({
    title: "Is it one of these?", text: `Beckon has somebody like ${title}. Choose them to add what you filled in, or create a second record.`, people,
    choose: (person) => saveAnew({ ...draft, candidate: person.id }, person.name), otherwise: { label: "Create anyway", act: () => saveAnew({ ...draft, create_anyway: true }, title) },
  }), "Is it one of these?");
}

/** @param {import("./panel/draft.js").Draft} draft @param {string} title */
async function saveAnew(draft, title) {
  show(skeleton(), "Saving");
  const refusal = await save(draft, title, draft.profile);
  if (refusal) showForm(draft, { trouble: refusal.message, heading: title });
}

/** @param {queue.Save} save */
function showKept(save) {
  if (!server || save.reason === new SignedOut().message) return start();
  show(kept(save, showWaiting), "Kept in this browser");
  return null;
}

async function showWaiting() {
  const mine = ++turn;
  const saves = await queue.list(client.id);
  if (mine !== turn) return;
  show(waiting({
    saves, organisation: server?.organisation.name || "Beckon", sendNow: send, back: start, resolve,
    edit: ({ draft, reason, title: heading }) => (draft.candidate
      ? openPerson({ id: draft.candidate }, draft.profile, { draft, saved: { done: [], refused: [{ what: "", code: "", id: 0, detail: reason }] } })
      : showForm(draft, { trouble: reason, heading })),
  }), "What waits");
  showsWaiting = true;
}

/** Send what waits; nobody looks at it, so trouble is told at the top and in the list. */
async function send() {
  if (!server || server.ended) return;
  await queue.sendDue(server.id).catch((problem) => { if (!(problem instanceof NoRoom)) throw problem; });
}

/** @param {{ended?: string, address?: string, cancel?: () => void}} options */
async function showPairing({ ended = "", cancel } = {}) {
  const others = (await servers.list()).filter((each) => !each.ended);
  show(pairing({
    ended, address: ended && server ? new URL(server.origin).host : "", paired: start,
    cancel: cancel || (ended && others.length ? () => switchTo(others[0].id) : null),
  }));
  awaitsPairing = !server || server.ended;
}

/** A Beckon came, changed or went. What another panel paired with serves this one too; the one that pairs goes on by itself. */
async function meetServers() {
  await drawTop();
  const current = await servers.current();
  if (awaitsPairing && current && !current.ended && !main.querySelector(".is-busy")) start();
}

/**
 * @param {any} problem
 * @param {() => void} retry
 * @param {() => void} [otherwise] the form, where somebody can be added all the same
 */
async function showTrouble(problem, retry, otherwise) {
  if (problem instanceof SignedOut) return start();
  const mine = turn;
  if (problem instanceof Offline && server && !(await servers.isGranted(server))) {
    if (mine === turn) show(notGranted(server, retry));
    return null;
  }
  if (mine !== turn) return null;
  if (problem instanceof Offline && otherwise) return otherwise();
  const known = [Offline, ServerTrouble, Throttled, Refused, NoRoom].some((kind) => problem instanceof kind);
  show(failed(known ? problem.message : "The extension met something it does not expect.", retry, otherwise));
  if (!known) throw problem;
  return null;
}

async function switchTo(id) {
  await servers.choose(id);
  await start();
}

/** @param {servers.Server} leaving */
async function leave(leaving) {
  const unsent = (await queue.list(leaving.id)).filter((save) => save.state !== "sent");
  const go = async () => {
    await queue.discardAll(leaving.id);
    await disconnect(leaving.id);
    await start();
  };
  show(disconnecting({ server: leaving, unsent, go, cancel: start }));
}

async function drawTop() {
  const mine = ++draws;
  const all = await servers.list();
  const current = await servers.current();
  const saves = current ? await queue.list(current.id) : [];
  if (mine !== draws) return;
  drawBar(bar, { servers: all, current, saves, choose: switchTo, disconnect: leave, connect: () => showPairing({ cancel: start }), showWaiting, readAgain: start });
}

/** The tab shows something else than what was read; nothing is read before somebody asks. */
function tellOfChange() {
  if (main.querySelector("[data-changed]")) return;
  main.querySelector(".screen-body")?.prepend(h("div", { class: "banner tone-primary mb-4", "data-changed": true },
    h("span", { class: "mt-0.5 text-primary" }, icon("info")), h("p", { class: "min-w-0 flex-1" }, "This tab shows another page now."), h("button", { class: "btn btn-xs", type: "button", on: { click: start } }, "Read it")));
}

/**
 * Put a screen in the place of the one before; its heading takes the focus, and is read out.
 * @param {Element} view
 * @param {string} spoken
 * @returns {number} the turn that began
 */
function show(view, spoken = "") {
  showsWaiting = awaitsPairing = isTyped = false;
  fill(main, view);
  status.textContent = spoken;
  const heading = /** @type {HTMLElement | null} */ (main.querySelector("h1"));
  const first = /** @type {HTMLElement | null} */ (main.querySelector("[autofocus]"));
  (first || heading || main).focus({ preventScroll: true });
  turn += 1;
  return turn;
}
