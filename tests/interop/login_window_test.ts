/** The console's page in a real Chromium, which keeps its cookies in a profile of its own. */
import assert from "node:assert/strict";
import { execWorld } from "../support/exec_world.ts";
import { unless } from "../support/programs.ts";
import { noChromium } from "../support/saml/person.ts";

const role = "arn:aws:iam::123456789012:role/deploy";

Deno.test({
  ...unless(noChromium(), "login: --in auto opens a real Chromium with a private profile"),
  fn: async () => {
    await using world = await execWorld();
    const { home, aws } = world;
    aws.addRole({ arn: role });
    await world.add("deploy", `--role-arn ${role}`);
    const browser = `${home.folder}/browser`;
    // With windows, but without a screen; the first browser's process is the one that stays.
    const script = `#!/bin/sh\ntest -e '${home.folder}/pid' || echo $$ >'${home.folder}/pid'\n` +
      `exec /usr/bin/chromium --ozone-platform=headless --no-sandbox --disable-gpu "$@"\n`;
    await Deno.writeTextFile(browser, script, { mode: 0o755 });
    const line = `athm aws login deploy --in auto --federation-url ${aws.url}/federation`;
    const ran = await home.run(line, { DISPLAY: ":9", ATHM_BROWSER: browser });
    try {
      assert.equal(ran.exit, 0, ran.err);
      assert.match(ran.err, /opening the console of 123456789012 as deploy in the browser profile/);
      const folder = `${home.folder}/.local/share/athm/browser/console-123456789012`;
      assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
      assert.ok((await Deno.stat(`${folder}/Default`)).isDirectory);
      // The browser that runs opens the next page too, and the second one ends.
      const again = await home.run(line, { DISPLAY: ":9", ATHM_BROWSER: browser });
      assert.equal(again.exit, 0, again.err);
      assert.equal(aws.calls.filter(({ action }) => action === "getSigninToken").length, 2);
    } finally {
      const pid = Number(await Deno.readTextFile(`${home.folder}/pid`));
      Deno.kill(pid, "SIGTERM");
      while (isRunning(pid)) await new Promise((done) => setTimeout(done, 50));
    }
  },
});

function isRunning(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}
