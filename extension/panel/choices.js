/** Projects, campaigns, tags and jobs, found by a part of their name: only what the user may add people to. */

/** What can be chosen, by the value that chooses it. @param {import("../beckon/client.js").Client} client @param {Record<string, any>} query */
export async function offered(client, query) {
  const { results } = await client.get("/api/v1/panel/choices/", query);
  return results.map((each) => ({ id: each.id ?? each.value, name: each.name, about: each.about }));
}
