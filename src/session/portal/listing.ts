import { type PortalAccess, portalAccess, tokenRefused } from "../../aws/sso_portal.ts";
import type { Portal } from "../../model/portal.ts";
import type { Secret } from "../../model/secret.ts";
import { newTokenRefused } from "../../sources/portal_role.ts";
import { type PortalContext, portalTokens } from "../../sources/portal_tokens.ts";

export interface Assignment {
  readonly account: string;
  readonly accountName: string;
  readonly email: string | undefined;
  readonly role: string;
}

/** Concurrent requests: AWS throttles more. */
const wide = 8;
/** Milliseconds between progress messages. */
const pace = 2_000;

/**
 * Every account and role that the portal offers the person, sorted by account name and role.
 * Prompts for a sign-in if there is none or it was revoked.
 *
 * @throws {Failure} what the sign-in or the portal refuses
 */
export async function listAssignments(
  context: PortalContext,
  portal: Portal,
): Promise<Assignment[]> {
  using http = await context.http(portal.portalUrl);
  const access = portalAccess(context.system, http, portal);
  const { accessToken: token } = await portalTokens(context, portal);
  const again = async () => (await portalTokens(context, portal, token)).accessToken;
  const found = await listWith(context, access, token) ??
    await listWith(context, access, await again());
  if (found) return found;
  throw newTokenRefused(portal);
}

/** Nothing if the portal rejects the token. */
async function listWith(
  { system }: PortalContext,
  access: PortalAccess,
  token: Secret,
): Promise<Assignment[] | undefined> {
  const accounts = await access.accounts(token);
  if (accounts === tokenRefused) return undefined;
  const found: Assignment[] = [];
  const left = [...accounts];
  let refused = false;
  let said = system.monotonic();
  const work = async () => {
    for (let next = left.shift(); next && !refused; next = left.shift()) {
      const roles = await access.roles(token, next.id);
      if (roles === tokenRefused) {
        refused = true;
        return;
      }
      const { id: account, name: accountName, email } = next;
      found.push(...roles.map((role) => ({ account, accountName, email, role })));
      if (system.terminal.stderrIsTerminal && system.monotonic() - said > pace) {
        said = system.monotonic();
        system.say(`athm: ${accounts.length - left.length} of ${accounts.length} accounts`);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: wide }, work));
  } catch (error) {
    left.length = 0; // the others stop after their current request
    throw error;
  }
  return refused ? undefined : found.sort(byNames);
}

function byNames(a: Assignment, b: Assignment): number {
  return compare(a.accountName, b.accountName) || compare(a.account, b.account) ||
    compare(a.role, b.role);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
