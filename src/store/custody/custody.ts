import type { System } from "../../system/system.ts";

export type StoreKey = Uint8Array<ArrayBuffer>;

/** The fields of `store.json` that belong to a custody: text by name. */
export type CustodyFields = Readonly<Record<string, string>>;

/** The store that a key belongs to. */
export interface Whose {
  readonly home: string;
  /** Its `store.json`, for messages. */
  readonly path: string;
  /** The key's id (see src/store/sealing/keys.ts), which reveals nothing about the key. */
  readonly keyId: string;
}

/** What `store.json` records about a key that a custody now holds. */
export interface Held {
  readonly kept: CustodyFields;
  /** A message for the person, printed once the store is written. */
  readonly notice?: string;
}

/** The current key, and how to hold another one the same way. */
export interface KeyRotation {
  readonly key: StoreKey;
  hold(whose: Whose, next: StoreKey): Promise<Held>;
}

/** A way to keep the store's key between commands. */
export interface Custody {
  readonly kind: string;
  /** Names of its fields in `store.json`, all required. */
  readonly fields: readonly string[];
  /** True if reading the key may prompt, which `athm store unlock` avoids for a while. */
  readonly locks: boolean;
  /**
   * The key, or nothing if the stored data is damaged. The caller checks that it is the right key.
   *
   * @throws {Failure} `store-key` if it is unavailable, `needs-person` if that requires a prompt.
   */
  fetch(system: System, whose: Whose, kept: CustodyFields): Promise<StoreKey | undefined>;
  /** Takes over a key, prompting for what it needs. @throws {Failure} */
  hold(system: System, whose: Whose, key: StoreKey): Promise<Held>;
  /** Like `fetch`, before changing the key. */
  startRotation(
    system: System,
    whose: Whose,
    kept: CustodyFields,
  ): Promise<KeyRotation | undefined>;
  /** Removes copies of the key, unless another store needs them; false if nothing was removed. */
  drop(system: System, whose: Whose): Promise<boolean>;
}

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
