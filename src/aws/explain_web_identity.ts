import { roleNameOf } from "../model/arn.ts";
import type { RefusalRule } from "./refusal.ts";

const action = "AssumeRoleWithWebIdentity";
const invalid = ["InvalidIdentityToken", "InvalidIdentityTokenException"];

/**
 * What STS says to a web identity token. AWS's own sentences quote the provider's address and nothing
 * of the token, but they name no next step, so each is put in other words.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
export const webIdentityRefusals: readonly RefusalRule[] = [
  {
    codes: ["IDPCommunicationError", "IDPCommunicationErrorException"],
    action,
    failure: "aws-passing",
    why: () => "AWS did not reach the identity provider to check the token",
    hint: () => "try again in a minute; the provider's address has to be open to the internet",
  },
  {
    codes: ["IDPRejectedClaim", "IDPRejectedClaimException"],
    action,
    why: () => "the identity provider says that the token's claim is not valid",
    hint: () => "the token may have been revoked: get a new one",
  },
  {
    codes: ["ExpiredTokenException", "ExpiredToken"],
    action,
    why: () => "the identity token has run out",
    hint: () => "get a new one: such tokens live minutes, so fetch it right before it is used",
  },
  {
    codes: invalid,
    action,
    message: /audience/i,
    why: () => "the token is for another audience than the identity provider in IAM allows",
    hint: () =>
      "add its audience to the provider in IAM, or ask for a token of another audience with --audience",
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
    why: () => "AWS could not get the provider's keys to verify the token",
    hint: () =>
      "its /.well-known/openid-configuration and JWKS must be open to the internet, with the thumbprint that IAM has",
  },
  {
    codes: invalid,
    action,
    why: () => "the token is not one that the role's identity provider signed",
    hint: () => "give the ID token itself, not an access token, and of the right issuer",
  },
  {
    codes: ["AccessDenied", "AccessDeniedException"],
    action,
    why: ({ roleArn }) => `the role ${roleNameOf(roleArn ?? "") ?? ""} does not let this token in`,
    hint: ({ roleArn }) =>
      `check ${
        roleNameOf(roleArn ?? "") ?? "the role"
      }'s trust policy: the provider as Principal, ` +
      "sts:AssumeRoleWithWebIdentity, and the conditions on aud and sub; " +
      "AWS says the same for a role that is not there",
  },
];

function accountWord(roleArn: string | undefined): string {
  return /:(\d{12}):/.exec(roleArn ?? "")?.[1] ?? "of the role";
}
