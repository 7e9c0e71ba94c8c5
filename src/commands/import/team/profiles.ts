import { formatDuration } from "../../../model/duration.ts";
import { Failure, usage } from "../../../model/failure.ts";
import { suggestion } from "../../../model/names.ts";
import { parseEndpointUrl } from "../../../model/endpoint.ts";
import type { Profile } from "../../../model/profile.ts";
import { type Values, valuesOf } from "../../../line/values.ts";
import type { Complaint, TeamEntry } from "../../../migration/team/parse.ts";
import type { TeamValues } from "../../../migration/team/print.ts";
import { canonical } from "../../../session/sign_in/fingerprint.ts";
import { endpointOf } from "../../../session/sign_in/network.ts";
import { chosenSource, factsOf, sourceOptions } from "../../../sources/all_sources.ts";
import {
  identityField,
  settledByFile,
  sourceFields,
  teamFieldsOf,
  withoutPrivate,
} from "../../../sources/team_fields.ts";
import type { System } from "../../../system/system.ts";
import { confirmOption, networkOptions, roleOptions } from "../../profile/options.ts";
import { optionsOf, refuseIdle, settingsOf } from "../../profile/settings.ts";

/** Settings besides the source's; a new option is not allowed in a file until it is named here. */
const settingFields = [
  "role-arn",
  "external-id",
  "session-name",
  "duration",
  "mfa-serial",
  "mfa-duration",
  "source-identity",
  "tag",
  "transitive-tag",
  "policy",
  "policy-arn",
  "region",
  "endpoint-url",
  "fips",
  "dualstack",
  "confirm",
];

const fields: readonly string[] = [...sourceFields, ...settingFields];
const options = new Map(
  [...sourceOptions, ...roleOptions, ...networkOptions, confirmOption].map((
    each,
  ) => [each.name, each]),
);
/** `identityField` is the only field that is no option. */
const known = new Set([...options.keys(), ...fields]);

/** Why a file must not set an option, for those that people try. */
const forbidden: Readonly<Record<string, string>> = {
  "mfa-command": "it would run a command",
  "saml-command": "it would run a command",
  "ca-bundle": "it is a file of one machine",
  "from-env": "a file holds no keys",
  stdin: "a file holds no keys",
};

/**
 * The profile that an entry describes. It needs no network, and depends on nothing of this machine
 * but its desktop, for a SAML sign-in without `saml-via`.
 *
 * @throws {Failure} `files`, with the line
 */
export async function profileOf(
  entry: TeamEntry,
  system: System,
  wrong: Complaint,
): Promise<Profile> {
  const given = new Map<string, readonly string[]>();
  for (const [field, { values, line }] of entry.fields) {
    const about = `${field} of ${entry.name}`;
    if (!fields.includes(field)) {
      const why = Object.hasOwn(forbidden, field) ? forbidden[field] : undefined;
      throw wrong(
        line,
        why === undefined
          ? `unknown field ${JSON.stringify(field.slice(0, 64))} of ${entry.name}${
            suggestion(field.slice(0, 64), fields)
          }`
          : `${about} is not allowed: ${why}`,
      );
    }
    const checked = valuesOfField(field, values);
    if (typeof checked === "string") throw wrong(line, `${about} ${checked}`);
    if (checked.length) given.set(field, checked);
  }
  try {
    return await settled(entry.name, valuesOf(given, known), system);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "usage") throw error;
    const named = Array.from(error.message.matchAll(/--([a-z-]+)/g), ([, option = ""]) => option);
    const at = named.map((option) => entry.fields.get(option)?.line).find((line) => line);
    const what = error.message.replaceAll(/--(?=[a-z])/g, "");
    throw wrong(at ?? entry.line, `${entry.name}: ${what}`);
  }
}

/** The values as if typed, or what is wrong with them. */
function valuesOfField(field: string, values: readonly string[]): readonly string[] | string {
  const option = options.get(field);
  const [first = ""] = values;
  if (field !== identityField && option?.value === undefined) {
    if (values.length !== 1 || !/^(?:true|false)$/.test(first)) return "must be true or false";
    return first === "true" ? [""] : [];
  }
  if (values.length !== 1 && !option?.repeat) return "accepts one value";
  if (option?.choices && !option.choices.includes(first)) {
    return `must be one of ${option.choices.join(", ")}`;
  }
  // On the command line this would be the name of a file.
  if (field === "policy" && !/^\s*\{/.test(first)) return "must be the JSON text of a policy";
  return values;
}

async function settled(name: string, values: Values, system: System): Promise<Profile> {
  const kind = chosenSource(values);
  if (!kind) throw usage(`the profile has no source, such as --sso-start-url or --from`);
  const source = await settledByFile(kind.kind, values, system);
  const profile = {
    name,
    source,
    ...settingsOf(values, system, kind),
  };
  kind.check?.(values);
  refuseIdle(profile);
  const { endpointUrl } = profile.network;
  if (endpointUrl !== undefined) parseEndpointUrl(endpointUrl);
  // A region of this machine's environment is not the file's fault.
  const env = { ...system.env, get: () => undefined };
  if (factsOf(source).base === undefined) endpointOf({ ...system, env }, profile);
  return profile;
}

/** Fields that `optionsOf` gives in seconds. */
const times: ReadonlySet<string> = new Set(["duration", "mfa-duration", "confirm"]);
const asTime = (seconds: string) => formatDuration(Number(seconds));

/** What a file says about a profile, or why it cannot: a clause to print after a colon. */
export function fieldsOf(profile: Profile): TeamValues | string {
  const sourceOptions = teamFieldsOf(profile.source)?.options(profile.source);
  if (sourceOptions === undefined) return "a file cannot have its source, such as a secret key";
  if (typeof sourceOptions === "string") return sourceOptions;
  const all = new Map<string, readonly string[]>();
  for (const [field, value] of Object.entries(sourceOptions)) {
    if (value) all.set(field, [value === true ? "true" : value]);
  }
  for (const [field, values] of optionsOf(profile)) {
    const why = Object.hasOwn(forbidden, field) ? forbidden[field] : undefined;
    if (why !== undefined) return `${field} is not allowed: ${why}`;
    // A switch has an empty value.
    const isSwitch = options.get(field)?.value === undefined;
    all.set(field, isSwitch ? ["true"] : times.has(field) ? values.map(asTime) : values);
  }
  return all;
}

/**
 * The same, if a file with it makes the same profile again, without what belongs to one person.
 */
export async function exportedFields(
  profile: Profile,
  system: System,
): Promise<TeamValues | string> {
  const said = fieldsOf(profile);
  if (typeof said === "string") return said;
  const entry = {
    name: profile.name,
    line: 1,
    fields: new Map([...said].map(([field, values]) => [field, { values, line: 1 }] as const)),
  };
  try {
    const again = await profileOf(entry, system, (_line, what) => new Failure("files", what));
    const { origin: _, ...own } = profile;
    const bare = { ...own, source: withoutPrivate(profile.source) };
    return canonical(again) === canonical(bare) ? said : "it has settings that a file cannot have";
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message;
  }
}
