/**
 * AWS Sign-In in a story: its variable, the `signin` lines, and a browser on another machine.
 *
 * @module
 */

import type { FakeAws } from "./fake_aws.ts";
import { consolePrincipal, type Signin, type SigninPerson } from "./fake_aws/signin.ts";

/** `$SIGNIN` has the options for this source, for `add`. */
export function signinVariables({ url }: FakeAws): [string, string][] {
  return [["SIGNIN", `--aws-login --aws-login-endpoint-url ${url}`]];
}

const people: readonly SigninPerson[] = ["yes", "no", "away", "wrong-state", "broken"];

/** Executes a `signin` line. */
export function prepareSignin(signin: Signin, [what, word = ""]: readonly string[]): void {
  if (what === "as") {
    signin.principal = consolePrincipal(word);
    return;
  }
  const person = people.find((each) => each === word);
  if (!person) throw new Error(`no such person: ${word}`);
  signin.person = person;
}

/** Opens the last URL on the screen, as a browser on another machine would, and copies the code. */
export async function pastedCode(screen: string): Promise<string> {
  const address = screen.match(/https?:\/\/\S+\/v1\/authorize\?\S+/g)?.at(-1);
  if (address === undefined) throw new Error("there is no address on the screen");
  const page = await (await fetch(address)).text();
  const code = /<code>([^<]+)<\/code>/.exec(page)?.[1];
  if (code === undefined) throw new Error("the page shows no code");
  return code;
}
