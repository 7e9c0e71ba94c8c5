import { defined } from "../../../model/fields.ts";
import type { IdentityCenterSource, Profile } from "../../../model/profile.ts";
import type { Command } from "../../../line/command.ts";
import type { Values } from "../../../line/values.ts";
import { nameKey } from "../../../model/names.ts";
import { isAwsPortal } from "../../../model/start_url.ts";
import type { Incoming, Plan, Roster, Skipped } from "../../../migration/plan.ts";
import {
  checkTemplate,
  collisions,
  defaultTemplate,
  fitsGlob,
  formerName,
  templateName,
} from "../../../migration/portal_names.ts";
import { factsOf } from "../../../sources/all_sources.ts";
import type { Assignment } from "../../../sources/portal_listing.ts";
import { openStore } from "../../../session/stores.ts";
import { carryOut, importOptions, storedRoster } from "../../import/importing.ts";
import { networkSettings } from "../../profile/settings.ts";
import {
  assignmentsAt,
  type NamedPortal,
  namedPortal,
  portalOptions,
  profileNetworkOptions,
} from "./portal.ts";

/** `athm aws sso import START_URL`: makes a profile for each account and role of a portal. */
export const command: Command = {
  count: [1, 1],
  options: [
    {
      name: "match",
      value: "GLOB",
      repeat: true,
      help: "only roles whose name, ACCOUNT/ROLE or ID/ROLE matches; * and ? are wildcards",
    },
    {
      name: "name",
      value: "TEMPLATE",
      help: `name template: {account-name}, {account-id}, {role} (default ${defaultTemplate})`,
    },
    ...importOptions.filter(({ name }) => name !== "prefix"),
    ...portalOptions,
    ...profileNetworkOptions,
  ],
  examples: [
    "athm aws sso import https://example.awsapps.com/start --dry-run",
    "athm aws sso import https://example.awsapps.com/start --match '*/ReadOnly'",
  ],
  work: async (line, system) => {
    const { operands: [startUrl = ""], values } = line;
    // Validate the command line before signing in.
    checkTemplate(values.text("name") ?? defaultTemplate);
    const store = await openStore(system);
    const network = networkSettings(values, system);
    const portal = await namedPortal(startUrl, values, system, store, network);
    const found = await assignmentsAt(portal, system, store);
    const roster = await storedRoster(system);
    const plan = planPortal(found, portal, values, roster);
    const { code } = await carryOut(system, line, plan, roster, startUrl);
    return code;
  },
};

/**
 * A profile of the same role keeps its former name. Skips names that several would share, since the
 * choice would be arbitrary, and those of profiles for other accounts of the portal.
 */
export function planPortal(
  found: readonly Assignment[],
  portal: NamedPortal,
  values: Pick<Values, "text" | "all" | "has">,
  roster: Roster,
): Plan {
  const template = values.text("name") ?? defaultTemplate;
  const globs = values.all("match");
  const isThere = (name: string, { account, role }: Assignment) => {
    const there = roleAt(roster, name, portal);
    return there?.account === account && there.name === role;
  };
  const nameOf = (each: Assignment) => {
    const former = formerName(template, each);
    return isThere(former, each) ? former : templateName(template, each);
  };
  const wanted = found.filter((each) =>
    globs.length === 0 ||
    [nameOf(each), pathOf(each), `${each.account}/${each.role}`]
      .some((text) => globs.some((glob) => fitsGlob(glob, text)))
  );
  const shared = new Set([...collisions(wanted, nameOf).values()].flat());
  const accounts = new Set(found.map(({ account }) => account));
  const whyNot = (name: string, each: Assignment): string | undefined => {
    if (isThere(name, each)) return undefined;
    if (shared.has(each)) return `several roles would get the name ${name}`;
    const { account = each.account } = roleAt(roster, name, portal) ?? {};
    const isTaken = account !== each.account && accounts.has(account);
    return isTaken ? `profile ${name} belongs to account ${account}` : undefined;
  };
  const incoming: Incoming[] = [];
  const skipped: Skipped[] = [];
  for (const each of wanted) {
    const name = nameOf(each);
    const from = pathOf(each);
    const why = whyNot(name, each);
    if (why !== undefined) {
      skipped.push({
        from: `${from} (${each.account})`,
        why: `${why}; use --name with {account-id}`,
        failed: true,
      });
    } else {
      // A renamed account is no reason to replace a profile.
      const there = isThere(name, each) && !values.has("force")
        ? roleAt(roster, name, portal)
        : each;
      const profile = profileOf(name, { ...each, accountName: there?.accountName }, portal);
      incoming.push({ from, name, roleArn: undefined, profile });
    }
  }
  return { incoming, skipped };
}

/**
 * The role of this portal that the profile called `name` has. An organization's own URL that no
 * sign-in has resolved yet may be this portal's.
 */
function roleAt(roster: Roster, name: string, { settings }: NamedPortal) {
  const profile = roster.get(nameKey(name));
  const { portal, role } = profile ? factsOf(profile.source) : {};
  if (!portal) return undefined;
  const isHere = portal.startUrl === settings.startUrl || !isAwsPortal(portal.startUrl);
  return isHere ? role : undefined;
}

function pathOf({ accountName, role }: Assignment): string {
  return `${accountName}/${role}`;
}

function profileOf(
  name: string,
  { account, accountName, role }: Pick<Assignment, "account" | "role"> & {
    readonly accountName: string | undefined;
  },
  { settings, network }: NamedPortal,
): Profile {
  const { startUrl, region, deviceCode, portalEndpointUrl, oidcEndpointUrl } = settings;
  // In the store's order of fields, to recognize an unchanged profile.
  const source: IdentityCenterSource = defined({
    kind: "identity-center" as const,
    startUrl,
    region,
    accountId: account,
    roleName: role,
    accountName,
    deviceCode,
    portalEndpointUrl,
    oidcEndpointUrl,
  });
  return { name, source, roleArns: [], role: {}, network };
}
