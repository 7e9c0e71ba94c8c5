import { defined } from "../model/fields.ts";
import { parseEndpointUrl } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import { regionPartition } from "../model/partitions.ts";
import { checkAccountId, checkPortalRole, portalCommand, portalOf } from "../model/portal.ts";
import { parseStartUrl } from "../model/start_url.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import { askQuestions, type Question } from "../line/question.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import { withPlace } from "./portal_address.ts";

export { checkAccountId, checkPortalRole, parseStartUrl, regionPartition, withPlace };

/** A portal's address and how to sign in to it, without a role. */
export type PortalSettings = Omit<
  IdentityCenterSource,
  "kind" | "accountId" | "accountName" | "roleName"
>;

/** Prompts for what is missing. @throws {Failure} `usage`, `needs-person` */
export async function settleRole(
  given: Values,
  system: System,
  questions: readonly Question[],
): Promise<IdentityCenterSource> {
  // Validate the given options before prompting for others.
  checkGiven(given);
  const endpoints = endpointSettings(given);
  const values = await withPlace(given, system);
  const missing = questions.map(({ option }) => option).filter((option) => !values.has(option));
  if (missing.length && !system.terminal.canAsk) throw wanting(missing, values);
  const asking = { system, suggested: new Map(), profiles: [] };
  const all = missing.length ? await askQuestions(questions, values, asking) : values;
  return {
    kind: "identity-center",
    startUrl: parseStartUrl(all.text("sso-start-url") ?? ""),
    region: all.text("sso-region") ?? "",
    accountId: all.text("sso-account") ?? "",
    roleName: all.text("sso-role") ?? "",
    ...endpoints,
  };
}

/** @throws {Failure} `usage` if one of the options is invalid */
export function checkGiven(values: Values): void {
  const given = <T>(name: string, check: (text: string) => T) => {
    const text = values.text(name);
    if (text !== undefined) check(text);
  };
  given("sso-start-url", parseStartUrl);
  given("sso-region", (text) => regionPartition(text, "--sso-region"));
  given("sso-account", checkAccountId);
  given("sso-role", checkPortalRole);
}

function wanting(missing: readonly string[], values: Values): Failure {
  if (missing.includes("sso-region")) {
    return requires(["sso-region"], "the access portal shows it under Access keys as SSO Region");
  }
  const [startUrl, region] = [values.text("sso-start-url") ?? "", values.text("sso-region") ?? ""];
  const { deviceCode: _, ...endpoints } = endpointSettings(values);
  const network = { fips: values.has("fips"), dualstack: values.has("dualstack") };
  const portal = portalOf({ startUrl, region, ...endpoints }, network);
  const typed = { caBundle: values.text("ca-bundle") };
  return requires(missing, `${portalCommand("sso ls", portal, typed)} lists accounts and roles`);
}

export function requires(options: readonly string[], hint: string): Failure {
  const names = options.map((option) => `--${option}`).join(" and ");
  return new Failure("needs-person", `--sso-start-url requires ${names}`, hint);
}

/** The options other than the portal's URL and region. @throws {Failure} `usage` */
export function endpointSettings(
  values: Values,
): Pick<PortalSettings, "deviceCode" | "portalEndpointUrl" | "oidcEndpointUrl"> {
  const portal = endpointOption(values, "sso-endpoint-url");
  const oidc = endpointOption(values, "sso-oidc-endpoint-url");
  const deviceCode = values.has("sso-device-code") || undefined;
  return defined({ deviceCode, portalEndpointUrl: portal, oidcEndpointUrl: oidc });
}

function endpointOption(values: Values, name: string): string | undefined {
  const text = values.text(name);
  return text === undefined
    ? undefined
    : parseEndpointUrl(text, `--${name}`).href.replace(/\/+$/, "");
}
