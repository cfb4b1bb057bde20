// Text as it is fit to keep: what a page writes, without what cannot be seen.

// Control characters, invisible spaces and the marks that turn the direction of a whole line; the same as the server drops, and the rest of them.
const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
// Joiners belong to Persian and Indian words; after anything else they only make two equal texts differ.
const STRAY_JOINER = /(?<![\p{L}\p{M}])[\u200c\u200d]+|(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\u200c\u200d]+|[\u200c\u200d]+(?![\p{L}\p{M}])/gu;
/** What is looked at of any text; longer ones are cut before they cost time. */
const MOST = 20_000;

/** One line: NFC, single spaces, nothing invisible, at most `limit` characters; empty for anything but a text or number. */
export function lineOf(value, limit = 500) {
  return cut(visible(value).replace(/\s+/g, " ").trim(), limit);
}

/** As `lineOf`, with single line breaks and empty lines kept. */
export function blockOf(value, limit = 5_000) {
  const lines = visible(value).replace(/\r\n?/g, "\n").split("\n").map((line) => line.replace(/\s+/g, " ").trim());
  const kept = lines.filter((line, at) => line || (at > 0 && lines[at - 1]));
  return cut(kept.join("\n").trim(), limit);
}

/** For comparing: lower case, without accents and anything but letters and digits; words stay apart by one space. */
export function fold(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
  return plain.replaceAll("ß", "ss").replaceAll("ø", "o").replaceAll("æ", "ae").replaceAll("ł", "l").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

function visible(value) {
  const text = typeof value === "string" ? value.slice(0, MOST) : Number.isFinite(value) ? String(value) : "";
  return text.toWellFormed().normalize("NFC").replace(INVISIBLE, "").replace(STRAY_JOINER, "");
}

/** At most `limit` UTF-16 units, never half a character. */
function cut(text, limit) {
  if (text.length <= limit) return text;
  const end = /[\ud800-\udbff]/.test(text[limit - 1]) ? limit - 1 : limit;
  return text.slice(0, end).trimEnd();
}
