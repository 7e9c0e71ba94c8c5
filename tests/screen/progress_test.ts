/** The progress line: when it shows, and that it never mixes with other output. */
import assert from "node:assert/strict";
import { withProgress } from "../../src/screen/progress.ts";
import type { System } from "../../src/system/system.ts";
import { testSystem } from "../support/test_system.ts";

/** A terminal of 40 columns that records all output and prompts in order. */
function world() {
  const deeds: string[] = [];
  const system = testSystem({ answers: ["an answer"] });
  const terminal = {
    ...system.terminal,
    size: () => ({ columns: 40, rows: 10 }),
    draw: (text: string) => void deeds.push(text.replace("\r\x1b[K", "~")),
    ask: (question: string) => {
      deeds.push(`ask ${question}`);
      return Promise.resolve("an answer");
    },
  };
  const shown: System = withProgress({
    ...system,
    terminal,
    say: (line) => void deeds.push(`say ${line}`),
    out: (text) => void deeds.push(`out ${text}`),
    children: {
      ...system.children,
      start: () => {
        deeds.push("start");
        return { pid: 1, ended: new Promise(() => {}), signal: () => {} };
      },
    },
  });
  return { system: shown, deeds, advance: system.advance };
}

Deno.test("progress: shows nothing for operations under half a second", async () => {
  const { system, deeds, advance } = world();
  const done = Promise.withResolvers<number>();
  const work = system.busy("signing in", () => done.promise);
  await advance(450);
  done.resolve(7);
  assert.equal(await work, 7);
  await advance(2000);
  assert.deepEqual(deeds, []);
});

Deno.test("progress: shows a spinner for longer operations and clears it afterwards", async () => {
  const { system, deeds, advance } = world();
  const done = Promise.withResolvers<void>();
  const work = system.busy("signing in to example", () => done.promise);
  await advance(750);
  assert.deepEqual(deeds, [
    "~- signing in to example",
    "~\\ signing in to example",
    "~| signing in to example",
  ]);
  done.resolve();
  await work;
  await advance(2000);
  assert.deepEqual(deeds.slice(3), ["~"]);
});

Deno.test("progress: clears the line on a failure and rethrows it", async () => {
  const { system, deeds, advance } = world();
  const done = Promise.withResolvers<void>();
  const work = system.busy("signing in", () => done.promise).catch((error) => error);
  await advance(500);
  done.reject(new Error("refused"));
  assert.match(String(await work), /refused/);
  assert.deepEqual(deeds, ["~- signing in", "~"]);
});

Deno.test("progress: clears the line before messages and output", async () => {
  const { system, deeds, advance } = world();
  const done = Promise.withResolvers<void>();
  const work = system.busy("one", () => done.promise);
  await advance(500);
  system.say("a line");
  await advance(120);
  system.out("an answer");
  await advance(120);
  assert.deepEqual(deeds, ["~- one", "~", "say a line", "~\\ one", "~", "out an answer", "~| one"]);
  done.resolve();
  await work;
});

Deno.test("progress: draws nothing while a prompt waits", async () => {
  const { system, deeds, advance } = world();
  const answered = Promise.withResolvers<string>();
  const asking = Object.create(system.terminal, {});
  assert.ok(asking);
  const work = system.busy("one", async () => {
    await system.terminal.ask("Code: ");
    return await answered.promise;
  });
  await advance(499);
  assert.deepEqual(deeds, ["ask Code: "]);
  answered.resolve("x");
  await work;
});

Deno.test("progress: stops for good when a child starts", async () => {
  const { system, deeds, advance } = world();
  system.children.start({ command: "x", args: [], set: {}, unset: [] });
  const done = Promise.withResolvers<void>();
  const work = system.busy("renewing", () => done.promise);
  await advance(3000);
  done.resolve();
  await work;
  assert.deepEqual(deeds, ["start"]);
});

Deno.test("progress: truncates text to the terminal and replaces control characters", async () => {
  const { system, deeds, advance } = world();
  const done = Promise.withResolvers<void>();
  const work = system.busy("x\x1b[2J" + "y".repeat(80), () => done.promise);
  await advance(500);
  assert.match(deeds[0] ?? "", /^~- x\?\[2Jy+…$/);
  assert.equal(deeds[0]?.length, 40);
  done.resolve();
  await work;
});
