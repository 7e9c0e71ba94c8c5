import { root } from "../deno.ts";
import { run } from "./command.ts";
import { type Check, ProofSkipped } from "./ground.ts";
import { ownVariables } from "./here.ts";

/** Milliseconds. */
const longest = 30 * 60_000;

/** A task of this checkout that tests the ground's program, such as the demo. */
function task(name: string): Check["run"] {
  return async ({ athm }) => {
    const { code, stdout, stderr } = await run(Deno.execPath(), ["task", "--quiet", name], {
      cwd: root,
      env: { ...ownVariables(), ...denoVariables(), ATHM_BIN: athm, NO_COLOR: "1" },
      timeout: longest,
    });
    if (code !== 0) throw new Error(`deno task ${name} failed:\n${tail(stdout + stderr)}`);
  };
}

/** Where Deno finds its cache. */
function denoVariables(): Record<string, string> {
  return Object.fromEntries(
    ["HOME", "XDG_CACHE_HOME", "DENO_DIR", "npm_config_registry", "NPM_CONFIG_REGISTRY"]
      .flatMap((name) => {
        const value = Deno.env.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
  );
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-30).join("\n");
}

/** The demo: the main job as the README shows it. */
export const demo: Check = { name: "the demo", run: task("demo") };

/** Every story, against the program; POSIX shells only. */
export const stories: Check = {
  name: "the stories",
  run: async (ground) => {
    if (ground.system === "windows") throw new ProofSkipped("stories need a POSIX shell");
    if (ground.slow) throw new ProofSkipped("too slow under emulation; the main job covers it");
    await task("stories")(ground);
  },
};
