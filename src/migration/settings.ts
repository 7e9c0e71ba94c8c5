import { defined } from "../model/fields.ts";
import { parseRoleArn } from "../model/arn.ts";
import { parseDuration } from "../model/duration.ts";
import {
  checkAccessKeyId,
  checkDuration,
  checkExternalId,
  checkMfaSerial,
  checkSecretAccessKey,
  checkSessionName,
  checkSourceIdentity,
  checkTags,
  checkTransitiveTags,
  parseTag,
} from "../model/limits.ts";
import { regionPartition } from "../model/partitions.ts";
import type { KeysSource, NetworkSettings, RoleSettings } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { Section } from "./aws_files.ts";

export interface Settings {
  readonly roleArns: readonly string[];
  readonly role: RoleSettings;
  readonly network: NetworkSettings;
}

/** With aws-vault's, checked against AWS's limits. @throws {Failure} `usage`, naming the key */
export function settingsOf(section: Section): Settings {
  const roleArn = section.get("role_arn");
  if (roleArn !== undefined) parseRoleArn(roleArn, "role_arn");
  const mfa = mfaOf(section);
  const role = roleArn === undefined ? mfa : { ...assumingOf(section), ...mfa };
  return {
    roleArns: roleArn === undefined ? [] : [roleArn],
    role: defined(role),
    network: networkOf(section),
  };
}

/** @throws {Failure} `usage` for an unknown region. */
export function networkOf(section: Section): NetworkSettings {
  const region = section.get("region");
  if (region !== undefined) regionPartition(region, "region");
  const isOn = (key: string) => section.get(key)?.toLowerCase() === "true" || undefined;
  return defined({
    region,
    fips: isOn("use_fips_endpoint"),
    dualstack: isOn("use_dualstack_endpoint"),
    caBundle: section.get("ca_bundle"),
  });
}

function mfaOf(section: Section) {
  const mfaSerial = taken(section, "mfa_serial", checkMfaSerial);
  // A command without a device would never run.
  return { mfaSerial, mfaCommand: mfaSerial && section.get("mfa_process") };
}

function assumingOf(section: Section) {
  const list = (text: string) => text.split(",").map((each) => each.trim()).filter(Boolean);
  const tags = taken(
    section,
    "session_tags",
    (text, key) => checkTags(list(text).map((each) => parseTag(each, key)), key),
  );
  return {
    externalId: taken(section, "external_id", checkExternalId),
    sessionName: taken(section, "role_session_name", checkSessionName),
    duration: taken(
      section,
      "duration_seconds",
      (text, key) => checkDuration(parseDuration(text, key), "AssumeRole", key),
    ),
    sourceIdentity: taken(section, "source_identity", checkSourceIdentity),
    tags,
    transitiveTags: taken(
      section,
      "transitive_session_tags",
      (text, key) => checkTransitiveTags(list(text), tags ?? [], key),
    ),
  };
}

function taken<T>(section: Section, key: string, check: (text: string, key: string) => T) {
  const text = section.get(key);
  return text === undefined ? undefined : check(text, key);
}

/** @throws {Failure} `usage`, which never quotes it */
export function keysSource(id: string, secret: string): KeysSource {
  checkAccessKeyId(id);
  checkSecretAccessKey(secret);
  return { kind: "keys", accessKeyId: id, secretAccessKey: new Secret(secret) };
}
