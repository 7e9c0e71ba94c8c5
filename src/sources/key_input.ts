import type { Credentials } from "../model/credentials.ts";
import { formatTimeLeft } from "../model/duration.ts";
import { Failure, promptsDisabled, usage, valueOr } from "../model/failure.ts";
import { checkAccessKeyId, checkSecretAccessKey, checkSessionToken } from "../model/limits.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import type { Guard } from "../system/terminal.ts";
import { checkedKey, type GivenKey } from "./document.ts";
import { isPaste, isUnfinished, readPasted } from "./pasted.ts";

const inputLimit = 64 * 1024;

/** @param typed an access key id entered earlier. @throws {Failure} `usage`, `needs-person` */
export async function readKey(
  values: Values,
  system: System,
  typed?: string,
): Promise<Credentials> {
  if (values.has("from-env") && values.has("stdin")) {
    throw usage("--from-env and --stdin cannot be combined");
  }
  if (values.has("from-env")) return told(system, checkedKey(fromEnvironment(system)));
  if (!values.has("stdin")) return told(system, checkedKey(await fromQuestions(system, typed)));
  const { form, given } = readPasted(await fromInput(system), "--stdin");
  system.say(`athm: reading the access key from ${form}`);
  return told(system, checkedKey(given));
}

/** On a terminal, reads without echo, which would show the secret. */
async function fromInput(system: System): Promise<string> {
  const { terminal } = system;
  if (terminal.stdinIsTerminal && terminal.canAsk) {
    return await terminal.askSecret("Paste the key (not shown), then press Enter: ", {
      isUnfinished,
    });
  }
  const bytes = await system.readInput(inputLimit);
  if (!bytes) throw usage(`--stdin: input exceeds ${inputLimit} bytes`);
  return new TextDecoder().decode(bytes);
}

/** Milliseconds: print a note for a key that expires sooner. */
const soon = 60 * 60_000;

function told(system: System, key: Credentials): Credentials {
  const left = (key.expires ?? Infinity) - system.now();
  if (left >= soon) return key;
  system.say(
    left > 0
      ? `athm: note: this temporary key expires in ${
        formatTimeLeft(left)
      }; add the profile again with a new one then`
      : "athm: note: this temporary key has expired; add the profile again with a new one",
  );
  return key;
}

function fromEnvironment({ env }: System): GivenKey {
  const given = {
    id: env.get("AWS_ACCESS_KEY_ID"),
    secret: env.get("AWS_SECRET_ACCESS_KEY"),
    token: env.get("AWS_SESSION_TOKEN"),
    expiration: env.get("AWS_CREDENTIAL_EXPIRATION"),
  };
  if (!given.id || !given.secret) {
    const missing = given.id
      ? "AWS_SECRET_ACCESS_KEY is"
      : given.secret
      ? "AWS_ACCESS_KEY_ID is"
      : "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are";
    throw usage(`--from-env: ${missing} not set`, "set both, or use --stdin");
  }
  return given;
}

async function fromQuestions(system: System, typed: string | undefined): Promise<GivenKey> {
  if (!system.terminal.canAsk) {
    throw promptsDisabled("an access key is required", "use --from-env or --stdin");
  }
  const { terminal } = system;
  let answer = typed ?? "";
  for (;;) {
    if (!answer) answer = (await terminal.ask("Access key ID: ", keyGuard)).trim();
    try {
      if (isPaste(answer)) return pastedKey(system, answer);
      return await withSecret(system, checkAccessKeyId(answer));
    } catch (error) {
      sayAgain(system, error);
      answer = "";
    }
  }
}

async function withSecret(system: System, id: string): Promise<GivenKey> {
  const { terminal } = system;
  const secret = await asked(
    system,
    (answer) => isPaste(answer) ? answer : checkSecretAccessKey(answer),
    () => terminal.askSecret("Secret access key (not shown): ", { isUnfinished }),
  );
  if (isPaste(secret)) return pastedKey(system, secret);
  // The prefix marks a temporary key, which requires its session token.
  if (!id.startsWith("ASIA")) return { id, secret };
  const askToken = () => terminal.askSecret("Session token (not shown): ");
  return { id, secret, token: await asked(system, checkSessionToken, askToken) };
}

/** Reads a whole paste. @throws {Failure} `usage` */
function pastedKey(system: System, text: string): GivenKey {
  const { form, given } = readPasted(text, "the paste");
  checkedKey(given);
  system.say(`athm: reading the access key from ${form}`);
  return given;
}

/** Prompts that accept a paste never show what could be a secret. */
export const keyGuard: Guard = {
  shows: (text) => /^(?:[A-Z0-9]{0,128}|[a-z-]{0,20})$/.test(text),
  isUnfinished,
};

/** Repeats the prompt after an invalid answer, with the reason but without quoting it. */
async function asked(
  system: System,
  check: (text: string) => string,
  ask: () => Promise<string>,
): Promise<string> {
  for (;;) {
    const answer = (await ask()).trim();
    try {
      return check(answer);
    } catch (error) {
      sayAgain(system, error);
    }
  }
}

function sayAgain({ say }: System, error: unknown): void {
  if (!(error instanceof Failure) || error.code !== "usage") throw error;
  say(`athm: ${error.message}`);
  if (error.hint) say(`athm: hint: ${error.hint}`);
}

/** Whether an answer is an access key ID, or a paste with a key. */
export function isKey(text: string): boolean {
  return isPaste(text) || valueOr(() => checkAccessKeyId(text) === text, false);
}
