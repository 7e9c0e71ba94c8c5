// Each command that athm tells a person to run is one that it takes.

import assert from "node:assert/strict";
import fc from "fast-check";
import { entries } from "../../src/commands/all_commands.ts";
import { portalNetwork } from "../../src/commands/aws/sso/portal.ts";
import { readLine } from "../../src/line/read.ts";
import { portalCommand, portalOf } from "../../src/model/portal.ts";
import { parseStartUrl, regionInStartUrl } from "../../src/model/start_url.ts";
import { endpointSettings } from "../../src/sources/portal_settings.ts";
import { commandsIn, listed, mention } from "../support/hint_commands.ts";
import { literalsOf } from "../support/literals.ts";
import { testSystem } from "../support/test_system.ts";

const root = new URL("../../", import.meta.url);

function* sources(folder = "src/"): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield folder + name;
  }
}

/** The texts in the source that name a command. Examples are held by `tests/house/help_test.ts`. */
async function mentions(): Promise<string[]> {
  const commands = await Promise.all(entries.map(async ({ load }) => (await load()).command));
  const examples = new Set(commands.flatMap(({ examples = [] }) => examples));
  const all = [...sources(), "main.ts"].flatMap((path) =>
    literalsOf(Deno.readTextFileSync(new URL(path, root)))
  );
  return [...new Set(all)].filter((text) => mention.test(text) && !examples.has(text)).sort();
}

const portal = portalOf(
  { startUrl: "https://example.awsapps.com/start", region: "eu-west-1" },
  { fips: true },
);

/** What expressions in the texts stand for; the name of a profile otherwise. */
const samples: Readonly<Record<string, readonly string[]>> = {
  "kind": ["file", "keychain", "passphrase"],
  "words": ["example", "example --rotate"],
  "again": ["--remove", "--remove example --prefix p-"],
  "restricted": ["example", "example --region eu-west-1 --read-only --policy @name"],
  "where": ["", " --file config"],
  "way": ["set example", "add example --force"],
  "strange.name": ["role-arn"],
  "registry.host": ["123456789012.dkr.ecr.eu-west-1.amazonaws.com"],
  "execCommand": ["athm aws exec example"],
  "rotateCommand": ["athm aws exec example --rotate"],
  'part === "exec" ? "" : " --rotate"': ["", " --rotate"],
  "same": ["example", "example --keep-old --iam-endpoint-url https://iam.example.com"],
  "printOptions(line, listener.port)": ["", " --port 4321"],
  'portalCommand("sso ls", portal)': [portalCommand("sso ls", portal)],
  'portalCommand("sso ls", portal, network)': [
    portalCommand("sso ls", portal, { caBundle: "/etc/ca.pem" }),
  ],
  'portalCommand("sso ls", portal, typed)': [
    portalCommand("sso ls", portal, { caBundle: "ca.pem", deviceCode: true }),
  ],
  'portalCommand("sso logout", portal)': [portalCommand("sso logout", portal)],
};

/** A command's expressions with every sample. */
function* filled(command: string): Generator<string> {
  const [hole, expression = ""] = /\{([^}]*)\}/.exec(command) ?? [];
  if (hole === undefined) return yield command;
  // Help texts name the command itself.
  const values = command.startsWith(hole) && expression === "name"
    ? entries.map(({ path }) => `athm ${path.join(" ")}`)
    : samples[expression] ?? ["example"];
  for (const value of values) yield* filled(command.replace(hole, () => value));
}

Deno.test("hints: every text that names a command is in the list", async () => {
  const [there, kept] = [await mentions(), listed.map(({ text }) => text)];
  const list = "tests/fixtures/hint_commands.txt";
  assert.deepEqual(there.filter((text) => !kept.includes(text)), [], `add them to ${list}`);
  assert.deepEqual(kept.filter((text) => !there.includes(text)), [], `take them out of ${list}`);
  for (const { marked, commands } of listed.filter(({ commands }) => commands.length)) {
    assert.doesNotMatch(marked.replaceAll(/«[^»]*»/g, ""), /\bathm (?:aws|store|import)\b/, marked);
    assert.ok(commands.every((command) => command.trim() === command), marked);
  }
});

Deno.test("hints: every command in them is one that athm takes", async () => {
  let count = 0;
  for (const { marked, commands } of listed) {
    for (const command of commands.flatMap((each) => [...filled(each)])) {
      const [athm, ...args] = command.split(" ");
      assert.equal(athm, "athm", marked);
      const { line, problem, globals } = await readLine(args, entries);
      if (!globals.has("help")) assert.equal(problem?.message, undefined, command);
      assert.ok(line, command);
      count++;
    }
  }
  assert.ok(count > 80, `${count}`);
});

Deno.test("hints: a command is found in the hint that was shown", () => {
  const table: readonly (readonly [hint: string, commands?: readonly string[]])[] = [
    ["run athm aws ls to list profiles", ["athm aws ls"]],
    ["run athm aws exec a.b --rotate for a new session", ["athm aws exec a.b --rotate"]],
    ["run athm nothing to see"],
    ["athm aws sso ls 'https://x/a(b' --fips lists your roles", [
      "athm aws sso ls 'https://x/a(b' --fips",
    ]],
  ];
  for (const [hint, commands] of table) assert.deepEqual(commandsIn(hint), commands, hint);
});

Deno.test("hints: the listing of a portal leads to the same portal", async () => {
  const url = fc.constantFrom(
    ...["https://example.awsapps.com/start", "https://start.us-gov-home.awsapps.com/directory/d-1"],
    ...["https://ssoins-1.portal.eu-central-1.app.aws", "https://example.awsapps.com/a'b(c)$d;e"],
  );
  const region = fc.constantFrom("eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1");
  const endpoint = fc.constantFrom(undefined, "https://vpce-1.example.com", "http://127.0.0.1:4");
  const flag = fc.constantFrom(undefined, true);
  await fc.assert(fc.asyncProperty(url, region, endpoint, endpoint, flag, flag, async (...all) => {
    const [startUrl, region, portalEndpointUrl, oidcEndpointUrl, fips, dualstack] = all;
    const own = Object.fromEntries(
      Object.entries({ portalEndpointUrl, oidcEndpointUrl }).filter(([, value]) => value),
    );
    const portal = portalOf({ startUrl, region, ...own }, {
      ...fips && { fips },
      ...dualstack && { dualstack },
    });
    const command = portalCommand("sso ls", portal);
    const args = Array.from(
      command.matchAll(/'((?:[^']|'\\'')*)'|[^ ']+/g),
      ([word, quoted]) => quoted?.replaceAll("'\\''", "'") ?? word,
    );
    const { line, problem } = await readLine(args.slice(1), entries);
    assert.equal(problem, undefined, command);
    assert.ok(line);
    const { operands: [typed = ""], values } = line;
    const there = parseStartUrl(typed);
    const { deviceCode: _, ...endpoints } = endpointSettings(values);
    const meant = { startUrl: there, region: values.text("sso-region") ?? regionInStartUrl(there) };
    assert.ok(meant.region);
    const led = portalOf(
      { ...meant, region: meant.region, ...endpoints },
      portalNetwork(values, testSystem()),
    );
    assert.deepEqual(led, portal, command);
  }));
});
