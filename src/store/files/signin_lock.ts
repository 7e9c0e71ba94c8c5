import type { Files, HeldLock } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { refuseOpenFolder } from "./home.ts";
import { hidden, type StoreKeys } from "../sealing/keys.ts";

/** Held while signing in, so that a sign-in that many wait for happens once. */
export interface SignInLock {
  /** The lock, or nothing when another process has it. */
  tryLock(): HeldLock | undefined;
  /** The lock, waiting as long as it takes, or nothing when `stop` resolves first. */
  lock(stop: Promise<void>): Promise<HeldLock | undefined>;
  /** The ID of the process that has or had it, if known. */
  holder(): number | undefined;
}

/** Abandoned waits by path. Each holds a thread until it has the lock: the next one reuses it. */
const givenUp = new WeakMap<Files, Map<string, Promise<HeldLock>>>();

/** Waits for a lock until `stop`. A lock acquired later is released at once. */
async function lockUntil(
  files: Files,
  path: string,
  stop: Promise<void>,
): Promise<HeldLock | undefined> {
  const waits = givenUp.get(files) ?? new Map<string, Promise<HeldLock>>();
  givenUp.set(files, waits);
  const waiting = waits.get(path) ?? files.lock(path);
  waits.delete(path);
  const lock = await Promise.race([waiting, stop]);
  if (lock) return lock;
  waits.set(path, waiting);
  const isMine = () => waits.get(path) === waiting && waits.delete(path);
  waiting.then((late) => isMine() && late.release(), isMine);
  return undefined;
}

/** The file's name does not reveal the id. @throws {Failure} `store-open` */
export async function signInLock(
  system: System,
  home: string,
  keys: StoreKeys,
  id: string,
): Promise<SignInLock> {
  const { files } = system;
  const folder = files.join(home, "signins");
  refuseOpenFolder(system, home, folder);
  const path = files.join(folder, `${await hidden(keys, "sign-in", id)}.lock`);

  function signed(lock: HeldLock): HeldLock {
    try {
      lock.note(`${system.pid}\n`);
    } catch (error) {
      // The number only tells others which process they wait for. A full disk must not stop a sign-in.
      system.trace("sign-in lock without a number", { why: String(error) });
    }
    return lock;
  }

  return {
    tryLock() {
      files.makeFolder(folder, 0o700);
      const lock = files.tryLock(path);
      return lock && signed(lock);
    },
    async lock(stop) {
      files.makeFolder(folder, 0o700);
      const lock = await lockUntil(files, path, stop);
      return lock && signed(lock);
    },
    holder() {
      try {
        const text = new TextDecoder().decode(files.read(path));
        return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined;
      } catch {
        return undefined; // on Windows a locked file cannot be read
      }
    },
  };
}
