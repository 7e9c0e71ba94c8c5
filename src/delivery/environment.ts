import { storeVariables } from "../model/variables.ts";
import { rfc3339, type Session } from "../model/credentials.ts";
import { defined } from "../model/fields.ts";

export interface ChildSettings {
  /** Absent for a session without a stored profile. */
  readonly profile?: string | undefined;
  readonly session: Session;
  readonly region?: string | undefined;
  readonly fips?: boolean | undefined;
}

export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/**
 * Variables that could lead an SDK to credentials other than the session's: botocore prefers
 * `AWS_SECURITY_TOKEN` to `AWS_SESSION_TOKEN`, some versions of the JavaScript SDK ignore keys in the
 * environment if `AWS_PROFILE` is set, and the Go SDK reads `AWS_ACCESS_KEY`.
 */
export const credentialVariables: readonly string[] = [
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_SECURITY_TOKEN",
  "AWS_ACCESS_KEY",
  "AWS_SECRET_KEY",
  "AWS_ACCOUNT_ID",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_CREDENTIAL_FILE",
  "AWS_SDK_LOAD_CONFIG",
];

export function settingVariables(
  { profile, region, fips }: Omit<ChildSettings, "session">,
): Record<string, string> {
  return defined({
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_USE_FIPS_ENDPOINT: fips ? "true" : undefined,
    ATHM_PROFILE: profile,
  });
}

/** The variables of a session, under the names that every SDK reads. */
export function sessionVariables({ session, ...settings }: ChildSettings): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey.reveal(),
    AWS_SESSION_TOKEN: session.sessionToken.reveal(),
    // Always set it with the keys: a stale value makes botocore reject fresh credentials.
    AWS_CREDENTIAL_EXPIRATION: rfc3339(session.expires),
    ...settingVariables(settings),
  };
}

/** All variables that `sessionVariables` may set; `export --unset` removes them. */
export const sessionVariableNames: readonly string[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_CREDENTIAL_EXPIRATION",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_USE_FIPS_ENDPOINT",
  "ATHM_PROFILE",
];

/** The environment of a child that receives the session's keys; other variables stay unchanged. */
export function childEnvironment(grant: ChildSettings): EnvironmentChange {
  return {
    set: sessionVariables(grant),
    unset: [...credentialVariables, ...storeVariables, ...staleName(grant)],
  };
}

/** The same for a shell, which may have loaded another session before. */
export function shellEnvironment(grant: ChildSettings): EnvironmentChange {
  const stale = [...grant.fips ? [] : ["AWS_USE_FIPS_ENDPOINT"], ...staleName(grant)];
  return { set: sessionVariables(grant), unset: [...credentialVariables, ...stale] };
}

/** Without a stored profile, the name of an outer one must not become the default of a command. */
function staleName({ profile }: ChildSettings): readonly string[] {
  return profile === undefined ? ["ATHM_PROFILE"] : [];
}
