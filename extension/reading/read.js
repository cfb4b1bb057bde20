// A snapshot becomes a profile: the adapters are asked in the order of how much a page means by what they read.

import * as generic from "./adapters/generic.js";
import * as github from "./adapters/github.js";
import * as linkedin from "./adapters/linkedin.js";
import * as microformats from "./adapters/microformats.js";
import * as personalSite from "./adapters/personal_site.js";
import * as schemaOrg from "./adapters/schema_org.js";
import { profileOf, siteOf, webAddress } from "./links.js";
import { sameName } from "./names.js";
import { clean, emptyProfile } from "./profile.js";

/** The most trusted first. */
const ADAPTERS = [
  ["github", github], ["linkedin", linkedin], ["schema_org", schemaOrg], ["microformats", microformats], ["personal_site", personalSite], ["generic", generic],
];
const JOINED = ["emails", "phones", "profiles", "skills"];

/**
 * What a page says of the person it is about; names stay empty when it is about nobody or several.
 *
 * @param {{url: string, title: string, selection: string, html: string, truncated: boolean}} snapshot as `collect` took it
 * @returns {import("./profile.js").Profile}
 */
export function read(snapshot) {
  const address = webAddress(snapshot.url);
  if (!address) return emptyProfile();
  const document = new DOMParser().parseFromString(snapshot.html, "text/html"); // inert: no script runs, nothing is fetched
  const answers = [];
  for (const [adapter, { read: ask }] of ADAPTERS) {
    const answer = ask(document, address.href, snapshot.selection);
    if (answer) answers.push(clean({ ...answer, adapter }));
  }
  const profile = answers.length ? answers.reduce(join) : emptyProfile();
  const here = ["", "generic"].includes(profile.adapter) ? [] : [profileOf(address.href)].filter(Boolean);
  return clean({ ...profile, profiles: [...here, ...profile.profiles], url: address.href, site: siteOf(address) });
}

/** One profile of two: what the more trusted one says stands, lists of addresses are joined. One of somebody else counts for nothing. */
function join(trusted, other) {
  if (!sameName(fullName(trusted), fullName(other))) return trusted;
  const joined = { ...trusted };
  for (const [key, value] of Object.entries(other)) {
    if (JOINED.includes(key)) joined[key] = [...trusted[key], ...value];
    else if (!trusted[key].length) joined[key] = value;
  }
  return joined;
}

const fullName = (profile) => `${profile.first_name} ${profile.last_name}`.trim();
