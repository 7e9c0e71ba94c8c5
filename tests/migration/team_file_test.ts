// Team files: what the parser accepts, each error with its line, and hostile input.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { parseTeamFile, teamFileLimit } from "../../src/migration/team/parse.ts";
import { printTeamFile } from "../../src/migration/team/print.ts";
import { anyCharacter } from "../support/any_character.ts";

const parsed = (text: string) => parseTeamFile(new TextEncoder().encode(text), "team.yaml");
const head = "athm: 1\nserial: 7\nprofiles:\n";

function rejects(text: string, says: RegExp) {
  assert.throws(() => parsed(text), (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.match(error.message, says);
    return true;
  }, text.slice(0, 80));
}

Deno.test("team file: every value is the text that stands there, in YAML and in JSON", () => {
  const yaml = parsed(
    `${head}  dev:\n    sso-account: 012345678901\n    fips: true\n    duration: 3600\n    tag: [a=1, "b=2"]\n`,
  );
  assert.equal(yaml.serial, 7);
  assert.equal(yaml.name, "");
  const [dev] = yaml.entries;
  const values = [...dev!.fields].map(([field, each]) => [field, ...each.values]);
  assert.deepEqual(values, [
    ["sso-account", "012345678901"],
    ["fips", "true"],
    ["duration", "3600"],
    ["tag", "a=1", "b=2"],
  ]);
  assert.deepEqual([dev!.line, dev!.fields.get("duration")?.line], [4, 7]);
  const json = parsed(
    '{"athm": 1, "serial": 7, "name": "x", "profiles": {\n\t"dev": {"from": "a"}}}',
  );
  assert.equal(json.name, "x");
  assert.equal(json.entries[0]?.fields.get("from")?.line, 2);
});

const wrong: readonly (readonly [text: string, says: RegExp])[] = [
  ["", /line 1: the file must be a mapping/],
  ["- a", /line 1: the file must be a mapping/],
  ["athm: 2\nserial: 1\nprofiles: {}", /line 1: the format "2" is not known/],
  ["serial: 1\nprofiles: {}", /line 1: the field athm is missing/],
  ["athm: 1\nprofiles: {}", /line 1: the field serial is missing/],
  ["athm: 1\nserial: 1", /line 1: the field profiles is missing/],
  ["athm: 1\nserial: -1\nprofiles: {}", /line 2: serial must be a whole number/],
  ["athm: 1\nserial: 1e9\nprofiles: {}", /line 2: serial must be a whole number/],
  ["athm: 1\nserial: 1234567890123456\nprofiles: {}", /line 2: serial must be a whole number/],
  ["athm: 1\nserial: 1\nname: a b\nprofiles: {}", /line 3: name must be legal/],
  [
    "athm: 1\nserial: 1\nprofile: {}",
    /line 3: unknown field "profile" \(did you mean "profiles"\?\)/,
  ],
  [`${head}  dev: {from: a}\n  dev: {from: b}\n`, /line 5: duplicate key "dev", already in line 4/],
  [`${head}  dev: {from: a}\n  DEV: {from: b}\n`, /line 5: DEV is the same name as dev in line 4/],
  [`${head}  dev:\n    from: a\n    from: b\n`, /line 6: duplicate key "from", already in line 5/],
  [`${head}  dev:\n    from:\n`, /line 5: from has no value/],
  [`${head}  dev:\n    from: {a: b}\n`, /line 5: from must be text/],
  [`${head}  dev:\n    tag: [[a]]\n`, /line 5: tag must be text/],
  [`${head}  dev: text\n`, /line 4: dev must be a mapping/],
  [`${head}  dev:\n`, /line 4: dev must be a mapping/],
  [`${head}  -dev: {from: a}\n`, /line 4: "-dev" is not a valid profile name/],
  [`${head}  __proto__: {from: a}\n`, /line 4: "__proto__" is not a valid profile name/],
  [`${head}  "a\\nb": {from: a}\n`, /line 4: "a\?b" is not a valid profile name/],
  [`${head}  "a\\u001b[2J": {from: a}\n`, /line 4: "a\?\[2J" is not a valid profile name/],
  [`${head}  dev: &x {from: a}\n`, /line 4: anchors and aliases/],
  [`${head}  dev: {from: *x}\n`, /line 4: (?:anchors and aliases|this is not valid YAML)/],
  [`${head}  dev: {from: !!str a}\n`, /line 4: tags \(!\) are not allowed/],
  [`${head}  dev: {from: !!js/function "x"}\n`, /line 4: tags \(!\) are not allowed/],
  [`${head}  dev: {<<: {from: a}}\n`, /line 4: << must be text/],
  [`${head}  ? [a]\n  : {from: a}\n`, /line 4: a key must be text/],
  [`${head}  dev: {from: a}\n---\nathm: 1\n`, /line 5: a second document begins here/],
  [`%TAG ! tag:example.com:\n---\n${head}`, /directives \(%\) are not allowed/],
  [`${head}\tdev: {from: a}\n`, /line 4: tabs are not allowed as indentation/],
  [`${head}  dev: {from: "a}\n`, /line \d: this is not valid YAML/],
  [
    `${head}  dev: {aws-profile: "a\\u0007"}\n`,
    /line 4: aws-profile contains a control or invisible/,
  ],
  [`${head}  dev: {saml-user: "a\\u202eb"}\n`, /line 4: saml-user contains a control or invisible/],
  [`${head}  dev: {policy: "{\\u0085}"}\n`, /line 4: policy contains a control or invisible/],
  [`${head}  dev: {from: ${"a".repeat(70_000)}}\n`, /line 4: from is longer than 64 KiB/],
];

