import { changed, Failure } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { hint } from "../model/hint.ts";
import type { WebIdentitySource } from "../model/profile.ts";
import {
  describeToken,
  type IdentityToken,
  readIdentityToken,
  shownAudience,
} from "../signin/ci/identity_token.ts";
import { foundPlace, parseTokenPlace, placeName, tokenText } from "../signin/ci/token_place.ts";
import { type ExchangeContext, type First, issuedFirst, type ProofContext } from "./source.ts";
import { legalSessionName } from "../model/limits.ts";
import type { Environment } from "../system/system.ts";
import { runningCi } from "../signin/ci/systems.ts";

/** @throws {Failure} `source` if there is no token */
export async function identityToken(
  { from, audience }: WebIdentitySource,
  context: ProofContext,
): Promise<IdentityToken> {
  const { system } = context;
  const named = parseTokenPlace(from);
  const place = named.kind === "auto" ? foundPlace(system) : named;
  const text = await tokenText(place, { ...context, audience });
  const token = readIdentityToken(text, placeName(place));
  system.trace("identity token", { from: place.kind, place: placeName(place) });
  refuseOtherAudience(token, audience, placeName(place));
  return token;
}

export async function assumeWithToken(
  token: IdentityToken,
  { system, sts, role, ...context }: ExchangeContext,
): Promise<First> {
  const { roleArn, sessionName = ciSessionName(system.env) ?? context.sessionName, ...rest } = role;
  if (roleArn === undefined) throw new Error("a token reached the exchange without a role");
  const { token: secret, subject } = token;
  const request = defined({ ...rest, roleArn, sessionName, token: secret, subject });
  return issuedFirst(
    await sts.assumeRoleWithWebIdentity(request).catch((error) => {
      throw about(token, error);
    }),
  );
}

/** If the token's audience cannot be requested, at least report a wrong one. */
function refuseOtherAudience(
  { audience }: IdentityToken,
  wanted: string | undefined,
  from: string,
): void {
  if (wanted === undefined || audience.includes(wanted)) return;
  throw new Failure(
    "source",
    `the token of ${from} is for ${shownAudience(audience) || "no audience"}, ` +
      `not for ${JSON.stringify(wanted)}`,
    "request a token for that audience, or omit --audience",
  );
}

/** Adds the token's claims to AWS's refusal, since trust policies compare them. */
function about(token: IdentityToken, error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== "aws") return error;
  const told = `token: ${describeToken(token)}`;
  return changed(error, { hint: error.advice ? hint`${error.advice}; ${told}` : told });
}

/** The session name for a CI job: `github-RUN-JOB`. Nothing outside CI. */
export function ciSessionName(env: Environment): string | undefined {
  const ci = runningCi(env);
  if (!ci) return undefined;
  const words = ci.run.flatMap((name) => env.get(name)?.replace(/^\{(.*)\}$/, "$1") || []);
  return legalSessionName([ci.name, ...words].join("-"));
}
