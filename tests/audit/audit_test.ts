// The audit log: its chain, rotation, I/O faults and concurrent writers.

import assert from "node:assert/strict";
import { programName } from "../../src/audit/entry.ts";
import { append, logName, readLog } from "../../src/audit/log.ts";
import { logLines, type Verdict, verify } from "../../src/audit/verify.ts";
import type { AuditEvent, System } from "../../src/system/system.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { failingFiles, faults } from "../support/faults.ts";
import { home } from "../support/store_samples.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { testStart, type TestSystem, testSystem } from "../support/test_system.ts";

const event = (profile: string): AuditEvent => ({ event: "add", profile });

function newSystem(): TestSystem {
  const system = testSystem({ files: memoryFiles() });
  system.files.makeFolder(home, 0o700);
  return system;
}

async function filled(names: readonly string[], limit?: number): Promise<TestSystem> {
  const system = newSystem();
  for (const name of names) await append(system, home, event(name), limit);
  return system;
}

async function verdict(system: System, folder = home): Promise<Verdict> {
  return await verify(await readLog(system, folder));
}

async function profiles(system: System, folder = home): Promise<unknown[]> {
  const lines = await logLines(await readLog(system, folder));
  return lines.flatMap(({ fields }) => fields?.event === "add" ? [fields.profile] : []);
}

const count = (length: number, from = 0) => Array.from({ length }, (_, at) => `p${at + from}`);
const path = (number: number) => `${home}/${logName(number)}`;

Deno.test("audit: a line has the fields of its event, the hash of the previous line, and nothing else", async () => {
  const system = newSystem();
  const session = {
    accessKeyId: "ASIAIOSFODNN7EXAMPLE",
    secretAccessKey: "canary",
    arn: "arn:aws:sts::123456789012:assumed-role/deploy/ann",
    expires: testStart + 3_600_000,
  };
  await append(system, home, {
    ...{ event: "exec", profile: "example", request: "b0f0-1" },
    ...{ session, command: "/usr/bin/aws s3 ls canary" },
    ...{ args: ["canary"] },
  } as AuditEvent);
  const [begin, line, end] = (system.files.text(path(0)) ?? "").split("\n");
  assert.match(
    begin ?? "",
    /"event":"begin","v":1,"pid":4321,"prev":"0{64}","sum":"[0-9a-f]{16}"\}$/,
  );
  const { prev, sum, ...fields } = JSON.parse(line ?? "");
  assert.deepEqual(fields, {
    time: "2026-01-01T00:00:00Z",
    event: "exec",
    profile: "example",
    account: "123456789012",
    role: "deploy",
    session: "ann",
    request: "b0f0-1",
    expires: "2026-01-01T01:00:00Z",
    command: "aws",
    pid: 4321,
  });
  const bytes = new TextEncoder().encode(begin);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  assert.equal(prev, hash);
  assert.match(sum, /^[0-9a-f]{16}$/);
  assert.equal(end, "");
  assert.equal(system.files.facts(path(0))?.mode, 0o600);
  assert.deepEqual((await verdict(system)).troubles, []);
});

Deno.test("audit: many events are one write, and the same lines as one by one", async () => {
  const [one, many] = [newSystem(), newSystem()];
  let writes = 0;
  const files = {
    ...many.files,
    create: (...all: Parameters<typeof many.files.create>) => (writes++, many.files.create(...all)),
    append: (...all: Parameters<typeof many.files.append>) => (writes++, many.files.append(...all)),
  };
  for (const name of count(50)) await append(one, home, event(name));
  await append({ ...many, files }, home, count(20).map(event));
  await append({ ...many, files }, home, count(30, 20).map(event));
  assert.equal(writes, 2);
  assert.equal(many.files.text(path(0)), one.files.text(path(0)));
  assert.equal((await verdict(many)).troubles.length, 0);
});

