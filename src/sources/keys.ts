import { rfc3339 } from "../model/credentials.ts";
import { exactly, number, object, secret, text } from "../model/decode.ts";
import type { KeysSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { SourceKind } from "./source.ts";

export const keys: SourceKind<KeysSource> = {
  kind: "keys",
  help: "an IAM user's access key",
  options: [
    { name: "from-env", help: "the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" },
    {
      name: "stdin",
      help: "the access key on standard input: JSON, export lines or an INI section",
    },
  ],
  chosenBy: ["from-env", "stdin"],
  answeredBy: async (typed) => (await import("./key_input.ts")).isKey(typed),

  settle: async (values, system, typed) => {
    const { readKey } = await import("./key_input.ts");
    return { kind: "keys", ...await readKey(values, system, typed) };
  },

  decode: object<KeysSource>(
    { kind: exactly("keys"), accessKeyId: text, secretAccessKey: secret },
    { sessionToken: secret, expires: number },
  ),
  sample: () => ({
    kind: "keys",
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: new Secret("a-made-up-secret-access-key-for-the-tests"),
    sessionToken: new Secret("a-made-up-session-token"),
    expires: Date.UTC(2026, 0),
  }),

  facts: (source) => {
    const { kind, accessKeyId, sessionToken, expires } = source;
    return {
      lasting: sessionToken === undefined,
      lines: { "access key": accessKeyId },
      shown: () => ({
        kind,
        accessKeyId,
        ...expires === undefined ? {} : { expires: rfc3339(expires) },
      }),
      key: {
        name: accessKeyId,
        credentials: source,
        replaced: ({ accessKeyId, secretAccessKey }) => ({ kind, accessKeyId, secretAccessKey }),
      },
    };
  },

  exchange: (source) =>
    Promise.resolve({
      credentials: source,
      // A key with a session token may be a role's.
      chained: source.sessionToken !== undefined,
    }),
};
