// Opening a URL in the user's browser: which programs are tried, with which arguments and environment.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { checkedAddress, hasBrowser, openers } from "../../src/system/browser.ts";
import { browserOf } from "../../src/system/deno/browser.ts";
import type { Environment } from "../../src/system/system.ts";
import { anyCharacter } from "../support/any_character.ts";

const env = (variables: Record<string, string>): Environment => ({
  get: (name) => variables[name],
});
const address = "https://example.awsapps.com/start?a=1&b=%20";

Deno.test("browser: BROWSER is a list of commands, tried before the system's opener", () => {
  const list = openers("linux", env({ BROWSER: "firefox --new-tab:  :lynx '%s' x" }), address);
  assert.deepEqual(list, [
    ["firefox", "--new-tab", address],
    ["lynx", `'${address}'`, "x"],
    ["xdg-open", address],
  ]);
  assert.deepEqual(openers("darwin", env({}), address), [["open", address]]);
  assert.deepEqual(openers("darwin", env({ BROWSER: "b" }), address)[0], ["b", address]);
  const windows = ["rundll32.exe", "url.dll,FileProtocolHandler", address];
  assert.deepEqual(openers("windows", env({ BROWSER: "b" }), address), [windows]);
  const wsl = openers("linux", env({ WSL_DISTRO_NAME: "Debian" }), address);
  assert.deepEqual(wsl, [["wslview", address], windows, ["xdg-open", address]]);
});

Deno.test("browser: is available only on a local desktop", () => {
  const desktop = { DISPLAY: ":0" };
  const table = [
    ["linux", {}, false],
    ["linux", desktop, true],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, true],
    ["linux", { ...desktop, SSH_CONNECTION: "x" }, false],
    ["linux", { ...desktop, SSH_TTY: "/dev/pts/1" }, false],
    ["linux", { BROWSER: "firefox" }, true],
    // Set by an editor that is connected to a remote machine: its browser is the user's.
    ["linux", { BROWSER: "/editor/browser.sh", SSH_CLIENT: "x" }, true],
    ["linux", { WSL_DISTRO_NAME: "Debian" }, true],
    ["darwin", {}, true],
    ["darwin", { SSH_CONNECTION: "x" }, false],
    ["windows", {}, true],
    ["windows", { SSH_CLIENT: "x", BROWSER: "b" }, false],
  ] as const;
  for (const [platform, variables, there] of table) {
    const told = `${platform} ${JSON.stringify(variables)}`;
    assert.equal(hasBrowser(platform, env(variables)), there, told);
  }
});

Deno.test("browser: opens only https, and http on this machine", () => {
  const refused = [
    ...["http://example.com/", "file:///etc/passwd", "javascript:alert(1)", "ftp://a/", "", "a b"],
    ...["https://user:pass@example.com/", "--help", "http://127.0.0.1.example.com/"],
    "https://example.com/" + "a".repeat(20_000),
  ];
  for (const text of refused) {
    const error = refusalOf(text);
    assert.equal(error.code, "source");
    assert.ok(!error.message.includes("example.com") && !error.message.includes("pass"));
  }
  for (const text of ["https://example.com/?q=1#f", "http://127.0.0.1:8080/x", "http://[::1]:1/"]) {
    assert.equal(checkedAddress(text), text);
  }
});

function refusalOf(text: string): Failure {
  try {
    checkedAddress(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  assert.fail(`it was taken: ${text}`);
}

Deno.test("browser: an address contains nothing that a script could interpret", () => {
  const text = fc.string({ unit: anyCharacter, maxLength: 60 });
  fc.assert(fc.property(text, text, text, (path, query, fragment) => {
    let opened: string;
    try {
      opened = checkedAddress(`https://example.com/${path}?${query}#${fragment}`);
    } catch (error) {
      assert.ok(error instanceof Failure);
      return;
    }
    assert.match(opened, /^https:\/\/example\.com\/[!#-&(-;=?-\[\]_a-z~]*$/);
  }));
});

/** A folder with programs: shell scripts that record their arguments. */
async function withPrograms(
  scripts: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "athm-browser-" });
  try {
    for (const [name, text] of Object.entries(scripts)) {
      await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o700 });
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const posix = { ignore: Deno.build.os === "windows" };

Deno.test("browser: the first program that starts gets the address", posix, async () => {
  const seen = 'echo "$#,$1" >"$(dirname "$0")/seen"';
  await withPrograms({ none: "exit 3", good: seen, late: "exit 1" }, async (folder) => {
    const variables = env({ BROWSER: `${folder}/missing:${folder}/none:${folder}/good %s` });
    assert.equal(await browserOf("linux", variables).isThere(), true);
    assert.equal(await browserOf("linux", variables).open(address), true);
    assert.equal(await Deno.readTextFile(`${folder}/seen`), `1,${address}\n`);
  });
});

Deno.test("browser: a program that keeps running counts as success", {
  ...posix,
  // It keeps running on purpose: a browser outlives athm.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const script = 'echo $$ >"$(dirname "$0")/pid"; exec sleep 30';
  await withPrograms({ browser: script }, async (folder) => {
    const browser = browserOf("linux", env({ BROWSER: `${folder}/browser` }));
    assert.equal(await browser.open(address), true);
    Deno.kill(Number(await Deno.readTextFile(`${folder}/pid`)), "SIGKILL");
  });
});

Deno.test("browser: passes no unsafe address to a program", posix, async () => {
  await withPrograms({ browser: 'touch "$(dirname "$0")/seen"' }, async (folder) => {
    const browser = browserOf("linux", env({ BROWSER: `${folder}/browser` }));
    await assert.rejects(browser.open("file:///etc/passwd"), Failure);
    await assert.rejects(Deno.stat(`${folder}/seen`), Deno.errors.NotFound);
  });
});

Deno.test("browser: reports that no program was found", posix, async () => {
  // No other system has Windows' opener.
  assert.equal(await browserOf("windows", env({})).open(address), false);
});
