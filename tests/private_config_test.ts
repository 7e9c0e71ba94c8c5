/** Which config file a child of a credential server reads. */
import assert from "node:assert/strict";
import { privateConfig } from "../src/delivery/child_server.ts";
import { testSystem } from "./support/test_system.ts";

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
