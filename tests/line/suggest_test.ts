/** Words of other tools suggest commands and options that exist. */
import assert from "node:assert/strict";
import { entries } from "../../src/commands/all_commands.ts";
import { globalOptions } from "../../src/line/command.ts";
import { otherCommands, otherOptions } from "../../src/line/suggest.ts";
import { readLine } from "../../src/line/read.ts";
import { proxyFor } from "../../src/system/http.ts";

const paths = entries.map(({ path }) => path.join(" "));

Deno.test("suggestions: every suggested command exists, and no word is itself a command", async () => {
  for (const [word, meant] of Object.entries(otherCommands)) {
    assert.ok(paths.includes(meant), meant);
    assert.ok(!paths.includes(`aws ${word}`), word);
    for (const line of [[word], ["aws", word]]) {
      const { problem } = await readLine(line, entries);
      assert.match(problem?.message ?? "", new RegExp(`did you mean "athm ${meant}"\\?`));
    }
  }
});

Deno.test("suggestions: every option that is meant belongs to a command", async () => {
  const commands = await Promise.all(entries.map(({ load }) => load()));
  const known = new Set(
    [globalOptions, ...commands.map(({ command }) => command.options)].flat()
      .map(({ name }) => name),
  );
  for (const [word, meant] of Object.entries(otherOptions)) {
    assert.deepEqual(meant.filter((name) => !known.has(name)), [], word);
  }
});

/** The slips that people make most: what they type, and the suggestion. */
const slips: readonly (readonly [line: string, meant: string])[] = [
  // The command.
  ["exce work -- true", "athm aws exec"],
  ["aws exce work -- true", "athm aws exec"],
  ["aws conf work", "athm aws configure"],
  ["list", "athm aws ls"],
  ["aws lst", "athm aws ls"],
  ["remove work", "athm aws rm"],
  ["console work", "athm aws login"],
  ["aws doctor", "athm doctor"],
  ["aws store status", "athm store"],
  ["completion bash", "athm completions"],
  ["status", "athm store status"],
  ["store stauts", "athm store status"],
  ["whomai work", "athm aws whoami"],
  ["hlep", "athm help"],
  ["lits", "athm aws ls"],
  ["assmue work", "athm aws exec"],
  ["sso list", "athm aws sso ls"],
  ["policy delete x", "athm policy rm"],
  ["serve token create x", "athm serve token add"],
  // The option.
  ["aws add work --role arn:aws:iam::123456789012:role/x", "--role-arn"],
  ["aws add work --arn arn:aws:iam::123456789012:role/x", "--role-arn"],
  ["aws add work --rol-arn x", "--role-arn"],
  ["aws add work --from-envv", "--from-env"],
  ["aws add work --mfa x", "--mfa-serial"],
  ["aws add work --mfa-token 123456", "--mfa-code"],
  ["aws add work --regoin eu-west-1", "--region"],
  ["aws add work --sso-role-name x", "--sso-role"],
  ["aws add work --sso-strat-url x", "--sso-start-url"],
  ["aws add work --sesion x", "--session-name"],
  ["aws add work --start-ulr x", "--sso-start-url"],
  ["aws ls --output json", "--json"],
  ["ls --output=json", "--json"],
  ["ls -o json", "--json"],
  ["ls --jsno", "--json"],
  ["exec work --rot -- true", "--rotate"],
  ["exec work --refresh -- true", "--rotate"],
  ["export work -o json", "--format"],
  ["rm --all -y", "--yes"],
  ["rm work -f", "--force"],
  ["export work --json", "--format"],
  ["export work --shell fish", "--format"],
  ["add work --sso-url https://example.awsapps.com/start", "--sso-start-url"],
  ["exec work --ecs-server -- true", "--server"],
  ["exec work --readonly -- true", "--read-only"],
  ["login work --stdout", "--print"],
  ["login work --browser x", "--in"],
  ["ls --verbose", "--debug"],
  ["-v", "--version"],
  ["ls --no-promt", "--no-prompt"],
];

for (const [line, meant] of slips) {
  Deno.test(`suggestions: athm ${line} suggests ${meant}`, async () => {
    const { problem } = await readLine(line.split(" "), entries);
    assert.equal(problem?.code, "usage");
    assert.match(problem.message, new RegExp(` \\(did you mean "${meant}"\\?\\)$`));
  });
}

Deno.test("suggestions: an abbreviation of several options names the first three", async () => {
  const { problem } = await readLine("aws add work --sso x".split(" "), entries);
  assert.equal(
    problem?.message,
    'unknown option --sso (did you mean "--sso-start-url", "--sso-region" or "--sso-account"?)',
  );
});

Deno.test("suggestions: a word that resembles nothing gets none", async () => {
  for (const line of ["frobnicate", "aws frobnicate", "ls --frobnicate", "ls -x", "store x"]) {
    const { problem } = await readLine(line.split(" "), entries);
    assert.match(problem?.message ?? "", /^unknown (command|option) \S*[^)?]*$/, line);
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
