import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { foundPlace, parseTokenPlace, tokenText } from "../../src/signin/ci/token_place.ts";
import type { HelperSpec } from "../../src/system/children.ts";
import type { Platform } from "../../src/system/system.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

const never = () => Promise.reject(new Error("no command was to be run"));

Deno.test("token place: any text names a place or is rejected; long ones are not quoted", () => {
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom("file:", "env:", "command:", "FILE:", "auto"), fc.string())
      .map((parts) => parts.join("")),
  );
  fc.assert(fc.property(text, (each) => {
    try {
      const place = parseTokenPlace(each);
      if (place.kind === "env") assert.match(place.name, /^[A-Za-z_][A-Za-z0-9_]*$/);
    } catch (error) {
      assert.ok(error instanceof Failure && error.code === "usage", String(error));
      if (each.length > 40) assert.ok(!`${error.message}${error.hint}`.includes(each));
    }
  }));
});

Deno.test("token place: auto prefers the CI job to Kubernetes' file, or lists what it found", () => {
  const file = { AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token" };
  assert.deepEqual(foundPlace(testSystem({ env: file })), { kind: "file", path: "/var/run/token" });
  const both = foundPlace(testSystem({ env: { ...file, GITLAB_CI: "true" } }));
  assert.equal(both.kind === "ci" && both.ci.name, "gitlab");
  assert.throws(() => foundPlace(testSystem()), /no supported CI system/);
});

/** The text of a variable as a platform's shell prints it, and what the shell was asked. */
function variable(platform: Platform, printed: string) {
  const asked: HelperSpec[] = [];
  const base = testSystem();
  const help = (spec: HelperSpec) => {
    asked.push(spec);
    return Promise.resolve({ code: 0, stdout: printed });
  };
  const system = { ...base, platform, children: { ...base.children, help } };
  const text = tokenText({ kind: "env", name: "MY_TOKEN" }, { system, ask: never });
  return { text, asked };
}

Deno.test("token place: a shell reads a variable of any name, without athm's secrets", async () => {
  const unix = variable("linux", "a.b.c");
  assert.equal(await unix.text, "a.b.c");
  assert.deepEqual(unix.asked[0]?.args, ["-c", 'printf %s "${MY_TOKEN-}"']);
  assert.ok(unix.asked[0]?.unset.includes("ATHM_KEY"));
  const windows = variable("windows", "MY_TOKEN_2=no\r\nMy_Token=a.b.c\r\n");
  assert.equal(await windows.text, "a.b.c");
  assert.deepEqual(windows.asked[0]?.args, ["/d", "/c", "set", "MY_TOKEN"]);
  for (const platform of ["linux", "windows"] as const) {
    const { text } = variable(platform, platform === "linux" ? "" : "MY_TOKEN_2=no\r\n");
    await failsAs("source", text, /MY_TOKEN.* is not set/);
  }
});

Deno.test("token place: rejects a missing file, a folder and a huge file", async () => {
  const system = testSystem();
  system.files.put("/t/huge", "x".repeat(64 * 1024 + 1));
  system.files.put("/t/good", "a.b.c\n");
  const text = (path: string) => tokenText({ kind: "file", path }, { system, ask: never });
  assert.equal(await text("/t/good"), "a.b.c\n");
  await failsAs("source", text("/t/none"), /file \/t\/none not found/);
  await failsAs("source", text("/t/huge"), /larger than 65536 bytes/);
  await failsAs("files", text("/t"), /\/t/);
});

Deno.test("token place: judges a link by its target: nothing, a huge file, a pipe", async () => {
  const system = testSystem();
  system.files.put("/t/huge", "x".repeat(64 * 1024 + 1));
  const text = (path: string) => tokenText({ kind: "file", path }, { system, ask: never });
  // As Kubernetes has it: token -> ..data/token, ..data -> ..2026.
  system.files.link("/t/token", "/t/data/token");
  await failsAs("source", text("/t/token"), /token file \/t\/token not found/);
  system.files.put("/t/2026/token", "d.e.f");
  system.files.link("/t/data", "/t/2026");
  assert.equal(await text("/t/token"), "d.e.f");
  system.files.link("/t/far", "/t/huge");
  system.files.read = () => assert.fail("it was read");
  await failsAs("source", text("/t/far"), /larger than 65536 bytes/);
  const { facts } = system.files;
  system.files.facts = (path) => {
    const found = facts(path);
    return found && path === "/t/huge" ? { ...found, kind: "other" } : found;
  };
  await failsAs("source", text("/t/far"), /is not a token file/);
});
