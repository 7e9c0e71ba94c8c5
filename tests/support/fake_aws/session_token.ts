/**
 * Session tokens: a single limit of 4,096 bytes for their whole content.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * @module
 */

import { issue, type Principal, type RoleSession } from "./accounts.ts";
import { AwsError, credentialsXml, type Xml } from "./answers.ts";
import type { Params } from "./limits.ts";
import type { World } from "./service.ts";

/** Bytes. */
const limit = 4096;
/** Bytes of a token without policies and tags. */
const empty = 700;

/**
 * The bytes of policies and tags. AWS's format is not public; this only has to be a size that
 * ordinary requests do not reach and fifty long tags exceed.
 */
function packed(session: RoleSession | undefined): number {
  if (!session) return 0;
  const texts = [
    session.policy ?? "",
    ...session.policyArns,
    ...session.tags.flatMap((tag) => [tag.key, tag.value]),
  ];
  return new TextEncoder().encode(texts.join("")).length;
}

const percentOf = (size: number) => Math.ceil(100 * size / limit);

/** Issues credentials and returns their part of the response, or an error if they are too large. */
export function issueSession(
  { accounts, minimumTokenSize }: World,
  principal: Principal,
  expiresAt: number,
  params: Params,
): Readonly<Record<string, Xml | undefined>> {
  const bytes = packed(principal.session);
  const needed = empty + bytes;
  if (needed > limit) {
    throw new AwsError(
      400,
      "PackedPolicyTooLarge",
      `Packed policy consumes ${percentOf(needed)}% of allotted space, please use smaller policy.`,
    );
  }
  const size = Math.max(needed, Number(params["MinimumSessionTokenSize"] ?? 0), minimumTokenSize());
  return {
    Credentials: credentialsXml(issue(accounts, principal, expiresAt, size)),
    PackedPolicySize: bytes === 0 ? undefined : String(percentOf(bytes)),
    SessionTokenUtilization: String(percentOf(size)),
    SessionTokenSize: String(size),
  };
}
