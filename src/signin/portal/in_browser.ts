import { Failure } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import { checkedAddress } from "../../system/browser.ts";
import type { System } from "../../system/system.ts";
import { type Callback, newPkce, newState, openCallback } from "./callback.ts";

/** Milliseconds for a person to enter a password, a second factor and a consent. */
export const patience = 10 * 60_000;

export const waiting = "waiting for you to sign in";

/** A sign-in page of the authorization code grant. */
export interface SignInPage {
  /** What the person signs in to, in messages: a URL, `the AWS console`. */
  readonly title: string;
  /** The option that signs in without a browser on this machine. */
  readonly elsewhere: string;
  /** The path that the page redirects to. */
  readonly path: string;
  readonly address: (made: {
    readonly redirectUri: string;
    readonly state: string;
    readonly challenge: string;
  }) => string;
}

/** The code, with what redeems it. */
export interface CodeFromBrowser {
  readonly code: Secret;
  readonly verifier: Secret;
  readonly redirectUri: string;
}

/**
 * Has the person sign in with their browser, which then redirects to a loopback address: the
 * authorization code grant with PKCE (RFC 8252).
 *
 * @throws {Failure} `source` if the person does not finish or the page fails; `network` without a
 * port
 */
export async function signInByBrowser(
  system: System,
  page: SignInPage,
): Promise<CodeFromBrowser | "access_denied"> {
  const state = newState(system);
  const { verifier, challenge } = await newPkce(system);
  const callback = openPort(system, page, state);
  try {
    const redirectUri = `http://127.0.0.1:${callback.port}${page.path}`;
    const address = checkedAddress(page.address({ redirectUri, state, challenge }));
    const answering = callback.answer(patience, page.elsewhere);
    answering.catch(() => {}); // awaited below
    await system.terminal.tell(
      `athm: sign in to ${page.title} in the browser that opens, or open\n` +
        `athm:   ${address}\n` +
        `athm: waiting for ${
          patience / 60_000
        } minutes; ${page.elsewhere} signs in on another machine`,
    );
    // No error if no browser opens: the URL was printed.
    if (!await system.browser.open(address)) {
      await system.terminal.tell("athm: could not open a browser: open the URL yourself");
    }
    const answer = await system.busy(waiting, () => answering);
    if (!("error" in answer)) return { code: answer.code, verifier, redirectUri };
    if (answer.error === "access_denied") return answer.error;
    throw new Failure(
      "source",
      `the sign-in page of ${page.title} returned ${answer.error}`,
      `try again, or use ${page.elsewhere}`,
    );
  } finally {
    await callback.close();
  }
}

function openPort(system: System, { path, elsewhere }: SignInPage, state: string): Callback {
  try {
    return openCallback(system, path, state);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "network") throw error;
    throw new Failure(
      "network",
      `cannot receive the browser's callback: ${error.message}`,
      `use ${elsewhere} to sign in without a port`,
      { cause: error },
    );
  }
}
