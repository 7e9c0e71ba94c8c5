/** athm on a file system without locks and fsync, simulated by a small library. */
import assert from "node:assert/strict";
import { execWorld } from "../support/exec_world.ts";
import { unless } from "../support/programs.ts";

const code = `
#include <errno.h>
int flock(int fd, int op) { errno = ENOLCK; return -1; }
int fsync(int fd) { errno = EINVAL; return -1; }
int fdatasync(int fd) { errno = EINVAL; return -1; }
`;

/** Builds the library, or returns why it cannot be built. */
async function library(folder: string): Promise<string | { why: string }> {
  if (Deno.build.os !== "linux") return { why: "LD_PRELOAD is Linux's" };
  const source = `${folder}/lacking.c`;
  await Deno.writeTextFile(source, code);
  const args = ["-shared", "-fPIC", "-o", `${folder}/lacking.so`, source];
  try {
    const { success } = await new Deno.Command("cc", { args }).output();
    return success ? `${folder}/lacking.so` : { why: "cc failed" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { why: "cc is not installed" };
    throw error;
  }
}

const folder = await Deno.makeTempDir();
const made = await library(folder);
const title = "on a file system without locks and fsync, athm warns once and works";

Deno.test({
  ...unless(typeof made === "string" ? undefined : made.why, title),
  fn: async () => {
    await using world = await execWorld();
    const preload = `LD_PRELOAD=${made}`;
    const { exit, out, err } = await world.home.run(
      `${preload} athm aws exec example --rotate -- sh -c 'echo ran'`,
    );
    assert.deepEqual([exit, out], [0, "ran\n"]);
    const warnings = err.split("\n").filter((line) => line.includes("warning"));
    assert.equal(warnings.length, 2, err);
    assert.match(err, /does not support locks/);
    assert.match(err, /power failure/);
    const kept = await world.home.run(`${preload} athm aws exec example -- sh -c 'echo ran'`);
    assert.deepEqual([kept.exit, kept.out, kept.err], [0, "ran\n", ""]);
  },
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
