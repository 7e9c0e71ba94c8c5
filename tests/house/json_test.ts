/** docs/json.md against real output: every field is documented, and every documented field occurs. */
import assert from "node:assert/strict";
import { entries } from "../../src/commands/all_commands.ts";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { signInHome } from "../support/portal_home.ts";

interface Field {
  readonly type: string;
  readonly orNull: boolean;
  readonly optional: boolean;
}

/** The document's tables, by the command in their heading. */
function documented(): Map<string, Map<string, Field>> {
  const text = Deno.readTextFileSync(new URL("../../docs/json.md", import.meta.url));
  return new Map(
    text.split(/^## /m).slice(1).map((part) => {
      const fields = new Map<string, Field>();
      for (const [, path = "", words = ""] of part.matchAll(/^\| `([^`]+)` *\| ([^|]+?) *\|/gm)) {
        const [type = "", ...more] = words.split(/(?: or |, )/);
        const [orNull, optional] = [more.includes("null"), more.includes("may be absent")];
        assert.equal(more.length, Number(orNull) + Number(optional), words);
        fields.set(path, { type, orNull, optional });
      }
      return [part.split("\n", 1)[0] ?? "", fields];
    }),
  );
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  moment: (value) => typeof value === "string" && moment.test(value),
  list: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  any: () => true,
};

/** Every path of a value with its type, `a.b[].c`. */
function* places(value: unknown, path = ""): Generator<readonly [string, unknown]> {
  if (path) yield [path, value];
  if (Array.isArray(value)) { for (const each of value) yield* places(each, `${path}[]`); }
  else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      yield* places(each, path ? `${path}.${name}` : name);
    }
  }
}

const parent = (path: string) => path.replace(/(\[\]|\.?[^.[]+)$/, "");

/** Compares a value with its table; adds the found paths to `seen`. */
function hold(title: string, fields: Map<string, Field>, value: unknown, seen: Set<string>): void {
  const found = [...places(value)];
  for (const [path, each] of found) {
    // An item that is an object needs no row: its fields have rows.
    const isItem = path.endsWith("[]") &&
      [...fields.keys()].some((at) => at.startsWith(`${path}.`));
    if (isItem) continue;
    const name = fields.has(path) ? path : path.replace(/[^.]+$/, "*");
    const field = fields.get(name);
    assert.ok(field, `${title}: ${path} is not documented`);
    seen.add(name);
    if (each === null) assert.ok(field.orNull, `${title}: ${path} is null`);
    else assert.ok(types[field.type]?.(each), `${title}: ${path} is no ${field.type}: ${each}`);
  }
  for (const [path, { optional }] of fields) {
    if (optional || path.endsWith("[]") || path.includes("*")) continue;
    const parents = found.filter(([at, each]) => at === parent(path) && each !== null);
    const whole = parent(path) === "" ? 1 : parents.length;
    const count = found.filter(([at]) => at === path).length;
    assert.equal(count, whole, `${title}: ${path}`);
  }
}

const role = "arn:aws:iam::222222222222:role/dev";
const everything = [
  `--role-arn ${role} --external-id ext --session-name sess --duration 1h`,
  "--mfa-serial arn:aws:iam::222222222222:mfa/ann --mfa-command true --source-identity ann",
  "--tag team=a --transitive-tag team --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess",
  `--policy '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'`,
].join(" ");

Deno.test("docs/json.md: documents every field that the program prints", async () => {
  await using aws = await startFakeAws();
  const user = aws.addUser({});
  aws.addRole({ arn: role });
  aws.outbound.accounts.add("222222222222");
  await using home = await athmHome({
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    ATHM_AUDIT: "all",
  });
  await Deno.writeTextFile(`${home.folder}/ca.pem`, "-----BEGIN CERTIFICATE-----\n");
  const at = `--endpoint-url ${aws.url}`;
  const add = async (line: string, more: Readonly<Record<string, string>> = {}) => {
    const { exit, err } = await home.run(`athm --no-prompt aws add ${line}`, more);
    assert.equal(exit, 0, err);
  };
  await add(`one --from-env ${at}`);
  await add(`role --from-env ${at} --role-arn ${role}`);
  await add(`all --from-env --no-login ${everything} --region us-east-1 --fips --dualstack`);
  await add(`bundle --from-env --no-login ${at} --ca-bundle ${home.folder}/ca.pem`);
  await add("below --from one");
  await add("of-all --from all --no-login");
  await add("of-bundle --from bundle --no-login");
  // A key of its own: rotating one that a confirmed profile has asks a person.
  const other = aws.addUser({ name: "other" });
  await add(`asks --from-env --no-login ${at} --confirm`, {
    AWS_ACCESS_KEY_ID: other.accessKeyId,
    AWS_SECRET_ACCESS_KEY: other.secretAccessKey,
  });
  await add("of-asks --from asks --no-login");
  const team = "athm: 1\nserial: 1\nprofiles:\n  of-team: {from: one}\n";
  await Deno.writeTextFile(`${home.folder}/team.yaml`, team);
  await home.run(`athm import file ${home.folder}/team.yaml --yes`);
  await signInHome(home, aws, [], 3_600_000);
  await home.run("athm aws exec one -- true");
  await home.run("athm aws mv below beneath");
  const narrowings = [
    "--read-only",
    `--policy '{"Statement":[]}' --policy-arn arn:aws:iam::aws:policy/PowerUserAccess`,
  ];
  for (const narrowing of narrowings) await home.run(`athm aws exec role ${narrowing} -- true`);

  await home.run("athm serve --print-env one");
  for (const [at, narrowing] of ["", ...narrowings.map(sound)].entries()) {
    const { err } = await home.run(
      `athm serve token add c${at} --profile role ${narrowing} ${at ? "--for 1h" : ""}`,
    );
    assert.match(err, /added the client/);
  }

  const runs: Readonly<Record<string, readonly string[]>> = {
    "athm aws ls --json": ["athm aws ls --json"],
    "athm aws show NAME --json": [
      ...["one", "role", "all", "bundle", "beneath", "of-all", "of-bundle", "of-asks", "of-team"],
    ].map((name) => `athm aws show ${name} --json`),
    "athm aws whoami NAME --json": ["athm aws whoami role --json"],
    "athm aws token web NAME --json": ["athm aws token web --audience a role --json"],
    "athm aws token eks CLUSTER NAME": ["athm aws token eks prod role"],
    "athm aws token codeartifact NAME --json": [
      `AWS_ENDPOINT_URL_CODEARTIFACT=${aws.url} athm aws token codeartifact --domain a1 role --json`,
    ],
    "athm aws process NAME": ["athm aws process one", "athm aws export role --format json"],
    "athm serve token ls --json": ["athm serve token ls --json"],
    "athm audit --json": ["athm audit --json"],
    "athm store status --json": ["athm store status --json"],
    "athm store verify --json": ["athm store verify --json"],
    "athm doctor --json": ["athm doctor --json"],
    "athm aws sso ls START_URL --json": [
      `athm aws sso ls ${aws.sso.startUrl} --json --sso-region eu-west-1` +
      ` --sso-endpoint-url ${aws.url} --sso-oidc-endpoint-url ${aws.url}`,
    ],
    // Last, since the others use the key.
    "athm aws rotate-key NAME --json": [
      `athm aws rotate-key one --iam-endpoint-url ${aws.url} --json`,
    ],
  };
  const tables = documented();
  assert.deepEqual([...tables.keys()].sort(), Object.keys(runs).sort());
  // What cannot occur here: an unlocked store, or another source.
  const unseen = new Set(["athm store verify --json problems[]"]);
  for (const [title, lines] of Object.entries(runs)) {
    const fields = tables.get(title) ?? new Map();
    const seen = new Set<string>();
    for (const line of lines) {
      const { out } = await home.run(line);
      const texts = title.startsWith("athm audit") ? out.trimEnd().split("\n") : [out];
      for (const text of texts) hold(line, fields, JSON.parse(text), seen);
    }
    const missing = [...fields.keys()].filter((path) =>
      !seen.has(path) && !unseen.has(`${title} ${path}`)
    );
    assert.deepEqual(missing, [], `${title}: documented, and never seen`);
  }
});

/** A client's policy has to allow something. */
function sound(narrowing: string): string {
  const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  return narrowing.replace('{"Statement":[]}', JSON.stringify({ Statement: [statement] }));
}

Deno.test("docs/json.md: every command with --json is documented", async () => {
  const tables = [...documented().keys()];
  for (const entry of entries) {
    const { command } = await entry.load();
    if (!command.options.some(({ name }) => name === "json")) continue;
    const name = ["athm", ...entry.path].join(" ");
    assert.ok(tables.some((each) => each.startsWith(name) && each.endsWith("--json")), name);
  }
});
