import type { Custody } from "./custody.ts";
import { keyFromBase64, keyLength } from "./keys.ts";

/**
 * The key lies in `store.json`, mode 0600, beside what it opens. This keeps the store from backups
 * that leave `store.json` out and from a file that gets lost alone, not from anybody who reads the
 * user's files.
 */
export const keyFile: Custody = {
  kind: "file",
  fields: ["key"],
  begin(system, path) {
    const key = system.random(keyLength);
    return Promise.resolve({
      key,
      kept: { key: key.toBase64() },
      notice: `athm: the store's key is in ${path}: whoever can read your files can open the store`,
    });
  },
  fetch: (_system, _path, kept) => Promise.resolve(keyFromBase64(kept.key ?? "")),
};
