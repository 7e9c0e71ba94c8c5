import { usage } from "./failure.ts";

/**
 * Rejects the ARN of a passkey or security key (FIDO2, U2F): STS only accepts codes, and these devices
 * have none.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html
 *
 * @throws {Failure} `usage`
 */
export function refuseSecurityKey(text: string, option: string): string {
  if (!/^arn:[a-z-]+:iam::[0-9]{12}:u2f\//.test(text)) return text;
  throw usage(
    `${option} is a passkey or security key, but STS only accepts codes from an authenticator`,
    "register an authenticator app as well (IAM allows 8 devices per user) and use its arn:…:mfa/NAME; " +
      "security keys work when you sign in with a browser: --sso-start-url, --saml-url",
  );
}
