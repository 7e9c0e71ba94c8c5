/**
 * The real program with a profile at a fake AWS, and its processes, for tests of long-running
 * commands.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "./athm_home.ts";
import { type FakeAws, startFakeAws } from "./fake_aws.ts";
import { unless } from "./programs.ts";

/** A home, a fake AWS, and a profile `example` with a key. */
export interface ExecWorld extends AsyncDisposable {
  readonly aws: FakeAws;
  readonly home: AthmHome;
  /** The variables of the user's own key. */
  readonly keys: Readonly<Record<string, string>>;
  /** Lifetime of sessions in seconds, whatever is requested. May be changed. */
  lifetime: number;
  /** Adds another profile with the same key. */
  add(name: string, options?: string): Promise<void>;
  /** Starts athm; kills its remaining processes at the end. */
  start(args: readonly string[], options?: StartOptions): AthmProcess;
  /** Temporary files that athm left. */
  leftovers(): string[];
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "piped" | "null";
}

/** A running athm. */
export interface AthmProcess {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  /** Standard output and standard error so far. */
  out(): string;
  said(): string;
  /** Waits until standard output or standard error matches the pattern; returns its groups. */
  sees(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: Deno.Signal): void;
  /** The exit code, 128+n after signal n, once its streams have ended. */
  readonly ended: Promise<number>;
}

/** Runs a test with its own world. */
export function execTest(
  name: string,
  run: (world: ExecWorld) => Promise<void>,
  options: { readonly lifetime?: number; readonly skipped?: string | undefined } = {},
): void {
  const { skipped } = options;
  Deno.test({
    ...unless(skipped, name),
    fn: async () => {
      await using world = await execWorld(options.lifetime);
      await run(world);
    },
  });
}

export async function execWorld(lifetime = 3600): Promise<ExecWorld> {
  const aws = await startFakeAws({ sessionLifetime: () => world.lifetime });
  const { accessKeyId, secretAccessKey } = aws.addUser({ name: "ann" });
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const home = await athmHome();
  const tmp = `${home.folder}/tmp`;
  await Deno.mkdir(tmp);
  home.env.set("TMPDIR", tmp);
  const running = new Set<AthmProcess>();
  const world: ExecWorld = {
    aws,
    home,
    keys,
    lifetime,
    add: async (name, options = "") => {
      const line = `athm aws add ${name} --from-env --endpoint-url ${aws.url} ${options}`;
      const made = await home.run(line, keys);
      assert.equal(made.exit, 0, made.err);
    },
    start: (args, options) => {
      const started = startAthm(home, args, options);
      running.add(started);
      started.ended.finally(() => running.delete(started));
      return started;
    },
    leftovers: () => Array.from(Deno.readDirSync(tmp), (entry) => entry.name),
    async [Symbol.asyncDispose]() {
      for (const each of running) each.signal("SIGKILL");
      await Promise.all(Array.from(running, (each) => each.ended));
      await home[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
  await world.add("example");
  return world;
}

/** Milliseconds that `sees` waits. */
const patience = 60_000;

function startAthm(
  home: AthmHome,
  args: readonly string[],
  options: StartOptions = {},
): AthmProcess {
  const { env = {}, stdin = "null" } = options;
  const child = new Deno.Command(home.athm, {
    args: [...args],
    cwd: home.folder,
    clearEnv: true,
    env: { ...Object.fromEntries(home.env), ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { out: "", said: "" };
  const listen = async (stream: ReadableStream<Uint8Array>, to: "out" | "said") => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) texts[to] += text;
  };
  const listening = Promise.all([listen(child.stdout, "out"), listen(child.stderr, "said")]);
  let over = false;
  const ended = child.status.then(async ({ code }) => {
    over = true;
    await listening;
    return code;
  });
  return {
    pid: child.pid,
    get stdin() {
      return child.stdin;
    },
    out: () => texts.out,
    said: () => texts.said,
    ended,
    signal: (name) => {
      if (!over) child.kill(name);
    },
    async sees(pattern) {
      const until = Date.now() + patience;
      for (;;) {
        const found = pattern.exec(texts.out) ?? pattern.exec(texts.said);
        if (found) return found;
        const shown = `${pattern} was not seen in:\n${texts.out}\n${texts.said}`;
        assert.ok(!over && Date.now() < until, shown);
        await pause(20);
      }
    },
  };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** The outcome and its duration in milliseconds. */
export async function timed<T>(work: Promise<T>): Promise<{ value: T; took: number }> {
  const start = performance.now();
  const value = await work;
  return { value, took: performance.now() - start };
}

/** Runs the jobs with limited concurrency, and returns their outcomes in order. */
export async function pooled<T>(jobs: readonly (() => Promise<T>)[], wide: number): Promise<T[]> {
  const outcomes: T[] = [];
  const left = [...jobs.entries()];
  await Promise.all(Array.from({ length: wide }, async () => {
    for (let next = left.shift(); next; next = left.shift()) outcomes[next[0]] = await next[1]();
  }));
  return outcomes;
}
