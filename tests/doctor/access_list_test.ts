// Who can open the store's folder on Windows: access lists as PowerShell prints them, and doctor's warnings.

import assert from "node:assert/strict";
import fc from "fast-check";
import { accessFindings, foreignTrustees } from "../../src/doctor/access_list.ts";
import { Failure } from "../../src/model/failure.ts";
import type { HelperSpec } from "../../src/system/children.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { testSystem } from "../support/test_system.ts";

const own = "S-1-5-21-1004336348-1177238915-682003330-1001";
const colleague = "S-1-5-21-1004336348-1177238915-682003330-1002";

const cases: readonly (readonly [string, string, readonly string[] | undefined])[] = [
  ["a profile folder's", `O:${own}G:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;${own})`, []],
  ["inherited", `O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIIOID;GA;;;CO)(A;ID;FA;;;${own})`, []],
  [
    "a new folder's on C:",
    `O:${own}G:BAD:AI(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)`,
    ["BU", "AU"],
  ],
  ["with auditing", `O:${own}D:(A;;FA;;;WD)S:AI(AU;SAFA;FA;;;WD)`, ["WD"]],
  ["a colleague's", `O:${colleague}D:(A;;FA;;;${own})`, [colleague]],
  ["one that only denies", `O:${own}D:(D;;FA;;;WD)(A;;FA;;;${own})`, []],
  ["without a list", `O:${own}G:BA`, ["WD"]],
  ["with a null list", `O:${own}D:NO_ACCESS_CONTROL`, ["WD"]],
  ["with a condition", `O:${own}D:(XA;;FA;;;WD;(@User.x == "a"))`, undefined],
  ["of an unknown kind", `O:${own}D:(ZA;;FA;;;WD)`, undefined],
  ["without a trustee", `O:${own}D:(A;;FA)`, undefined],
  ["no descriptor", "Access is denied.", undefined],
  ["empty", "", undefined],
];

for (const [name, sddl, expected] of cases) {
  Deno.test(`access list: ${name}`, () => {
    assert.deepEqual(foreignTrustees(sddl, own), expected);
  });
}

Deno.test("access list: never misses a stranger with rights", () => {
  const entry = fc.tuple(
    fc.constantFrom("A", "OA", "D", "OD", "XA"),
    fc.constantFrom("", "OICI", "ID"),
    fc.constantFrom("SY", "BA", "WD", "AU", own, colleague),
  );
  fc.assert(fc.property(fc.array(entry, { maxLength: 8 }), fc.string(), (entries, tail) => {
    const list = entries.map(([type, flags, trustee]) => `(${type};${flags};FA;;;${trustee})`);
    const strangers = entries.filter(([type, , trustee]) =>
      type.endsWith("A") && ["WD", "AU", colleague].includes(trustee)
    );
    const found = foreignTrustees(`O:${own}D:${list.join("")}`, own);
    for (const [, , trustee] of strangers) assert.ok(!found || found.includes(trustee));
    assert.ok(Array.isArray(foreignTrustees(tail, own) ?? []));
  }));
});

/** The findings for a folder when PowerShell prints this. */
async function says(stdout: string | Failure) {
  const files = memoryFiles();
  files.put("/it's/store.json", "");
  const specs: HelperSpec[] = [];
  const quiet = testSystem().children;
  const system = testSystem({
    files,
    system: {
      platform: "windows",
      children: {
        ...quiet,
        help: (spec) => {
          specs.push(spec);
          return typeof stdout === "string"
            ? Promise.resolve({ code: 0, stdout })
            : Promise.reject(stdout);
        },
      },
    },
  });
  return { found: await accessFindings(system, "/it's"), specs };
}

Deno.test("doctor: on Windows, warns of others with access to the store's folder", async () => {
  const { found, specs } = await says(`${own}\r\nO:${own}D:(A;;FA;;;${own})(A;;FA;;;BU)\r\n`);
  assert.deepEqual(found, [{
    level: "warning",
    text: "Users has access to /it's",
    fix: `icacls ('/it''s') /inheritance:r /grant:r '*${own}:(OI)(CI)F' /remove:g '*S-1-5-32-545'`,
  }]);
  assert.ok(specs[0]?.unset.includes("PSModulePath"), "PowerShell 7's modules break it");
  // The script does not contain the path, so a folder's name cannot inject code.
  const [{ args = [], input } = { args: [], input: "" }] = specs;
  assert.ok(!args.join(" ").includes("it's"));
  assert.equal(new TextDecoder().decode(Uint8Array.fromBase64((input ?? "").trim())), "/it's");
});

Deno.test("doctor: warns when the access list cannot be read", async () => {
  const missing = new Failure("command-not-found", "no powershell.exe");
  for (const printed of ["", "Access is denied.", `${own}\r\n`, missing]) {
    const { found } = await says(printed);
    assert.deepEqual(found.map(({ level, fix }) => [level, fix]), [[
      "warning",
      "icacls ('/it''s')",
    ]]);
  }
});
