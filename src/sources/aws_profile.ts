import type { Credentials } from "../model/credentials.ts";
import { changed, Failure } from "../model/failure.ts";
import { parseRoleArn } from "../model/arn.ts";
import { defined } from "../model/fields.ts";
import { checkDuration, checkMfaSerial } from "../model/limits.ts";
import type { Mfa } from "../signin/mfa_code.ts";
import type { ExchangeContext } from "./source.ts";

/** A section of `~/.aws/config` or `~/.aws/credentials`, as text. */
export type ProfileSection = Readonly<Record<string, string | undefined>>;

export type ProfileSections = Readonly<Record<string, ProfileSection | undefined>>;

/** Settings that have precedence over `credential_process`, in botocore's order. */
const earlier = ["aws_access_key_id", "sso_session", "sso_start_url", "login_session"];
const longestChain = 10;

/**
 * The SDK would send the role's call to the machine's configured endpoint, and give the process the
 * whole environment, which athm may not read. Nothing, if the SDK should handle the profile.
 * @param fromSdk returns the SDK's credentials for a profile
 */
export async function fromSection(
  name: string,
  sections: ProfileSections,
  context: ExchangeContext,
  fromSdk: (name: string) => Promise<Credentials>,
  depth = 0,
): Promise<Credentials | undefined> {
  const section = sections[name];
  if (!section) return undefined;
  if (depth > longestChain) {
    throw new Failure("source", `AWS profiles form a cycle at ${quote(name)}`);
  }
  const { role_arn: role, source_profile: base, credential_process: command } = section;
  if (role !== undefined && base !== undefined) {
    // A profile may be its own source_profile: then it also holds the keys.
    const own = { ...sections, [name]: { ...section, role_arn: undefined } };
    const rest = base === name ? own : sections;
    if (!sections[base]) throw missing(name, base);
    const first = await fromSection(base, rest, context, fromSdk, depth + 1) ?? await fromSdk(base);
    return await assumed(name, section, first, context);
  }
  if (role !== undefined || command === undefined || earlier.some((key) => section[key])) {
    return undefined;
  }
  const title = `the credential_process of ${name}${programIn(command)}`;
  const text = await context.ask(command, title);
  const { checkedKey, readDocument } = await import("./document.ts");
  const given = blamingTheFile(() => readDocument(text, title));
  return blamingTheFile(() => checkedKey(given), {
    prefix: `${title}: `,
    hint: "run it manually to see what it prints",
  });
}

/** The program of a command line in parentheses, without its folder and its arguments. */
function programIn(command: string): string {
  const [, double, single, plain] = /^\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))/.exec(command) ?? [];
  const program = (double ?? single ?? plain ?? "").replace(/^.*[\\/]/s, "");
  return /^[\w.@+ -]{1,64}$/.test(program) ? ` (${program})` : "";
}

async function assumed(
  name: string,
  section: ProfileSection,
  credentials: Credentials,
  { sts, sessionName, system, mfaCode, ask }: ExchangeContext,
): Promise<Credentials> {
  const roleArn = section.role_arn ?? "";
  const seconds = section.duration_seconds;
  blamingTheFile(() => parseRoleArn(roleArn, `role_arn of ${name}`));
  const duration = seconds === undefined
    ? undefined
    : blamingTheFile(() => checkDuration(Number(seconds), "AssumeRole", "duration_seconds"));
  const serial = section.mfa_serial;
  const assume = async (factor: Partial<Mfa>) => {
    const request = {
      roleArn,
      sessionName: section.role_session_name ?? sessionName,
      ...defined({ externalId: section.external_id, duration }),
      ...factor,
    };
    return (await sts.assumeRole(credentials, request)).session;
  };
  if (serial === undefined) return await assume({});
  blamingTheFile(() => checkMfaSerial(serial, `mfa_serial of ${name}`));
  const { withMfaCode } = await import("../signin/mfa_code.ts");
  return await withMfaCode({ system, serial, given: mfaCode, ask }, assume);
}

/** Reports an error as one of the file or process, not of the command line. */
function blamingTheFile<T>(
  work: () => T,
  { prefix = "", hint }: { readonly prefix?: string; readonly hint?: string } = {},
): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw changed(error, { code: "source", message: `${prefix}${error.message}`, hint });
  }
}

function missing(name: string, base: string): Failure {
  return new Failure(
    "source",
    `the AWS profile ${quote(name)} uses ${quote(base)}, which is in neither file`,
    "check source_profile in ~/.aws/config",
  );
}

const quote = (text: string) => JSON.stringify(text);
