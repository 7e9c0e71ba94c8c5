/**
 * GetWebIdentityToken: AWS as an identity provider. The token is signed with keys that anyone can
 * fetch, and never outlives the session that requested it.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
 *
 * @module
 */

import type { Credential, Principal } from "./accounts.ts";
import { AwsError, validationError, type Xml } from "./answers.ts";
import { members, type Params } from "./limits.ts";
import { algorithms } from "./outbound_issuer.ts";
import type { World } from "./service.ts";

/** Bytes of tags in a token. */
const mostTags = 2048;

/** The role for a role's session, else the user. */
function subjectOf({ session, arn }: Principal): string {
  return session?.roleArn ?? arn;
}

/** Responds to a call whose parameters are within their limits. */
export async function getWebIdentityToken(
  { outbound, now }: World,
  principal: Principal,
  params: Params,
  { expiresAt = Infinity }: Credential,
): Promise<Xml> {
  const { SigningAlgorithm: algorithm = "", DurationSeconds: duration = "300" } = params;
  if (!algorithms.some((each) => each === algorithm)) {
    throw validationError(`Value '${algorithm}' at 'signingAlgorithm' is not valid`);
  }
  if (!outbound.accounts.has(principal.account)) {
    throw new AwsError(
      403,
      "OutboundWebIdentityFederationDisabledException",
      "Outbound web identity federation is not enabled for this account",
    );
  }
  const issued = Math.floor(now() / 1000);
  const expires = issued + Number(duration);
  if (expires * 1000 > expiresAt) {
    throw new AwsError(
      403,
      "SessionDurationEscalationException",
      "The requested token duration would extend the session beyond its original expiration time",
    );
  }
  const tags = Object.fromEntries(
    members(params, "Tags").map(({ Key = "", Value = "" }) => [Key, Value]),
  );
  if (JSON.stringify(tags).length > mostTags) {
    throw new AwsError(
      400,
      "JWTPayloadSizeExceededException",
      "The requested token payload size exceeds the maximum allowed size",
    );
  }
  const audiences = members(params, "Audience").map((member) => member[""] ?? "");
  const claims = {
    iss: `https://${principal.account}.tokens.sts.global.api.aws`,
    aud: audiences.length === 1 ? audiences[0] : audiences,
    sub: subjectOf(principal),
    iat: issued,
    exp: expires,
    jti: crypto.randomUUID(),
    "https://sts.amazonaws.com/": {
      aws_account: principal.account,
      principal_id: subjectOf(principal),
      request_tags: tags,
    },
  };
  return {
    WebIdentityToken: await outbound.sign(claims, algorithm),
    Expiration: new Date(expires * 1000).toISOString().replace(".000Z", "Z"),
  };
}
