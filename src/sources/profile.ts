import { exactly, name, object } from "../model/decode.ts";
import { usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { nameKey, parseName, suggestion } from "../model/names.ts";
import type { ProfileSource } from "../model/profile.ts";
import type { SourceKind } from "./source.ts";

export const profile: SourceKind<ProfileSource> = {
  kind: "profile",
  help: "the session of another athm profile",
  options: [
    {
      name: "from",
      value: "NAME",
      completes: "profile",
      help: "the session of another athm profile",
    },
  ],
  chosenBy: ["from"],

  offered: (profiles) => profiles.length > 0,
  questions: [
    {
      option: "from",
      text: "Source profile",
      suggest: ({ profiles }) => profiles.length === 1 ? profiles[0] : undefined,
      check: (answer, { profiles }) => {
        if (profiles.some((each) => nameKey(each) === nameKey(parseName(answer)))) return;
        throw usage(
          `profile ${answer} not found${suggestion(answer, profiles)}`,
          `use one of ${profiles.join(", ")}`,
        );
      },
    },
  ],

  settle: (values) => {
    const from = values.text("from");
    if (from === undefined) throw usage("--from requires the NAME of a profile");
    return Promise.resolve({ kind: "profile", from: parseName(from) });
  },

  decode: object<ProfileSource>({ kind: exactly("profile"), from: name }, {}),
  sample: () => ({ kind: "profile", from: "of-keys" }),

  // A profile may be renamed, so only the base profile's fingerprint counts.
  facts: ({ kind, from }) => ({
    lasting: false,
    lines: { from },
    deciding: { kind },
    base: from,
    onBase: (name) => ({ kind, from: name }),
  }),

  exchange: async ({ from }, { sessionOf }) => {
    const session = await sessionOf(from);
    const { parsePrincipalArn } = await import("../model/arn.ts");
    const { arn } = session;
    const isUser = arn !== undefined && /^(user|root)$/.test(parsePrincipalArn(arn).kind);
    // A GetSessionToken session is the user's own; all others are a role's.
    return defined({ credentials: session, arn, chained: !isUser });
  },
};
