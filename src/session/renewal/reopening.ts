import { Failure } from "../../model/failure.ts";
import type { Store } from "../../store/store.ts";

export type WithStore = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/** If the store was rekeyed or restored meanwhile, opens it again and repeats the work. */
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
