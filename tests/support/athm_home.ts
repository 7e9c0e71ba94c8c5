/**
 * The real program in its own home, for tests that cannot be stories.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Ran, runShell } from "./story_process.ts";
import { makePrograms } from "./story_shim.ts";

/** A home folder and the `athm` in it. */
export interface AthmHome extends AsyncDisposable {
  readonly folder: string;
  /** The program. */
  readonly athm: string;
  /** All of its variables. */
  readonly env: Map<string, string>;
  /** Runs a command line; `athm` is in `PATH`. */
  run(commandLine: string, more?: Readonly<Record<string, string>>): Promise<Ran>;
}

/** Creates a home, which is removed when disposed. */
export async function athmHome(env: Readonly<Record<string, string>> = {}): Promise<AthmHome> {
  const programs = await makePrograms();
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "athm-home-" }));
  const variables = new Map(Object.entries({
    PATH: `${programs}:/usr/bin:/bin`,
    HOME: folder,
    LANG: "C.UTF-8",
    ...env,
  }));
  return {
    folder,
    athm: `${programs}/athm`,
    env: variables,
    run: async (commandLine, more = {}) => {
      const all = new Map([...variables, ...Object.entries(more)]);
      const ran = await runShell(commandLine, undefined, { cwd: folder, env: all, limit: 60_000 });
      assert.deepEqual([ran.timedOut, ran.left], [false, []], commandLine);
      assert.doesNotMatch(ran.err, /^\s+at .*(?::\d+:\d+|\.ts\b)|Uncaught/m, "a stack trace");
      return ran;
    },
    async [Symbol.asyncDispose]() {
      for (const one of [folder, programs]) await Deno.remove(one, { recursive: true });
    },
  };
}
