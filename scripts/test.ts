/**
 * Runs tests: `deno task test [OPTIONS] [FILES]`, by default all but the long ones,
 * with `--long` those alone. It does not check types, as `deno task style` does, and reports a leak
 * without its place, unless given `--trace-leaks`.
 *
 * athm is bundled once, because starting it from source takes five times as long; some stories still run
 * from source. The end lists each reason for skipped tests once, with the command that removes it.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { bundle } from "./bundle.ts";
import { root, say, script } from "./deno.ts";
import { remedy } from "./test/peers.ts";

/**
 * These take minutes: the whole gate in a copy, whole releases, every disk operation failing in turn,
 * and other people's servers, shells, SDKs and browsers. `--long` runs them alone, as `.ci/run` does.
 */
const long = [
  "running/clients_test.ts",
  "interop/completion_test.ts",
  "interop/use_test.ts",
  "store/commands_fault_test.ts",
  "running/import_kill_test.ts",
  "interop/roles_anywhere_test.ts",
  "interop/roles_anywhere_hardware_test.ts",
  "interop/keycloak_test.ts",
  "interop/saml_window_test.ts",
  "interop/presign_test.ts",
  "interop/token_clients_test.ts",
  "canary_test.ts",
  "house/contributing_test.ts",
  "interop/release_whole_test.ts",
  "audit/fuzz_test.ts",
  "interop/install_test.ts",
  "interop/saml_test.ts",
  "interop/login_window_test.ts",
  "interop/release_test.ts",
  "session/rotate_key_fault_test.ts",
  "running/half_open_test.ts",
  "running/race_slow_disk_test.ts",
].map((name) => `tests/${name}`);

/** Files that take longest start first, so that no processor is idle at the end. */
const first = [
  "stories_test.ts",
  "running/server_mode_test.ts",
  "running/aws_login_test.ts",
  "running/renewal_test.ts",
  "running/signals_test.ts",
  "running/narrow_test.ts",
  "house/docs_run_test.ts",
  "session/keeper_test.ts",
  "running/serve_test.ts",
  "interop/ways_out_test.ts",
  "session/narrow_test.ts",
  "commands/full_disk_test.ts",
  "running/race_test.ts",
  "running/exit_codes_test.ts",
  "aws/endpoint_network_test.ts",
].map((name) => `tests/${name}`);

const always = ["test", "-q", "--frozen", "-A", "--no-prompt", "--no-check"]
  .concat(["--sanitize-ops", "--sanitize-resources"]);

/** A line about a test that was not run, with its name. */
const ignored = /^(?:\S+ => )?(.+) \.\.\. .*ignored/;

/** The last line of `deno test`, e.g. `ok | 5 passed (2 steps) | 0 failed | 1 ignored (3s)`. */
const total = /^(?:ok|FAILED) \| (\d+) passed.* \| (\d+) failed(?: \| (\d+) ignored)?/;

type Environment = Readonly<Record<string, string>>;

