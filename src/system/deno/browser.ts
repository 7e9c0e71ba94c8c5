import { storeVariables } from "../../model/variables.ts";
import { type Browser, checkedAddress, hasBrowser, type Opener, openers } from "../browser.ts";
import { withoutVariables } from "../children.ts";
import { sleep } from "../sleep.ts";
import type { Environment, Platform } from "../system.ts";

export function browserOf(platform: Platform, env: Environment): Browser {
  return {
    isThere: () => Promise.resolve(hasBrowser(platform, env)),
    async open(url, openersOf = (address) => openers(platform, env, address)) {
      for (const opener of openersOf(checkedAddress(url))) {
        if (await starts(opener)) return true;
      }
      return false;
    },
  };
}

/** Milliseconds in which an opener fails if there is no browser. */
const patience = 2_000;

/** True unless the program is missing or soon fails. */
async function starts([command, ...args]: Opener): Promise<boolean> {
  let child;
  try {
    // Detached, so that Ctrl-C in athm does not close the browser.
    const quiet = { stdin: "null", stdout: "null", stderr: "null", detached: true } as const;
    child = withoutVariables(
      Deno.env,
      storeVariables,
      () => new Deno.Command(command, { args, ...quiet }).spawn(),
    );
  } catch {
    return false;
  }
  child.unref();
  const ended = new AbortController();
  const runsOn = sleep(patience, ended.signal).then(() => true, () => false);
  const success = child.status.then((status) => status.success);
  try {
    return await Promise.race([runsOn, success]);
  } finally {
    ended.abort();
  }
}
