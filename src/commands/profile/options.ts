import { parseDuration } from "../../model/duration.ts";
import { usage } from "../../model/failure.ts";
import { grouped, type Option } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";

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

/** In milliseconds. @throws {Failure} `usage` */
export function minTtlOf(values: Values): { minTtl?: number } {
  const text = values.text("min-ttl");
  return text === undefined ? {} : { minTtl: parseDuration(text, "--min-ttl") * 1000 };
}
