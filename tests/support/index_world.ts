import assert from "node:assert/strict";
import { outlineOf, outlinesIn } from "../../src/session/outlines.ts";
import { openOrCreateStore, openStore, type Store } from "../../src/session/stores.ts";
import { decodeSource } from "../../src/sources/all_sources.ts";
import { type OpenedStore, openedWith } from "../../src/store/opened.ts";
import { fetchKeys, readStoreFile } from "../../src/store/store_file.ts";
import type { Files } from "../../src/system/files.ts";
import { type MemoryFiles, memoryFiles } from "./memory_files.ts";
import { home, keysProfile } from "./store_samples.ts";
import { testSystem } from "./test_system.ts";

export const index = `${home}/index`;

/** A disk that shows no difference between a file and the one that replaces it. */
export function coarseFiles(): MemoryFiles {
  return memoryFiles(() => 0, () => 0);
}

export function systemOn(files: MemoryFiles, through: Files = files) {
  return { ...testSystem({ files }), files: { ...files, ...through } };
}

/** More profiles than a list reads without an index. */
export const many = Array.from({ length: 16 }, (_, at) => `p${String(at).padStart(2, "0")}`);

/** A profile whose file has the same size for every digit. */
export function profileOf(name: string, digit: number) {
  return keysProfile(name, { roleArns: [`arn:aws:iam::012345678901:role/r${digit}`] });
}

export async function manyProfiles(files: MemoryFiles): Promise<Store> {
  const store = await openOrCreateStore(systemOn(files));
  for (const name of many) await store.saveProfile(profileOf(name, 0), { replace: false });
  return store;
}

/** What lists show, by the index. */
export async function byIndex(files: MemoryFiles, through: Files = files) {
  const store = await openStore(systemOn(files, through));
  assert.ok(store);
  return (await outlinesIn(store)).map((each) =>
    "outline" in each ? { outline: each.outline, hasKept: each.hasKept } : each.file
  );
}

/** The same, by the files of the profiles. */
export async function byFiles(files: MemoryFiles) {
  const store = await openStore(systemOn(files));
  const opened = await openedOn(files);
  const kept = [opened.sessions, opened.narrowed].map(({ folder }) => new Set(files.list(folder)));
  return await Promise.all((await store?.profiles() ?? []).map(async (each) => {
    if ("damaged" in each) return each.file;
    const { name } = each.profile;
    const ids = [await opened.sessions.idOf(name), await opened.narrowed.idOf(name)];
    const hasKept = ids.some((id, at) => kept[at]?.has(id));
    return { outline: outlineOf(each.profile), hasKept };
  }));
}

export async function openedOn(files: MemoryFiles): Promise<OpenedStore> {
  const system = systemOn(files);
  const file = readStoreFile(system, home);
  assert.ok(file);
  return openedWith(system, file, await fetchKeys(system, file), decodeSource);
}

/** Counts the profiles' files that are read. */
export function counting(files: MemoryFiles): { readonly files: Files; readonly read: string[] } {
  const read: string[] = [];
  return {
    read,
    files: {
      ...files,
      read(path) {
        read.push(path);
        return files.read(path);
      },
    },
  };
}

/** Does `work` before the n-th operation (from 1). */
export function interrupted(
  files: MemoryFiles,
  works: Readonly<Record<number, () => void>>,
): { readonly files: Files; readonly count: () => number } {
  let count = 0;
  const all = Object.entries(files).map(([name, operation]) => [
    name,
    name === "join" ? operation : (...given: unknown[]) => {
      works[++count]?.();
      return operation.apply(files, given);
    },
  ]);
  return { files: Object.fromEntries(all), count: () => count };
}
