// The reader of macOS programs: an accepted program has the signed hash on every page.

import assert from "node:assert/strict";
import fc from "fast-check";
import { ScriptFailure } from "../../scripts/deno.ts";
import { BadMachO, readMachO } from "../../scripts/release/macho.ts";
import { checkMacos } from "../../scripts/release/program_facts.ts";
import { targets } from "../../scripts/release/targets.ts";

const pageSize = 4096;

interface Options {
  readonly processor?: number;
  readonly flags?: number;
  readonly signed?: boolean;
}

/** A program of two and a half pages with an ad hoc signature. */
async function sample({ processor = 0x0100000c, flags = 2, signed = true }: Options = {}) {
  const code = new Uint8Array(pageSize * 2.5).map((_, index) => index % 251);
  const head = new DataView(code.buffer);
  head.setUint32(0, 0xfeedfacf, true);
  head.setUint32(4, processor, true);
  head.setUint32(16, signed ? 2 : 1, true);
  [0x32, 24, 1, 0x000b0000, 0x000e0000, 0].forEach((word, index) =>
    head.setUint32(32 + index * 4, word, true)
  );
  if (!signed) return code;
  const slots = Math.ceil(code.length / pageSize);
  const size = 20 + 44 + slots * 32;
  [0x1d, 16, code.length, size].forEach((word, index) =>
    head.setUint32(56 + index * 4, word, true)
  );
  const blob = new Uint8Array(size);
  const view = new DataView(blob.buffer);
  [0xfade0cc0, size, 1, 0, 20].forEach((word, index) => view.setUint32(index * 4, word));
  [0xfade0c02, size - 20, 0x20400, flags, 44, 0, 0, slots, code.length].forEach((word, index) =>
    view.setUint32(20 + index * 4, word)
  );
  blob.set([32, 2, 0, 12], 20 + 36);
  for (let page = 0; page < slots; page++) {
    const bytes = code.slice(page * pageSize, (page + 1) * pageSize);
    blob.set(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), 64 + page * 32);
  }
  const program = new Uint8Array(code.length + size);
  program.set(code);
  program.set(blob, code.length);
  return program;
}

Deno.test("Mach-O: reads the processor, the minimum system and an ad hoc signature", async () => {
  assert.deepEqual(await readMachO(await sample()), {
    processor: "arm64",
    leastSystem: "11.0",
    signature: "ad hoc",
  });
  const unsigned = await readMachO(await sample({ processor: 0x01000007, signed: false }));
  assert.deepEqual([unsigned.processor, unsigned.signature], ["x64", "none"]);
});

Deno.test("Mach-O: detects any changed byte of the code", async () => {
  const program = await sample();
  const property = fc.asyncProperty(
    fc.integer({ min: 72, max: pageSize * 2.5 - 1 }),
    fc.integer({ min: 1, max: 255 }),
    async (at, change) => {
      const changed = program.slice();
      changed[at] = (changed[at] ?? 0) ^ change;
      await assert.rejects(readMachO(changed), BadMachO);
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

Deno.test("Mach-O: any bytes are parsed or rejected", async () => {
  const program = await sample();
  const refusesOrReads = async (bytes: Uint8Array<ArrayBuffer>) => {
    try {
      await readMachO(bytes);
    } catch (error) {
      assert.ok(error instanceof BadMachO, String(error));
    }
  };
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      (bytes) => refusesOrReads(new Uint8Array(bytes)),
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: program.length - 1 }), fc.integer({ max: 255, min: 0 })),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      fc.integer({ min: 0, max: program.length }),
      async (changes, length) => {
        const changed = program.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        await refusesOrReads(changed.slice(0, length));
      },
    ),
  );
});

Deno.test("Mach-O: a release requires the processor, minimum system and signature of the docs", async () => {
  const document = Deno.readTextFileSync(new URL("../../docs/platforms.md", import.meta.url));
  const target = (name: string) => targets.find((each) => each.name === name) ?? assert.fail(name);
  const [arm64, x64] = [target("macos-arm64"), target("macos-x64")];
  assert.match(
    document,
    new RegExp(`${arm64.macos?.leastSystem} or later on Apple silicon \\(ad hoc`),
  );
  assert.match(document, new RegExp(`${x64.macos?.leastSystem} or later on Intel \\(unsigned\\)`));
  await checkMacos(arm64, await sample());
  for (
    const [program, says] of [
      [await sample({ processor: 0x01000007 }), /macos-arm64 has processor x64, not arm64/],
      [await sample({ signed: false }), /has signature none, not ad hoc/],
      [(await sample()).with(5000, 1), /for macos-arm64 would not start: page 1 /],
    ] as const
  ) {
    await assert.rejects(checkMacos(arm64, program), (error) => {
      assert.ok(error instanceof ScriptFailure);
      assert.match(error.message, says);
      return true;
    });
  }
});
