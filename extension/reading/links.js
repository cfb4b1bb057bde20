// Links that say something of a person: addresses, numbers and pages of their own.

const MOST = 2_000;
const words = (text) => new Set(text.trim().split(/\s+/));

/** Paths at GitHub that are no user's. */
const GITHUB_OWN = words(`
  about apps blog codespaces collections contact copilot customer-stories dashboard enterprise events explore features gist home issues join login
  logout marketplace mobile new notifications organizations orgs pricing pulls readme resources search security sessions settings signup site
  solutions sponsors stars team topics trending users watching wiki`);
const X_OWN = words("compose explore hashtag home i intent login messages notifications privacy search settings share signup tos");
const FACEBOOK_OWN = words("dialog events groups help login marketplace pages people plugins privacy profile.php share sharer sharer.php watch");

const only = (path, allowed, own = new Set()) => (path.length === 1 && allowed.test(path[0]) && !own.has(path[0].toLowerCase()) ? path : null);
const after = (path, ...begins) => (path.length >= 2 && begins.includes(path[0].toLowerCase()) ? [path[0].toLowerCase(), path[1]] : null);
/** Network → its canonical host, and which part of a path is somebody's page (null: none). */
const NETWORKS = new Map([
  ["linkedin.com", { host: "www.linkedin.com", page: (path) => after(path, "in", "pub") }],
  ["github.com", { host: "github.com", page: (path) => only(path, /^[a-z\d-]{1,39}$/i, GITHUB_OWN) }],
  ["gitlab.com", { host: "gitlab.com", page: (path) => only(path, /^[\w.-]+$/, words("dashboard explore help users")) }],
  ["x.com", { host: "x.com", page: (path) => only(path, /^\w{1,15}$/, X_OWN) }],
  ["twitter.com", { host: "x.com", page: (path) => only(path, /^\w{1,15}$/, X_OWN) }],
  ["facebook.com", { host: "www.facebook.com", page: (path) => only(path, /^[\w.]+$/, FACEBOOK_OWN) }],
  ["instagram.com", { host: "www.instagram.com", page: (path) => only(path, /^[\w.]+$/, words("accounts explore p reel reels")) }],
  ["xing.com", { host: "www.xing.com", page: (path) => after(path, "profile") }],
  ["stackoverflow.com", { host: "stackoverflow.com", page: (path) => (/^\d+$/.test(path[1] ?? "") ? after(path, "users") : null) }],
  ["medium.com", { host: "medium.com", page: (path) => only(path, /^@[\w.-]+$/) }],
  ["behance.net", { host: "www.behance.net", page: (path) => only(path, /^[\w-]+$/, words("galleries joblist search")) }],
  ["dribbble.com", { host: "dribbble.com", page: (path) => only(path, /^[\w-]+$/, words("jobs search shots")) }],
  ["kaggle.com", { host: "www.kaggle.com", page: (path) => only(path, /^[\w-]+$/, words("code competitions datasets learn")) }],
  ["orcid.org", { host: "orcid.org", page: (path) => only(path, /^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/) }],
]);

/** An http(s) address as `URL`, relative ones from `base`; null for any other scheme, for credentials in it and for what is none. */
export function webAddress(text, base) {
  if (typeof text !== "string" || !text.trim() || text.length > MOST) return null;
  let url;
  try { url = new URL(text.trim(), base); } catch { return null; }
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && url.hostname ? url : null;
}

/** The host without "www.". @param {URL} url */
export const siteOf = (url) => url.hostname.replace(/\.$/, "").replace(/^www\./, "");

/** The network a host belongs to ("linkedin.com" for de.linkedin.com), or empty. Look-alikes belong to none. @param {URL} url */
export function networkOf(url) {
  const host = siteOf(url);
  for (const name of NETWORKS.keys()) if (host === name || host.endsWith(`.${name}`)) return name;
  return "";
}

/**
 * The canonical address of somebody's page in a network that a link leads to, else empty: `http://de.linkedin.com/in/Ida/?x` →
 * `https://www.linkedin.com/in/Ida`. A company, a repository, a button to share are nobody's page.
 */
export function profileOf(text, base) {
  const url = webAddress(text, base), network = url && networkOf(url);
  if (!network || url.port) return "";
  const { host, page } = NETWORKS.get(network);
  const isOwnHost = siteOf(url) === network || network === "linkedin.com"; // de.linkedin.com; gist.github.com is something else
  const path = isOwnHost && page(url.pathname.split("/").filter(Boolean));
  return path ? `https://${host}/${path.join("/")}` : "";
}

