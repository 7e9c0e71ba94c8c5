/** `sso import` of 1,000 profiles on a real disk, killed while it writes. */
import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { signInHome } from "../support/portal_home.ts";

const total = 1_000;

Deno.test({
  name: "sso import: kill -9 leaves whole profiles, and the next one adds the rest",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using aws = await startFakeAws();
    await using home = await athmHome();
    await signInHome(home, aws, [], 8 * 3_600_000);
    const roles = ["Admin", "Billing", "Power", "Reader", "Security"];
    aws.sso.accounts = Array.from({ length: total / roles.length }, (_, at) => ({
      id: String(100_000_000_000 + at),
      name: `Team ${at}`,
      roles,
    }));
    const store = `${home.folder}/.local/share/athm`;
    const line = ["aws", "sso", "import", aws.sso.startUrl];
    const list = (folder: string) => {
      try {
        return Array.from(Deno.readDirSync(folder), ({ name }) => name);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    };
    const batch = () => list(store).find((name) => name.startsWith(".batch-"));
    const moments: Readonly<Record<string, () => boolean>> = {
      "the first file is written": () => batch() !== undefined,
      "half of the files are written": () => list(`${store}/${batch()}`).length > total / 2,
      "some profiles are in place": () => list(`${store}/profiles`).length > 0,
    };
    let killed = 0;
    for (const [moment, isThere] of Object.entries(moments)) {
      const before = list(`${store}/profiles`).length;
      const child = new Deno.Command(home.athm, {
        args: line,
        cwd: home.folder,
        clearEnv: true,
        env: Object.fromEntries(home.env),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      const ended = child.status.then(() => true);
      // Short pauses: the moments last for milliseconds.
      let isOver = false;
      while (!isThere() && !isOver) isOver = await Promise.race([ended, pause()]);
      if (!isOver) child.kill("SIGKILL");
      if ((await child.status).signal === "SIGKILL") killed++;
      const listed = await home.run("athm aws ls --json");
      assert.equal(listed.exit, 0, listed.err);
      const after = list(`${store}/profiles`).length;
      assert.equal(JSON.parse(listed.out).length, after);
      assert.ok(after >= before, moment);
    }
    // On a busy machine the last moment may be missed.
    assert.ok(killed >= 2, `killed ${killed} times`);
    const rest = await home.run(`athm ${line.join(" ")}`);
    assert.equal(rest.exit, 0, rest.err);
    const listed = await home.run("athm aws ls --json");
    assert.equal(JSON.parse(listed.out).length, total);
    const verified = await home.run("athm aws add next --ambient --no-login && athm store verify");
    assert.equal(verified.exit, 0, verified.out + verified.err);
  },
});

function pause(): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 1));
}
