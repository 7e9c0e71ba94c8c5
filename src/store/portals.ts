import { Failure } from "../model/failure.ts";
import type { Portal, PortalTokens } from "../model/portal.ts";
import type { Shelf } from "./shelf.ts";
import type { Writer } from "./writing.ts";

/** Sign-ins at access portals of Identity Center, which all profiles of a portal share. */
export interface Portals {
  /** The kept sign-in at a portal; nothing for one that does not open, since a new one replaces it. */
  portal(portal: Portal): Promise<PortalTokens | undefined>;
  /** Every kept sign-in that opens. */
  portals(): Promise<PortalTokens[]>;
  savePortal(tokens: PortalTokens): Promise<void>;
  /** False when there was none. */
  removePortal(portal: Portal): Promise<boolean>;
}

/**
 * What a sign-in at a portal is kept under. Those that are reached by other endpoints are kept apart,
 * so that no token is sent where a profile does not want it.
 */
export function portalKey({ startUrl, region, oidcUrl, portalUrl }: Portal): string {
  return `portal ${startUrl} in ${region} by ${oidcUrl} and ${portalUrl}`;
}

export function portalsOn(
  shelf: Shelf<PortalTokens>,
  change: <T>(work: (writer: Writer) => T) => Promise<T>,
): Portals {
  return {
    portal: (portal) => shelf.find(portalKey(portal)).catch(passDamage),
    portals: () => allPortals(shelf),
    async savePortal(tokens) {
      const { folder, path, bytes } = await shelf.sealed(portalKey(tokens.portal), tokens);
      await change((writer) => writer.replace(folder, path, bytes));
    },
    async removePortal(portal) {
      const path = await shelf.path(portalKey(portal));
      return await change((writer) => writer.remove(path));
    },
  };
}

/** Every sign-in of the shelf that opens. */
export async function allPortals(shelf: Shelf<PortalTokens>): Promise<PortalTokens[]> {
  const found = await Promise.all(shelf.ids().map((id) => shelf.open(id).catch(passDamage)));
  return found.filter((each) => each !== undefined);
}

function passDamage(error: unknown): undefined {
  if (error instanceof Failure && error.code === "store-damaged") return undefined;
  throw error;
}
