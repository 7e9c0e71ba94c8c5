import {
  authorizeUrl,
  callbackPath,
  confirmationUrl,
  type ConsoleGrant,
  type ConsoleTokens,
  createToken,
  type SignInPlace,
} from "../aws/console_sign_in.ts";
import { newProofKey } from "../aws/dpop.ts";
import type { ProofKey } from "../model/console_sign_in.ts";
import { Failure } from "../model/failure.ts";
import { newPkce, newState } from "../signin/portal/callback.ts";
import { signInByBrowser } from "../signin/portal/in_browser.ts";
import { type PastedCode, readPastedCode } from "../signin/portal/pasted_code.ts";
import type { Http } from "../system/http.ts";
import { checkedAddress } from "../system/browser.ts";
import type { System } from "../system/system.ts";

const title = "the AWS console";
const mostTries = 3;

/**
 * Signs the user in to the console, in a browser here or on another machine.
 *
 * @throws {Failure} `source` if the person refuses or does not finish; `cancelled`; what AWS refuses
 */
export async function askAtConsole(
  system: System,
  http: Http,
  place: SignInPlace,
): Promise<ConsoleTokens & { readonly proofKey: ProofKey }> {
  const grant = await (place.client === "same-device" ? byBrowser : byPastedCode)(system, place);
  const proofKey = await newProofKey();
  const tokens = await createToken(system, http, place, proofKey, grant);
  if (typeof tokens === "string") throw new Error("only a refresh finds that a sign-in has ended");
  return { ...tokens, proofKey };
}

async function byBrowser(system: System, place: SignInPlace): Promise<ConsoleGrant> {
  const answer = await signInByBrowser(system, {
    title,
    elsewhere: "--remote",
    path: callbackPath,
    address: (made) => authorizeUrl(place, made),
  });
  if (answer !== "access_denied") return { kind: "code", ...answer };
  throw new Failure(
    "source",
    `the sign-in to ${title} was denied`,
    "allow the sign-in on the page that opens, as an identity with the policy SignInLocalDevelopmentAccess",
  );
}

async function byPastedCode(system: System, place: SignInPlace): Promise<ConsoleGrant> {
  const state = newState(system);
  const { verifier, challenge } = await newPkce(system);
  const redirectUri = confirmationUrl(place);
  const address = checkedAddress(authorizeUrl(place, { redirectUri, state, challenge }));
  await system.terminal.tell(
    `athm: sign in to ${title}: on any machine, open\n` +
      `athm:   ${address}\n` +
      "athm: and copy the code that the page shows at the end",
  );
  for (let tries = 0; tries < mostTries; tries++) {
    // Hidden, and longer than a terminal's line may be.
    const pasted = readPastedCode(
      await system.terminal.askSecret("Code from the browser (not shown): "),
      state,
    );
    if (typeof pasted !== "string") {
      return { kind: "code", code: pasted.code, verifier, redirectUri };
    }
    system.say(`athm: ${problems[pasted]}`);
  }
  throw new Failure(
    "source",
    "no valid code was entered",
    "copy the whole code that the page shows, and try again",
  );
}

const problems: Readonly<Record<Extract<PastedCode, string>, string>> = {
  incomplete: "the code is incomplete: copy all of it",
  foreign: "the code belongs to another sign-in: open the URL above",
};
