// Which browser is driven for a sign-in.

import assert from "node:assert/strict";
import { storeVariables } from "../../src/model/variables.ts";
import { type BrowserFamily, findBrowser } from "../../src/signin/find_browser.ts";
import type { System } from "../../src/system/system.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

Deno.test("saml browser: uses the named browser, else the first one found, else none", async () => {
  const asked: (readonly string[])[] = [];
  const on = (
    platform: System["platform"],
    found: string | undefined,
    env = {},
    family: BrowserFamily = "chromium",
  ) => {
    const system = testSystem({ env });
    return findBrowser({
      ...system,
      env: system.env,
      files: system.files,
      platform,
      children: {
        ...system.children,
        help: ({ args, unset }) => {
          assert.deepEqual(unset, storeVariables, "athm's secrets are the shell's to read");
          asked.push(args.slice(3));
          const code = found === undefined ? 1 : 0;
          return Promise.resolve({ code, stdout: found === undefined ? "" : `${found}\n` });
        },
      },
    }, { family, otherwise: "use --saml-via form" });
  };
  assert.equal(await on("linux", "/usr/bin/chromium"), "/usr/bin/chromium");
  assert.match(asked[0]?.[0] ?? "", /^google-chrome/);
  assert.equal(await on("linux", "/opt/x", { ATHM_BROWSER: "x" }), "/opt/x");
  assert.deepEqual(asked[1], ["x"]);
  const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  assert.equal(await on("darwin", mac), mac);
  assert.equal(asked[2]?.[0], mac);
  await failsAs(
    "source",
    on("linux", undefined),
    /no Chrome, Edge, Brave or Chromium/,
    /--saml-via form/,
  );
  // A shell's function or alias is no program.
  await failsAs("source", on("linux", "chromium"), /no Chrome/);
  await failsAs(
    "source",
    on("linux", undefined, { ATHM_BROWSER: "/nope" }),
    /ATHM_BROWSER is "\/nope"/,
  );
  await failsAs("source", on("windows", undefined), /no Chrome/);
  // ATHM_BROWSER counts for its own family only.
  asked.length = 0;
  await on("linux", "/usr/bin/chromium", { ATHM_BROWSER: "/opt/firefox/firefox" });
  await on("linux", "/opt/firefox/firefox", { ATHM_BROWSER: "/opt/firefox/firefox" }, "firefox");
  await on("linux", "/usr/bin/firefox", { ATHM_BROWSER: "chromium" }, "firefox");
  assert.deepEqual(asked.map(([first]) => first), [
    "google-chrome-stable",
    "/opt/firefox/firefox",
    "firefox",
  ]);
  await failsAs("source", on("linux", undefined, {}, "firefox"), /^no Firefox found$/);
});
