import { parseDuration } from "../../model/duration.ts";
import { usage } from "../../model/failure.ts";
import type { Option } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";

const roles = { group: "Roles" };

/** How roles are assumed. */
export const roleOptions: readonly Option[] = [
  {
    ...roles,
    name: "role-arn",
    value: "ARN",
    repeat: true,
    help: "assume this role at each login; several are assumed one from another",
  },
  {
    ...roles,
    name: "external-id",
    value: "ID",
    help: "external ID that the last role's trust policy asks for",
  },
  {
    ...roles,
    name: "session-name",
    value: "NAME",
    help: "what CloudTrail shows (default: athm-USER-HOST)",
  },
  {
    ...roles,
    name: "duration",
    value: "TIME",
    help: "life of a session: 1h, 45m, 1h30m or seconds",
  },
  {
    ...roles,
    name: "mfa-serial",
    value: "ARN",
    help: "MFA device whose code is asked at each login",
  },
  {
    ...roles,
    name: "mfa-command",
    value: "CMD",
    help: "command that prints the MFA code, instead of asking",
  },
  {
    ...roles,
    name: "mfa-duration",
    value: "TIME",
    help: "for how long one MFA code serves all profiles with the device (default 12h)",
  },
  {
    ...roles,
    name: "source-identity",
    value: "ID",
    help: "source identity, kept through all roles",
  },
  { ...roles, name: "tag", value: "K=V", repeat: true, help: "session tag" },
  {
    ...roles,
    name: "transitive-tag",
    value: "K",
    repeat: true,
    help: "pass this tag on to every role of the chain",
  },
  {
    ...roles,
    name: "policy",
    value: "FILE|JSON",
    help: "session policy that narrows the last role's rights",
  },
  {
    ...roles,
    name: "policy-arn",
    value: "ARN",
    repeat: true,
    help: "managed policy that narrows them",
  },
];

/** A code is good once and for a minute, so it may stand on the line; it is not kept. */
export const mfaCodeOption: Option = {
  name: "mfa-code",
  value: "CODE",
  help: "the MFA device's code for this call, instead of asking",
};

/**
 * `--mfa-code`.
 *
 * @throws {Failure} `usage`.
 */
export function mfaCodeOf(values: Values): { mfaCode?: string } {
  const text = values.text("mfa-code");
  if (text === undefined) return {};
  // Here and not in the room of limits, which a kept session does not load.
  if (!/^[0-9]{6}$/.test(text)) throw usage("--mfa-code is exactly 6 digits, and this is not");
  return { mfaCode: text };
}

const network = { group: "Network" };

/** Where athm's own calls to AWS go. */
export const networkOptions: readonly Option[] = [
  {
    ...network,
    name: "region",
    value: "R",
    help: "region of the programs that are run, and of STS",
  },
  {
    ...network,
    name: "endpoint-url",
    value: "URL",
    help: "STS endpoint, such as a FIPS or VPC one",
  },
  { ...network, name: "fips", help: "FIPS endpoints, for athm and for the programs that are run" },
  { ...network, name: "dualstack", help: "endpoints that have IPv6 addresses too" },
  {
    ...network,
    name: "ca-bundle",
    value: "FILE",
    help: "certificates to trust besides the machine's (PEM)",
  },
];

/**
 * `--min-ttl` in milliseconds.
 *
 * @throws {Failure} `usage`.
 */
export function minTtlOf(values: Values): { minTtl?: number } {
  const text = values.text("min-ttl");
  return text === undefined ? {} : { minTtl: parseDuration(text, "--min-ttl") * 1000 };
}
