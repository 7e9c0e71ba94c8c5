/**
 * Measures the CPU budgets: `deno task bench [--rounds N] [--json FILE] [--chart FILE]`.
 *
 * Each round runs every command once in turn, so that drift in the machine's speed affects all alike.
 * CPU is user and system time of the whole process, from the shell's `times`: on a shared machine it
 * is more reliable than wall-clock time, and ratios within a round are more reliable still. The
 * baselines are programs of the same build that only exit, or only run `true` and wait.
 *
 * @module
 */
import { openOrCreateStore } from "../src/session/stores.ts";
import { denoSystem } from "../src/system/deno/system.ts";
import { startFakeAws } from "../tests/support/fake_aws.ts";
import { chart } from "./bench/chart.ts";
import { type Figures, type Measured, median, ratios } from "./bench/figures.ts";
import { type BenchSubject, peerSubjects } from "./bench/peers.ts";
import { compile, compiler } from "./compile.ts";
import { printed, say, script, ScriptFailure } from "./deno.ts";

const role = "arn:aws:iam::123456789012:role/bench";

/** Runs per measurement, because `times` has a resolution of 10 ms. */
const batch = 8;

/** Milliseconds of CPU per run, including children. */
async function cpu({ command, env }: BenchSubject): Promise<number> {
  const loop = `i=0; while [ $i -lt ${batch} ]; do "$@" >/dev/null 2>&1 || exit 1; ` +
    "i=$((i+1)); done; times";
  const { success, stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", loop, "sh", ...command],
    env,
    stdin: "null",
  }).output();
  if (!success) throw new ScriptFailure(`${command.join(" ")} failed`);
  const children = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
  const parts = Array.from(
    children.matchAll(/(\d+)m([\d.]+)s/g),
    ([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1000,
  );
  return parts.reduce((sum, part) => sum + part, 0) / batch;
}

async function measure(subjects: readonly BenchSubject[], rounds: number): Promise<Measured[]> {
  const times = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const subject of subjects) {
      const took = await cpu(subject);
      if (round >= 0) times.get(subject.name)?.push(took); // round -1 warms the caches
    }
  }
  return [...times].map(([name, rounds]) => ({ name, rounds, median: median(rounds) }));
}

/** Compiles a small program with the same compiler as athm. */
async function small(folder: string, name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}.js`, text);
  const args = ["compile", "-q", "--no-check", "-A", "--no-code-cache", "-o", name, `${name}.js`];
  await printed(compiler(), args, folder);
  return `${folder}/${name}`;
}

/** Peak memory in MiB of a program that waits for `sleep`; NaN without /proc. */
async function memory(command: readonly string[], env: Readonly<Record<string, string>>) {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, { args: [...args, "sleep", "1"], env }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 700));
  const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
  await child.status;
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
}

/** Fills a store with `count` copies of its first profile. */
async function fill(env: Readonly<Record<string, string>>, count: number): Promise<void> {
  const system = { ...denoSystem(), env: { get: (name: string) => env[name] } };
  const store = await openOrCreateStore(system);
  const first = await store.profile("p0");
  if (!first) throw new Error("athm aws add did not store the first profile");
  const saving = Array.from(
    { length: count - 1 },
    (_, at) => ({ profile: { ...first, name: `p${at + 1}` }, replace: true }),
  );
  await store.change(() => store.saveProfiles(saving));
}

async function bench(rounds: number): Promise<Figures> {
  const folder = await Deno.makeTempDir({ prefix: "athm-bench-" });
  await using aws = await startFakeAws();
  const user = aws.addUser({});
  aws.addRole({ arn: role });
  try {
    const athm = `${folder}/athm`;
    await compile(athm);
    const exit = await small(folder, "exit", "");
    const spawn = await small(
      folder,
      "spawn",
      "const { args: [command = 'true', ...args] } = Deno;" +
        "Deno.exitCode = (await new Deno.Command(command, { args }).spawn().status).code;",
    );
    const key = crypto.getRandomValues(new Uint8Array(32)).toBase64();
    const homeOf = (count: number) => ({ ATHM_HOME: `${folder}/home-${count}`, ATHM_KEY: key });
    const add = [athm, "aws", "add", "p0", "--from-env", "--role-arn", role];
    for (const count of [1, 100, 1000]) {
      await printed(athm, [...add.slice(1), "--endpoint-url", aws.url], folder, {
        ...homeOf(count),
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      });
      await fill(homeOf(count), count);
    }
    const one = homeOf(1);
    const of = (
      name: string,
      command: readonly string[],
      env: Readonly<Record<string, string>>,
    ) => ({
      name,
      command,
      env,
    });
    const exec = [athm, "aws", "exec", "p0", "--", "true"];
    const ls = [athm, "aws", "ls"];
    const completion = [athm, "completions", "bash", "--", "aws", "exec", "p"];
    const measured = await measure([
      of("a program that only exits", [exit], one),
      of("a program that only spawns", [spawn], one),
      of("exec", exec, one),
      of("exec, 1,000 profiles", exec, homeOf(1000)),
      of("exec that renews", [athm, "aws", "exec", "p0", "--rotate", "--", "true"], one),
      of("process", [athm, "aws", "process", "p0"], one),
      of("export", [athm, "aws", "export", "p0"], one),
      of("ls, 1 profile", ls, one),
      of("ls, 100 profiles", ls, homeOf(100)),
      of("ls, 1,000 profiles", ls, homeOf(1000)),
      of("completion, 1 profile", completion, one),
      of("completion, 1,000 profiles", completion, homeOf(1000)),
      of("athm --version", [athm, "--version"], one),
      ...await peerSubjects(
        folder,
        user,
        (name) => say(`SKIPPED: ${name}: not installed`),
      ),
    ], rounds);
    const runtime = (await Deno.stat(exit)).size;
    return {
      machine: {
        compiler: (await printed(compiler(), ["--version"], folder)).split("\n")[0] ?? "",
        os: Deno.build.os,
        arch: Deno.build.arch,
        processors: navigator.hardwareConcurrency,
      },
      rounds,
      measured,
      ratios: ratios(measured),
      memory: { exec: await memory(exec.slice(0, 5), one), spawns: await memory([spawn], one) },
      size: { athm: (await Deno.stat(athm)).size, exits: runtime },
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function option(name: string): string | undefined {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
}

if (import.meta.main) {
  await script(async () => {
    const figures = await bench(Number(option("--rounds") ?? 11));
    for (const { name, median } of figures.measured) {
      say(`${median.toFixed(0).padStart(5)} ms  ${name}`);
    }
    for (const { what, ratio, budget } of figures.ratios) {
      say(`${ratio.toFixed(2).padStart(5)} x   ${what}${budget ? ` (budget ${budget})` : ""}`);
    }
    const { exec, spawns } = figures.memory;
    say(
      `${
        (exec - spawns).toFixed(1).padStart(5)
      } MiB of memory over a program that only spawns (budget 12)`,
    );
    const over = (figures.size.athm - figures.size.exits) / 2 ** 20;
    say(`${over.toFixed(2).padStart(5)} MiB of file over a program that only exits (budget 4)`);
    const [json, svg] = [option("--json"), option("--chart")];
    if (json) await Deno.writeTextFile(json, JSON.stringify(figures, undefined, 2) + "\n");
    if (svg) await Deno.writeTextFile(svg, chart(figures));
  });
}
