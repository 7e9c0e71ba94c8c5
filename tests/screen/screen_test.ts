/** Terminal output: text widths, tables, wrapped lines. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { colorOf } from "../../src/screen/color.ts";
import { naturally, sortedNaturally } from "../../src/model/natural.ts";
import { folded } from "../../src/screen/fold.ts";
import { lineOf, tableLines, tableText } from "../../src/screen/columns.ts";
import { padded, printable, shortened, widthOf } from "../../src/screen/width.ts";
import { anyCharacter } from "../support/any_character.ts";
import { runs } from "../support/store_samples.ts";

const anyText = fc.string({ unit: "grapheme", maxLength: 40 }).map(printable);

Deno.test("width: wide characters and emoji take two columns, combining marks none", () => {
  for (
    const [text, width] of [
      ["", 0],
      ["role", 4],
      ["é", 1],
      ["e\u0301", 1],
      ["日本", 4],
      ["한글", 4],
      ["ｆ", 2],
      ["🔑", 2],
      ["👩‍🚀", 2],
      ["…", 1],
      ["a\u200db", 2],
    ] as const
  ) assert.equal(widthOf(text), width, JSON.stringify(text));
});

Deno.test("width: a truncated text fits, keeps its beginning and ends with an ellipsis", () => {
  assert.equal(shortened("example", 7), "example");
  assert.equal(shortened("example", 6), "examp…");
  assert.equal(shortened("日本語", 4), "日…");
  assert.equal(shortened("example", 1), "…");
  assert.equal(shortened("example", 0), "");
  fc.assert(
    fc.property(anyText, fc.nat(30), (text, width) => {
      const cut = shortened(text, width);
      assert.ok(widthOf(cut) <= width);
      if (cut !== text && width > 0) {
        assert.ok(cut.endsWith("…"));
        assert.ok(text.startsWith(cut.slice(0, -1)));
      }
      assert.equal(widthOf(padded(cut, width)), width);
    }),
    runs(500),
  );
});

Deno.test("width: control and bidirectional formatting characters are replaced", () => {
  assert.equal(printable("a\x1b[31mb\r\n\u202ec\u2028\x9b"), "a?[31mb???c??");
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => {
    assert.doesNotMatch(printable(text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  }));
});

const columns = [
  { title: "NAME", least: 12 },
  { title: "SOURCE", least: 8, leaves: 2 },
  { title: "ACCOUNT", leaves: 3 },
  { title: "EXPIRES" },
];

Deno.test("table: every line fits every width, and the last column is truncated last", () => {
  const rows = fc.array(fc.tuple(anyText, anyText, anyText, fc.constantFrom("12h", "expired")), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 120 }), (rows, width) => {
      const lines = tableLines(columns, rows, width);
      assert.equal(lines.length, rows.length + 1);
      const least = 1 + 2 + "EXPIRES".length;
      for (const [at, line] of lines.entries()) {
        if (width < least) continue;
        assert.ok(widthOf(lineOf(line)) <= width, `${width}: ${lineOf(line)}`);
        assert.equal(line.at(-1)?.trimEnd(), at === 0 ? "EXPIRES" : rows[at - 1]?.[3]);
      }
      // Columns are aligned.
      const starts = lines.map((line) => line.map(widthOf).join());
      assert.equal(new Set(starts).size, 1);
    }),
    runs(500),
  );
});

Deno.test("table: the widest column is truncated first, then columns are hidden in order", () => {
  const rows = [["a-profile-with-a-long-name", "identity-center", "012345678901", "1h"]];
  const at = (width: number) => tableLines(columns, rows, width).map(lineOf);
  assert.deepEqual(at(80)[1], "a-profile-with-a-long-name  identity-center  012345678901  1h");
  assert.deepEqual(at(50)[1], "a-profile-w…  identity-cen…  012345678901  1h");
  assert.deepEqual(at(38), [
    "NAME             ACCOUNT       EXPIRES",
    "a-profile-with…  012345678901  1h",
  ]);
  assert.deepEqual(at(20), ["NAME         EXPIRES", "a-profile-…  1h"]);
});

Deno.test("table: without a terminal, fields are complete, separated by tabs and not colored", () => {
  const rows = [["x".repeat(200), "keys", "1", "expired"]];
  assert.equal(
    tableText(columns, rows, undefined, () => 31),
    `NAME\tSOURCE\tACCOUNT\tEXPIRES\n${"x".repeat(200)}\tkeys\t1\texpired\n`,
  );
  assert.ok(tableText(columns, rows, 80, () => 31).endsWith("\x1b[31mexpired\x1b[0m\n"));
});

Deno.test("color: green, yellow when SDKs start to refresh, red when expired", () => {
  const minute = 60_000;
  assert.deepEqual([60, 15, 14.9, 1, 0, -1].map((left) => colorOf(left * minute)), [
    ...[32, 32, 33, 33, 31, 31],
  ]);
});

Deno.test("fold: wrapping loses no text, and every line fits", () => {
  assert.deepEqual(folded("one two three", 7, 5), ["one two", "three"]);
  assert.deepEqual(folded("", 5, 5), [""]);
  assert.deepEqual(folded("abcdefghij", 4, 3), ["abcd", "efg", "hij"]);
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 20 }), (
      text,
      first,
      rest,
    ) => {
      const lines = folded(text, first, rest);
      lines.forEach((line, at) => assert.ok(widthOf(line) <= (at ? rest : first), line));
      assert.equal(lines.join("").replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""));
    }),
    runs(500),
  );
});

Deno.test("natural order: numbers by value, of any length, ignoring case", () => {
  const sorted = [
    "account-2",
    "Account-10",
    "account-010",
    "b9007199254740993",
    "b90071992547409930",
  ];
  assert.deepEqual(sorted.toReversed().toSorted(naturally), [
    "account-2",
    "Account-10",
    "account-010",
    "b9007199254740993",
    "b90071992547409930",
  ]);
  assert.deepEqual(["a1b", "a", "a1", "", "1"].toSorted(naturally), ["", "1", "a", "a1", "a1b"]);
});

Deno.test("natural order: any texts have one order", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "B", "b", "0", "1", "10", "-"),
    maxLength: 5,
  });
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      assert.equal(Math.sign(naturally(a, b)) + Math.sign(naturally(b, a)), 0);
      assert.equal(naturally(a, b) === 0, a === b);
      assert.deepEqual(
        sortedNaturally([c, b, a], (each) => each),
        [c, b, a].toSorted(naturally),
      );
      if (naturally(a, b) <= 0 && naturally(b, c) <= 0) assert.ok(naturally(a, c) <= 0);
    }),
    runs(1000),
  );
});
