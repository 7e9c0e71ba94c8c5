import type { Credentials } from "../model/credentials.ts";
import { Failure, usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { Secret } from "../model/secret.ts";
import type { ExchangeContext } from "./source.ts";

/** @throws {Failure} `usage` */
export function checkAwsProfile(answer: string): void {
  // Not in ambient.ts: V8 takes 0.2 ms to parse it, whether or not it is used.
  if (!/^[^\p{C}]{1,256}$/u.test(answer)) throw usage("not a profile name");
}

/** @throws {Failure} `source` if there are none */
export async function ambientCredentials(
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