async function test(given: readonly string[]): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "athm-test-" });
  try {
    const env: Record<string, string> = {};
    if (!Deno.env.get("ATHM_BIN") && Deno.build.os !== "windows") {
      await bundle(root, `${work}/bundle`, "run from source");
      env.ATHM_TEST_BUNDLE = `${work}/bundle`;
    }
    // Many tests wait for a process or a clock most of the time.
    const jobs = Number(Deno.env.get("DENO_JOBS") ?? navigator.hardwareConcurrency + 2);
    const options = given.filter((each) => each.startsWith("--") && each !== "--long");
    const named = given.filter((each) => !each.startsWith("--"));
    const reasons = new Map<string, number>();
    const chosen = given.includes("--long") ? long : named;
    const code = chosen.length > 0
      ? await runAtOnce([...options, ...chosen], { ...env, DENO_JOBS: `${jobs}` }, reasons)
      : await runInParts(options, env, jobs, reasons);
    const missed = tellSkips(reasons);
    Deno.exitCode = code === 0 && missed && Deno.env.get("ATHM_PEERS") === "required" ? 1 : code;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** One `deno test`, whose lines are printed as they come. */
async function runAtOnce(
  args: readonly string[],
  env: Environment,
  reasons: Map<string, number>,
): Promise<number> {
  const child = started(["--parallel", ...args], env);
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(toLines());
  for await (const line of lines) {
    say(line);
    noteReason(line, reasons);
  }
  return (await child.status).code;
}

/**
 * Many `deno test`, a few at a time, in the order of `parts`: Deno does not keep the order of files
 * that it is given. Each one's lines are printed when it ends; those of failed ones are the last.
 */
async function runInParts(
  options: readonly string[],
  env: Environment,
  jobs: number,
  reasons: Map<string, number>,
): Promise<number> {
  const since = performance.now();
  const waiting = await parts();
  const failures: string[][] = [];
  const counts = [0, 0, 0];
  const worker = async () => {
    for (let files = waiting.shift(); files; files = waiting.shift()) {
      const child = started([...options, ...files], env);
      const [text, { success }] = await Promise.all([
        new Response(child.stdout).text(),
        child.status,
      ]);
      const lines = text.split("\n");
      lines.forEach((line) => noteReason(line, reasons));
      const at = lines.findLastIndex((line) => total.test(stripVTControlCharacters(line)));
      const [, ...numbers] = total.exec(stripVTControlCharacters(lines[at] ?? "")) ?? [];
      counts.forEach((count, index) => counts[index] = count + Number(numbers[index] ?? 0));
      const rest = lines.filter((line, index) => line !== "" && index !== at);
      if (success) rest.forEach(say);
      else failures.push(rest);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  failures.flat().forEach(say);
  const seconds = Math.round((performance.now() - since) / 1000);
  const [passed, failed, skipped] = counts;
  const word = failures.length > 0 ? "FAILED" : "ok";
  say(`\n${word} | ${passed} passed | ${failed} failed | ${skipped} ignored (${seconds}s)`);
  return failures.length > 0 ? 1 : 0;
}

function started(args: readonly string[], env: Environment) {
  return new Deno.Command(Deno.execPath(), {
    args: [...always, ...args],
    cwd: root,
    env,
    stdout: "piped",
  }).spawn();
}

/** All tests but the long ones: those that take longest one by one, then each folder's others. */
async function parts(): Promise<string[][]> {
  const folders = new Map<string, string[]>();
  async function walk(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await walk(path);
      else if (name.endsWith("_test.ts") && !long.includes(path) && !first.includes(path)) {
        folders.set(folder, [...folders.get(folder) ?? [], path].toSorted());
      }
    }
  }
  await walk("tests");
  const rest = [...folders.values()].toSorted((a, b) => b.length - a.length);
  return [...first.map((path) => [path]), ...rest];
}

function toLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) controller.enqueue(line);
    },
    flush(controller) {
      if (rest !== "") controller.enqueue(rest);
    },
  });
}

function noteReason(line: string, reasons: Map<string, number>): void {
  const [, name] = ignored.exec(stripVTControlCharacters(line)) ?? [];
  const reason = name && reasonOf(name);
  if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

/** Why a test was not run; nothing for a command of the docs that no test can run. */
function reasonOf(name: string): string | undefined {
  if (/\[unrun: .+\]$/.test(name)) return undefined;
  return /\[SKIPPED: (.+)\]$/.exec(name)?.[1] ?? `no reason given: ${name}`;
}

/** Lists each reason once; true if there is one that `deno task peers` removes. */
function tellSkips(reasons: ReadonlyMap<string, number>): boolean {
  if (reasons.size === 0) return false;
  say("\nNot tested on this machine:");
  let missed = false;
  for (const [reason, count] of [...reasons].toSorted()) {
    const command = remedy(reason);
    missed ||= command !== undefined;
    const fix = command === undefined ? "" : `; ${command}`;
    say(`  ${reason} (${count} ${count === 1 ? "case" : "cases"}${fix})`);
  }
  return missed;
}

if (import.meta.main) await script(() => test(Deno.args));
