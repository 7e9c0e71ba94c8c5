import type { Credentials } from "../model/credentials.ts";
import { Failure, usage } from "../model/failure.ts";
import { checkAccessKeyId, checkSecretAccessKey, checkSessionToken } from "../model/limits.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import { checkedKey, type GivenKey, readDocument } from "./document.ts";

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
  if (values.has("from-env")) return checkedKey(fromEnvironment(system));
  if (!values.has("stdin")) return checkedKey(await fromQuestions(system, typed));
  if (system.terminal.stdinIsTerminal) {
    system.say("athm: paste the JSON, then press Enter and Ctrl-D");
  }
  const bytes = await system.readInput(inputLimit);
  if (!bytes) throw usage(`--stdin: input exceeds ${inputLimit} bytes`);
  return checkedKey(readDocument(new TextDecoder().decode(bytes), "--stdin"));
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
    throw new Failure(
      "needs-person",
      "an access key is required: prompts are disabled",
      "use --from-env or --stdin",
    );
  }
  const { terminal } = system;
  const id = typed ??
    await asked(system, checkAccessKeyId, () => terminal.ask("Access key ID: "));
  const secret = await asked(
    system,
    checkSecretAccessKey,
    () => terminal.askSecret("Secret access key (not shown): "),
  );
  // The prefix marks a temporary key, which requires its session token.
  if (!id.startsWith("ASIA")) return { id, secret };
  const askToken = () => terminal.askSecret("Session token (not shown): ");
  return { id, secret, token: await asked(system, checkSessionToken, askToken) };
}

/** Repeats the prompt after an invalid answer, with the reason but without quoting it. */
async function asked(
  { say }: System,
  check: (text: string) => string,
  ask: () => Promise<string>,
): Promise<string> {
  for (;;) {
    const answer = (await ask()).trim();
    try {
      return check(answer);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(`athm: ${error.message}`);
      if (error.hint) say(`athm: hint: ${error.hint}`);
    }
  }
}

export function isAccessKeyId(text: string): boolean {
  try {
    return checkAccessKeyId(text) === text;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
