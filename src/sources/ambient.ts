import type { Credentials } from "../model/credentials.ts";
import { exactly, object, text } from "../model/decode.ts";
import { Failure, usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { AmbientSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { ExchangeContext, SourceKind } from "./source.ts";

/** Variables that say which config files are read. */
const whichFiles = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME", "USERPROFILE"];

/** Variables that decide where the SDK's default chain finds credentials. */
const choosing: readonly string[] = [
  ...whichFiles,
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/** The AWS SDK's default chain, or one profile of its config files. */
export const ambient: SourceKind<AmbientSource> = {
  kind: "ambient",
  help: "the AWS SDK's default chain (environment, config files, container, instance)",
  options: [
    {
      name: "ambient",
      help: "the AWS SDK's default chain: environment, config files, container, instance",
    },
    { name: "aws-profile", value: "P", help: "with --ambient: a profile of ~/.aws/config" },
  ],
  chosenBy: ["ambient"],
  awsSettings: ["credential_process", "source_profile", "credential_source"],

  questions: [
    {
      option: "aws-profile",
      text: "Profile of ~/.aws/config (none: the SDK's own choice)",
      optional: true,
      check: (answer) => {
        if (!/^[^\p{C}]{1,256}$/u.test(answer)) throw usage("not a profile name");
      },
    },
  ],

  settle: (values) => {
    const awsProfile = values.text("aws-profile") || undefined;
    return Promise.resolve({ kind: "ambient", ...defined({ awsProfile }) });
  },

  decode: object<AmbientSource>({ kind: exactly("ambient") }, { awsProfile: text }),
  sample: () => ({ kind: "ambient", awsProfile: "work" }),

  facts: ({ awsProfile }) => ({
    // The best guess before asking the SDK.
    lasting: true,
    lines: { "AWS profile": awsProfile },
    key: { name: `the AWS profile ${awsProfile ?? ""}` },
    sdk: defined({ profile: awsProfile }),
  }),

  identity: ({ awsProfile }, { env }) =>
    Object.fromEntries((awsProfile ? whichFiles : choosing).map((name) => [name, env.get(name)])),

  exchange: async ({ awsProfile }, context) => {
    const credentials = await found(awsProfile, context);
    return { credentials, chained: credentials.sessionToken !== undefined };
  },
};

async function found(
  awsProfile: string | undefined,
  context: ExchangeContext,
): Promise<Credentials> {
  const { env } = context.system;
  const chosen = awsProfile ??
    (env.get("AWS_PROFILE") || env.get("AWS_DEFAULT_PROFILE") || undefined);
  // Keys in the environment have precedence, unless a profile is named.
  if (chosen === undefined && env.get("AWS_ACCESS_KEY_ID")) return await fromSdk(undefined);
  const { parseKnownFiles } = await import("@smithy/shared-ini-file-loader");
  const { fromSection } = await import("./aws_profile.ts");
  const sections = await parseKnownFiles({});
  return await fromSection(chosen ?? "default", sections, context, fromSdk) ??
    await fromSdk(chosen);
}

/** The SDK's console messages are for programmers; athm prints its own. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function fromSdk(profile: string | undefined): Promise<Credentials> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const found = await defaultProvider({ logger: silent, ...profile ? { profile } : {} })().catch(
    (error) => {
      throw notFound(profile, error);
    },
  );
  const { accessKeyId, secretAccessKey, sessionToken = "" } = found;
  const { areVisible } = await import("../aws/issued.ts");
  if (
    !areVisible([accessKeyId, secretAccessKey]) || (sessionToken && !areVisible([sessionToken]))
  ) {
    throw new Failure(
      "source",
      "the credentials that the AWS SDK found contain whitespace or invalid characters",
      "run aws configure list to see where they come from",
    );
  }
  return defined({
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken ? new Secret(sessionToken) : undefined,
    expires: found.expiration?.getTime(),
  });
}

/** The SDK's message may quote a process's output, so only the error's name is used. */
function notFound(awsProfile: string | undefined, error: unknown): Failure {
  const kind = error instanceof Error ? error.name : "Error";
  return new Failure(
    "source",
    awsProfile
      ? `the AWS profile ${JSON.stringify(awsProfile)} returned no credentials (${kind})`
      : `the AWS SDK found no credentials (${kind})`,
    awsProfile
      ? `run aws sts get-caller-identity --profile ${awsProfile}`
      : "run aws sts get-caller-identity",
    { cause: error },
  );
}
