/** Words of other tools suggest commands and options that exist. */
import assert from "node:assert/strict";
import { entries } from "../src/commands/all_commands.ts";
import { otherCommands, otherOptions } from "../src/line/suggest.ts";
import { readLine } from "../src/line/read.ts";
import { proxyFor } from "../src/system/http.ts";

const paths = entries.map(({ path }) => path.join(" "));

Deno.test("suggestions: every suggested command exists, and no word is itself a command", async () => {
  for (const [word, meant] of Object.entries(otherCommands)) {
    assert.ok(paths.includes(meant), meant);
    if (paths.includes(`aws ${word}`)) continue;
    for (const line of [[word], ["aws", word]]) {
      const { problem } = await readLine(line, entries);
      assert.match(problem?.message ?? "", new RegExp(`did you mean "athm ${meant}"\\?`));
    }
  }
});

Deno.test("suggestions: every option that is meant belongs to a command", async () => {
  const commands = await Promise.all(entries.map(({ load }) => load()));
  const known = new Set(
    commands.flatMap(({ command }) => command.options.map(({ name }) => name)),
  );
  for (const [word, meant] of Object.entries(otherOptions)) {
    assert.deepEqual(meant.filter((name) => !known.has(name)), [], word);
  }
});

const proxied = "http://ann:secret@proxy.example.com:3128";

for (
  const [env, url, host] of [
    [{ HTTPS_PROXY: proxied }, "https://sts.amazonaws.com/", "proxy.example.com:3128"],
    [
      { all_proxy: "proxy.example.com:3128" },
      "https://sts.amazonaws.com/",
      "proxy.example.com:3128",
    ],
    [{ HTTPS_PROXY: proxied }, "http://127.0.0.1:4566/", undefined],
    [
      { HTTPS_PROXY: proxied, NO_PROXY: "x, .amazonaws.com" },
      "https://sts.amazonaws.com/",
      undefined,
    ],
    [{ HTTPS_PROXY: proxied, no_proxy: "*" }, "https://sts.amazonaws.com/", undefined],
    [
      { HTTPS_PROXY: proxied, NO_PROXY: "ws.com" },
      "https://sts.aws.com/",
      "proxy.example.com:3128",
    ],
    [{}, "https://sts.amazonaws.com/", undefined],
  ] as const
) {
  Deno.test(`the proxy of ${url} with ${Object.keys(env)} is ${host}`, () => {
    const variables = new Map<string, string>(Object.entries(env));
    assert.equal(proxyFor(url, { get: (name) => variables.get(name) })?.host, host);
  });
}
