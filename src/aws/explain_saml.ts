import { roleNameOf } from "../model/arn.ts";
import { hint, rotateCommand } from "../model/hint.ts";
import type { Refusal, RefusalRule } from "./refusal.ts";

const saml = { action: "AssumeRoleWithSAML" } as const;
const roleName = ({ roleArn }: Refusal) => roleNameOf(roleArn ?? "") ?? "the role";

/**
 * What AWS's codes mean where an identity provider's assertion was the proof.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
 */
export const samlRefusals: readonly RefusalRule[] = [
  {
    ...saml,
    codes: ["ExpiredToken", "ExpiredTokenException"],
    failure: "aws-proof",
    why: () => "the assertion has expired: AWS accepts it for 5 minutes after it is issued",
    hint: () => hint`sign in again: ${rotateCommand}. If the error persists, check the clocks`,
  },
  {
    ...saml,
    codes: ["InvalidIdentityToken", "InvalidIdentityTokenException"],
    failure: "aws-proof",
    why: () =>
      "the assertion's signature, issuer or audience does not match the identity provider in IAM",
    hint: () => "if the provider has a new certificate, upload its metadata document to IAM again",
  },
  {
    ...saml,
    codes: ["IDPRejectedClaim", "IDPRejectedClaimException"],
    failure: "aws-proof",
    why: () => "the identity provider rejected the claim, or the claim is no longer valid",
    hint: () => hint`sign in again: ${rotateCommand}`,
  },
  {
    ...saml,
    codes: ["AccessDenied", "AccessDeniedException"],
    why: (refusal) =>
      `${roleName(refusal)} does not exist or does not trust this identity provider's assertion`,
    hint: (refusal) =>
      `${roleName(refusal)}'s trust policy must allow sts:AssumeRoleWithSAML for the provider, ` +
      "with SAML:aud set to the URL that assertions are posted to",
  },
];
