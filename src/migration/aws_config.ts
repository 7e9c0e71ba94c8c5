import { parsePrincipalArn } from "../model/arn.ts";
import { consolePrincipal } from "../model/console_sign_in.ts";
import { nameKey } from "../model/names.ts";
import type { Profile, Source } from "../model/profile.ts";
import { factsOf } from "../sources/all_sources.ts";
import { holdsKey } from "./aws_credentials.ts";
import type { AwsFiles, Section, Sections } from "./aws_files.ts";
import { portalRoleOf } from "./aws_sso.ts";
import { legalName } from "./names.ts";
import { failedOne, type Incoming, type Plan, type Roster, type Skipped } from "./plan.ts";
import { isOwnCommand } from "./process_command.ts";
import { helperSettings } from "./signing_helper.ts";
import { networkOf, type Settings, settingsOf } from "./settings.ts";

/** The kind of a section, by its first matching key, in botocore's order. */
const kinds = [
  ["role_arn", "role"],
  ["aws_access_key_id", "keys"],
  ["sso_session", "sso"],
  ["sso_start_url", "sso"],
  ["login_session", "login"],
  ["credential_process", "ambient"],
] as const;

/** Why a kind of section is not imported; none is an error. */
const reasons = {
  keys: "contains keys; import them with athm import aws-credentials",
  sso: "has no Identity Center account and role, so it has no credentials",
  own: "already uses athm",
  settings: "has only settings and no credentials",
} as const;

/** Maximum length of a `source_profile` chain, as when athm reads one. */
const longestChain = 10;

const needsSource = "has a role_arn but no source_profile or credential_source";

interface Work {
  readonly sections: Sections;
  readonly ssoSessions: Sections;
  readonly leftOut: readonly Skipped[];
  readonly names: ReadonlyMap<string, string>;
  readonly roster: Roster;
  readonly prefix: string;
  readonly done: Map<string, Incoming | Skipped>;
}

/** The config file's profiles, overridden by the credentials file, as in an SDK. */
export function mergedSections({ config, credentials }: AwsFiles): Sections {
  const sections = new Map(config);
  for (const [name, section] of credentials) {
    sections.set(name, new Map([...sections.get(name) ?? [], ...section]));
  }
  return sections;
}

/**
 * Plans the import of the role, Identity Center, sign-in and credential_process profiles of `~/.aws/config`.
 *
 * @param names new names by profile of the files
 * @param roster existing profiles
 * @param wanted profiles to import, with the roles they are based on
 */
export function planAwsConfig(
  files: AwsFiles,
  names: ReadonlyMap<string, string>,
  roster: Roster,
  { prefix = "", wanted = names.keys() }: {
    readonly prefix?: string | undefined;
    readonly wanted?: Iterable<string>;
  } = {},
): Plan {
  const sections = mergedSections(files);
  const { ssoSessions, leftOut: { config: leftOut } } = files;
  const done = new Map<string, Incoming | Skipped>();
  const work: Work = { sections, ssoSessions, leftOut, names, roster, prefix, done };
  const asked = new Set(wanted);
  for (const name of asked) if (sections.has(name)) resolve(work, name, []);
  const all = [...done.values()];
  return {
    // Base profiles are finished before their dependents.
    incoming: all.filter((each) => "profile" in each),
    skipped: [
      ...all.filter((each) => "why" in each),
      ...leftOut.filter(({ from }) => asked.has(from)),
    ],
  };
}

function resolve(work: Work, from: string, above: readonly string[]): Incoming | Skipped {
  const there = work.done.get(from);
  if (there) return there;
  const section = work.sections.get(from) ?? new Map();
  if (above.includes(from)) {
    return { from, why: `depends on itself: ${[...above, from].join(" → ")}`, failed: true };
  }
  if (above.length > longestChain) {
    return { from, why: `is part of a chain of more than ${longestChain} profiles`, failed: true };
  }
  let result: Incoming | Skipped;
  try {
    result = planned(work, from, section, [...above, from]);
  } catch (error) {
    result = failedOne(from, error);
  }
  work.done.set(from, result);
  return result;
}

