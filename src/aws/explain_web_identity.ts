import { roleNameOf } from "../model/arn.ts";
import type { RefusalRule } from "./refusal.ts";

const action = "AssumeRoleWithWebIdentity";
/**
 * Subjects of GitHub repositories that were created or renamed since 15 July 2026 contain the IDs
 * of owner and repository, so that a new owner of a name does not inherit its trust.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
const immutable = /^repo:[\w.-]+@\d+\/[\w.-]+@\d+:/;
const invalid = ["InvalidIdentityToken", "InvalidIdentityTokenException"];

/**
 * AWS's errors for web identity tokens. Its messages quote the provider's URL but suggest no next
 * step, so they are replaced.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const webIdentityRefusals: readonly RefusalRule[] = [
  {
    codes: ["IDPCommunicationError", "IDPCommunicationErrorException"],
    action,
    failure: "aws-passing",
    why: () => "AWS could not reach the identity provider to verify the token",
    hint: () => "try again in a minute; the provider must be reachable from the internet",
  },
  {
    codes: ["IDPRejectedClaim", "IDPRejectedClaimException"],
    action,
    why: () => "the identity provider rejected the token's claim",
    hint: () => "the token may have been revoked: request a new one",
  },
  {
    codes: ["ExpiredTokenException", "ExpiredToken"],
    action,
    why: () => "the identity token has expired",
    hint: () => "request a new token right before use: such tokens are valid for minutes",
  },
  {
    codes: invalid,
    action,
    message: /audience/i,
    why: () => "the identity provider in IAM does not allow the token's audience",
    hint: () =>
      "add the audience to the provider in IAM, or request a token for another audience with --audience",
  },
  {
    codes: invalid,
    action,
    message: /no openidconnect provider/i,
    why: ({ roleArn }) =>
      `the account ${accountWord(roleArn)} has no identity provider for the token's issuer`,
    hint: () => "create it with: aws iam create-open-id-connect-provider --url ISSUER",
  },
  {
    codes: invalid,
    action,
    message: /verification key|thumbprint|certificate/i,
    why: () => "AWS could not fetch the provider's keys to verify the token",
    hint: () =>
      "its /.well-known/openid-configuration and JWKS must be reachable from the internet, with the thumbprint configured in IAM",
  },
  {
    codes: invalid,
    action,
    why: () => "the token was not signed by the role's identity provider",
    hint: () => "use an ID token (not an access token) from the right issuer",
  },
  {
    codes: ["AccessDenied", "AccessDeniedException"],
    action,
    why: ({ roleArn }) => `the role ${roleNameOf(roleArn ?? "") ?? ""} does not trust this token`,
    hint: ({ roleArn, subject = "" }) => {
      const role = roleNameOf(roleArn ?? "") ?? "the role";
      return immutable.test(subject)
        ? `check ${role}'s trust policy: its condition on sub must match GitHub's immutable subject, ` +
          "repo:OWNER@ID/REPOSITORY@ID:… instead of repo:OWNER/REPOSITORY:…"
        : `check ${role}'s trust policy: the provider as Principal, ` +
          "sts:AssumeRoleWithWebIdentity, and the conditions on aud and sub; " +
          "AWS returns the same error if the role does not exist";
    },
  },
];

function accountWord(roleArn: string | undefined): string {
  return /:(\d{12}):/.exec(roleArn ?? "")?.[1] ?? "of the role";
}
