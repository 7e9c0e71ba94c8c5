import type { Credentials } from "../model/credentials.ts";
import { Failure, usage } from "../model/failure.ts";
import { checkAccessKeyId } from "../model/limits.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import { checkedKey, type GivenKey, readDocument } from "./document.ts";

const inputLimit = 64 * 1024;

/**
 * An access key from where the options say: the environment, standard input, or questions.
 *
 * @throws {Failure} `usage`, or `needs-person` where nobody may be asked.
 */
export async function readKey(values: Values, system: System): Promise<Credentials> {
  if (values.has("from-env") && values.has("stdin")) {
    throw usage("--from-env and --stdin name two places for one key");
  }
  if (values.has("from-env")) return checkedKey(fromEnvironment(system));
  if (!values.has("stdin")) return checkedKey(await fromQuestions(system));
  if (system.terminal.stdinIsTerminal) system.say("athm: paste the JSON, then Enter and Ctrl-D");
  const bytes = await system.readInput(inputLimit);
  if (!bytes) throw usage(`--stdin: more than ${inputLimit} bytes came`);
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

async function fromQuestions(system: System): Promise<GivenKey> {
  const { terminal } = system;
  if (!terminal.canAsk) {
    throw new Failure(
      "needs-person",
      "no source was given, and there is nobody to ask for an access key",
      "give one: --from-env, --stdin, --ambient or --from NAME",
    );
  }
  const id = await askedId(system);
  return { id, secret: (await terminal.askSecret("Secret access key (not shown): ")).trim() };
}

/** A mistyped id is asked again, twice. */
async function askedId({ terminal, say }: System): Promise<string> {
  for (let tries = 3;; tries--) {
    const id = await terminal.ask("Access key ID: ");
    try {
      return checkAccessKeyId(id);
    } catch (error) {
      if (!(error instanceof Failure) || tries === 1) throw error;
      say(`athm: ${error.message}`);
    }
  }
}
