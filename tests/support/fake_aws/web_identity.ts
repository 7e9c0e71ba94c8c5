/**
 * AssumeRoleWithWebIdentity: the token is verified by its issuer's published keys, then compared with
 * what the account's identity provider and the role's trust policy allow.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 *
 * @module
 */

import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { assumedRole, type IdentityProvider } from "./accounts.ts";
import { accessDenied, AwsError, type Xml } from "./answers.ts";
import { durationOf } from "./assume_role.ts";
import type { Params } from "./limits.ts";
import { policiesOf } from "./policies.ts";
import type { World } from "./service.ts";
import { issueSession } from "./session_token.ts";

function invalid(message: string): AwsError {
  return new AwsError(400, "InvalidIdentityToken", message);
}

/** The issuer's keys, from the discovery document, as AWS finds them. */
async function keysOf(provider: IdentityProvider, world: World): Promise<JSONWebKeySet> {
  if (provider.issuer === world.issuer.issuer) {
    return await world.issuer.keys() as JSONWebKeySet;
  }
  try {
    const discovery = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
    const { issuer, jwks_uri: address } = await discovery.json();
    if (issuer !== provider.issuer) throw new Error("the document is another issuer's");
    return await (await fetch(address)).json();
  } catch {
    throw invalid(
      "Couldn't retrieve verification key from your identity provider, please reference " +
        "AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
}

/** The relevant claims of a verified token. */
interface Verified {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
}

async function verify(token: string, account: string, world: World): Promise<Verified> {
  let claims;
  try {
    claims = decodeJwt(token);
  } catch {
    throw invalid(
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
  const { iss = "" } = claims;
  const provider = world.accounts.providers.find((each) =>
    each.issuer === iss && each.account === account
  );
  if (!provider) throw invalid(`No OpenIDConnect provider found in your account for ${iss}`);
  for (const name of ["sub", "aud", "exp", "iat"]) {
    if (claims[name] === undefined) throw invalid(`Missing a required claim: ${name}`);
  }
  try {
    await jwtVerify(token, createLocalJWKSet(await keysOf(provider, world)), {
      currentDate: new Date(world.now()),
      clockTolerance: 300,
    });
  } catch (error) {
    if (error instanceof AwsError) throw error;
    if (error instanceof errors.JWTExpired) {
      throw new AwsError(
        400,
        "ExpiredTokenException",
        `Token expired: current date/time ${Math.floor(world.now() / 1000)} must be before the ` +
          `expiration date/time ${claims.exp}`,
      );
    }
    throw invalid("Couldn't verify the signature of the token");
  }
  const audience = [claims.aud ?? []].flat().find((each) => provider.audiences.includes(each));
  if (audience === undefined) throw invalid("Incorrect token audience");
  return { issuer: iss, audience, subject: claims.sub ?? "" };
}

/** `*` stands for anything, as with StringLike. */
function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

/** Responds to a call whose parameters are within their limits. */
export async function assumeRoleWithWebIdentity(world: World, params: Params): Promise<Xml> {
  const { RoleArn: roleArn = "", RoleSessionName: sessionName = "" } = params;
  const account = roleArn.split(":")[4] ?? "";
  const { issuer, audience, subject } = await verify(
    params["WebIdentityToken"] ?? "",
    account,
    world,
  );
  const role = world.accounts.roles.get(roleArn);
  const trust = role?.webIdentity;
  if (!role || trust?.issuer !== issuer || !isLike(subject, trust.subject)) {
    throw accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
  }
  const duration = durationOf(params, role, false);
  const session = {
    roleArn,
    sessionName,
    tags: [],
    transitiveTagKeys: [],
    ...policiesOf(params, role.partition),
  };
  const assumed = assumedRole(role, sessionName, session);
  const life = 1000 * world.sessionLifetime(duration);
  const host = issuer.replace(/^https?:\/\//, "");
  return {
    SubjectFromWebIdentityToken: subject,
    Audience: audience,
    AssumedRoleUser: { AssumedRoleId: assumed.userId, Arn: assumed.arn },
    ...issueSession(world, assumed, world.now() + life, params),
    Provider: `arn:${role.partition}:iam::${role.account}:oidc-provider/${host}`,
  };
}
