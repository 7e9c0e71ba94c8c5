/**
 * The access portal of IAM Identity Center.
 *
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html
 *
 * @module
 */

import { issue } from "./accounts.ts";
import { AwsError } from "./answers.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";
import { signInOf, type SsoAccount } from "./sso.ts";
import { json } from "./sso_oidc.ts";

const actions: ReadonlyMap<string, string> = new Map([
  ["GET /federation/credentials", "GetRoleCredentials"],
  ["GET /assignment/accounts", "ListAccounts"],
  ["GET /assignment/roles", "ListAccountRoles"],
  ["POST /logout", "Logout"],
]);

const unauthorized = () =>
  new AwsError(401, "UnauthorizedException", "Session token not found or invalid");

function describe({ method, path, query }: Incoming): Operation {
  const action = actions.get(`${method} ${path}`) ?? "";
  return { action, params: Object.fromEntries(new URLSearchParams(query)) };
}

function accountIn({ sso }: World, params: Operation["params"]): SsoAccount {
  const account = sso.accounts.find(({ id }) => id === params["account_id"]);
  if (account) return account;
  throw new AwsError(403, "ForbiddenException", "No access");
}

function getRoleCredentials(world: World, params: Operation["params"]) {
  const { accounts, now, sessionLifetime } = world;
  const role = params["role_name"] ?? "";
  const account = accountIn(world, params);
  if (!account.roles.includes(role)) throw new AwsError(403, "ForbiddenException", "No access");
  const issued = issue(accounts, {
    kind: "assumed-role",
    arn: `arn:aws:sts::${account.id}:assumed-role/AWSReservedSSO_${role}_0123456789abcdef/ann`,
    userId: "AROAEXAMPLEEXAMPLEXXX:ann",
    account: account.id,
    mfaPresent: false,
  }, now() + 1000 * sessionLifetime(3600));
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt: expiration } = issued;
  return { roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration } };
}

/** A page of a list; the token for the next one is an obfuscated page number. */
function pageOf<T>(name: string, all: readonly T[], params: Operation["params"]) {
  const size = Number(params["max_result"] ?? 20);
  const token = params["next_token"];
  const start = token === undefined ? 0 : Number(/^page-(\d+)=$/.exec(token)?.[1] ?? NaN);
  if (!(size >= 1 && size <= 100) || Number.isNaN(start)) {
    throw new AwsError(400, "InvalidRequestException", "no such page");
  }
  const next = start + size < all.length ? { nextToken: `page-${start + size}=` } : {};
  return { [name]: all.slice(start, start + size), ...next };
}

/** The portal. */
export const ssoPortal: Service = {
  service: "awsssoportal",
  claims: ({ method, path }) => actions.has(`${method} ${path}`),
  describe,
  handle(incoming, world, reply) {
    const { action, params } = describe(incoming);
    const token = incoming.headers.get("x-amz-sso_bearer_token") ?? "";
    const signIn = signInOf(world.sso, token, world.now());
    if (!signIn) return Promise.reject(unauthorized());
    switch (action) {
      case "GetRoleCredentials":
        return Promise.resolve(json(getRoleCredentials(world, params), reply));
      case "ListAccounts": {
        const accounts = world.sso.accounts.map(({ id, name, email }) => ({
          accountId: id,
          accountName: name,
          emailAddress: email ?? `${id}@example.com`,
        }));
        return Promise.resolve(json(pageOf("accountList", accounts, params), reply));
      }
      case "ListAccountRoles": {
        const { id, roles } = accountIn(world, params);
        const list = roles.map((roleName) => ({ roleName, accountId: id }));
        return Promise.resolve(json(pageOf("roleList", list, params), reply));
      }
      default:
        signIn.revoked = true;
        return Promise.resolve(new Response(null, { status: 200 }));
    }
  },
  refuse: (error, reply) =>
    json(
      { message: error.message, __type: `com.amazonaws.switchboard.portal#${error.code}` },
      reply,
      error.status,
      `${error.code}:http://internal.amazon.com/coral/com.amazonaws.switchboard.portal/`,
    ),
};
