/** Settings of a config profile from which an SDK gets credentials. */
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

/** Settings that hold a secret; never copied from any profile. */
const secretKeys = new Set(["aws_secret_access_key", "aws_session_token", "aws_security_token"]);

/**
 * The user's file plus a profile `name` with the settings of `[default]` except those for
 * credentials: SDKs prefer keys of the active profile to the server.
 */
export function sdkConfig(text: string, name: string): string {
  const own: string[] = [];
  // The lines of each key. For a duplicate keep the last: a section may contain a key only once.
  const plain = new Map<string, string[]>();
  const prefixed = new Map<string, string[]>();
  let settings: Map<string, string[]> | undefined;
  let key = "";
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) {
      const [found, prefix] = /^(profile\s+)?["']?default["']?$/.exec(section) ?? [];
      settings = found === undefined ? undefined : prefix === undefined ? plain : prefixed;
      key = "";
    } else {
      const named = /^([^\s#;=:][^=:]*?)\s*[=:]/.exec(line)?.[1]?.toLowerCase();
      if (named !== undefined) settings?.set(named, []);
      // An indented line belongs to the key above it.
      key = named ?? key;
    }
    if (secretKeys.has(key)) continue;
    own.push(line);
    if (section === undefined) settings?.get(key)?.push(line);
  }
  // If both exist, SDKs read [profile default] and ignore [default].
  const inherited = [...prefixed.size ? prefixed : plain]
    .flatMap(([key, lines]) => credentialKeys.has(key) ? [] : lines);
  return [...own, `[profile ${name}]`, ...inherited, ""].join("\n");
}
