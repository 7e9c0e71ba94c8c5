import { defined } from "../../model/fields.ts";
import { parseDuration } from "../../model/duration.ts";
import { usage } from "../../model/failure.ts";
import { parseRoleArn } from "../../model/arn.ts";
import {
  checkDuration,
  checkExternalId,
  checkMfaSerial,
  checkPolicy,
  checkPolicyArns,
  checkSessionName,
  checkSourceIdentity,
  checkTags,
  checkTransitiveTags,
  parseTag,
} from "../../model/limits.ts";
import { regionPartition } from "../../model/partitions.ts";
import type { NetworkSettings, Profile, RoleSettings } from "../../model/profile.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import type { SourceKind } from "../../sources/source.ts";
import type { Values } from "../../line/values.ts";
import type { System } from "../../system/system.ts";
import { confirmOf, policyText } from "./options.ts";

/** What options set besides the source. @throws {Failure} `usage` */
export function settingsOf(
  values: Values,
  system: System,
  kind: SourceKind | undefined,
): Pick<Profile, "roleArns" | "role" | "network" | "confirm"> {
  return {
    ...roleSettings(values, system, kind),
    network: networkSettings(values, system),
    ...confirmOf(values),
  };
}

/** The role settings, within AWS's limits. @throws {Failure} `usage` */
export function roleSettings(
  values: Values,
  system: System,
  kind: SourceKind | undefined,
): { roleArns: readonly string[]; role: RoleSettings } {
  const roleArns = values.all("role-arn");
  for (const arn of roleArns) parseRoleArn(arn);
  // A role named by the provider accepts only some settings.
  const own = kind?.firstRole === "provider";
  const call = roleArns.length ? "AssumeRole" : own ? "AssumeRoleWithSAML" : "GetSessionToken";
  const given = <T>(name: string, check: (text: string) => T): T | undefined => {
    const text = values.text(name);
    return text === undefined ? undefined : check(text);
  };
  const list = <T>(items: readonly T[], check: (items: readonly T[]) => readonly T[]) =>
    items.length ? check(items) : undefined;
  const tags = list(values.all("tag").map((text) => parseTag(text)), checkTags);
  const role = {
    externalId: given("external-id", checkExternalId),
    sessionName: given("session-name", checkSessionName),
    duration: given("duration", (text) => checkDuration(parseDuration(text, "--duration"), call)),
    mfaSerial: given("mfa-serial", checkMfaSerial),
    mfaCommand: values.text("mfa-command"),
    mfaDuration: given(
      "mfa-duration",
      (text) =>
        checkDuration(parseDuration(text, "--mfa-duration"), "GetSessionToken", "--mfa-duration"),
    ),
    sourceIdentity: given("source-identity", checkSourceIdentity),
    tags,
    transitiveTags: list(
      values.all("transitive-tag"),
      (keys) => checkTransitiveTags(keys, tags ?? []),
    ),
    policy: given("policy", (text) => checkPolicy(policyText(text, system))),
    policyArns: list(values.all("policy-arn"), checkPolicyArns),
  };
  const idle = [
    "external-id",
    "session-name",
    "source-identity",
    "tag",
    "transitive-tag",
    ...own ? [] : ["policy", "policy-arn"],
  ]
    .find((name) => values.has(name));
  if (!roleArns.length && idle) {
    throw usage(
      `--${idle} requires a role`,
      own
        ? "the provider sets it for its own role; add a role after it with --role-arn ARN"
        : "add --role-arn ARN",
    );
  }
  const homeless = ["mfa-command", "mfa-duration"].find((name) => values.has(name));
  if (homeless && role.mfaSerial === undefined) {
    throw usage(`--${homeless} requires --mfa-serial`, "add --mfa-serial ARN");
  }
  if (!roleArns.length && role.duration !== undefined && role.mfaDuration !== undefined) {
    throw usage("--duration and --mfa-duration mean the same without a role", "give one");
  }
  return { roleArns, role: defined(role) };
}

/** @throws {Failure} `usage`. */
export function networkSettings(values: Values, system: System): NetworkSettings {
  const region = values.text("region");
  if (region !== undefined) regionPartition(region);
  const caBundle = values.text("ca-bundle");
  if (caBundle !== undefined && !system.files.facts(caBundle)) {
    throw usage(`--ca-bundle: file ${caBundle} not found`);
  }
  return defined({
    region,
    endpointUrl: values.text("endpoint-url"),
    fips: values.has("fips") || undefined,
    dualstack: values.has("dualstack") || undefined,
    caBundle: caBundle === undefined ? undefined : system.files.absolute(caBundle),
  });
}

export function refuseIdle({ source, role, roleArns }: Profile): void {
  const { lasting } = factsOf(source);
  if (!lasting && role.mfaSerial !== undefined) {
    throw usage(
      "--mfa-serial is not allowed here: temporary credentials cannot use MFA",
      "set it on the profile that holds the access key",
    );
  }
  const made = lasting || sourceOf(source).firstRole === "provider" || roleArns.length > 0;
  if (!made && role.duration !== undefined) {
    throw usage(
      "--duration requires a role: without one, the source's credentials are used unchanged",
      "add --role-arn, or set the duration where the credentials are issued",
    );
  }
}

/** The options for these settings: the reverse of `roleSettings` and `networkSettings`. */
export function optionsOf(
  { roleArns, role, network, confirm }: Omit<Profile, "name" | "source">,
): ReadonlyMap<string, readonly string[]> {
  const one = (value: string | number | undefined) => value === undefined ? [] : [String(value)];
  const flag = (isSet: boolean | undefined) => isSet ? [""] : [];
  const options: Readonly<Record<string, readonly string[]>> = {
    "role-arn": roleArns,
    "external-id": one(role.externalId),
    "session-name": one(role.sessionName),
    "duration": one(role.duration),
    "mfa-serial": one(role.mfaSerial),
    "mfa-command": one(role.mfaCommand),
    "mfa-duration": one(role.mfaDuration),
    "source-identity": one(role.sourceIdentity),
    "tag": role.tags?.map(({ key, value }) => `${key}=${value}`) ?? [],
    "transitive-tag": role.transitiveTags ?? [],
    "policy": one(role.policy),
    "policy-arn": role.policyArns ?? [],
    "region": one(network.region),
    "endpoint-url": one(network.endpointUrl),
    "fips": flag(network.fips),
    "dualstack": flag(network.dualstack),
    "ca-bundle": one(network.caBundle),
    "confirm": one(confirm),
  };
  return new Map(Object.entries(options).filter(([, values]) => values.length));
}
