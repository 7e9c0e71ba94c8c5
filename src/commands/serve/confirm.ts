import type { Narrowing } from "../../model/credentials.ts";
import { onFailure } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import type { Line } from "../../line/command.ts";
import { confirmUse } from "../../session/confirming.ts";
import { asks, keptSession, profileNamed } from "../../session/keep.ts";
import { type Resolved, resolved } from "../../session/sign_in/fingerprint.ts";
import type { Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { deedOf } from "../profile/obtain.ts";

/**
 * Asks about those of the profiles that are confirmed, since a client's requests cannot ask: starting
 * the server for one is its use, and so is adding a client of it.
 *
 * @returns what a person allowed of the confirmed ones, by name: {@link SessionUse.agreed}
 * @throws {Failure} `denied`; `needs-person` if athm cannot prompt, `cancelled`
 */
export async function confirmServing(
  line: Line,
  system: System,
  store: Store,
  names: readonly string[],
  narrowing: Narrowing | undefined,
): Promise<ReadonlyMap<string, Resolved>> {
  const allowed = new Map<string, Resolved>();
  for (const name of names) {
    const stored = await profileNamed(store, name);
    const { profile } = await resolved(system, store, stored);
    if (!asks(profile, { narrowing })) continue;
    const session = await keptSession(system, store, stored).catch(onFailure(undefined));
    const use = { narrowing, deed: deedOf(line), session };
    allowed.set(nameKey(name), await confirmUse(system, store, stored, use));
  }
  return allowed;
}
