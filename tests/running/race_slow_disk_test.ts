/** Real processes that need one session at once, with a store on a slow disk. */
import assert from "node:assert/strict";
import { execTest } from "../support/exec_world.ts";
import { denoDir } from "../support/story_shim.ts";

const many = 12;

/** Starts the program with its slow disk. */
async function slowAthm(args: readonly string[], env: ReadonlyMap<string, string>, cwd: string) {
  const program = new URL("../support/slow_disk.ts", import.meta.url).href;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-prompt", "--config", config, program, ...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(env), DENO_DIR: await denoDir() },
    stdin: "null",
  }).output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out ?? "", said: said ?? "" };
}

execTest(`race: ${many} on a slow disk make one call, and all get its session`, async (world) => {
  const { aws, home } = world;
  world.lifetime = 1;
  const first = await home.run("athm aws exec example --rotate");
  assert.equal(first.exit, 0, first.err);
  world.lifetime = 3600;
  aws.behave({ kind: "slow", ms: 4000 });
  const before = aws.calls.length;
  const line = ["--", "/bin/sh", "-c", 'echo "$AWS_ACCESS_KEY_ID"'];
  const running = Array.from(
    { length: many },
    () => slowAthm(["aws", "exec", "example", ...line], home.env, home.folder),
  );
  const ends = await Promise.all(running);
  const said = ends.map((each) => each.said).join("");
  assert.deepEqual(ends.filter(({ code }) => code !== 0), [], said);
  assert.match(said, /^athm: waiting for athm/m);
  assert.doesNotMatch(said, /error|warning/);
  const [key = "", ...others] = new Set(ends.map(({ out }) => out.trimEnd()));
  assert.deepEqual(others, []);
  assert.equal(aws.identity(key)?.kind, "session-token");
  assert.deepEqual(aws.calls.slice(before).map(({ status }) => status), [200]);
  // The store is intact, and temporary files are gone.
  const checked = await home.run("athm store verify");
  assert.equal(checked.exit, 0, checked.err);
  const left = Array.from(
    Deno.readDirSync(`${home.folder}/.local/share/athm`),
    (one) => one.name,
  );
  assert.deepEqual(left.filter((each) => each.startsWith(".tmp")), []);
});