Deno.test("audit: only the name of a program is logged, however it was typed", () => {
  const typed = {
    "aws": "aws",
    "/usr/local/bin/terraform": "terraform",
    "C:\\tools\\aws.exe": "aws.exe",
    "aws s3 cp secret /x/y": "aws",
    "TOKEN=secret aws": "TOKEN",
    "--odd": "--odd",
    "": "",
  };
  for (const [command, name] of Object.entries(typed)) assert.equal(programName(command), name);
});

Deno.test("audit: full files are rotated, four are kept, and the chain spans all of them", async () => {
  const system = await filled(count(80), 1500);
  const names = system.files.list(home).filter((name) => name.startsWith("audit.log"));
  assert.deepEqual(names, [0, 1, 2, 3, 4].map(logName));
  const { troubles, notes } = await verdict(system);
  assert.deepEqual([troubles, notes], [[], []]);
  const kept = await profiles(system);
  assert.deepEqual(kept, count(kept.length, 80 - kept.length));
  assert.ok(kept.length > 20 && kept.length < 80);

  // verify notices a removed rotated file.
  for (const number of [1, 2, 3, 4]) {
    const before = system.files.snapshot();
    system.files.remove(path(number));
    assert.equal((await verdict(system)).troubles.length, 1, logName(number));
    system.files.restore(before);
  }
});

Deno.test("audit: verify names the file and line of a change", async () => {
  const good = (await filled(count(6))).files.text(path(0)) ?? "";
  const lines = good.trimEnd().split("\n");
  const joined = (...parts: readonly (string | undefined)[]) => parts.join("\n") + "\n";
  const cases: Record<string, readonly [text: string, line: number | undefined]> = {
    "nothing": [good, undefined],
    "changed": [good.replace("p3", "p9"), 5],
    "the last one changed": [good.replace("p5", "p9"), 7],
    "removed": [joined(...lines.toSpliced(3, 1)), 4],
    "the first removed": [joined(...lines.slice(1)), 1],
    "one twice": [joined(...lines.toSpliced(3, 0, lines[3] ?? "")), 5],
    "two swapped": [joined(...lines.toSpliced(3, 2, lines[4] ?? "", lines[3] ?? "")), 4],
    "an empty one": [joined(...lines.toSpliced(3, 0, "")), 4],
    "the last one cut": [good.slice(0, -9), 7],
    "the last newline removed": [good.slice(0, -1), 7],
    "the file emptied": ["", 1],
    // Documented as undetectable.
    "lines cut off at the end": [joined(...lines.slice(0, 4)), undefined],
  };
  for (const [what, [text, line]] of Object.entries(cases)) {
    const system = newSystem();
    system.files.put(path(0), text);
    const [first] = (await verdict(system)).troubles;
    assert.equal(first?.line, line, what);
    if (first) assert.equal(first.file, "audit.log");
  }
});

Deno.test("audit: the partial line of a killed process is repaired and noted", async () => {
  for (const cut of [1, 30, 150]) {
    const system = await filled(count(3));
    const text = system.files.text(path(0)) ?? "";
    system.files.put(path(0), text.slice(0, -cut));
    await append(system, home, event("next"), 10); // rotates only after the repair
    await append(system, home, event("more"));
    const { troubles, notes } = await verdict(system);
    assert.deepEqual(troubles, [], `${cut}`);
    assert.equal(notes.length, cut === 1 ? 0 : 1);
    assert.deepEqual((await profiles(system)).slice(-2), ["next", "more"]);
    // The following line covers the partial line with its hash.
    const healed = system.files.text(path(0)) ?? "";
    system.files.put(path(0), healed.replace("p2", "p8"));
    if (healed.includes("p2")) assert.ok((await verdict(system)).troubles.length, `${cut}`);
  }
});

