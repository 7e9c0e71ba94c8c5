/**
 * The budgets, as ratios within one run: `deno task bench [--runs N] [--json FILE]`.
 *
 * CPU is user and system time of the whole process, as the shell's `times` counts it. The binary is
 * compared with programs of the same build that only exit, or only run `true` and wait.
 *
 * @module
 */
import { openOrCreateStore } from "../src/store/store.ts";
import { denoSystem } from "../src/system/deno.ts";
import { startFakeAws } from "../tests/support/fake_aws.ts";
import { compile } from "./compile.ts";

const role = "arn:aws:iam::123456789012:role/bench";

interface Figure {
  readonly what: string;
  /** Median CPU in milliseconds. */
  readonly a: number;
  readonly b: number;
  /** Median of the ratios, run by run. */
  readonly ratio: number;
  readonly budget: number | undefined;
}

/** Runs of a command in one measurement: `times` counts in hundredths of a second. */
const batch = 8;

/** Milliseconds of CPU that a command line takes, its children included. */
async function cpu(command: readonly string[], env: Record<string, string>): Promise<number> {
  const script = `i=0; while [ $i -lt ${batch} ]; do "$@" >/dev/null 2>&1 || exit 1; ` +
    "i=$((i+1)); done; times";
  const { success, stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", ...command],
    env,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`${command.join(" ")} failed`);
  const children = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
  const parts = Array.from(
    children.matchAll(/(\d+)m([\d.]+)s/g),
    ([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1000,
  );
  return parts.reduce((sum, part) => sum + part, 0) / batch;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

/** Two commands in turn, so that a machine whose speed drifts drifts for both. */
async function compare(
  what: string,
  runs: number,
  [a, b]: readonly [readonly string[], readonly string[]],
  [envA, envB]: readonly [Record<string, string>, Record<string, string>],
  budget?: number,
): Promise<Figure> {
  const pairs: (readonly [number, number])[] = [];
  for (let run = -1; run < runs; run++) {
    const pair = [await cpu(a, envA), await cpu(b, envB)] as const;
    if (run >= 0) pairs.push(pair); // the first warms the caches
  }
  return {
    what,
    a: median(pairs.map(([first]) => first)),
    b: median(pairs.map(([, second]) => second)),
    ratio: median(pairs.map(([first, second]) => first / second)),
    budget,
  };
}

/** Compiles a program of a few words with the compiler that made the binary. */
async function small(folder: string, name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}.js`, text);
  const compiler = Deno.env.get("ATHM_COMPILE_DENO") || Deno.execPath();
  const args = [
    "compile",
    "-q",
    "--no-check",
    "-A",
    "-o",
    `${folder}/${name}`,
    `${folder}/${name}.js`,
  ];
  const { success } = await new Deno.Command(compiler, { args }).spawn().status;
  if (!success) throw new Error("deno compile failed; see scripts/compile.ts on DENORT_BIN");
  return `${folder}/${name}`;
}

/** Peak memory in MiB of a program that waits for `sleep`, where the system tells it. */
async function memory(command: readonly string[], env: Record<string, string>) {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, { args: [...args, "sleep", "1"], env }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 700));
  const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
  await child.status;
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
}

/** A store with `count` profiles that share one session's contents. */
async function fill(home: string, key: string, count: number, url: string): Promise<void> {
  Deno.env.set("ATHM_HOME", home);
  Deno.env.set("ATHM_KEY", key);
  const store = await openOrCreateStore(denoSystem());
  const first = await store.profile("p0");
  if (!first) throw new Error("the first profile is made by athm itself");
  for (let index = 1; index < count; index++) {
    await store.saveProfile({ ...first, name: `p${index}`, network: { endpointUrl: url } }, {
      replace: true,
    });
  }
  Deno.env.delete("ATHM_HOME");
  Deno.env.delete("ATHM_KEY");
}

async function bench(runs: number): Promise<Figure[]> {
  const folder = await Deno.makeTempDir({ prefix: "athm-bench-" });
  await using aws = await startFakeAws();
  const user = aws.addUser({});
  aws.addRole({ arn: role });
  try {
    const athm = `${folder}/athm`;
    await compile(athm);
    const spawn = await small(
      folder,
      "spawn",
      "const { args: [command = 'true', ...args] } = Deno;" +
        "Deno.exitCode = (await new Deno.Command(command, { args }).spawn().status).code;",
    );
    const exit = await small(folder, "exit", "");
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
    const homes = new Map<number, Record<string, string>>();
    for (const count of [1, 100, 1000]) {
      const env = { ATHM_HOME: `${folder}/home-${count}`, ATHM_KEY: key };
      homes.set(count, env);
      const keys = {
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      };
      await cpu([
        athm,
        "aws",
        "add",
        "p0",
        "--from-env",
        "--role-arn",
        role,
        "--endpoint-url",
        aws.url,
      ], { ...env, ...keys });
      await fill(env.ATHM_HOME, key, count, aws.url);
    }
    const one = homes.get(1) ?? {};
    const many = homes.get(1000) ?? {};
    const exec = [athm, "aws", "exec", "p0", "--", "true"];
    const figures = [
      await compare("exec, kept session / a program that only spawns", runs, [exec, [spawn]], [
        one,
        one,
      ], 1.3),
      await compare("exec, 1,000 profiles / 1 profile", runs, [exec, exec], [many, one], 1.05),
      await compare(
        "exec that renews / exec, kept session",
        runs,
        [[...exec.slice(0, 4), "--rotate", "--", "true"], exec],
        [one, one],
        4,
      ),
      await compare(
        "process, kept session / a program that only exits",
        runs,
        [[athm, "aws", "process", "p0"], [exit]],
        [one, one],
        1.35,
      ),
      await compare("export / a program that only exits", runs, [[athm, "aws", "export", "p0"], [
        exit,
      ]], [one, one]),
      await compare("ls, 1 profile / a program that only exits", runs, [[athm, "aws", "ls"], [
        exit,
      ]], [one, one]),
      await compare("ls, 1,000 profiles / 1 profile", Math.min(runs, 5), [[athm, "aws", "ls"], [
        athm,
        "aws",
        "ls",
      ]], [many, one]),
    ];
    const [held, bare] = [await memory(exec.slice(0, 5), one), await memory([spawn], one)];
    say(
      `memory while the child runs: ${held.toFixed(1)} MiB, ${
        (held - bare).toFixed(1)
      } MiB over a program that only spawns (budget 12)`,
    );
    const size = (await Deno.stat(athm)).size - (await Deno.stat(exit)).size;
    say(`size: ${(size / 2 ** 20).toFixed(2)} MiB over a program that only exits (budget 4)`);
    return figures;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

function option(name: string): string | undefined {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
}

const figures = await bench(Number(option("--runs") ?? 15));
for (const { what, a, b, ratio, budget } of figures) {
  const limit = budget === undefined ? "" : ` (budget ${budget})`;
  say(`${ratio.toFixed(2)} x  ${what}: ${a.toFixed(0)} ms / ${b.toFixed(0)} ms of CPU${limit}`);
}
const file = option("--json");
if (file !== undefined) {
  const machine = {
    deno: Deno.version.deno,
    os: Deno.build.os,
    arch: Deno.build.arch,
    date: new Date().toISOString(),
  };
  await Deno.writeTextFile(file, JSON.stringify({ machine, figures }, undefined, 2) + "\n");
}
