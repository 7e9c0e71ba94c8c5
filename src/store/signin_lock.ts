import type { HeldLock } from "../system/files.ts";
import type { System } from "../system/system.ts";
import { refuseOpenFolder } from "./home.ts";
import { hidden, type StoreKeys } from "./keys.ts";

/** Held while signing in, so that a sign-in that many wait for happens once. */
export interface SignInLock {
  /** The lock, or nothing when another process has it. */
  tryLock(): HeldLock | undefined;
  /** The lock, waiting as long as it takes. */
  lock(): Promise<HeldLock>;
  /** The number of the process that has or had it, as far as that can be told. */
  holder(): number | undefined;
}

/**
 * The lock of the sign-in that `id` names; its file's name does not tell the id.
 *
 * @throws {Failure} `store-open`
 */
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
    lock.note(`${system.pid}\n`);
    return lock;
  }

  return {
    tryLock() {
      files.makeFolder(folder, 0o700);
      const lock = files.tryLock(path);
      return lock && signed(lock);
    },
    async lock() {
      files.makeFolder(folder, 0o700);
      return signed(await files.lock(path));
    },
    holder() {
      try {
        const text = new TextDecoder().decode(files.read(path));
        return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined;
      } catch {
        return undefined; // Windows lets nobody read a locked file
      }
    },
  };
}
