import type { NetworkSettings } from "../model/profile.ts";
import type { Values } from "../line/values.ts";
import type { Proofs, SourceKind } from "../sources/source.ts";
import type { System } from "../system/system.ts";
import { trustedPem } from "../system/trusted_pem.ts";

export interface Picking {
  readonly network: NetworkSettings;
  readonly proofs: Proofs;
  readonly suggested?: ReadonlyMap<string, string>;
}

/** The options, with what the person picked from the source's list after a sign-in. */
export async function picked(
  { pick }: SourceKind,
  values: Values,
  system: System,
  { network, proofs, suggested = new Map() }: Picking,
): Promise<Values> {
  if (!pick) return values;
  const pem = trustedPem(system, { network });
  const http = (url: string) => system.http(url, pem);
  return await pick(values, { system, network, proofs, http, suggested });
}
