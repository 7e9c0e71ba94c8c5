/**
 * Multi-factor authentication of a call.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
 *
 * @module
 */

import type { Accounts, Principal } from "./accounts.ts";
import { accessDenied } from "./answers.ts";
import type { Params } from "./limits.ts";
import { equalInConstantTime } from "./sigv4.ts";

/**
 * Whether the call used MFA: `false` if it names no device. Throws `AccessDenied` if the device is
 * not the caller's, or its code is wrong or was already used.
 */
export function checkMfa(accounts: Accounts, principal: Principal, params: Params): boolean {
  const { SerialNumber: serial, TokenCode: code } = params;
  if (serial === undefined && code === undefined) return false;
  if (serial === undefined || code === undefined) {
    throw accessDenied(
      "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    );
  }
  if (principal.mfa?.serial !== serial) {
    throw accessDenied(
      "MultiFactorAuthentication failed, unable to validate MFA code.  " +
        "Please verify your MFA serial number is valid and associated with this user.",
    );
  }
  const use = `${serial} ${code}`;
  const right = equalInConstantTime(code, principal.mfa.code());
  if (!right || accounts.usedCodes.has(use)) {
    throw accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ");
  }
  accounts.usedCodes.add(use);
  return true;
}
