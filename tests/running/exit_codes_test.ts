/** A command's end is athm's own end: in environment mode, in server mode and in a subshell. */
import assert from "node:assert/strict";
import { execTest, type ExecWorld, pooled } from "../support/exec_world.ts";
import { noTerminal } from "../support/programs.ts";
import { findPty, runAtTerminal } from "../support/terminal_session.ts";

/** Signals that end a process or that it can catch, by number; the rest stop or continue it. */
const signals: readonly number[] = Deno.build.os === "linux"
  ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31]
  : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 30, 31];
const realTime = Deno.build.os === "linux" ? Array.from({ length: 31 }, (_, at) => 34 + at) : [];

const all = Array.from({ length: 256 }, (_, code) => code);

/** Processes at a time. */
const wide = 4;

interface Mode {
  readonly name: string;
  /** The exit code of athm when its command is this line of a shell. */
  readonly run: (world: ExecWorld, line: string) => Promise<number>;
}

function started(...options: readonly string[]): Mode["run"] {
  return async (world, line) => {
    const program = ["--", "/bin/sh", "-c", line];
    const athm = world.start(["aws", "exec", "example", ...options, ...program]);
    const code = await athm.ended;
    assert.equal(athm.said(), "");
    return code;
  };
}

const environment: Mode = { name: "with keys in the environment", run: started() };
const server: Mode = { name: "with a server", run: started("--server") };

/** Each expected code beside the line that makes it; they all must be right. */
async function check(
  world: ExecWorld,
  mode: Mode,
  cases: readonly (readonly [line: string, code: number])[],
): Promise<void> {
  const codes = await pooled(cases.map(([line]) => () => mode.run(world, line)), wide);
  const wrong = cases.flatMap(([line, code], at) =>
    codes[at] === code ? [] : [`${line}: ${codes[at]} instead of ${code}`]
  );
  assert.deepEqual(wrong, []);
}

const exits = (codes: readonly number[]) => codes.map((code) => [`exit ${code}`, code] as const);
const deaths = (numbers: readonly number[]) =>
  numbers.map((number) => [`ulimit -c 0; kill -${number} $$; sleep 5`, 128 + number] as const);

for (const mode of [environment, server]) {
  execTest(`exit codes: each from 0 to 255, ${mode.name}`, async (world) => {
    await check(world, mode, exits(all));
    assert.deepEqual(world.leftovers(), []);
  });

  execTest(`exit codes: 128+n for each signal, ${mode.name}`, async (world) => {
    await check(world, mode, deaths([...signals, ...realTime]));
  });

  execTest(`exit codes: 126 and 127 are athm's own words, ${mode.name}`, async (world) => {
    const options = mode === server ? ["--server"] : [];
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
      const athm = world.start(["aws", "exec", "example", ...options, "--", command]);
      assert.equal(await athm.ended, code, `${JSON.stringify(command)}: ${athm.said()}`);
      assert.match(athm.said(), /^athm: error: [^\n]+\n(athm: hint: [^\n]+\n)?$/);
      assert.equal(athm.out(), "");
    }
    assert.deepEqual(world.leftovers(), []);
  });
}

const pty = await findPty();
const skipped = noTerminal(pty);

/** One subshell after the other at one terminal, each of which does the next of the lines. */
async function subshells(
  world: ExecWorld,
  options: string,
  cases: readonly (readonly [line: string, code: number])[],
): Promise<string[]> {
  const tool = pty ?? assert.fail("no pseudo-terminal");
  const { folder, env } = world.home;
  const own = await Deno.makeTempDir({ dir: folder });
  await Deno.writeTextFile(`${own}/shell`, '#!/bin/sh\neval "$DO"\n', { mode: 0o755 });
  await Deno.writeTextFile(`${own}/lines`, cases.map(([line]) => `${line}\n`).join(""));
  const place = { cwd: folder, env: new Map([...env, ["SHELL", `${own}/shell`]]), limit: 240_000 };
  const loop = "while read -r line <&3; do " +
    `DO=$line athm aws exec example${options}; echo "code $? of $line"; done 3<${own}/lines`;
  const { exit, left, timedOut, screen } = await runAtTerminal(tool, loop, [], place);
  assert.deepEqual([exit, left, timedOut], [0, [], false], screen);
  assert.equal(screen.match(/example: subshell with credentials until/g)?.length, cases.length);
  const codes = new Map(
    Array.from(screen.matchAll(/^code (\d+) of (.*)$/gm), ([, code, line]) => [line, code]),
  );
  return cases.flatMap(([line, code]) =>
    codes.get(line) === String(code) ? [] : [`${line}: ${codes.get(line)} instead of ${code}`]
  );
}

for (const options of ["", " --server"]) {
  execTest(`exit codes: each of a subshell${options}`, async (world) => {
    const cases = [...exits(all), ...deaths([...signals, ...realTime])];
    const part = Math.ceil(cases.length / wide);
    const parts = Array.from({ length: wide }, (_, at) => cases.slice(at * part, (at + 1) * part));
    const wrong = await Promise.all(parts.map((each) => subshells(world, options, each)));
    assert.deepEqual(wrong.flat(), []);
    assert.deepEqual(world.leftovers(), []);
  }, { skipped });
}