function planned(
  work: Work,
  from: string,
  section: Section,
  above: readonly string[],
): Incoming | Skipped {
  const kind = kinds.find(([key]) => section.has(key))?.[1] ?? "settings";
  const name = work.names.get(from) ?? legalName(work.prefix + from);
  const whole = { from, name, roleArn: section.get("role_arn") };
  if (isOwnCommand(section.get("credential_process") ?? "")) {
    return { from, why: reasons.own, failed: false };
  }
  if (kind === "ambient") {
    const network = networkOf(section);
    const anywhere = helperSettings(section.get("credential_process") ?? "", network);
    return anywhere
      ? { ...whole, roleArn: anywhere.roleArns[0], profile: { name, ...anywhere, network } }
      : { ...whole, profile: ambientWhole(name, from, section) };
  }
  if (kind === "login") {
    const source = consoleSourceOf(section);
    const network = networkOf(section);
    return { ...whole, profile: { name, source, roleArns: [], role: {}, network } };
  }
  if (kind === "sso") {
    const source = portalRoleOf(section, work.ssoSessions);
    const network = networkOf(section);
    if (source) return { ...whole, profile: { name, source, roleArns: [], role: {}, network } };
  }
  if (kind !== "role") return { from, why: reasons[kind], failed: false };
  const base = section.get("source_profile");
  if (base === undefined) {
    // The SDK handles these settings itself.
    const bySdk = section.has("credential_source") || section.has("web_identity_token_file");
    if (bySdk) return { ...whole, profile: ambientWhole(name, from, section) };
    return { from, why: needsSource, failed: !work.roster.has(nameKey(name)) };
  }
  // It has its own keys, which athm can only use through the whole AWS profile.
  if (base === from) return { ...whole, profile: ambientWhole(name, from, section) };
  const settings = settingsOf(section);
  const standing = standOn(work, from, base, settings, above);
  if ("why" in standing) return standing;
  return { ...whole, profile: { ...settings, name, ...standing } };
}

/** The identity that signed in; its keys stay with the AWS CLI, and athm signs in itself. */
function consoleSourceOf(section: Section): Source {
  const arn = section.get("login_session") ?? "";
  parsePrincipalArn(arn, "login_session");
  return { kind: "aws-login", principal: consolePrincipal(arn) };
}

/** Uses an AWS profile unchanged: the SDK also assumes its role. */
function ambientWhole(name: string, awsProfile: string, section: Section): Profile {
  const network = networkOf(section);
  return { name, source: { kind: "ambient", awsProfile }, roleArns: [], role: {}, network };
}

/** The source of a role profile, and the role settings it allows. */
function standOn(
  work: Work,
  from: string,
  base: string,
  { role }: Settings,
  above: readonly string[],
): Skipped | Pick<Profile, "source" | "role"> {
  const found = work.sections.has(base)
    ? resolve(work, base, above)
    : work.leftOut.find((each) => each.from === base);
  const coming = found && "profile" in found ? found.profile : undefined;
  // AWS's names differ by case: a profile in another case may have another key.
  const exact = (name: string) => {
    const there = work.roster.get(nameKey(name));
    return there?.name === name ? there : undefined;
  };
  const legal = legalName(work.prefix + base);
  const others = namesakes(work, base);
  const known = coming ?? (others ? undefined : exact(legal)) ?? exact(base);
  if (known) return standOnKnown(work, from, known, role);
  if (holdsKey(work.sections.get(base))) {
    return { source: { kind: "ambient", awsProfile: base }, role };
  }
  const quoted = JSON.stringify(base);
  if (others && !found) {
    return {
      from,
      why: `uses ${quoted}, which may be ${legal} or another profile of athm`,
      failed: true,
    };
  }
  return found && "why" in found
    ? { from, why: `uses ${quoted}, which ${found.why}`, failed: found.failed }
    : { from, why: `uses ${quoted}, which is in neither file`, failed: true };
}

/** Whether the name that a section had to get may be another's: an import numbers such names. */
function namesakes({ prefix, sections, roster }: Work, base: string): boolean {
  const name = legalName(prefix + base);
  if (name === prefix + base) return false;
  const isShared = (each: string) =>
    each !== base && nameKey(legalName(prefix + each)) === nameKey(name);
  return roster.has(nameKey(`${name}-2`)) || [...sections.keys()].some(isShared);
}

/**
 * Temporary credentials cannot use MFA. It is enough if the base profile used the same device; if
 * the key itself is available, use MFA with it.
 */
function standOnKnown(
  work: Work,
  from: string,
  base: Profile,
  role: Profile["role"],
): Skipped | Pick<Profile, "source" | "role"> {
  const source: Source = { kind: "profile", from: base.name };
  const { mfaSerial, mfaCommand: _, ...without } = role;
  if (mfaSerial === undefined) return { source, role };
  if (below(work, base).some((each) => each.role.mfaSerial === mfaSerial)) {
    return { source, role: without };
  }
  if (base.roleArns.length === 0 && factsOf(base.source).lasting) {
    return { source: base.source, role };
  }
  return {
    from,
    why: `has an mfa_serial but uses temporary credentials of ${JSON.stringify(base.name)}`,
    failed: true,
  };
}

/** A profile and its base profiles. */
function below({ done, roster }: Work, profile: Profile): Profile[] {
  const coming = [...done.values()].flatMap((each) =>
    "profile" in each && each.profile ? [each.profile] : []
  );
  const chain = [profile];
  for (let at = profile;;) {
    const { base } = factsOf(at.source);
    if (base === undefined) break;
    const key = nameKey(base);
    const next = coming.find((each) => nameKey(each.name) === key) ?? roster.get(key);
    if (!next || chain.includes(next)) break;
    chain.push(next);
    at = next;
  }
  return chain;
}
