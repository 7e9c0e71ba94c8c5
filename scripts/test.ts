/**
 * Runs tests: `deno task test [DENO TEST ARGUMENTS]`, by default all but the long ones.
 *
 * athm is bundled once, because starting it from source takes five times as long; some stories still run
 * from source. The end lists each reason for skipped tests once, with the package to install.
 *
 * @module
 */
import { bundle } from "./bundle.ts";
import { root, say, script } from "./deno.ts";
import { packageOf } from "./test/peers.ts";

/** These take minutes: `deno task test-long` runs them. */
const long = ["tests/interop/release_whole_test.ts"];

const always = ["test", "-q", "--frozen", "-A", "--no-prompt", "--parallel"]
  .concat(["--trace-leaks", "--sanitize-ops", "--sanitize-resources"]);

/** A case that was not run, with the reason at the end of its title, or a line about several cases. */
const skipped = /SKIPPED: (.+?)[\])]? \.\.\. .*ignored|^SKIPPED: .+?, since (.+)$/;

async function test(given: readonly string[]): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "athm-test-" });
  try {
    const env: Record<string, string> = {};
    if (!Deno.env.get("ATHM_BIN") && Deno.build.os !== "windows") {
      await bundle(root, `${work}/bundle`, "run from source");
      env.ATHM_TEST_BUNDLE = `${work}/bundle`;
    }
    const chosen = given.length > 0 ? given : [`--ignore=${long.join(",")}`, "tests/"];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...always, ...chosen],
      cwd: root,
      env,
      stdout: "piped",
    }).spawn();
    const reasons = new Map<string, number>();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(toLines());
    for await (const line of lines) {
      const found = skipped.exec(line);
      const reason = found?.[1] ?? found?.[2];
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (found?.[2] === undefined) say(line);
    }
    const { code } = await child.status;
    const missed = tellSkips(reasons);
    Deno.exitCode = code === 0 && missed && Deno.env.get("ATHM_PEERS") === "required" ? 1 : code;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
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

/** Lists each reason once; true if a peer that can be installed was missing. */
function tellSkips(reasons: ReadonlyMap<string, number>): boolean {
  if (reasons.size === 0) return false;
  say("\nNot tested on this machine:");
  let missed = false;
  for (const [reason, count] of [...reasons].toSorted()) {
    const packages = packageOf(reason);
    missed ||= packages !== undefined;
    const brings = packages === undefined ? "" : `; apt-get install ${packages}`;
    say(`  ${reason} (${count} ${count === 1 ? "case" : "cases"}${brings})`);
  }
  return missed;
}

if (import.meta.main) await script(() => test(Deno.args));
