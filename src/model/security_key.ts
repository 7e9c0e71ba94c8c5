import { usage } from "./failure.ts";

/**
 * An MFA device's ARN, unless it is that of a passkey or security key (FIDO2, U2F): STS takes codes
 * alone, and those have none.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html
 *
 * @throws {Failure} `usage`
 */
export function refuseSecurityKey(text: string, option: string): string {
  if (!/^arn:[a-z-]+:iam::[0-9]{12}:u2f\//.test(text)) return text;
  throw usage(
    `${option} names a passkey or security key, and STS takes the codes of an authenticator alone`,
    "register an authenticator app beside it (IAM allows 8 devices a user) and give its arn:…:mfa/NAME; " +
      "security keys work where a browser signs in: --sso-start-url, --saml-url",
  );
}
