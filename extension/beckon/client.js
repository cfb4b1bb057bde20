/** Calls of one Beckon as the paired user, with tokens that renew themselves. */

import { ask } from "./http.js";
import { Refused, SignedOut } from "./problems.js";
import * as servers from "./servers.js";

const TIMEOUT = 20_000;
/** ms: a token that ends while the request travels is renewed before. */
const SLACK = 30_000;
const ENDED = "pairing_ended";

export class Client {
  /**
   * @param {string} id of the server
   * @param {{timeout?: number}} options ms for each request
   */
  constructor(id, { timeout = TIMEOUT } = {}) {
    this.id = id;
    this.timeout = timeout;
  }

  /** @param {string} path @param {Record<string, string | number | undefined>} query */
  get(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const words = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.send("GET", words ? `${path}?${words}` : path);
  }

  /** @param {string} path @param {unknown} body */
  post(path, body) {
    return this.send("POST", path, { body: JSON.stringify(body) });
  }

  /** @param {string} path @param {unknown} body */
  put(path, body) {
    return this.send("PUT", path, { body: JSON.stringify(body) });
  }

  /**
   * Ask, renewing the token when it is due or refused; the request itself was not done when a token was refused.
   * Raises SignedOut, Offline, Throttled, ServerTrouble, Refused and NoRoom.
   * @param {string} method
   * @param {string} path
   * @param {{body?: string, key?: string}} options
   * @returns {Promise<any>}
   */
  async send(method, path, options = {}) {
    let server = await this.#server();
    if (server.access_until - SLACK < Date.now()) server = await this.#renewed(server);
    try {
      return await this.#ask(server, method, path, options);
    } catch (problem) {
      if (!isUnauthorised(problem)) throw problem;
      server = await this.#renewed(server, /** @type {Refused} */ (problem).code);
    }
    try {
      return await this.#ask(server, method, path, options);
    } catch (problem) {
      if (!isUnauthorised(problem)) throw problem;
      return this.#end();
    }
  }

  #ask(server, method, path, options) {
    return ask(server.origin, method, path, { ...options, token: server.access_token, timeout: this.timeout });
  }

  /** @returns {Promise<servers.Server>} */
  async #server() {
    const server = await servers.get(this.id);
    if (!server || server.ended) throw new SignedOut();
    return server;
  }

  /**
   * The server with another access token than `stale` has. One panel renews, the others wait and take what it got.
   * @param {servers.Server} stale
   * @param {string} code what the server said of the token
   */
  #renewed(stale, code = "") {
    return navigator.locks.request(`tokens:${this.id}`, async () => {
      const server = await this.#server();
      if (server.access_token !== stale.access_token) return server;
      if (code === ENDED) return this.#end();
      try {
        return await servers.refresh(server, this.timeout);
      } catch (problem) {
        if (isUnauthorised(problem)) return this.#end();
        throw problem;
      }
    });
  }

  /** @returns {Promise<never>} */
  async #end() {
    await servers.end(this.id);
    throw new SignedOut();
  }
}

/**
 * End a pairing from here. Beckon is told; when it cannot be reached the pairing stays in its list of browsers, where
 * it can be revoked, and this browser knows its tokens no longer.
 * @param {string} id
 */
export async function disconnect(id) {
  await new Client(id, { timeout: 5000 }).send("DELETE", "/api/v1/pairing/").catch(() => {});
  await servers.forget(id);
}

/** @param {unknown} problem */
function isUnauthorised(problem) {
  return problem instanceof Refused && problem.status === 401;
}
