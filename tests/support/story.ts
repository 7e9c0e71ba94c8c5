/**
 * Story tests: registers one `Deno.test` for each text file in `tests/stories`.
 *
 * @module
 */

import { noTerminal, unless } from "./programs.ts";
import { parseStory } from "./story_parse.ts";
import { runStory, type StoryOptions, type StoryResult } from "./story_run.ts";
import { makePrograms, sourceShim } from "./story_shim.ts";
import { findPty } from "./terminal_session.ts";

export { parseStory, runStory, type StoryOptions, type StoryResult };
export { StoryFailure } from "./story_run.ts";
export { StorySyntaxError } from "./story_parse.ts";

/** Concurrent stories, unless `ATHM_STORY_JOBS` is set: a story often waits for its steps. */
const defaultJobs = 3;

/** A story's pending outcome; never rejects, so that there is no unhandled rejection. */
type Outcome = { readonly result: StoryResult } | { readonly error: unknown };

/** Starts tasks in order at the first request, and keeps some running ahead of the requested one. */
export function lookAhead<T>(
  tasks: readonly (() => Promise<T>)[],
  jobs: number,
): { get(index: number): Promise<T>; drain(): Promise<void> } {
  const started = new Map<number, Promise<T>>();
  let next = 0;
  let running = 0;
  const start = (index: number) => {
    const task = tasks[index];
    if (!task) throw new Error(`there is no task ${index}`);
    running += 1;
    const outcome = task().finally(() => {
      running -= 1;
      if (index < asked + jobs) fill();
    });
    outcome.catch(() => {});
    started.set(index, outcome);
    return outcome;
  };
  let asked = -1;
  const fill = () => {
    for (; next < tasks.length && next < asked + jobs && running < jobs; next++) {
      if (!started.has(next)) start(next);
    }
  };
  return {
    get(index) {
      // With `deno test --filter`, any may be requested first.
      if (asked < 0) next = index;
      asked = Math.max(asked, index);
      fill();
      return started.get(index) ?? start(index);
    },
    async drain() {
      asked = -tasks.length - jobs;
      await Promise.allSettled(started.values());
    },
  };
}

/** Text files of the stories' folder, in the order of their names. */
function storyFiles(): { name: string; path: string }[] {
  const folder = new URL("../stories/", import.meta.url);
  const filter = Deno.env.get("ATHM_STORY") ?? "";
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".txt")).sort();
  if (names.length === 0) throw new Error(`no stories in ${folder.pathname}`);
  const chosen = names.filter((name) => name.includes(filter));
  if (chosen.length === 0) throw new Error(`ATHM_STORY=${filter} names no story`);
  return chosen.map((name) => ({ name, path: decodeURIComponent(new URL(name, folder).pathname) }));
}

/**
 * Registers a test for each story. `ATHM_STORY=text` selects files whose names contain the text,
 * `ATHM_STORY_JOBS=n` runs n at a time, `ATHM_STORY_KEEP=1` keeps the folders. With `trace`, one
 * more test checks that there was a trace. With `source`, runs only these files, and `athm` is
 * `main.ts`.
 */
export function registerStories(
  kind: string,
  choice: Pick<StoryOptions, "trace"> & { readonly source?: readonly string[] },
): void {
  const { source } = choice;
  const files = storyFiles().filter(({ name }) => source?.includes(name) ?? true);
  let prepared: Promise<StoryOptions> | undefined;
  const prepare = async (): Promise<StoryOptions> => ({
    ...choice,
    programs: await makePrograms(source && await sourceShim()),
    pty: await findPty(),
    keep: Deno.env.get("ATHM_STORY_KEEP") === "1",
  });
  const pool = lookAhead(
    files.map(({ name, path }) => async (): Promise<Outcome> => {
      try {
        const story = parseStory(await Deno.readTextFile(path), `tests/stories/${name}`);
        return { result: await runStory(story, await (prepared ??= prepare())) };
      } catch (error) {
        return { error };
      }
    }),
    Number(Deno.env.get("ATHM_STORY_JOBS") ?? defaultJobs),
  );
  const skipped: string[] = [];
  let traceLines = 0;
  let done = 0;
  const windows = Deno.build.os === "windows" ? "stories are written for /bin/sh" : undefined;
  // Stories overlap: resources open during one test may belong to others.
  const sanitizers = { sanitizeOps: false, sanitizeResources: false };
  files.forEach(({ name }, index) =>
    Deno.test({ ...unless(windows, `${kind}: ${name}`), ...sanitizers }, async (test) => {
      const outcome = await pool.get(index);
      if ("error" in outcome) throw outcome.error;
      done += 1;
      traceLines += outcome.result.traceLines;
      if (outcome.result.skipped === undefined) return;
      skipped.push(outcome.result.skipped);
      const rest = unless(noTerminal(undefined), outcome.result.skipped);
      await test.step({ ...rest, ...sanitizers, fn: () => {} });
    })
  );
  if (choice.trace) {
    Deno.test({ ...unless(windows, `${kind}: the trace was there`), ...sanitizers }, () => {
      if (done > 0 && traceLines === 0) throw new Error("no story printed a line of the trace");
    });
  }
  Deno.test.afterAll(async () => {
    await pool.drain();
    if (prepared) await Deno.remove((await prepared).programs, { recursive: true });
    if (done > 0) say(`${kind}: ${done} passed, of which ${skipped.length} were cut short`);
  });
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
