import { longestConfirmation, type Narrowing } from "../../model/credentials.ts";
import { formatDuration, parseDuration } from "../../model/duration.ts";
import { usage } from "../../model/failure.ts";
import { grouped, type Option } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";
import { isName } from "../../model/names.ts";
import type { Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";

export const roleOptions: readonly Option[] = grouped("Roles", [
  {
    name: "role-arn",
    value: "ARN",
    repeat: true,
    help: "role to assume at each login; each role is assumed from the one before",
  },
  {
    name: "external-id",
    value: "ID",
    help: "external ID required by the last role's trust policy",
  },
  {
    name: "session-name",
    value: "NAME",
    help: "role session name shown in CloudTrail (default: athm-USER-HOST)",
  },
  { name: "duration", value: "TIME", help: "session duration: 1h, 45m, 1h30m or seconds" },
  { name: "mfa-serial", value: "ARN", help: "MFA device; athm prompts for its code at login" },
  {
    name: "mfa-command",
    value: "CMD",
    help: "command that prints the MFA code, instead of a prompt",
  },
  {
    name: "mfa-duration",
    value: "TIME",
    help: "how long one MFA code serves all profiles with the device (default 12h)",
  },
  { name: "source-identity", value: "ID", help: "source identity, kept through the chain" },
  { name: "tag", value: "K=V", repeat: true, help: "session tag" },
  {
    name: "transitive-tag",
    value: "K",
    repeat: true,
    help: "pass this tag to every role of the chain",
  },
  { name: "policy", value: "FILE|JSON", help: "session policy that restricts the last role" },
  {
    name: "policy-arn",
    value: "ARN",
    repeat: true,
    help: "managed policy that restricts the last role",
  },
]);

/** Options that restrict a session. Those of a profile have the same names. */
export const narrowingOptions: readonly Option[] = grouped("Narrower session", [
  { name: "read-only", help: "allow only what the AWS managed policy ReadOnlyAccess allows" },
  {
    name: "policy",
    value: "FILE|JSON|@NAME",
    help: "allow only what this session policy allows; athm policy add stores one under a NAME",
  },
  {
    name: "policy-arn",
    value: "ARN",
    repeat: true,
    help: "allow only what these managed policies allow",
  },
]);

/** The restriction that was typed, if any; its text is checked when a session is made. */
export async function narrowingOf(
  values: Values,
  system: System,
  openStore: () => Promise<Store | undefined>,
): Promise<Narrowing | undefined> {
  const [given, policyArns] = [values.text("policy"), values.all("policy-arn")];
  if (values.has("read-only")) {
    const other = ["policy", "policy-arn"].find((name) => values.has(name));
    if (other === undefined) return { readOnly: true };
    throw usage(
      `--read-only and --${other} cannot be combined: AWS would allow what either of them allows`,
      "use one of them",
    );
  }
  if (given === undefined && policyArns.length === 0) return undefined;
  return {
    ...given === undefined
      ? {}
      : given.startsWith("@")
      ? await namedPolicy(given.slice(1), await openStore())
      : { policy: policyText(given, system) },
    ...policyArns.length ? { policyArns } : {},
  };
}

async function namedPolicy(name: string, store: Store | undefined) {
  const found = isName(name) ? await store?.policies.find(name) : undefined;
  if (found) return { policy: found.policy, named: found.name };
  throw usage(
    `--policy: no policy is named ${JSON.stringify(name)}`,
    "run athm policy ls to list policies",
  );
}

/** @throws {Failure} `usage` for a missing file */
export function policyText(text: string, { files }: Pick<System, "files">): string {
  if (/^\s*\{/.test(text)) return text;
  if (text.startsWith("@")) {
    throw usage(
      "--policy: a profile keeps the text of a policy, not its name",
      "use a file: athm policy show NAME prints the text",
    );
  }
  const bytes = text === "" ? undefined : files.read(text);
  if (!bytes) throw usage(`--policy: file ${text || '""'} not found`, "use a file or JSON text");
  return new TextDecoder().decode(bytes);
}

/** Allowed in an argument: a code is valid once and for a minute. Never stored. */
export const mfaCodeOption: Option = {
  name: "mfa-code",
  value: "CODE",
  help: "MFA code for this call, instead of a prompt",
};

/** @throws {Failure} `usage`. */
export function mfaCodeOf(values: Values): { mfaCode?: string } {
  const text = values.text("mfa-code");
  if (text === undefined) return {};
  // Not among the limits, which a kept session does not load.
  if (!/^[0-9]{6}$/.test(text)) throw usage("--mfa-code must be exactly 6 digits");
  return { mfaCode: text };
}

/** Endpoint and CA options for athm's own calls to AWS. */
export const networkOptions: readonly Option[] = grouped("Network", [
  { name: "region", value: "R", help: "region for programs and for STS" },
  { name: "endpoint-url", value: "URL", help: "STS endpoint, such as a FIPS or VPC endpoint" },
  { name: "fips", help: "use FIPS endpoints, in athm and in programs" },
  { name: "dualstack", help: "use dual-stack endpoints (IPv4 and IPv6)" },
  { name: "ca-bundle", value: "FILE", help: "additional certificates to trust (PEM)" },
]);

export const confirmOption: Option = {
  name: "confirm",
  value: "TIME",
  implied: "15m",
  help:
    "ask a person before each use except --read-only; a yes lasts TIME (default 15m, 0 for none)",
};

/** In seconds. @throws {Failure} `usage` */
export function confirmOf(values: Values): { confirm?: number } {
  const text = values.text("confirm");
  if (text === undefined) return {};
  const confirm = parseDuration(text, "--confirm");
  const most = longestConfirmation / 1000;
  if (confirm > most) throw usage(`--confirm must be at most ${formatDuration(most)}`);
  return { confirm };
}

/** In milliseconds. @throws {Failure} `usage` */
export function minTtlOf(values: Values): { minTtl?: number } {
  const text = values.text("min-ttl");
  return text === undefined ? {} : { minTtl: parseDuration(text, "--min-ttl") * 1000 };
}