/**
 * As `profileOf`, but any other public page counts too, as for links that a page declares to be the person's. Empty for pages that only a query
 * tells apart, for hosts that imitate a network or may (internationalised ones elsewhere than on their own pages), for addresses of machines.
 */
export function pageOf(text, base) {
  const url = webAddress(text, base);
  if (!url) return "";
  if (networkOf(url)) return profileOf(text, base);
  const host = siteOf(url), here = webAddress(base);
  const isPublic = host.includes(".") && !url.port && !/^[\d.]+$|^\[/.test(host);
  if (!isPublic || imitates(host) || (host.includes("xn--") && (!here || siteOf(here) !== host)) || hasQuery(url)) return "";
  return `https://${url.hostname}${url.pathname.replace(/\/+$/, "")}`;
}

/** Whether a host has a network's name in front of something else: github.com.example.org, linkedin.com-login.example. */
function imitates(host) {
  for (const name of NETWORKS.keys()) for (const sign of [".", "-"]) if (`.${host}`.includes(`.${name}${sign}`)) return true;
  return false;
}

const hasQuery = (url) => [...url.searchParams.keys()].some((name) => !/^(?:utm_\w+|ref|trk|lang|hl)$/.test(name));

/** Whether two addresses lead to one page, whatever their scheme, "www.", closing slash and fragment. */
export function samePage(one, two, base) {
  const key = (text) => {
    const url = webAddress(text, base);
    return url && `${siteOf(url)}:${url.port}${url.pathname.replace(/\/+$/, "")}${url.search}`;
  };
  return Boolean(key(one)) && key(one) === key(two);
}

/** The e-mail addresses of a `mailto:` link. @returns {string[]} */
export function addressesOf(href) {
  const text = schemeless(href, "mailto:");
  return text.split(/[,;]/).map((each) => each.trim().toLowerCase()).filter(isAddress).slice(0, 10);
}

/** The number of a `tel:` link, else empty. */
export function numberOf(href) {
  const number = schemeless(href, "tel:").split(";")[0].trim();
  return isNumber(number) ? number : "";
}

function schemeless(href, scheme) {
  const link = typeof href === "string" && href.length <= MOST ? href.trim() : "";
  if (link.slice(0, scheme.length).toLowerCase() !== scheme) return "";
  const text = link.slice(scheme.length).split("?")[0];
  try { return decodeURIComponent(text); } catch { return ""; }
}

/** Whether mail could be sent to a text: one @, a domain of labels, none of the reserved endings. */
export function isAddress(text) {
  const [local, domain, ...more] = text.split("@"), labels = (domain ?? "").split(".");
  if (more.length || !local || local.length > 64 || text.length > 254 || labels.length < 2) return false;
  if (/[\s<>()[\]",;:\\]|\p{C}/u.test(local) || local.startsWith(".") || local.endsWith(".") || local.includes("..")) return false;
  return labels.every((label) => /^[\p{L}\p{N}-]{1,63}$/u.test(label) && !/^-|-$/.test(label)) && /^(?:\p{L}{2,}|xn--[a-z\d-]+)$/u.test(labels.at(-1))
    && !["arpa", "invalid", "local", "localhost", "onion", "test"].includes(labels.at(-1));
}

/** Whether a text can be dialled: 6 to 15 digits with the usual signs between them. */
export function isNumber(text) {
  const digits = text.replace(/\D/g, "");
  return /^\+?[\d\s()./\u2010-\u2015\u00a0-]{6,40}$/.test(text) && digits.length >= 6 && digits.length <= 15 && !/^(\d)\1*$/.test(digits);
}

const ROLES = words(`
  abuse accounting accounts admin administration advertising ads anfrage ansatt apply applications billing booking bookings buchhaltung bewerbung career
  careers cases comercial commercial compliance contact contacto contactus contato customer customercare customerservice customersupport data
  dataprotection datenschutz donotreply dpo editor editorial empleo enquiries enquiry events export feedback finance firmapost gdpr general
  help helpdesk hostmaster hr impressum imprint info information inquiries inquiry invoice invoices it jobb jobs kontakt kontor kundendienst
  kundeservice kundservice legal mailbox marketing media moderator news newsletter noreply no-reply office orders partner partners
  people personvern post postmaster presse press privacy pr recruiting recruitment redaktion rekruttering reply reservations
  rgpd root rrhh sales salg security service servicedesk shop spam sponsors staff support talent team tech tips verkauf ventas vertrieb
  webmaster webshop welcome`);

/** Whether an address is a function's, not a person's: info@, support+web@, privacy.eu@. */
export function isRole(address) {
  const local = address.split("@")[0];
  return ROLES.has(local) || ROLES.has(local.split(/[.+_-]/)[0]);
}
