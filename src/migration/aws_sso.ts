import { usage } from "../model/failure.ts";
import { checkAccountId, checkPortalRole } from "../model/portal.ts";
import { parseStartUrl, regionInStartUrl } from "../model/start_url.ts";
import { regionPartition } from "../model/partitions.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import type { Section, Sections } from "./aws_files.ts";

/**
 * From its `sso-session`, or in the older form from itself. Nothing without account and role: such
 * profiles only provide tokens. @throws {Failure} `usage`, naming the wrong or missing key
 */
export function portalRoleOf(
  section: Section,
  ssoSessions: Sections,
): IdentityCenterSource | undefined {
  const account = section.get("sso_account_id");
  const role = section.get("sso_role_name");
  if (account === undefined && role === undefined) return undefined;
  const name = section.get("sso_session");
  const session = name === undefined ? section : ssoSessions.get(name);
  if (!session) {
    throw usage(`uses the sso-session ${JSON.stringify(name)}, which is not in the file`);
  }
  const startUrl = parseStartUrl(demanded(session, "sso_start_url"), "sso_start_url");
  const named = session.has("sso_region") ? undefined : regionInStartUrl(startUrl);
  const region = named ?? demanded(session, "sso_region");
  regionPartition(region, "sso_region");
  return {
    kind: "identity-center",
    startUrl,
    region,
    accountId: checkAccountId(demanded(section, "sso_account_id"), "sso_account_id"),
    roleName: checkPortalRole(demanded(section, "sso_role_name"), "sso_role_name"),
  };
}

function demanded(section: Section, key: string): string {
  const text = section.get(key);
  if (text !== undefined) return text;
  throw usage(`lacks ${key}`);
}
