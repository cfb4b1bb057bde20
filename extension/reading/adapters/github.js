// A user's page at GitHub: the card beside their repositories. Organisations, repositories and everything else there say nothing of a person.

import { addressesOf, networkOf, pageOf, profileOf, siteOf, webAddress } from "../links.js";
import { textOf } from "../markup.js";
import { nameParts } from "../names.js";

/**
 * What a GitHub user tells of themselves; null on any other page.
 *
 * @param {Document} document
 * @param {string} url
 * @returns {Partial<import("../profile.js").Profile>|null}
 */
export function read(document, url) {
  const address = webAddress(url), profile = address && siteOf(address) === "github.com" ? profileOf(url) : "";
  const card = profile && [...document.querySelectorAll(".h-card")].find((each) => each.querySelector(".vcard-names"));
  if (!card) return null;
  const said = (selector) => textOf(card.querySelector(selector)); // shown or not: beside the panel the page is narrow, and hides most of the card
  const detail = (name) => said(`[itemprop="${name}"] :is(.p-org, .p-label)`) || said(`[itemprop="${name}"]`);
  return {
    ...nameParts({ full: said(".vcard-fullname") }), // nobody is called like their login
    headline: said(".user-profile-bio"), company: employer(detail("worksFor")), location: detail("homeLocation"),
    emails: hrefs(card, "email").flatMap(addressesOf), profiles: [profile, ...hrefs(card, "url", "social").map((link) => linked(link, url)).filter(Boolean)],
  };
}

/** `@voltra @old-one` names accounts; the first one is the employer. */
const employer = (text) => (text.startsWith("@") ? text.slice(1).split(" ")[0] : text);

const hrefs = (card, ...names) => names.flatMap((name) => [...card.querySelectorAll(`[itemprop="${name}"] a[href]`)]).map((el) => el.getAttribute("href"));

/** A link the user put there; GitHub's own pages are none. */
const linked = (link, url) => { const address = webAddress(link, url); return address && networkOf(address) !== "github.com" ? pageOf(link, url) : ""; };
