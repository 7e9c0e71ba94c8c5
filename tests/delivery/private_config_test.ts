/** Which config file a child of a credential server reads. */
import assert from "node:assert/strict";
import { privateFolder } from "../../src/delivery/private_folder.ts";
import { privateConfig } from "../../src/delivery/child_server.ts";
import { testSystem } from "../support/test_system.ts";

const home = "/home/ann";

/** The path of the user's file, and the environment. */
const table: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [`${home}/.aws/config`, { HOME: home }],
  [`${home}/.aws/config`, { HOME: home, AWS_CONFIG_FILE: "~/.aws/config" }],
  [`${home}/elsewhere/config`, { HOME: home, AWS_CONFIG_FILE: "~/elsewhere/config" }],
  ["/etc/aws/config", { HOME: home, AWS_CONFIG_FILE: "/etc/aws/config" }],
  ["/etc/aws/config", { HOME: "", AWS_CONFIG_FILE: "/etc/aws/config" }],
  ["here/config", { HOME: home, AWS_CONFIG_FILE: "here/config" }],
];

for (const [path, env] of table) {
  Deno.test(`private config: with ${JSON.stringify(env)} it extends ${path}`, () => {
    const system = testSystem({ env });
    const text = new TextEncoder().encode("[default]\nregion = eu-west-3\n");
    system.files.makeFolder(path.slice(0, path.lastIndexOf("/")), 0o700);
    system.files.create(path, text, 0o600);
    const config = privateConfig(system, "example");
    const own = new TextDecoder().decode(system.files.read(config.path));
    assert.match(own, /^\[default\]\nregion = eu-west-3\n/);
    assert.match(own.split(`[profile ${config.profile}]\n`)[1] ?? "", /^region = eu-west-3\n/);
    config[Symbol.dispose]();
    assert.equal(system.files.read(config.path), undefined);
  });
}

Deno.test("private config: without a file it contains only the child's profile", () => {
  const system = testSystem({ env: { HOME: "" } });
  const config = privateConfig(system, "example");
  const own = new TextDecoder().decode(system.files.read(config.path));
  assert.match(own, /^\n?\[profile athm-example-[0-9a-f]{8}\]\n$/);
});

Deno.test("private folder: the next one removes abandoned folders", async () => {
  const system = testSystem();
  const { files } = system;
  const now = system.now();
  // A killed process: its lock is released.
  const killed = privateConfig(system, "killed").path.replace(/\/config$/, "");
  const snapshot = files.snapshot();
  const after = testSystem({ now: now + 3_600_000 });
  after.files.restore(snapshot);
  const running = privateFolder(after);
  assert.equal(after.files.facts(killed), undefined);
  // Folders in use, new, foreign, without a lock, or with other content remain.
  const old = (path: string, owner = 1000) => {
    after.files.put(`${path}/lock`, "");
    after.files.chmod(path, 0o700);
    after.files.chown(path, owner);
  };
  old("/tmp/athm-foreign", 1001);
  old("/tmp/athm-more");
  after.files.put("/tmp/athm-more/notes", "x");
  old("/tmp/athm-linked");
  after.files.remove("/tmp/athm-linked/lock");
  after.files.link("/tmp/athm-linked/lock", "/home/ann/file");
  old("/tmp/athm-open");
  after.files.chmod("/tmp/athm-open", 0o755);
  after.files.makeFolder("/tmp/athm-old", 0o700);
  old("/tmp/other");
  await after.advance(3_600_000);
  old("/tmp/athm-new");
  privateFolder(after)[Symbol.dispose]();
  const left = after.files.list("/tmp");
  assert.deepEqual(
    left,
    [
      ...["foreign", "linked", "more", "new", "old", "open"].map((name) => `athm-${name}`),
      running.path.slice("/tmp/".length),
      "other",
    ].sort(),
  );
});
