import { Failure } from "../model/failure.ts";
import type { SignInLock } from "../store/signin_lock.ts";
import type { HeldLock } from "../system/files.ts";
import type { System } from "../system/system.ts";

/** Milliseconds after which a process that waits for another's sign-in says so. */
const silentWait = 1000;
/** Milliseconds that it waits where nobody is there who could see to the other. */
const longestWait = 60_000;

/**
 * The lock of a sign-in; says so when that takes a while.
 *
 * @throws {Failure} `needs-person` after a minute where nobody may be asked: a question to somebody else
 * may stand open for hours
 */
export async function waitForTurn(system: System, turn: SignInLock): Promise<HeldLock> {
  const free = turn.tryLock();
  if (free) return free;
  const arrived = new AbortController();
  const waiting = new Promise<void>((late) => {
    notice(system, turn, arrived.signal).then(late, () => {}); // the lock came first
  });
  try {
    const what = "waiting for another athm to sign in";
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
    } s, and this one has waited so long`,
    `answer what it asks, or end it${holder ? `: kill ${holder}` : ""}`,
  );
}

/** Says who is waited for; resolves after the longest wait, never where a person can see to it. */
async function notice(system: System, turn: SignInLock, arrived: AbortSignal): Promise<void> {
  await system.sleep(silentWait, arrived);
  const holder = turn.holder();
  system.say(`athm: waiting for athm${holder ? ` (pid ${holder})` : ""} to sign in`);
  if (system.terminal.canAsk) await new Promise(() => {});
  await system.sleep(longestWait - silentWait, arrived);
}
