import { exactly, object, text } from "../model/decode.ts";
import { usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { WebIdentitySource } from "../model/profile.ts";
import { ciRun, ciSystems, runningCi } from "../signin/ci/systems.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import type { IdentityToken } from "../signin/ci/identity_token.ts";
import type { SourceKind } from "./source.ts";

const places = ["auto", ...ciSystems.map(({ name }) => name)].join(", ");

export const webIdentity: SourceKind<WebIdentitySource, IdentityToken> = {
  kind: "web-identity",
  help: "the identity token of a CI job or Kubernetes pod; stores no secret",
  options: [
    {
      name: "web-identity",
      value: "FROM",
      help: "assume the first --role-arn with an identity token from: " +
        `${places}, file:PATH, env:NAME or command:CMD`,
    },
    {
      name: "audience",
      value: "A",
      help: "with --web-identity: audience of the token (default: sts.amazonaws.com)",
    },
  ],
  chosenBy: ["web-identity"],
  awsSettings: ["web_identity_token_file"],
  firstRole: "profile",

  questions: [
    {
      option: "web-identity",
      text: "Source of the identity token",
      help: `${places}, file:PATH, env:NAME or command:CMD`,
      suggest: ({ system: { env } }) => runningCi(env) ? "auto" : undefined,
      check: async (answer) =>
        (await import("../signin/ci/token_place.ts")).parseTokenPlace(answer),
    },
  ],

  settle: async (values, system) => {
    const { parseTokenPlace } = await import("../signin/ci/token_place.ts");
    const from = values.text("web-identity");
    if (from === undefined) throw usage("--web-identity requires a token source");
    const place = parseTokenPlace(from);
    const audience = values.text("audience");
    if (audience !== undefined) checkAudience(audience);
    return {
      kind: "web-identity",
      from: place.kind === "file" ? `file:${wholePath(system, place.path)}` : from,
      ...defined({ audience }),
    };
  },

  check: refuseWithoutRole,

  decode: object<WebIdentitySource>({ kind: exactly("web-identity"), from: text }, {
    audience: text,
  }),
  sample: () => ({ kind: "web-identity", from: "github", audience: "sts.amazonaws.com" }),

  facts: ({ from, audience }) => ({ lasting: false, lines: { "identity token": from, audience } }),

  // Another job of the same runner has another identity.
  identity: ({ from }, { env }) => ({
    ...ciRun(env),
    ...from === "auto" && { file: env.get("AWS_WEB_IDENTITY_TOKEN_FILE") },
  }),

  prove: async (source, context, refused) => {
    // A job has one token: requesting it again does not change it.
    if (refused) throw refused.error;
    const { identityToken } = await import("./web_identity_role.ts");
    return { source, proof: await identityToken(source, context) };
  },
  exchange: async (_source, context, token) =>
    await (await import("./web_identity_role.ts")).assumeWithToken(token, context),
};

/** What a role that is assumed with a token cannot be given: the token has to say it. */
const inToken = ["external-id", "source-identity", "tag", "transitive-tag"];

function refuseWithoutRole(values: Values): void {
  const roles = values.all("role-arn").length;
  if (roles === 0) {
    throw usage("--web-identity requires --role-arn", "name it with --role-arn ARN");
  }
  const strange = roles === 1 ? inToken.find((name) => values.has(name)) : undefined;
  if (strange === undefined) return;
  throw usage(
    `--${strange} is not allowed for a role assumed with a token`,
    "AWS reads tags and the source identity from the token; set them on a second --role-arn",
  );
}

function checkAudience(text: string): void {
  if (/^[\x21-\x7e]{1,255}$/.test(text)) return;
  throw usage("--audience must be 1 to 255 ASCII characters without spaces");
}

function wholePath({ env, files }: System, path: string): string {
  const home = env.get("HOME") || env.get("USERPROFILE");
  const inHome = home && /^~[\\/]/.test(path) ? files.join(home, path.slice(2)) : path;
  return files.absolute(inHome);
}
