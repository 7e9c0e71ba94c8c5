import { Failure } from "../model/failure.ts";
import type { NarrowedSession } from "../model/proofs.ts";
import type { System } from "../system/system.ts";
import type { SealedRecord } from "./files/shelf.ts";
import type { OpenedStore } from "./opened.ts";

/** Narrower sessions of one profile; the oldest give way. */
const most = 16;

/** How often the file may change while a session is added to it. */
const mostTries = 5;

/** Adds a session to its profile's file, and drops those that have expired. */
export async function saveNarrowed(
  { files, now }: Pick<System, "files" | "now">,
  { profiles, narrowed, change }: OpenedStore,
  name: string,
  made: NarrowedSession,
): Promise<void> {
  const profile = await profiles.path(name);
  const path = await narrowed.path(name);
  // Long policies fill a file before there are 16.
  const sealed = async (kept: readonly NarrowedSession[]): Promise<SealedRecord> => {
    try {
      return await narrowed.sealed(name, { kept });
    } catch (error) {
      const isFull = error instanceof Failure && error.code === "usage" && kept.length > 1;
      if (!isFull) throw error;
      return await sealed(kept.slice(0, -1));
    }
  };
  for (let left = mostTries; left > 0; left--) {
    const before = files.read(path);
    // A damaged file is not worth an error: its sessions can be made again.
    const record = await narrowed.find(name).catch((error) => {
      if (error instanceof Failure && error.code === "store-damaged") return undefined;
      throw error;
    });
    const others = (record?.kept ?? []).filter(({ fingerprint, session }) =>
      fingerprint !== made.fingerprint && session.expires > now()
    );
    const { folder, bytes } = await sealed([made, ...others].slice(0, most));
    const isDone = await change((writer) => {
      // A logout that ran meanwhile removed sessions that must not come back.
      if (!same(files.read(path), before)) return false;
      if (files.facts(profile)) writer.replace(folder, path, bytes);
      return true;
    });
    if (isDone) return;
  }
  throw new Failure("files", `the narrower sessions of ${name} kept changing in the meantime`);
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
