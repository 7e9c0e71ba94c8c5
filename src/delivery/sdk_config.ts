/** Keys of a config profile by which an SDK finds credentials, or is led to some. */
const credentialKeys = new Set([
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_security_token",
  "aws_account_id",
  "credential_process",
  "credential_source",
  "duration_seconds",
  "external_id",
  "login_session",
  "mfa_serial",
  "role_arn",
  "role_session_name",
  "source_profile",
  "sso_account_id",
  "sso_region",
  "sso_registration_scopes",
  "sso_role_name",
  "sso_session",
  "sso_start_url",
  "web_identity_token_file",
]);

/** Keys that hold a secret: they are not copied, from any profile. */
const secretKeys = new Set(["aws_secret_access_key", "aws_session_token", "aws_security_token"]);

/**
 * A config file for a program that gets its credentials from the server: the person's own, and a
 * profile `name` with the settings of `[default]` but nothing that leads to credentials. SDKs prefer
 * keys of the profile in use to the server; with that profile in use there are none.
 *
 * @param text the person's config file, empty where there is none
 */
export function sdkConfig(text: string, name: string): string {
  const own: string[] = [];
  const inherited: string[] = [];
  let inDefault = false;
  let key = "";
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) {
      inDefault = /^(?:profile\s+)?["']?default["']?$/.test(section);
      key = "";
    } else {
      // An indented line belongs to the key above it.
      key = /^([^\s#;=:][^=:]*?)\s*[=:]/.exec(line)?.[1]?.toLowerCase() ?? key;
    }
    if (secretKeys.has(key)) continue;
    own.push(line);
    if (inDefault && section === undefined && !credentialKeys.has(key)) inherited.push(line);
  }
  return [...own, `[profile ${name}]`, ...inherited, ""].join("\n");
}
