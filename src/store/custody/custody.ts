import type { System } from "../../system/system.ts";

/** The store's key itself: 32 bytes. */
export type StoreKey = Uint8Array<ArrayBuffer>;

/** The fields of `store.json` that belong to a custody: text by name. */
export type CustodyFields = Readonly<Record<string, string>>;

/** Which store a key is of. */
export interface Whose {
  /** Its folder. */
  readonly home: string;
  /** Its `store.json`, for messages. */
  readonly path: string;
  /** The key's id (see src/store/sealing/keys.ts), which tells nothing about the key. */
  readonly keyId: string;
}

/** A key that is held now, and what `store.json` keeps so that the custody can give it again. */
export interface Held {
  readonly kept: CustodyFields;
  /** A line for the person, said once the store has it. */
  readonly notice?: string;
}

/** The key that is held, and how to hold another one in the same way: the same passphrase, say. */
export interface KeyRotation {
  readonly key: StoreKey;
  hold(whose: Whose, next: StoreKey): Promise<Held>;
}

/** One way to hold the store's key between two commands. */
export interface Custody {
  /** Its name in `store.json`. */
  readonly kind: string;
  /** Names of the fields that it keeps in `store.json`; all of them must be there. */
  readonly fields: readonly string[];
  /** Somebody or something must be asked for the key, which `athm store unlock` spares for a while. */
  readonly locks: boolean;
  /**
   * The key, or nothing when what was kept is damaged. Whether it is the right key is checked by the
   * caller.
   *
   * @throws {Failure} `store-key` when it is not to be had, `needs-person` when a person would have
   * to be asked.
   */
  fetch(system: System, whose: Whose, kept: CustodyFields): Promise<StoreKey | undefined>;
  /**
   * Takes a key over, asking the person for what it needs.
   *
   * @throws {Failure} when it cannot hold it.
   */
  hold(system: System, whose: Whose, key: StoreKey): Promise<Held>;
  /** As `fetch`, for a change of the key. */
  startRotation(
    system: System,
    whose: Whose,
    kept: CustodyFields,
  ): Promise<KeyRotation | undefined>;
  /**
   * Removes what it holds of that key outside `store.json`, unless another store needs it, which is
   * said; false when it held or removed nothing.
   */
  drop(system: System, whose: Whose): Promise<boolean>;
}

/** A custody whose code is loaded when it is used: a store whose key lies at hand needs none of it. */
export function lazy(
  facts: Pick<Custody, "kind" | "fields" | "locks">,
  load: () => Promise<Omit<Custody, "kind" | "fields" | "locks">>,
): Custody {
  return {
    ...facts,
    fetch: async (...all) => await (await load()).fetch(...all),
    hold: async (...all) => await (await load()).hold(...all),
    startRotation: async (...all) => await (await load()).startRotation(...all),
    drop: async (...all) => await (await load()).drop(...all),
  };
}
