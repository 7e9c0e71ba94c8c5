import { Failure } from "../../model/failure.ts";
import type { Store } from "../../store/store.ts";

/** Does work with the store as it is now. */
export type WithStore = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/**
 * For who holds a store open while others may give it another key or restore it from a backup: then it is
 * opened again, and the work is done once more.
 */
export function reopening(open: () => Promise<Store | undefined>, first: Store): WithStore {
  let store = first;
  return async (work) => {
    try {
      return await work(store);
    } catch (error) {
      if (!(error instanceof Failure && error.code === "store-moved")) throw error;
      const again = await open();
      if (!again) throw error;
      store = again;
      return await work(store);
    }
  };
}
