// The config file of a child that asks the credential server.

import assert from "node:assert/strict";
import { privateConfig } from "../src/delivery/private_config.ts";
import { testSystem } from "./support/test_system.ts";

for (
  const [title, env] of [
    ["usual", {}],
    ["named from the root", { AWS_CONFIG_FILE: "/home/ann/.aws/config" }],
    ["named with a tilde, which no shell has spelt out", { AWS_CONFIG_FILE: "~/.aws/config" }],
  ] as const
) {
  Deno.test(`server: the person's config is found: ${title}`, () => {
    const system = testSystem({ env });
    system.files.put("/home/ann/.aws/config", "[default]\ncli_pager = cat\n");
    system.files.makeFolder("/tmp", 0o777);
    const { path, profile } = privateConfig(system, "example");
    const [, own = ""] = (system.files.text(path) ?? "").split(`[profile ${profile}]`);
    assert.match(own, /^cli_pager = cat$/m);
  });
}
