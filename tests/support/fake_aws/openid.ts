/**
 * The fake's OpenID provider: signs tokens that can be verified with its keys, and has the
 * endpoints where CI jobs request one.
 *
 * https://openid.net/specs/openid-connect-discovery-1_0.html
 *
 * @module
 */

import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { AwsError } from "./answers.ts";
import type { OpenIdIssuer } from "./openid_issuer.ts";
import type { Incoming, Service } from "./service.ts";

/** Its base path, on the fake's port. */
export const openidPath = "/openid";

/** A provider with this URL and clock (milliseconds since 1970). */
export function openIdIssuer(issuer: () => string, now: () => number): OpenIdIssuer {
  let made: Promise<{ readonly publicKey: CryptoKey; readonly privateKey: CryptoKey }> | undefined;
  const pair = () => made ??= generateKeyPair("ES256", { extractable: true });
  const signed: string[] = [];
  return {
    get issuer() {
      return issuer();
    },
    bearer: `request-${crypto.randomUUID()}`,
    subject: "repo:acme/app:ref:refs/heads/main",
    signed,
    async sign({ subject, audience, life = 600, issuer: other = issuer() }) {
      const seconds = Math.floor(now() / 1000);
      const token = await new SignJWT({ repository: "acme/app" })
        .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: "fake" })
        .setIssuer(other).setSubject(subject).setAudience(audience)
        .setIssuedAt(Math.min(seconds, seconds + life)).setExpirationTime(seconds + life)
        .sign((await pair()).privateKey);
      signed.push(token);
      return token;
    },
    keys: async () => ({
      keys: [{ ...await exportJWK((await pair()).publicKey), kid: "fake", alg: "ES256" }],
    }),
  };
}

/** The operations by path below the provider's. */
const operations: Readonly<Record<string, string>> = {
  "/.well-known/openid-configuration": "Discovery",
  "/keys": "Keys",
  "/github": "IdentityToken",
  "/azure": "IdentityToken",
};

const pathOf = ({ path }: Incoming) => path.slice(openidPath.length);

function isBearer(incoming: Incoming, { bearer }: OpenIdIssuer): boolean {
  return incoming.headers.get("authorization") === `Bearer ${bearer}`;
}

function checkBearer(incoming: Incoming, issuer: OpenIdIssuer): void {
  if (isBearer(incoming, issuer)) return;
  throw new AwsError(401, "Unauthorized", "the request token is not this job's");
}

/** The provider as a service of the fake. */
export const openid: Service = {
  service: "openid",
  claims: ({ path }) => path.startsWith(`${openidPath}/`),
  describe: (incoming) => ({
    action: operations[pathOf(incoming)] ?? "",
    params: Object.fromEntries(new URLSearchParams(incoming.query)),
  }),
  async handle(incoming, { issuer }) {
    const query = new URLSearchParams(incoming.query);
    switch (`${incoming.method} ${pathOf(incoming)}`) {
      case "GET /.well-known/openid-configuration":
        return Response.json({ issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/keys` });
      case "GET /keys":
        return Response.json(await issuer.keys());
      case "GET /github": {
        checkBearer(incoming, issuer);
        const audience = query.get("audience") ?? "https://github.com/acme";
        return Response.json({
          value: await issuer.sign({ subject: issuer.subject, audience }),
        });
      }
      case "POST /azure": {
        if (!isBearer(incoming, issuer)) {
          const location = "https://login.example.com/_signin?realm=dev.azure.com";
          return new Response(null, { status: 302, headers: { location } });
        }
        if (!query.get("api-version")) throw new AwsError(400, "VssVersionNotSpecified", "");
        const audience = "api://AzureADTokenExchange";
        return Response.json({
          oidcToken: await issuer.sign({ subject: issuer.subject, audience }),
        });
      }
      default:
        throw new AwsError(404, "NotFound", "there is nothing here");
    }
  },
  refuse: (error) => Response.json({ message: error.message }, { status: error.status }),
};
