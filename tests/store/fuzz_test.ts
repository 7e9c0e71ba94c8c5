// Mutated store files: a few thousand of each kind, 100,000 with ATHM_SLOW=1. None may crash athm, pass
// for something else, or leak a secret in an error.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { decodeSource } from "../../src/sources/all_sources.ts";
import { readBackup } from "../../src/store/backup.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { canary, home, keysProfile, sampleSession, shown } from "../support/store_samples.ts";
import { athm, cheapPassphrases, report, runtimeFolder } from "../support/store_program.ts";
import { seeded, testSystem } from "../support/test_system.ts";

const slow = Deno.env.get("ATHM_SLOW");
const env = {
  HOME: "/home/ann",
  XDG_RUNTIME_DIR: runtimeFolder,
  ATHM_BACKUP_PASSPHRASE_FILE: "/run/backup",
};
const backup = "/backups/b";

/** A mutation: bytes flipped, removed, inserted, doubled, truncated, or taken from another file. */
function mutated(
  bytes: Uint8Array,
  other: Uint8Array,
  chance: () => number,
): Uint8Array<ArrayBuffer> {
  const at = () => Math.floor(chance() * (bytes.length + 1));
  const [from = 0, to = 0] = [at(), at()].sort((a, b) => a - b);
  const head = bytes.slice(0, from);
  const noise = Uint8Array.from({ length: 1 + Math.floor(chance() * 4) }, () => chance() * 256);
  // Plausible text gets further than noise: letters of base64 and JSON.
  const letters = new TextEncoder().encode('"{}[]:,.0123456789ABab_-ndtrue');
  const letter = letters.slice(at() % letters.length).slice(0, 1);
  const changes: readonly (() => Uint8Array[])[] = [
    () => [head, noise, bytes.slice(from + noise.length)],
    () => [head, letter, bytes.slice(from + 1)],
    () => [head, letter, bytes.slice(from)],
    () => [head, bytes.slice(to)],
    () => [bytes.slice(0, to), bytes.slice(from)],
    () => [head],
    () => [head, other.slice(from, to), bytes.slice(to)],
  ];
  const parts = changes[Math.floor(chance() * changes.length)]?.() ?? [];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function world() {
  const files = memoryFiles();
  files.put("/run/backup", "correct horse");
  files.makeFolder("/backups", 0o700);
  files.makeFolder(runtimeFolder, 0o700);
  const store = await openOrCreateStore(testSystem({ files, env }));
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveProfile(keysProfile("other"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  assert.equal((await athm(`store backup ${backup}`, files, { env })).code, 0);
  assert.equal((await athm("store rekey", files)).code, 0);
  return files;
}

interface Kind {
  /** The default number of mutations. */
  readonly few: number;
  readonly path: (files: ReturnType<typeof memoryFiles>) => string;
  readonly other: (files: ReturnType<typeof memoryFiles>) => string;
  /** Reads it; the result must be the original content or a Failure. */
  readonly look: (files: ReturnType<typeof memoryFiles>) => Promise<unknown>;
}

const sealed = (files: ReturnType<typeof memoryFiles>, folder: string) =>
  files.all(home).filter((path) => path.includes(`/${folder}/`));

const looked = async (files: ReturnType<typeof memoryFiles>) => {
  const store = await openStore(testSystem({ files }));
  if (!store) throw new Failure("not-found", "no store");
  return shown([await store.profile("example"), await store.session("example", "f")]);
};

const kinds: Readonly<Record<string, Kind>> = {
  "store.json": {
    few: 3000,
    path: () => `${home}/store.json`,
    other: (files) => sealed(files, "profiles")[0] ?? "",
    look: looked,
  },
  "sealed files": {
    few: 3000,
    path: (files) => sealed(files, "sessions")[0] ?? "",
    other: (files) => sealed(files, "profiles")[0] ?? "",
    look: looked,
  },
  backups: {
    few: 2000,
    path: () => backup,
    other: (files) => sealed(files, "profiles")[0] ?? "",
    look: async (files) =>
      shown((await readBackup(testSystem({ files, env }), backup, decodeSource)).profiles),
  },
};

for (const [title, { few, path, other, look }] of Object.entries(kinds)) {
  Deno.test(`mutated ${title}: never crash, never pass for another`, async (test) => {
    using _cheap = cheapPassphrases();
    const files = await world();
    const chance = seeded(title.length);
    const target = path(files);
    const whole = files.read(target) ?? new Uint8Array();
    const foreign = files.read(other(files)) ?? new Uint8Array();
    const good = JSON.stringify(await look(files));
    const count = slow ? 100_000 : few;
    let same = 0;
    for (let n = 0; n < count; n++) {
      const bytes = mutated(whole, foreign, chance);
      files.put(target, bytes);
      try {
        // A harmless change (a space in JSON, a line ending) may open, with the same content.
        assert.equal(JSON.stringify(await look(files)), good, new TextDecoder().decode(bytes));
        same++;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const text = `${error.message} ${error.hint}`;
        assert.ok(!text.includes(canary) && text.length < 1000, text);
      }
    }
    await report(test, `${count} mutated ${title}, of which ${same} opened, to the same content`);
    assert.ok(same < count / 10);
  });
}
