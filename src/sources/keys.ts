import { Failure, usage } from "../model/failure.ts";
import { checkAccessKeyId } from "../model/limits.ts";
import type { KeysSource } from "../model/profile.ts";
import type { System } from "../system/system.ts";
import { checkedKey, type GivenKey, readDocument } from "./document.ts";
import type { SourceKind } from "./source.ts";

const inputLimit = 64 * 1024;

/** An IAM user's access key. */
export const keys: SourceKind<KeysSource> = {
  kind: "keys",
  help: "an IAM user's access key",
  options: [
    {
      name: "from-env",
      group: "Source (one)",
      help: "the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    },
    {
      name: "stdin",
      group: "Source (one)",
      help: "the access key as credential_process JSON on standard input",
    },
  ],
  chosenBy: ["from-env", "stdin"],

  settle: async (values, system) => {
    if (values.has("from-env") && values.has("stdin")) {
      throw usage("--from-env and --stdin name two places for one key");
    }
    const given = values.has("from-env")
      ? fromEnvironment(system)
      : values.has("stdin")
      ? readDocument(new TextDecoder().decode(await system.readInput(inputLimit)), "--stdin")
      : await fromQuestions(system);
    return { kind: "keys", ...checkedKey(given) };
  },

  obtain: (source) =>
    Promise.resolve({
      credentials: source,
      // What came with a session token may be a role's.
      chained: source.sessionToken !== undefined,
    }),
};

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

async function fromQuestions({ terminal }: System): Promise<GivenKey> {
  if (!terminal.canAsk) {
    throw new Failure(
      "needs-person",
      "no source was given, and there is nobody to ask for an access key",
      "give one: --from-env, --stdin, --ambient or --from NAME",
    );
  }
  const id = await terminal.ask("Access key ID: ");
  checkAccessKeyId(id);
  return { id, secret: (await terminal.askSecret("Secret access key (not shown): ")).trim() };
}
