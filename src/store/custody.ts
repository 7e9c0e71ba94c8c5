import type { System } from "../system/system.ts";

/** The fields of `store.json` that belong to a custody: text by name. */
export type Kept = Readonly<Record<string, string>>;

/** A new store's key, and what `store.json` keeps so that the custody can give it again. */
export interface Begun {
  /** 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  readonly kept: Kept;
  /** A line for the person, said once the store is made. */
  readonly notice?: string;
}

/** One way to hold the store's key between two commands. */
export interface Custody {
  /** Its name in `store.json`. */
  readonly kind: string;
  /** Names of the fields that it keeps in `store.json`; all of them must be there. */
  readonly fields: readonly string[];
  /**
   * The key for a new store, or nothing when the person or the machine did not ask for this custody:
   * then the next one of the table is tried.
   *
   * @throws {Failure} when it was asked for and cannot be done.
   */
  begin(system: System, path: string): Promise<Begun | undefined>;
  /**
   * The key of the store at `path`, or nothing when what was kept is damaged. Whether it is the right
   * key is checked by the caller.
   *
   * @throws {Failure} `store-key` when it is not to be had, `needs-person` when a person would have
   * to be asked.
   */
  fetch(system: System, path: string, kept: Kept): Promise<Uint8Array<ArrayBuffer> | undefined>;
}
