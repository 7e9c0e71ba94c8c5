// Which commands write to the audit log, and which do not touch its files.

import assert from "node:assert/strict";
import { logLines } from "../../src/audit/verify.ts";
import { readLog } from "../../src/audit/log.ts";
import { run } from "../../src/program.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { fingerprint } from "../../src/session/sign_in/fingerprint.ts";
import type { Files } from "../../src/system/files.ts";
import { home, keysProfile, sampleSession } from "../support/store_samples.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { type TestSystem, testSystem } from "../support/test_system.ts";

/** A machine with a kept session that records every access to an audit file. */
async function machine(env: Readonly<Record<string, string>> = {}) {
  const memory = memoryFiles();
  const touched: string[] = [];
  const noting = <T extends (path: string, ...rest: never[]) => unknown>(work: T): T =>
    ((path: string, ...rest: never[]) => {
      if (path.includes("/audit")) touched.push(path);
      return work(path, ...rest);
    }) as T;
  const files: Files = {
    ...memory,
    read: noting(memory.read),
    readEnd: noting(memory.readEnd),
    facts: noting(memory.facts),
    create: noting(memory.create),
    append: noting(memory.append),
    remove: noting(memory.remove),
    tryLock: noting(memory.tryLock),
    lock: noting(memory.lock),
  };
  const system: TestSystem = testSystem({
    files: memory,
    env,
    system: {
      children: {
        start: () => ({
          pid: 7,
          ended: Promise.resolve({ kind: "exit" as const, code: 3 }),
          signal: () => {},
        }),
        help: () => Promise.reject(new Error("no helper was expected")),
        onSignal: () => () => {},
      },
    },
  });
  const store = await openOrCreateStore(system);
  const profile = keysProfile("example");
  await store.saveProfile(profile, { replace: false });
  const session = {
    ...sampleSession(),
    arn: "arn:aws:sts::012345678901:assumed-role/reader/ann",
  };
  await store.saveSession("example", session, await fingerprint(profile, {}));
  return { system, touched, athm: (...args: string[]) => run(args, { ...system, files }) };
}

async function events({ system }: { system: TestSystem }): Promise<unknown[]> {
  const lines = await logLines(await readLog(system, home));
  return lines.map(({ fields }) => [fields?.event, fields?.profile, fields?.command]);
}

const useOf = [["exec", "example", "--", "/bin/prog", "argument"], ["export", "example"], [
  "process",
  "example",
]];

Deno.test("audit: using a kept session touches no audit file", async () => {
  const world = await machine();
  for (const args of useOf) await world.athm("aws", ...args);
  assert.deepEqual(world.touched, []);
  assert.deepEqual(await events(world), []);
});

Deno.test("audit: ATHM_AUDIT=all logs each use, without arguments", async () => {
  const world = await machine({ ATHM_AUDIT: "all" });
  assert.equal(await world.athm("aws", ...useOf[0] ?? []), 3);
  for (const args of useOf.slice(1)) assert.equal(await world.athm("aws", ...args), 0);
  assert.deepEqual(await events(world), [
    ["begin", undefined, undefined],
    ["exec", "example", "prog"],
    ["export", "example", undefined],
    ["process", "example", undefined],
  ]);
  assert.doesNotMatch(world.system.files.text(`${home}/audit.log`) ?? "", /argument|canary/);
});

Deno.test("audit: changes are logged, unless ATHM_AUDIT=off", async () => {
  const off = await machine({ ATHM_AUDIT: "off" });
  assert.equal(await off.athm("aws", "mv", "example", "other"), 0);
  assert.deepEqual(off.touched, []);
  const on = await machine();
  assert.equal(await on.athm("aws", "mv", "example", "other"), 0);
  assert.equal(await on.athm("aws", "rm", "other"), 0);
  assert.equal(await on.athm("aws", "rm", "--all", "--yes"), 0);
  assert.deepEqual((await events(on)).slice(1), [["mv", "example", undefined], [
    "rm",
    "other",
    undefined,
  ]]);
});

Deno.test("audit: warns once if the log is not writable, and does not fail", async () => {
  const world = await machine();
  world.system.files.put(`${home}/audit.log`, "", 0o644);
  await world.athm("aws", "add", "second", "--ambient", "--no-login");
  const said = world.system.captured.said.length;
  assert.equal(await world.athm("aws", "rm", "example", "second"), 0);
  const warnings = world.system.captured.said.slice(said).filter((line) => /audit/i.test(line));
  assert.deepEqual(warnings.map((line) => line.split(":")[1]), [" warning", " hint"]);
});

Deno.test("audit: startup loads no audit module", () => {
  const seen = new Set<string>();
  const walk = (url: string) => {
    if (seen.has(url) || !url.startsWith("file:")) return;
    seen.add(url);
    const text = Deno.readTextFileSync(new URL(url));
    for (
      const [, type, to = ""] of text.matchAll(/^(?:import|export)( type)?[^;]*? from "(\..+)";/gm)
    ) {
      if (!type) walk(new URL(to, url).href);
    }
  };
  walk(import.meta.resolve("../../main.ts"));
  assert.ok(seen.has(import.meta.resolve("../../src/commands/aws/exec.ts")));
  const loaded = [...seen].filter((url) => /\/src\/(audit\/|recorder)/.test(url));
  assert.deepEqual(loaded, []);
});
