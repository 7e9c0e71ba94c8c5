/** athm ends as its command ends: in environment mode, in server mode and in a subshell. */
import assert from "node:assert/strict";
import { run } from "../../src/program.ts";
import { fingerprint } from "../../src/session/sign_in/fingerprint.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { children } from "../../src/system/deno/children.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { execTest, pooled } from "../support/exec_world.ts";
import { noTerminal } from "../support/programs.ts";
import { keysProfile, sampleSession } from "../support/store_samples.ts";
import { findPty, runAtTerminal } from "../support/terminal_session.ts";
import { testSystem } from "../support/test_system.ts";

/** Signals that end a process or can be caught, by number; others stop or continue it. */
const signals: readonly number[] = Deno.build.os === "linux"
  ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31]
  : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 30, 31];
const realTime = Deno.build.os === "linux" ? Array.from({ length: 31 }, (_, at) => 34 + at) : [];

/** Concurrent processes. */
const wide = 4;

/** `exit N` for each code, and death by each signal: shell commands with the expected code. */
type Case = readonly [line: string, code: number];
const exits = (codes: readonly number[]): Case[] => codes.map((code) => [`exit ${code}`, code]);
const deaths = (numbers: readonly number[]): Case[] =>
  numbers.map((number) => [`ulimit -c 0; kill -${number} $$; sleep 5`, 128 + number]);

const all = [
  ...exits(Array.from({ length: 256 }, (_, code) => code)),
  ...deaths([...signals, ...realTime]),
];
/** For the program in its own process, where each run takes 20 times as long. */
const some = [
  ...exits([0, 1, 2, 7, 77, 124, 125, 126, 127, 128, 129, 130, 137, 143, 200, 254, 255]),
  ...deaths([1, 2, 3, 6, 9, 11, 13, 14, 15, ...realTime.slice(0, 1)]),
];

/** Each command whose code differs, with both codes. */
function wrong(cases: readonly Case[], codes: readonly (number | undefined)[]): string[] {
  return cases.flatMap(([line, code], at) =>
    codes[at] === code ? [] : [`${line}: ${codes[at]} instead of ${code}`]
  );
}

/**
 * athm with a kept session in this process; its children are real. `DO` sets a subshell's command.
 */
async function inProcess(subshell: string) {
  const own = { line: "" };
  const system = testSystem({
    env: { SHELL: subshell },
    system: {
      listen: denoSystem().listen,
      terminal: { ...testSystem().terminal, stdinIsTerminal: true, stdoutIsTerminal: true },
      children: {
        ...children,
        start: (spec) => children.start({ ...spec, set: { ...spec.set, DO: own.line } }),
        onSignal: () => () => {},
      },
    },
  });
  const store = await openOrCreateStore(system);
  const profile = keysProfile("example");
  await store.saveProfile(profile, { replace: false });
  await store.saveSession("example", sampleSession(), await fingerprint(profile, {}));
  return (line: string, args: readonly string[]) => {
    own.line = line;
    return run(["aws", "exec", "example", ...args], system);
  };
}

/** A shell that runs the command in `DO`. */
async function writeSubshell(folder: string): Promise<string> {
  const path = `${folder}/shell`;
  await Deno.writeTextFile(path, '#!/bin/sh\neval "$DO"\n', { mode: 0o755 });
  return path;
}

interface Mode {
  readonly name: string;
  readonly options: readonly string[];
}
const environment: Mode = { name: "with keys in the environment", options: [] };
const server: Mode = { name: "with a server", options: ["--server"] };

for (const mode of [environment, server]) {
  for (const subshell of [false, true]) {
    const what = subshell ? "of a subshell" : "of a command";
    Deno.test({
      name: `exit codes: 0 to 255 and 128+n for each signal ${what}, ${mode.name}`,
      // Deno does not close a child that a real-time signal killed.
      sanitizeResources: false,
      fn: async () => {
        const folder = await Deno.makeTempDir({ prefix: "athm-exit-codes-" });
        const athm = await inProcess(await writeSubshell(folder));
        const codes: number[] = [];
        for (const [line] of all) {
          const program = subshell ? [] : ["--", "/bin/sh", "-c", line];
          codes.push(await athm(line, [...mode.options, ...program]));
        }
        await Deno.remove(folder, { recursive: true });
        assert.deepEqual(wrong(all, codes), []);
      },
    });
  }

  execTest(`exit codes: the program's own, of a command, ${mode.name}`, async (world) => {
    const codes = await pooled(
      some.map(([line]) => async () => {
        const program = ["--", "/bin/sh", "-c", line];
        const athm = world.start(["aws", "exec", "example", ...mode.options, ...program]);
        const code = await athm.ended;
        assert.equal(athm.said(), "");
        return code;
      }),
      wide,
    );
    assert.deepEqual(wrong(some, codes), []);
    assert.deepEqual(world.leftovers(), []);
  });

  execTest(`exit codes: 126 and 127 are athm's own words, ${mode.name}`, async (world) => {
    await Deno.writeTextFile(`${world.home.folder}/plain`, "#!/bin/sh\n", { mode: 0o600 });
    await Deno.writeTextFile(`${world.home.folder}/lost`, "#!/no/such/shell\n", { mode: 0o700 });
    const cases = [
      ["./plain", 126],
      [world.home.folder, 126],
      ["./lost", 127],
      ["./missing", 127],
      ["no-such-program-anywhere", 127],
      ["", 127],
    ] as const;
    for (const [command, code] of cases) {
      const athm = world.start(["aws", "exec", "example", ...mode.options, "--", command]);
      assert.equal(await athm.ended, code, `${JSON.stringify(command)}: ${athm.said()}`);
      assert.match(athm.said(), /^athm: error: [^\n]+\n(athm: hint: [^\n]+\n)?$/);
      assert.equal(athm.out(), "");
    }
    assert.deepEqual(world.leftovers(), []);
  });
}

const pty = await findPty();
const skipped = noTerminal(pty);

for (const { name, options } of [environment, server]) {
  execTest(`exit codes: the program's own, of a subshell, ${name}`, async (world) => {
    const tool = pty ?? assert.fail("no pseudo-terminal");
    const { folder, env } = world.home;
    const shell = await writeSubshell(folder);
    await Deno.writeTextFile(`${folder}/lines`, some.map(([line]) => `${line}\n`).join(""));
    const place = { cwd: folder, env: new Map([...env, ["SHELL", shell]]), limit: 240_000 };
    // Sequentially, all on one terminal.
    const athm = ["athm aws exec example", ...options].join(" ");
    const loop = "while read -r line <&3; do " +
      `DO=$line ${athm}; echo "code $? of $line"; done 3<${folder}/lines`;
    const { exit, left, timedOut, screen } = await runAtTerminal(tool, loop, [], place);
    assert.deepEqual([exit, left, timedOut], [0, [], false], screen);
    assert.equal(screen.match(/example: subshell with credentials until/g)?.length, some.length);
    const codes = new Map(
      Array.from(screen.matchAll(/^code (\d+) of (.*)$/gm), ([, code, line]) => [line, code]),
    );
    assert.deepEqual(wrong(some, some.map(([line]) => Number(codes.get(line)))), []);
    assert.deepEqual(world.leftovers(), []);
  }, { skipped });
}
