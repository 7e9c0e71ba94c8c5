// The access portal of IAM Identity Center: unsigned JSON, with the access token in a header.
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html

import { defined, type JsonObject } from "../model/fields.ts";
import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { type Portal, portalCommand } from "../model/portal.ts";
import type { Secret } from "../model/secret.ts";
import type { Http } from "../system/http.ts";
import { callJson, type CallSystem, type JsonAnswer } from "./json_call.ts";
import { issuedSession } from "./issued.ts";
import { listIn, nameIn, numberIn, objectIn, tokenIn } from "./json_fields.ts";
import { brokenAnswer, requestWords } from "./sso_explain.ts";

/** The access token has expired or was revoked. */
export const tokenRefused = Symbol("token refused");

export interface PortalAccount {
  readonly id: string;
  /** The display name, or the number if there is none. */
  readonly name: string;
  readonly email: string | undefined;
}

export interface PortalAccess {
  /** @throws {Failure} `aws` if the person does not have that role. */
  roleCredentials(
    token: Secret,
    account: string,
    role: string,
  ): Promise<{ readonly session: Session; readonly requestId?: string } | typeof tokenRefused>;
  accounts(token: Secret): Promise<PortalAccount[] | typeof tokenRefused>;
  roles(token: Secret, account: string): Promise<string[] | typeof tokenRefused>;
  /** Ends the portal's sign-in, if it has not already ended. */
  logout(token: Secret): Promise<void>;
}

/** Milliseconds: maximum session of a permission set. */
const longestLife = 12 * 3600_000;
/** AWS's maximum. */
const pageSize = 100;
/** Limits the pages of a list, in case a server never ends it. */
const mostPages = 1_000;
/** Listing makes many requests, which AWS throttles. */
const listAttempts = 10;

export function portalAccess(system: CallSystem, http: Http, portal: Portal): PortalAccess {
  const call = async (
    action: string,
    token: Secret,
    path: string,
    query: Readonly<Record<string, string>>,
    more: { readonly method?: "POST"; readonly attempts?: number } = {},
  ): Promise<JsonAnswer> => {
    const search = new URLSearchParams(query).toString();
    const url = `${portal.portalUrl}${path}${search ? `?${search}` : ""}`;
    const headers = () => Promise.resolve({ "x-amz-sso_bearer_token": token.reveal() });
    return await callJson(system, http, { action, method: "GET", url, headers, ...more });
  };

  async function list<T>(
    action: string,
    token: Secret,
    path: string,
    field: string,
    query: Readonly<Record<string, string>>,
    read: (item: JsonObject) => T | undefined,
  ): Promise<T[] | typeof tokenRefused> {
    const all: T[] = [];
    let next: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const asked = { ...query, max_result: String(pageSize), ...next ? { next_token: next } : {} };
      const answer = await call(action, token, path, asked, { attempts: listAttempts });
      if (isRefused(answer)) return tokenRefused;
      if (answer.code !== "") throw refused(portal, action, answer);
      const items = listIn(answer.body, field, 10 * pageSize)?.map(read);
      if (!items) throw brokenAnswer(portal.portalUrl, action, answer);
      for (const item of items) {
        if (item === undefined) throw brokenAnswer(portal.portalUrl, action, answer);
        all.push(item);
      }
      const { nextToken = null } = answer.body;
      if (nextToken === null || nextToken === "") return all;
      next = tokenIn(answer.body, "nextToken", 8192);
      // Fail instead of silently leaving out roles.
      if (next === undefined) throw brokenAnswer(portal.portalUrl, action, answer);
    }
    throw new Failure(
      "aws",
      `${hostOf(portal)} returned more than ${mostPages} pages for ${action}`,
    );
  }

  return {
    async roleCredentials(token, account, role) {
      const action = "GetRoleCredentials";
      const query = { account_id: account, role_name: role };
      const answer = await call(action, token, "/federation/credentials", query);
      if (isRefused(answer)) return tokenRefused;
      if (/^(Forbidden|ResourceNotFound|AccessDenied)|^HTTP 40[34]$/.test(answer.code)) {
        throw notAssigned(portal, account, role, answer);
      }
      if (answer.code !== "") throw refused(portal, action, answer);
      const session = credentialsIn(portal, answer, account, system.now());
      if (!session) throw brokenAnswer(portal.portalUrl, action, answer);
      return defined({ session, requestId: answer.requestId });
    },

    accounts: (token) =>
      list("ListAccounts", token, "/assignment/accounts", "accountList", {}, (item) => {
        const id = tokenIn(item, "accountId", 12);
        if (id === undefined || !/^\d{12}$/.test(id)) return undefined;
        return { id, name: nameIn(item, "accountName") ?? id, email: nameIn(item, "emailAddress") };
      }),

    roles: (token, account) =>
      list(
        "ListAccountRoles",
        token,
        "/assignment/roles",
        "roleList",
        { account_id: account },
        (item) => {
          const name = tokenIn(item, "roleName", 64);
          return name !== undefined && /^[\w+=,.@-]+$/.test(name) ? name : undefined;
        },
      ),

    async logout(token) {
      const answer = await call("Logout", token, "/logout", {}, { method: "POST" });
      if (answer.code !== "" && !isRefused(answer)) throw refused(portal, "Logout", answer);
    },
  };
}

function isRefused({ status, code }: JsonAnswer): boolean {
  return status === 401 || code === "UnauthorizedException";
}

function credentialsIn(
  portal: Portal,
  answer: JsonAnswer,
  account: string,
  now: number,
): Session | undefined {
  const found = objectIn(answer.body, "roleCredentials");
  if (!found) return undefined;
  const session = issuedSession(
    {
      accessKeyId: tokenIn(found, "accessKeyId", 128),
      secretAccessKey: tokenIn(found, "secretAccessKey", 1024),
      sessionToken: tokenIn(found, "sessionToken", 16 * 1024),
      expiration: numberIn(found, "expiration"),
    },
    { host: hostOf(portal), action: "GetRoleCredentials", now, skew: answer.skew, longestLife },
  );
  return session && { ...session, account };
}

function notAssigned(portal: Portal, account: string, role: string, answer: JsonAnswer): Failure {
  return new Failure(
    "aws",
    `the access portal returned no credentials for role ${role} in account ${account}${
      requestWords(answer)
    }`,
    "check --sso-account and --sso-role, and that you are assigned the role: " +
      `${portalCommand("sso ls", portal)} lists your roles`,
  );
}

function refused(portal: Portal, action: string, answer: JsonAnswer): Failure {
  const { code, status } = answer;
  const why = code.startsWith("HTTP") ? "without a reason" : code;
  return new Failure(
    "aws",
    `${hostOf(portal)} refused ${action}: ${why} (HTTP ${status})${requestWords(answer)}`,
    "check --sso-region and the portal's URL",
  );
}

function hostOf({ portalUrl }: Portal): string {
  return new URL(portalUrl).host;
}
