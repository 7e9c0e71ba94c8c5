import { Failure } from "../../model/failure.ts";
import type { Shelf } from "./shelf.ts";
import type { Writer } from "./writing.ts";

type ChangeFiles = <R>(work: (writer: Writer) => R) => Promise<R>;

/** Shared sign-ins of one kind. Their names are not legal profile names. */
export interface Shared<T> {
  find(name: string): Promise<T | undefined>;
  all(): Promise<T[]>;
  save(name: string, record: T): Promise<void>;
  remove(name: string): Promise<boolean>;
}

/**
 * @param strict throw for an unreadable record; else treat it as missing, since a new sign-in
 * replaces it
 * @param lives whether a record is worth keeping; others are removed when found, or when one is saved
 */
export function sharedOn<T>(
  on: <R>(
    /** `stays` throws if another process replaced the store, and `work` then runs again. */
    work: (shelf: Shelf<T>, change: ChangeFiles, stays: () => void) => Promise<R>,
  ) => Promise<R>,
  { strict, lives }: {
    readonly strict: boolean;
    readonly lives?: (record: T) => boolean;
  },
): Shared<T> {
  const shared: Shared<T> = {
    async find(name) {
      const kept = await on(async (shelf, _change, stays) => {
        const found = shelf.find(name);
        const record = await (strict ? found : found.catch(passDamage));
        if (!record) stays();
        return record;
      });
      if (!kept || !lives || lives(kept)) return kept;
      // Cleaning up: the next process that finds it tries again.
      await shared.remove(name).catch(passDisk);
      return undefined;
    },
    all: () =>
      on(async (shelf, _change, stays) => {
        const found = await allOf(shelf);
        stays();
        return found;
      }),
    async save(name, record) {
      if (lives && !lives(record)) return;
      await on(async (shelf, change) => {
        const { folder, path, bytes } = await shelf.sealed(name, record);
        await change((writer) => writer.replace(folder, path, bytes));
      });
      if (lives) await on((shelf, change) => sweep(shelf, change, lives)).catch(passDisk);
    },
    remove: (name) =>
      on(async (shelf, change) => {
        const path = await shelf.path(name);
        return await change((writer) => writer.remove(path));
      }),
  };
  return shared;
}

export async function allOf<T>(shelf: Shelf<T>): Promise<T[]> {
  const found = await Promise.all(shelf.ids().map((id) => shelf.open(id).catch(passDamage)));
  return found.filter((each) => each !== undefined);
}

/** Records that no process looks up again would stay forever. */
async function sweep<T>(
  shelf: Shelf<T>,
  change: ChangeFiles,
  lives: (record: T) => boolean,
): Promise<void> {
  for (const id of shelf.ids()) {
    const record = await shelf.open(id).catch(passDamage);
    if (record && !lives(record)) await change((writer) => writer.remove(shelf.pathOf(id)));
  }
}

function passDisk(error: unknown): void {
  if (!(error instanceof Failure && error.code === "files")) throw error;
}

function passDamage(error: unknown): undefined {
  if (error instanceof Failure && error.code === "store-damaged") return undefined;
  throw error;
}
