import type { Custody } from "./custody.ts";
import { keyFromBase64 } from "../sealing/keys.ts";

/**
 * The key lies in `store.json`, mode 0600, beside what it opens. This keeps the store from backups
 * that leave `store.json` out and from a file that gets lost alone, not from anybody who reads the
 * user's files.
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
        // Nothing has changed for the person, so nothing is said.
        hold: async (whose, next) => ({ kept: (await hold(system, whose, next)).kept }),
      },
    );
  },
  drop: () => Promise.resolve(true),
};