Deno.test("audit: symbolic links and files that others can read are not written to", async () => {
  const system = newSystem();
  system.files.put("/home/ann/other", "text\n");
  system.files.link(path(0), "/home/ann/other");
  await assert.rejects(append(system, home, event("a")), /is not a file/);
  assert.equal(system.files.text("/home/ann/other"), "text\n");
  system.files.remove(path(0));
  system.files.put(path(0), "", 0o644);
  await assert.rejects(append(system, home, event("a")), /other users have access/);
  const spaced = "/home/ann/Library/Application Support/athm";
  system.files.put(`${spaced}/audit.log`, "", 0o644);
  await assert.rejects(append(system, spaced, event("a")), {
    hint: `chmod 600 '${spaced}/audit.log'`,
  });
});

Deno.test("audit: append waits for a held lock, up to a limit", async () => {
  const system = newSystem();
  const held = system.files.tryLock(`${home}/audit.lock`);
  const waiting = append(system, home, event("a"));
  await system.advance(1000);
  held?.release();
  await system.advance(1000);
  await waiting;
  const kept = system.files.tryLock(`${home}/audit.lock`);
  const failing = assert.rejects(append(system, home, event("b")), /another process has held/);
  await system.advance(6000);
  await failing;
  kept?.release();
  assert.deepEqual(await profiles(system), ["a"]);
});

for (const fault of faults) {
  for (const limit of [undefined, 900] as const) {
    const title = `audit: survives any single operation being ${fault}${limit ? ", rotating" : ""}`;
    Deno.test(title, async () => {
      let broken = 0;
      for (let n = 1;; n++) {
        const system = await filled(count(12), limit);
        const before = await profiles(system);
        const failing = failingFiles(system.files, n, fault);
        const failed = await append({ ...system, files: failing }, home, event("new"), limit)
          .then(() => false, () => true);
        if (failed) broken++;
        const between = await profiles(system);
        await append(system, home, event("next"), limit);
        await append(system, home, event("last"), limit);

        const { troubles } = await verdict(system);
        assert.deepEqual(troubles, [], `n = ${n}`);
        const after = await profiles(system);
        const isNew = between.includes("new");
        assert.ok(isNew || failed);
        assert.deepEqual(after.slice(isNew ? -3 : -2), [...isNew ? ["new"] : [], "next", "last"]);
        if (!limit) assert.deepEqual(between.filter((name) => name !== "new"), before);
        assert.deepEqual(system.files.list(home).filter((name) => name === "audit.new"), []);
        if (failing.count < n) break;
      }
      assert.ok(broken >= (fault === "full" ? 1 : 3), `only ${broken} operations were seen`);
    });
  }
}

Deno.test("audit: concurrent writers keep one chain", async () => {
  const folder = await Deno.makeTempDir({ prefix: "athm-audit-" });
  try {
    const script = `import { append } from ${
      JSON.stringify(import.meta.resolve("../../src/audit/log.ts"))
    };
      import { denoSystem } from ${
      JSON.stringify(import.meta.resolve("../../src/system/deno/system.ts"))
    };
      for (let at = 0; at < 25; at++) {
        await append(denoSystem(), Deno.args[0], { event: "add", profile: Deno.args[1] + at }, 4000);
      }`;
    await Deno.writeTextFile(`${folder}/writer.ts`, script);
    const writers = ["a", "b", "c", "d", "e", "f"];
    const ends = await Promise.all(writers.map((name) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-A", "--no-prompt", "--no-lock", "--no-check", "--no-config"]
          .concat(`${folder}/writer.ts`, folder, name),
        stdout: "null",
      }).output()
    ));
    const said = ends.map(({ stderr }) => new TextDecoder().decode(stderr)).join("");
    assert.deepEqual(ends.map(({ code }) => code), writers.map(() => 0), said);
    const system = denoSystem();
    const { troubles, notes } = await verdict(system, folder);
    assert.deepEqual([troubles, notes], [[], []]);
    const kept = await profiles(system, folder) as string[];
    for (const name of writers) {
      const own = kept.filter((each) => each.startsWith(name)).map((each) => Number(each.slice(1)));
      assert.deepEqual(own, own.toSorted((a, b) => a - b), name);
    }
    assert.ok(kept.length > 30);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
