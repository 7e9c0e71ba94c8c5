// Replaces many files at little more than the cost of one:
//
//     .batch-<random>/<number>    written and synced, before the first is renamed to its place
//
// A process that changes many profiles holds the change lock, so if another one has that lock and
// finds such a folder, the folder is abandoned.

import type { System } from "../../system/system.ts";
import { removeFolder, tidied } from "../../system/folder.ts";
import type { SealedRecord } from "./shelf.ts";
import type { Writer } from "./writing.ts";

const batchPattern = /^\.batch-[0-9a-f]{24}$/;

/**
 * Replaces files under the change lock. If interrupted, each is the old one or the new one, and the
 * first ones are new.
 */
export async function replaceAll(
  system: System,
  home: string,
  records: readonly SealedRecord[],
  change: <T>(work: (writer: Writer) => T) => Promise<T>,
): Promise<void> {
  const { files } = system;
  const folder = files.join(home, `.batch-${system.random(12).toHex()}`);
  const parts = records.map(({ bytes }, at) => ({ path: files.join(folder, String(at)), bytes }));
  try {
    files.makeFolder(folder, 0o700);
    await files.createAll(parts, 0o600);
    await change((writer) => {
      for (const each of new Set(records.map((record) => record.folder))) {
        files.makeFolder(each, 0o700);
      }
      writer.place(
        records.map(({ path }, at) => ({ from: files.join(folder, String(at)), to: path })),
      );
    });
  } finally {
    tidied(system, () => removeFolder(files, folder));
  }
}

/** Removes what interrupted batches left behind; call it with the change lock. */
export function removeBatches(system: System, home: string): void {
  const { files } = system;
  for (const name of files.list(home)) {
    if (batchPattern.test(name)) removeFolder(files, files.join(home, name));
  }
}
