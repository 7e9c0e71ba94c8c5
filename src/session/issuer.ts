import type { Outline } from "../model/outline.ts";
import { portalOf } from "../model/portal.ts";
import { anywhereEndpoint } from "../model/roles_anywhere.ts";
import type { System } from "../system/system.ts";
import { endpointIn } from "./sign_in/network.ts";
import { partitionBy } from "./sign_in/roles.ts";

export interface Issuer {
  /** For `show`. */
  readonly title: string;
  readonly endpoint: { readonly url: string; readonly signingRegion?: string };
}

/** Where the session comes from: the source's own service, if no role is assumed after it, or STS. */
export function issuerOf(system: System, outline: Outline): Issuer {
  const { roleArns, network, facts: { portal, certificate, ...facts } } = outline;
  if (portal && roleArns.length === 0) {
    return { title: "portal endpoint", endpoint: { url: portalOf(portal, network).portalUrl } };
  }
  if (certificate && roleArns.length === 1) {
    return {
      title: "Roles Anywhere endpoint",
      endpoint: anywhereEndpoint(certificate, network),
    };
  }
  return {
    title: "STS endpoint",
    endpoint: endpointIn(system, outline, partitionBy(roleArns, facts)),
  };
}
