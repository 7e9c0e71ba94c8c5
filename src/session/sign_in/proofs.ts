import { Failure } from "../../model/failure.ts";
import type { ProofRecords, ProofShelf } from "../../model/proofs.ts";
import type { Proofs, ProofWanted } from "../../sources/source.ts";
import type { SignInLock } from "../../store/files/signin_lock.ts";
import type { Shared } from "../../store/files/shared.ts";
import type { Store } from "../../store/store.ts";
import { asCourtesy } from "../../store/files/writing.ts";
import type { HeldLock } from "../../system/files.ts";
import type { System } from "../../system/system.ts";

/** Kept in the store; if many processes need one, only one makes it. */
export function storedProofs(system: System, store: Store): Proofs {
  return {
    async get<K extends ProofShelf>(shelf: K, name: string, wanted: ProofWanted<ProofRecords[K]>) {
      const shared: Shared<ProofRecords[K]> = store.shared[shelf];
      let kept: ProofRecords[K] | undefined;
      const look = async () => {
        kept = await shared.find(name);
        return kept && wanted.good(kept) ? kept : undefined;
      };
      const there = await look();
      if (there) return there;
      const lock = await turnToSignIn(system, store, name);
      try {
        // Another process may have made one while this one waited.
        const second = await look();
        if (second) return second;
        const made = await wanted.make(kept);
        const keep = () => shared.save(wanted.nameOfMade?.() ?? name, made);
        if (made !== kept) await asCourtesy(system, "this sign-in is not kept", keep);
        return made;
      } finally {
        lock?.release();
      }
    },
    async forget(shelf, name) {
      const forget = () => store.shared[shelf].remove(name);
      await asCourtesy(system, "a rejected sign-in is still kept", forget);
    },
  };
}

/** Kept in memory until there is a store to `save` them in. */
export function pendingProofs(): Proofs & { save(store: Store): Promise<void> } {
  const made: { readonly [K in ProofShelf]: Map<string, ProofRecords[K]> } = {
    sessions: new Map(),
    assertions: new Map(),
    portals: new Map(),
    consoles: new Map(),
    registries: new Map(),
  };
  async function saveAll<K extends ProofShelf>(store: Store, shelf: K): Promise<void> {
    const shared: Shared<ProofRecords[K]> = store.shared[shelf];
    for (const [name, record] of made[shelf]) await shared.save(name, record);
  }
  return {
    async get<K extends ProofShelf>(shelf: K, name: string, wanted: ProofWanted<ProofRecords[K]>) {
      const kept = made[shelf].get(name);
      if (kept && wanted.good(kept)) return kept;
      const fresh = await wanted.make(kept);
      made[shelf].set(wanted.nameOfMade?.() ?? name, fresh);
      return fresh;
    },
    forget: (shelf, name) => Promise.resolve(void made[shelf].delete(name)),
    async save(store) {
      await saveAll(store, "consoles");
      await saveAll(store, "portals");
      await saveAll(store, "assertions");
      await saveAll(store, "sessions");
    },
  };
}

/**
 * The lock of the sign-in `name`, or nothing if the disk refuses one: processes that sign in at once
 * then each do so.
 */
export async function turnToSignIn(
  system: System,
  store: Store,
  name: string,
): Promise<HeldLock | undefined> {
  const turn = await store.signInLock(name);
  const lost = "signing in without a lock";
  return await asCourtesy(system, lost, () => waitForTurn(system, turn));
}

/** Milliseconds of waiting for another process's sign-in before saying so. */
const silentWait = 1000;
/** Milliseconds of waiting when prompts are disabled. */
const longestWait = 60_000;

/** Says so if it takes a while. @throws {Failure} `needs-person` after a minute without prompts */
export async function waitForTurn(system: System, turn: SignInLock): Promise<HeldLock> {
  const free = turn.tryLock();
  if (free) return free;
  const arrived = new AbortController();
  const waiting = new Promise<void>((late) => {
    notice(system, turn, arrived.signal).then(late, () => {}); // the lock was acquired first
  });
  try {
    const what = "waiting for another athm process to sign in";
    const lock = await system.busy(what, () => turn.lock(waiting));
    if (lock) return lock;
  } finally {
    arrived.abort();
  }
  const holder = turn.holder();
  throw new Failure(
    "needs-person",
    `athm${holder ? ` (pid ${holder})` : ""} has been signing in to it for over ${
      longestWait / 1000
    } s, and this process has waited as long`,
    `answer its prompt, or stop it${holder ? `: kill ${holder}` : ""}`,
  );
}

/** Says what athm waits for; resolves after the longest wait, never if prompts are enabled. */
async function notice(system: System, turn: SignInLock, arrived: AbortSignal): Promise<void> {
  await system.sleep(silentWait, arrived);
  const holder = turn.holder();
  system.say(`athm: waiting for athm${holder ? ` (pid ${holder})` : ""} to sign in`);
  if (system.terminal.canAsk) await new Promise(() => {});
  await system.sleep(longestWait - silentWait, arrived);
}
