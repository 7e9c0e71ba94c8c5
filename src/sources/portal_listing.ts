import { type PortalAccess, portalAccess, tokenRefused } from "../aws/sso_portal.ts";
import { naturally } from "../model/natural.ts";
import type { Portal } from "../model/portal.ts";
import type { Secret } from "../model/secret.ts";
import { newTokenRefused } from "./portal_role.ts";
import { type PortalContext, portalTokens } from "./portal_tokens.ts";

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
 * @param only list this account only
 * @throws {Failure} what the sign-in or the portal refuses
 */
export async function listAssignments(
  context: PortalContext,
  portal: Portal,
  only?: string,
): Promise<Assignment[]> {
  using http = await context.http(portal.portalUrl);
  const access = portalAccess(context.system, http, portal);
  const { accessToken: token } = await portalTokens(context, portal);
  const again = async () => (await portalTokens(context, portal, token)).accessToken;
  const found = await listWith(context, access, token, only) ??
    await listWith(context, access, await again(), only);
  if (found) return found;
  throw newTokenRefused(portal);
}

/** Nothing if the portal rejects the token. */
async function listWith(
  { system }: PortalContext,
  access: PortalAccess,
  token: Secret,
  only: string | undefined,
): Promise<Assignment[] | undefined> {
  const all = await access.accounts(token);
  if (all === tokenRefused) return undefined;
  const accounts = all.filter(({ id }) => only === undefined || id === only);
  const found: Assignment[] = [];
  const left = [...accounts];
  let refused = false;
  let [done, isCounting, said] = [0, false, system.monotonic()];
  const work = async () => {
    for (let next = left.shift(); next && !refused; next = left.shift()) {
      const roles = await access.roles(token, next.id);
      if (roles === tokenRefused) {
        refused = true;
        return;
      }
      const { id: account, name: accountName, email } = next;
      found.push(...roles.map((role) => ({ account, accountName, email, role })));
      done++;
      if (!system.terminal.stderrIsTerminal) continue;
      // Once the counter was shown, show the total.
      const isLast = isCounting && done === accounts.length;
      if (!isLast && system.monotonic() - said <= pace) continue;
      [isCounting, said] = [true, system.monotonic()];
      system.say(`athm: ${done} of ${accounts.length} accounts`);
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
  return naturally(a.accountName, b.accountName) || naturally(a.account, b.account) ||
    naturally(a.role, b.role);
}
