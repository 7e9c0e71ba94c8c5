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
    why: () => "the assertion has run out: AWS takes it for 5 minutes after it was made",
    hint: () => hint`sign in again: ${rotateCommand}; if it stays so, a clock is wrong`,
  },
  {
    ...saml,
    codes: ["InvalidIdentityToken", "InvalidIdentityTokenException"],
    failure: "aws-proof",
    why: () =>
      "the assertion does not fit the identity provider in IAM: its signature, issuer or audience is another",
    hint: () =>
      "has the provider a new certificate? Its metadata document has to be uploaded to IAM again",
  },
  {
    ...saml,
    codes: ["IDPRejectedClaim", "IDPRejectedClaimException"],
    failure: "aws-proof",
    why: () => "the identity provider rejected the claim, or it is no longer good",
    hint: () => hint`sign in again: ${rotateCommand}`,
  },
  {
    ...saml,
    codes: ["AccessDenied", "AccessDeniedException"],
    why: (refusal) =>
      `${roleName(refusal)} is not there, or does not trust this identity provider's assertion`,
    hint: (refusal) =>
      `${roleName(refusal)}'s trust policy has to allow sts:AssumeRoleWithSAML to the provider, ` +
      "with SAML:aud the address that assertions are posted to",
  },
];
