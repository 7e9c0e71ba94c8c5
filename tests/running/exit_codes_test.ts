/** A command's end is athm's own end: in environment mode, in server mode and in a subshell. */
import assert from "node:assert/strict";
import { execTest, type ExecWorld, pooled } from "../support/exec_world.ts";
import { findPty, runAtTerminal } from "../support/terminal_session.ts";

/** Signals that end a process or that it can catch, by number; the rest stop or continue it. */
const signals: readonly number[] = Deno.build.os === "linux"
  ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31]
  : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 30, 31];
const realTime = Deno.build.os === "linux" ? [34, 35, 50, 64] : [];

const spread = [0, 1, 2, 3, 42, 63, 64, 77, 100, 124, 125, 126, 127, 128, 129, 130, 143, 254, 255];

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

execTest("exit codes: each from 0 to 255, with keys in the environment", async (world) => {
  await check(world, environment, exits(all));
});

execTest("exit codes: a spread of them, with a server", async (world) => {
  await check(world, server, exits(spread));
  assert.deepEqual(world.leftovers(), []);
});

for (const mode of [environment, server]) {
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
const skipped = pty ? undefined : "there is no pseudo-terminal";

for (const options of ["", " --server"]) {
  execTest(`exit codes: of a subshell${options}`, async (world) => {
    const tool = pty ?? assert.fail("no pseudo-terminal");
    const { folder, env } = world.home;
    await Deno.writeTextFile(`${folder}/shell`, '#!/bin/sh\neval "$DO"\n', { mode: 0o755 });
    const run = async (_: ExecWorld, line: string) => {
      const all = new Map([...env, ["SHELL", `${folder}/shell`], ["DO", line]]);
      const place = { cwd: folder, env: all, limit: 30_000 };
      const { exit, left, timedOut, screen } = await runAtTerminal(
        tool,
        `athm aws exec example${options}; code=$?; echo "code $code"; exit $code`,
        [],
        place,
      );
      assert.deepEqual([left, timedOut], [[], false], screen);
      assert.match(screen, new RegExp(`\\ncode ${exit}\\n`));
      assert.match(screen, /example: subshell with credentials until/);
      return exit;
    };
    const codes = options ? [0, 3, 125, 127, 255] : spread;
    const numbers = options ? [1, 9, 15] : [1, 2, 3, 6, 9, 11, 13, 15];
    await check(world, { name: "subshell", run }, [...exits(codes), ...deaths(numbers)]);
  }, { skipped });
}
