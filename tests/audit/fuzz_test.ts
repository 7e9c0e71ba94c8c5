// Mutated audit logs: `verify` never crashes and detects every change except those that it documents as
// undetectable.

import assert from "node:assert/strict";
import fc from "fast-check";
import { append, type LogFile, readLog } from "../../src/audit/log.ts";
import { verify } from "../../src/audit/verify.ts";
import { anyCharacter } from "../support/any_character.ts";
import { home, runs } from "../support/store_samples.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { testSystem } from "../support/test_system.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const system = testSystem({ files: memoryFiles() });
system.files.makeFolder(home, 0o700);
for (let at = 0; at < 12; at++) await append(system, home, { event: "rm", profile: `p${at}` }, 600);
const whole = (await readLog(system, home)).slice(-3);
// Number the oldest file 4, as if its predecessor was rotated away.
const log: LogFile[] = whole.map((file, at) => at === 0 ? { ...file, number: 4 } : file);

const sizes = log.map(({ bytes }) => bytes.length);
const place = fc.nat(Math.max(...sizes));
const junk = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: anyCharacter, maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
  fc.constantFrom("\n", "{}", '"', "}\n{", "\ufeff", "\r").map((text) =>
    new TextEncoder().encode(text)
  ),
);

function splice(bytes: Bytes, at: number, remove: number, insert: Uint8Array): Bytes {
  const start = Math.min(at, bytes.length);
  return Uint8Array.from([...bytes.slice(0, start), ...insert, ...bytes.slice(start + remove)]);
}

function lines(bytes: Bytes): string[] {
  return new TextDecoder().decode(bytes).split("\n").slice(0, -1);
}

function fromLines(all: readonly string[]): Bytes {
  return new TextEncoder().encode(all.map((line) => `${line}\n`).join(""));
}

const mutation: fc.Arbitrary<(bytes: Bytes) => Bytes> = fc.oneof(
  fc.tuple(place, fc.nat(60), junk).map(([at, remove, insert]) => (bytes: Bytes) =>
    splice(bytes, at, remove, insert)
  ),
  fc.tuple(place, fc.nat(7)).map(([at, bit]) => (bytes: Bytes) =>
    bytes.map((byte, index) => index === at % bytes.length ? byte ^ (1 << bit) : byte)
  ),
  place.map((at) => (bytes: Bytes) => bytes.slice(0, at)),
  fc.tuple(fc.nat(9), fc.nat(9)).map(([from, to]) => (bytes: Bytes) => {
    const all = lines(bytes);
    const [line = ""] = all.splice(from % all.length, 1);
    return fromLines(all.toSpliced(to % (all.length + 1), 0, line));
  }),
  fc.tuple(fc.nat(9), fc.nat(9)).map(([from, to]) => (bytes: Bytes) => {
    const all = lines(bytes);
    return fromLines(all.toSpliced(to % (all.length + 1), 0, all[from % all.length] ?? ""));
  }),
  fc.nat(9).map((at) => (bytes: Bytes) => {
    const all = lines(bytes);
    return fromLines(all.toSpliced(at % all.length, 1));
  }),
);

function same(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Whether the only change is that whole lines are missing at the end of the log. */
function isCutOff(before: Bytes, after: Bytes): boolean {
  return after.length > 0 && after.at(-1) === 10 && same(before.slice(0, after.length), after);
}

Deno.test("audit: verify detects every change in 10,000 mutated logs and never crashes", async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(2), mutation, async (which, mutate) => {
      const original = log[which]?.bytes ?? assert.fail();
      const bytes = mutate(original);
      const { troubles } = await verify(
        log.map((file, at) => at === which ? { ...file, bytes } : file),
      );
      const unseen = same(bytes, original) || (which === 2 && isCutOff(original, bytes));
      assert.equal(troubles.length > 0, !unseen);
      if (troubles.length) found++;
    }),
    runs(10_000),
  );
  assert.ok(found > 8_000, `${found}`);
});

Deno.test("audit: verify reports random bytes and never crashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      const { troubles } = await verify([{ number: 0, name: "audit.log", bytes: bytes.slice() }]);
      assert.ok(troubles.length > 0);
    }),
    runs(1000),
  );
});
