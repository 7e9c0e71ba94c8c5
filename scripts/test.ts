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
  "house/docs_run_test.ts",
  "running/signals_test.ts",
  "running/narrow_test.ts",
  "running/serve_test.ts",
  "interop/ways_out_test.ts",
  "session/narrow_test.ts",
  "session/keeper_test.ts",
  "commands/full_disk_test.ts",
].map((name) => `tests/${name}`);

const always = ["test", "-q", "--frozen", "-A", "--no-prompt", "--no-check", "--parallel"]
  .concat(["--sanitize-ops", "--sanitize-resources"]);

/** A line about a test that was not run, with its name. */
const ignored = /=> (.+) \.\.\. .*ignored/;

async function test(given: readonly string[]): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "athm-test-" });
  try {
    // Many tests wait for a process or a clock most of the time.
    const jobs = Deno.env.get("DENO_JOBS") ?? String(navigator.hardwareConcurrency + 1);
    const env: Record<string, string> = { DENO_JOBS: jobs };
    if (!Deno.env.get("ATHM_BIN") && Deno.build.os !== "windows") {
      await bundle(root, `${work}/bundle`, "run from source");
      env.ATHM_TEST_BUNDLE = `${work}/bundle`;
    }
    const options = given.filter((each) => each.startsWith("--") && each !== "--long");
    const named = given.filter((each) => !each.startsWith("--"));
    const files = given.includes("--long") ? long : named.length > 0 ? named : await shortTests();
    const child = new Deno.Command(Deno.execPath(), {
      args: [...always, ...options, ...files],
      cwd: root,
      env,
      stdout: "piped",
    }).spawn();
    const reasons = new Map<string, number>();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(toLines());
    for await (const line of lines) {
      say(line);
      const [, name] = ignored.exec(line) ?? [];
      const reason = name && reasonOf(name);
      if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const { code } = await child.status;
    const missed = tellSkips(reasons);
    Deno.exitCode = code === 0 && missed && Deno.env.get("ATHM_PEERS") === "required" ? 1 : code;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** All but the long ones, by name: Deno does not apply `--ignore` when files are named too. */
async function shortTests(): Promise<string[]> {
  const found = new Set(first);
  async function walk(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await walk(path);
      else if (name.endsWith("_test.ts") && !long.includes(path)) found.add(path);
    }
  }
  await walk("tests");
  return [...found];
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
