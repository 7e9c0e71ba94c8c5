import type { KeysSource } from "../model/profile.ts";
import type { SourceKind } from "./source.ts";

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

  settle: async (values, system, typed) => {
    const { readKey } = await import("./key_input.ts");
    return { kind: "keys", ...await readKey(values, system, typed) };
  },

  obtain: (source) =>
    Promise.resolve({
      credentials: source,
      // What came with a session token may be a role's.
      chained: source.sessionToken !== undefined,
    }),
};
