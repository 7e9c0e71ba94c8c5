/**
 * Load test of `athm serve`: `deno task soak [--seconds N] [--rate N]`; by default 10 minutes at 200
 * requests per second, with sessions that expire after 20 seconds. Exits with 1 if a request failed,
 * a response had expired credentials, or memory grew after the first minute.
 *
 * @module
 */
import { execWorld } from "../tests/support/exec_world.ts";
import { parseAnswer, readAll, writeRaw } from "../tests/support/raw_http.ts";

const lifetime = 20;
/** Memory limit in MiB for a given use after the first minute; leaves room because V8 collects late. */
const flat = (settled: number) => settled * 1.25 + 16;

function option(name: string, fallback: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(Deno.args[at + 1]);
  if (!(value > 0)) throw new Error(`--${name} requires a positive number`);
  return value;
}

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function megabytes(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
    .output();
  return Number(new TextDecoder().decode(stdout)) / 1024;
}

const percentile = (sorted: readonly number[], part: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(1);

async function soak(seconds: number, rate: number): Promise<boolean> {
  await using world = await execWorld(lifetime);
  const athm = world.start(["serve", "--port", "0", "example"]);
  const [, text = ""] = await athm.sees(/127\.0\.0\.1:(\d+)\/NAME/);
  const port = Number(text);
  const shown = await world.home.run(`athm serve --print-env example --port ${port}`);
  const [, token = ""] = /AUTHORIZATION_TOKEN='?([\w-]+)/.exec(shown.out) ?? [];
  const request =
    `GET /example HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${token}\r\n\r\n`;
  const called = world.aws.calls.length;
  const took: number[] = [];
  const keys = new Set<string>();
  const failures = new Map<string, number>();
  let expired = 0;
  const failed = (what: string) => void failures.set(what, (failures.get(what) ?? 0) + 1);

  async function ask(): Promise<void> {
    const start = performance.now();
    try {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await writeRaw(connection, request);
      const { status, body } = parseAnswer(await readAll(connection));
      took.push(performance.now() - start);
      if (status !== 200) return failed(`status ${status}`);
      const { AccessKeyId, Expiration } = JSON.parse(body) as Record<string, string>;
      keys.add(AccessKeyId ?? "");
      if (!(Date.parse(Expiration ?? "") > Date.now())) expired++;
      if (!world.aws.identity(AccessKeyId ?? "")) failed("unknown access key");
    } catch (error) {
      failed(error instanceof Error ? error.name : "unknown error");
    }
  }

  const start = performance.now();
  const every = seconds < 300 ? 15 : 60;
  const memory: number[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  for (let passed = 0; passed < seconds; passed = (performance.now() - start) / 1000) {
    for (const due = Math.min(passed, seconds) * rate; sent < due; sent++) {
      const one = ask().finally(() => pending.delete(one));
      pending.add(one);
    }
    if (passed >= memory.length * every) {
      memory.push(await megabytes(athm.pid));
      print(`${String(Math.round(passed)).padStart(5)} s  RSS ${memory.at(-1)?.toFixed(1)} MiB`);
    }
    await pause(2);
  }
  await Promise.all(pending);
  memory.push(await megabytes(athm.pid));
  athm.signal("SIGTERM");
  const code = await athm.ended;

  took.sort((a, b) => a - b);
  const lost = [...failures.values()].reduce((sum, each) => sum + each, 0);
  print(`requests          ${sent} in ${seconds} s`);
  print(`failed            ${lost} ${[...failures].map((each) => each.join(": ")).join(", ")}`);
  print(`expired           ${expired}`);
  print(
    `ms                p50 ${percentile(took, 0.5)}  p99 ${percentile(took, 0.99)}  ` +
      `max ${percentile(took, 1)}`,
  );
  print(`RSS at the end    ${memory.at(-1)?.toFixed(1)} MiB`);
  print(`STS calls         ${world.aws.calls.length - called}, ${keys.size} sessions`);
  if (athm.said().includes("warning")) print(athm.said());
  const settled = memory[Math.ceil(60 / every)];
  const grown = settled !== undefined && (memory.at(-1) ?? 0) > flat(settled);
  if (grown) print("memory grew after the first minute");
  const served = keys.size >= Math.floor(seconds / lifetime);
  if (!served) print("too few sessions: athm did not renew");
  return lost === 0 && expired === 0 && !grown && served && code === 0;
}

if (import.meta.main) {
  Deno.exit(await soak(option("seconds", 600), option("rate", 200)) ? 0 : 1);
}
