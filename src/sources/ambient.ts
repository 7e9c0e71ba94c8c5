import type { Credentials } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { AmbientSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { SourceContext, SourceKind } from "./source.ts";

/** Variables that choose among the places where the SDK's chain looks. */
const choosing: readonly string[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
];

/** What the machine has already: the AWS SDK's default chain, or one profile of its config files. */
export const ambient: SourceKind<AmbientSource> = {
  kind: "ambient",
  help: "what the AWS SDK finds on this machine (environment, config files, container, instance)",
  options: [
    {
      name: "ambient",
      group: "Source (one)",
      help: "what the AWS SDK finds: environment, config files, container, instance",
    },
    {
      name: "aws-profile",
      value: "P",
      group: "Source (one)",
      help: "with --ambient: this profile of ~/.aws/config",
    },
  ],
  chosenBy: ["ambient"],

  settle: (values) => {
    const awsProfile = values.text("aws-profile");
    return Promise.resolve({ kind: "ambient", ...awsProfile ? { awsProfile } : {} });
  },

  obtain: async ({ awsProfile }, context) => {
    const credentials = await fromProcess(context, awsProfile) ?? await fromSdk(awsProfile);
    return { credentials, chained: credentials.sessionToken !== undefined };
  },

  identity: ({ awsProfile }, { env }) =>
    awsProfile
      ? { AWS_CONFIG_FILE: env.get("AWS_CONFIG_FILE") }
      : Object.fromEntries(choosing.map((name) => [name, env.get(name)])),
};

async function fromSdk(awsProfile: string | undefined): Promise<Credentials> {
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  const provider = fromNodeProviderChain(awsProfile ? { profile: awsProfile } : {});
  const found = await provider().catch((error) => {
    throw notFound(awsProfile, error);
  });
  return {
    accessKeyId: found.accessKeyId,
    secretAccessKey: new Secret(found.secretAccessKey),
    ...found.sessionToken ? { sessionToken: new Secret(found.sessionToken) } : {},
    ...found.expiration ? { expires: found.expiration.getTime() } : {},
  };
}

/**
 * The credentials that the profile's `credential_process` prints, where it has one. The SDK would run
 * it with a copy of the whole environment, which athm has no permission to read.
 */
async function fromProcess(
  { system, ask }: SourceContext,
  awsProfile: string | undefined,
): Promise<Credentials | undefined> {
  const { env } = system;
  const name = awsProfile ?? (env.get("AWS_PROFILE") || "default");
  if (!awsProfile && !env.get("AWS_PROFILE") && env.get("AWS_ACCESS_KEY_ID")) return undefined;
  const { parseKnownFiles } = await import("@smithy/shared-ini-file-loader");
  const section = (await parseKnownFiles({}))[name];
  const command = section?.credential_process;
  // The order of botocore: a role, then keys, then Identity Center, then the process.
  const earlier = [
    "role_arn",
    "aws_access_key_id",
    "sso_session",
    "sso_start_url",
    "login_session",
  ];
  if (!command || earlier.some((key) => section?.[key])) return undefined;

  const text = await ask(command);
  const { checkedKey, readDocument } = await import("./document.ts");
  try {
    return checkedKey(readDocument(text, `the credential_process of ${name}`));
  } catch (error) {
    // The person's command line was right; what their process printed was not.
    throw error instanceof Failure ? new Failure("source", error.message, error.hint) : error;
  }
}

/** The SDK's message may quote what a process printed, so only its kind is passed on. */
function notFound(awsProfile: string | undefined, error: unknown): Failure {
  const kind = error instanceof Error ? error.name : "Error";
  return new Failure(
    "source",
    awsProfile
      ? `the AWS profile ${JSON.stringify(awsProfile)} gave no credentials (${kind})`
      : `the AWS SDK found no credentials on this machine (${kind})`,
    awsProfile
      ? `see what it says to: aws sts get-caller-identity --profile ${awsProfile}`
      : "see what it says to: aws sts get-caller-identity",
    { cause: error },
  );
}
