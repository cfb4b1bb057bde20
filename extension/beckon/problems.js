/** What can go wrong between this browser and a Beckon. The class decides what is done, the message is for a person. */

/** No answer came, or one that is not Beckon's. What was asked may have been done. */
export class Offline extends Error {
  name = "Offline";
}

/** Beckon answered that something broke on its side (5xx). What was asked may have been done. */
export class ServerTrouble extends Error {
  name = "ServerTrouble";
}

/** Too many calls; nothing was done. */
export class Throttled extends Error {
  name = "Throttled";
  /** @param {number} seconds until it may be asked again */
  constructor(seconds) {
    super(`Beckon asks to wait ${seconds} s.`);
    this.seconds = seconds;
  }
}

/** This browser is no longer connected: revoked, expired, or its user is gone. Nothing was done. */
export class SignedOut extends Error {
  name = "SignedOut";
  constructor() {
    super("This browser is no longer connected to Beckon. Pair it again in Settings → Browser extension.");
  }
}

/** Beckon refused it, and did nothing. */
export class Refused extends Error {
  name = "Refused";
  /**
   * @param {number} status
   * @param {{code?: string, detail?: string, errors?: Record<string, string>}} problem as RFC 9457 tells it
   */
  constructor(status, problem) {
    super(problem.detail || `Beckon answered ${status} without saying why.`);
    this.status = status;
    this.code = problem.code || "";
    this.errors = problem.errors || {};
    this.problem = problem;
  }
}

/** The browser keeps nothing more for us: its storage is full or broken. */
export class NoRoom extends Error {
  name = "NoRoom";
  constructor() {
    super("This browser has no room left to keep it. Leave this panel open until it is saved.");
  }
}
