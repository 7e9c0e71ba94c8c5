import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import type { AssertionRecord } from "./records.ts";
import type { Shelf } from "./shelf.ts";
import type { Writer } from "./writing.ts";

/** What identity providers asserted, kept so that profiles with one sign-in ask a person once. */
export interface Assertions {
  /** The one that is kept under this name, while AWS takes it. One that has run out is removed. */
  assertion(name: string): Promise<AssertionRecord | undefined>;
  saveAssertion(name: string, record: AssertionRecord): Promise<void>;
  removeAssertion(name: string): Promise<void>;
}

export function assertionsOn(
  system: Pick<System, "now">,
  shelf: Shelf<AssertionRecord>,
  change: (work: (writer: Writer) => void) => Promise<void>,
): Assertions {
  async function removeAssertion(name: string): Promise<void> {
    const path = await shelf.path(name);
    await change((writer) => void writer.remove(path));
  }

  return {
    async assertion(name) {
      // One that does not open is as good as none: the provider is asked again.
      const kept = await shelf.find(name).catch((error) => {
        if (error instanceof Failure && error.code === "store-damaged") return undefined;
        throw error;
      });
      if (!kept || kept.expires > system.now()) return kept;
      await removeAssertion(name);
      return undefined;
    },
    async saveAssertion(name, record) {
      const { folder, path, bytes } = await shelf.sealed(name, record);
      await change((writer) => writer.replace(folder, path, bytes));
    },
    removeAssertion,
  };
}
