import type { Custody } from "./custody.ts";
import { keyFromBase64 } from "../sealing/keys.ts";

/**
 * The key is in `store.json`, mode 0600, beside the files that it opens. This protects backups
 * without `store.json` and single lost files, but not against anyone who can read the user's
 * files.
 */
export const keyFile: Custody = {
  kind: "file",
  fields: ["key"],
  locks: false,
  hold: (_system, { path }, key) =>
    Promise.resolve({
      kept: { key: key.toBase64() },
      notice:
        `athm: the store's key is in ${path}: anyone who can read your files can open the store`,
    }),
  fetch: (_system, _whose, kept) => Promise.resolve(keyFromBase64(kept.key ?? "")),
  startRotation(system, _whose, kept) {
    const key = keyFromBase64(kept.key ?? "");
    const hold = keyFile.hold;
    return Promise.resolve(
      key && {
        key,
        // No notice: nothing changed for the person.
        hold: async (whose, next) => ({ kept: (await hold(system, whose, next)).kept }),
      },
    );
  },
  drop: () => Promise.resolve(true),
};
