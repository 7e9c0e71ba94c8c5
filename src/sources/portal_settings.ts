import { parseEndpointUrl } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import { regionPartition } from "../model/partitions.ts";
import { checkAccountId, checkPortalRole, parseStartUrl } from "../model/portal.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";

/** Where a portal is and how it is signed in to, without a role. */
export type PortalSettings = Omit<IdentityCenterSource, "kind" | "accountId" | "roleName">;

/**
 * The settings of `--sso-…` options; what is missing is asked.
 *
 * @throws {Failure} `usage`; `needs-person` where nobody may be asked
 */
export async function settleRole(values: Values, system: System): Promise<IdentityCenterSource> {
  const startUrl = parseStartUrl(values.text("sso-start-url") ?? "");
  // What is there is checked before anything is asked.
  const ready = endpointSettings(values);
  const given = (name: string, check: (text: string) => unknown) => {
    const text = values.text(name);
    if (text !== undefined) check(text);
  };
  given("sso-region", (text) => regionPartition(text, "--sso-region"));
  given("sso-account", checkAccountId);
  given("sso-role", checkPortalRole);
  const region = await wanted("sso-region", "Region of the Identity Center: ");
  regionPartition(region, "--sso-region");
  const accountId = checkAccountId(await wanted("sso-account", "Account (12 digits): "));
  const roleName = checkPortalRole(await wanted("sso-role", "Role (permission set): "));
  return { kind: "identity-center", startUrl, region, accountId, roleName, ...ready };

  async function wanted(option: string, question: string): Promise<string> {
    const text = values.text(option);
    if (text !== undefined) return text;
    if (system.terminal.canAsk) return await system.terminal.ask(question);
    throw new Failure(
      "needs-person",
      `--sso-start-url wants --${option} too`,
      option === "sso-region"
        ? "the access portal shows it under Access keys, as SSO region"
        : `athm aws sso ls ${startUrl} lists accounts and roles`,
    );
  }
}

/** The options beside the portal's address and region. @throws {Failure} `usage` */
export function endpointSettings(
  values: Values,
): Pick<PortalSettings, "deviceCode" | "portalEndpointUrl" | "oidcEndpointUrl"> {
  const portal = endpointOption(values, "sso-endpoint-url");
  const oidc = endpointOption(values, "sso-oidc-endpoint-url");
  return {
    ...values.has("sso-device-code") ? { deviceCode: true } : {},
    ...portal === undefined ? {} : { portalEndpointUrl: portal },
    ...oidc === undefined ? {} : { oidcEndpointUrl: oidc },
  };
}

function endpointOption(values: Values, name: string): string | undefined {
  const text = values.text(name);
  return text === undefined
    ? undefined
    : parseEndpointUrl(text, `--${name}`).href.replace(/\/+$/, "");
}