Deno.test("team file: each error names its line", () => {
  for (const [text, says] of wrong) rejects(text, says);
  const latin = new Uint8Array([...new TextEncoder().encode(head), 0xff]);
  assert.throws(() => parseTeamFile(latin, "team.yaml"), /line 1: this is not UTF-8 text/);
});

Deno.test("team file: large, deep and exponential files are errors", () => {
  rejects("#".repeat(teamFileLimit + 1), /team\.yaml is larger than 4 MiB/);
  for (const deep of ["[", "{a: ", "- ", "? ", "a: "]) rejects(deep.repeat(20_000), /line \d+: /);
  const bomb = Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`);
  rejects(bomb.join("\n"), /line 1: /);
});

Deno.test("team file: arbitrary text is parsed or an error, never an exception", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "athm: 1\n",
          "serial: 1\n",
          "profiles:\n",
          "  dev:\n",
          "    from: a\n",
          "&a ",
          "*a",
          "!t ",
        ],
        ...[
          "{",
          "}",
          "[",
          "]",
          ",",
          "? ",
          ": ",
          "- ",
          "|\n",
          ">-\n",
          "---\n",
          "...\n",
          "%",
          '"',
          "'",
        ],
      ),
      fc.string({ maxLength: 8, unit: anyCharacter }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      try {
        parsed(parts.join(""));
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
        assert.doesNotMatch(error.message, /[^\P{C}]/u);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("team file: the parser reads back what was printed", () => {
  const value = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" })
    .filter((text) => !/\p{C}/u.test(text));
  const word = fc.stringMatching(/^[a-zA-Z][a-z0-9.-]{0,10}$/);
  const fields = fc.dictionary(word, fc.array(value, { minLength: 1, maxLength: 3 }), {
    minKeys: 1,
  });
  fc.assert(
    fc.property(fc.dictionary(word, fields), fc.nat(), (all, serial) => {
      const names = new Set(Object.keys(all).map((each) => each.toLowerCase()));
      fc.pre(names.size === Object.keys(all).length);
      const profiles = new Map(
        Object.entries(all).map(([name, each]) => [name, new Map(Object.entries(each))]),
      );
      const again = parsed(printTeamFile(profiles, serial));
      assert.equal(again.serial, serial);
      const read = new Map(
        again.entries.map(({ name, fields }) =>
          [name, new Map([...fields].map(([field, { values }]) => [field, [...values]]))] as const
        ),
      );
      assert.deepEqual(read, profiles);
    }),
  );
});
