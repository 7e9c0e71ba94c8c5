import type { Source } from "../../../model/profile.ts";
import { factsOf, sources } from "../../../sources/all_sources.ts";
import { readAwsFiles, type Section } from "../../../migration/aws_files.ts";
import type { System } from "../../../system/system.ts";

/** What the person's AWS files suggest for a new profile. */
export interface Suggestions {
  readonly answers: ReadonlyMap<string, string>;
  readonly kind?: string;
}

/** Options by the settings of an AWS profile that say the same. */
const optionOf: Readonly<Record<string, string>> = {
  region: "region",
  role_arn: "role-arn",
  external_id: "external-id",
  duration_seconds: "duration",
  mfa_serial: "mfa-serial",
  sso_start_url: "sso-start-url",
  sso_region: "sso-region",
  sso_account_id: "sso-account",
  sso_role_name: "sso-role",
};

/** From its section of that name, else `[default]`, with its `sso-session`. @throws {Failure} */
export async function suggestionsFor(system: System, name: string): Promise<Suggestions> {
  const { config, credentials, ssoSessions } = await readAwsFiles(system);
  const own = config.get(name);
  const section = own ?? config.get("default");
  if (!section) {
    return { answers: new Map(credentials.has(name) ? [["aws-profile", name]] : []) };
  }
  const session: Section = ssoSessions.get(section.get("sso_session") ?? "") ?? new Map();
  const answers = new Map<string, string>();
  for (const [setting, value] of [...session, ...section]) {
    const option = Object.hasOwn(optionOf, setting) ? optionOf[setting] : undefined;
    if (option !== undefined) answers.set(option, value);
  }
  const file = section.get("web_identity_token_file");
  if (file !== undefined) answers.set("web-identity", `file:${file}`);
  if (own || credentials.has(name)) answers.set("aws-profile", name);
  const suggested = own &&
    sources.find(({ awsSettings = [] }) => awsSettings.some((each) => section.has(each)));
  // The SDK assumes the role of such a profile itself.
  return suggested ? { answers, kind: suggested.kind } : { answers };
}

/** Suggestions that fit a source: an AWS profile that assumes its role must not assume it twice. */
export function fitting({ answers }: Suggestions, source: Source): ReadonlyMap<string, string> {
  const rest = new Map(answers);
  if (factsOf(source).sdk?.profile !== undefined) {
    for (const option of ["role-arn", "external-id", "mfa-serial", "duration"]) rest.delete(option);
  }
  return rest;
}
