// Adding a profile that uses athm to ~/.aws/config and removing it: every other byte stays.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { parseConfig } from "../../src/migration/aws_files.ts";
import { askingSection, withoutProcess, withProcess } from "../../src/migration/config_edit.ts";
import { readConfigLines } from "../../src/migration/config_lines.ts";
import { isOwnCommand, processCommand } from "../../src/migration/process_command.ts";

const path = "/home/ann/.aws/config";
const command = "/usr/local/bin/athm aws process example";
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

function put(text: string, profile = "example", region?: string) {
  return withProcess(bytesOf(text), path, { profile, command, region });
}

function refused(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  return assert.fail("it was taken");
}

/** Lines of real files, and some unusual ones. */
const inside = fc.constantFrom(
  "",
  "  ",
  "# a comment",
  "; another [profile example]",
  "output = json",
  "s3 =\n  max_concurrent_requests = 20\n  # nested\n  addressing_style=path",
  "region=eu-west-1 # mine",
  "cli_pager =",
  "ключ = значение",
  "colon : value",
  "tool = a = b",
);
const headers = fc.constantFrom(
  "[default]",
  "[profile other]",
  "[profile  spaced ]",
  '[profile "with space"]',
  "[sso-session corp]",
  "[services local]",
  "[plugins] # odd",
  "  [profile indented]",
  "[profile example]",
);
/** Files without duplicate keys, and with duplicate sections. */
const anyFile = fc.record({
  head: fc.constantFrom("", "# head\n", "\n\n", "; x\n\n"),
  sections: fc.uniqueArray(
    fc.tuple(headers, fc.uniqueArray(inside, { maxLength: 5 })),
    { selector: ([header]) => header, maxLength: 5 },
  ),
  end: fc.constantFrom("\n", "\r\n"),
  cut: fc.boolean(),
}).map(({ head, sections, end, cut }) => {
  const text = head + sections.map(([header, lines]) =>
    // An indented header right after a setting is read differently by different SDKs.
    [header.trim(), ...lines].map((line) => line + "\n").join("")
  ).join("");
  const whole = text.replaceAll("\n", end);
  return cut ? whole.replace(/(\r?\n)+$/, "") : whole;
});
const profiles = fc.constantFrom("example", "default", "other", "new-one");
const regions = fc.constantFrom(undefined, "eu-west-1");

Deno.test("configure: keeps every other byte, is idempotent, and remove undoes it", () => {
  fc.assert(
    fc.property(anyFile, profiles, regions, (text, profile, region) => {
      const once = put(text, profile, region);
      const after = textOf(once.bytes);
      // Everything is still there, around one change.
      let start = 0;
      while (start < text.length && text[start] === after[start]) start++;
      const added = after.length - text.length;
      assert.ok(added > 0);
      assert.equal(after.slice(0, start) + after.slice(start + added), text);
      assert.equal(after.split(command).length, 2);

      const twice = withProcess(once.bytes, path, { profile, command, region });
      assert.equal(textOf(twice.bytes), after);
      assert.deepEqual(twice.changes, []);

      const gone = withoutProcess(once.bytes, path, profile);
      assert.equal(textOf(gone.bytes), text);
      assert.equal(textOf(withoutProcess(once.bytes, path, undefined).bytes), text);
      assert.equal(textOf(withoutProcess(gone.bytes, path, profile).bytes), text);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("configure: the AWS SDK reads the profile's command and all other settings unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, profiles, regions, async (text, profile, region) => {
      const before = await parseConfig(text);
      const after = await parseConfig(textOf(put(text, profile, region).bytes));
      assert.equal(after.get(profile)?.get("credential_process"), command);
      for (const [name, section] of before) {
        const rest = new Map(after.get(name));
        if (name === profile) rest.delete("credential_process");
        assert.deepEqual(rest, new Map(section), name);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("configure: adding and removing profiles in any order restores the file", () => {
  const orders = fc.shuffledSubarray(["example", "default", "other", "a", "b"], { minLength: 2 });
  fc.assert(
    fc.property(anyFile, orders, fc.boolean(), (text, names, backwards) => {
      let bytes: Uint8Array = bytesOf(text);
      for (const profile of names) bytes = withProcess(bytes, path, { profile, command }).bytes;
      // Only removing all at once restores a file that had no final newline.
      if (backwards) {
        for (const name of [...names].reverse()) bytes = withoutProcess(bytes, path, name).bytes;
      } else bytes = withoutProcess(bytes, path, undefined).bytes;
      assert.equal(textOf(bytes), text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("configure: any bytes lead to a reversible change or an error that names a line", () => {
  const pieces = fc.constantFrom(
    "[profile example]",
    "[",
    "]",
    "\n",
    "\r\n",
    "\r",
    "=",
    " ",
    "#",
    "a",
    "credential_process = x aws process y",
  );
  const soup = fc.array(fc.oneof(pieces.map(bytesOf), fc.uint8Array({ maxLength: 6 })));
  fc.assert(
    fc.property(soup, (parts) => {
      const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
      try {
        const had = readConfigLines(bytes, path).sections
          .some(({ settings }) => settings.some(({ key }) => key === "credential_process"));
        const edit = withProcess(bytes, path, { profile: "example", command });
        if (!had) assert.deepEqual(withoutProcess(edit.bytes, path, "example").bytes, bytes);
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
        assert.match(error.message, /(^|, )line \d+/);
      }
    }),
    { numRuns: 3000 },
  );
});

Deno.test("configure: leaves a file that the strictest parser rejects, and names the line", () => {
  const table: readonly (readonly [text: string, says: RegExp])[] = [
    ["[default]\nnonsense\n", /^line 2 of .* is neither a section nor a setting/],
    ["region = x\n[default]\n", /^line 1 of .* appears before the first section/],
    ["\n[default\n", /^line 2 of .* is not a section/],
    ["[a]\n[profile x]\n[a]\n", /^line 3 of .* repeats the section of line 1/],
    ["[profile x]\n[profile  x]\n", /^line 2 of .* repeats the section of line 1/],
    ["[default]\n[profile default]\n", /^line 2 of .* repeats the section of line 1/],
    ["[default]\nregion = a\nRegion = b\n", /^line 3 of .* sets the same key twice/],
    ["[default]\na = b\n  [profile x]\n", /^line 3 of .* is an indented section/],
    ["[default]\ra = b\n", /^line 1 of .* carriage return/],
    ["\ufeff[default]\n", /^line 1 of .* byte order mark/],
    ["[default]\n= x\n", /^line 2 of /],
  ];
  for (const [text, says] of table) {
    assert.match(refused(() => put(text)).message, says);
    assert.match(refused(() => withoutProcess(bytesOf(text), path, undefined)).message, says);
  }
});

Deno.test("configure: keeps another program's line and replaces its own in place", () => {
  const other = refused(() => put("[profile example]\ncredential_process = op aws\n"));
  assert.equal(other.code, "exists");
  assert.match(other.message, /, line 2: /);
  const text =
    "[profile example]\nregion = x\r\ncredential_process = '/old dir/athm' aws process other\r\n# end";
  assert.equal(
    textOf(put(text).bytes),
    text.replace("'/old dir/athm' aws process other", command),
  );
  assert.equal(
    textOf(withoutProcess(bytesOf("[p]\ncredential_process = op aws\n"), path, undefined).bytes),
    "[p]\ncredential_process = op aws\n",
  );
});

Deno.test("configure: reports settings that SDKs prefer, with their line", () => {
  const { rivals } = put("[profile example]\nrole_arn = x\nregion = y\nsso_session = z\n");
  // The lines of the original file.
  assert.deepEqual(rivals, [{ key: "role_arn", line: 2 }, { key: "sso_session", line: 4 }]);
});

Deno.test("configure: a section that changed since keeps everything that athm did not write", () => {
  const made = textOf(put("[default]\n", "example", "eu-west-1").bytes);
  const mine = made + "output = json\n";
  const { bytes } = withoutProcess(bytesOf(mine), path, "example");
  assert.equal(
    textOf(bytes),
    "[default]\n\n[profile example]\nregion = eu-west-1\noutput = json\n",
  );
});

/** How the shell splits a command line. */
async function shellWords(line: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", `printf '%s\\0' ${line}`],
  }).output();
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

const posix = { ignore: Deno.build.os === "windows" };

Deno.test(
  "configure: any path becomes one shell word or is rejected",
  posix,
  async () => {
    const odd = [
      "/opt/my tools/athm",
      "/it's/$HOME/`x`/athm",
      '/a"b/athm',
      "/a\\b",
      "/ö/athm",
      "/a;b&c",
      // A joined emoji, a soft hyphen, and a character that Unicode has not assigned yet.
      "/👩\u200d💻/athm",
      "/a\u00ad\u0378/athm",
      "/\u0085/athm",
    ];
    const words = fc.string({ unit: "grapheme", minLength: 1 }).map((text) => `/${text}/athm`);
    const check = async (program: string) => {
      let line: string;
      try {
        line = processCommand([program, "aws", "process", "example"], "linux");
      } catch (error) {
        assert.ok(error instanceof Failure);
        assert.match(program, /[\p{Cc}\ufffd]|\s[#;]/u);
        return;
      }
      assert.deepEqual(await shellWords(line), [program, "aws", "process", "example"]);
      assert.ok(isOwnCommand(line));
      // And the file returns the same text.
      const file = withProcess(new Uint8Array(), path, { profile: "x", command: line });
      const section = (await parseConfig(textOf(file.bytes))).get("x");
      assert.equal(section?.get("credential_process"), line);
    };
    for (const program of odd) await check(program);
    await fc.assert(fc.asyncProperty(words, check), { numRuns: 60 });
  },
);

Deno.test("configure: on Windows, double-quotes a path with spaces", () => {
  const words = ["C:\\Program Files\\athm\\athm.exe", "aws", "process", "example"];
  const line = processCommand(words, "windows");
  assert.equal(line, '"C:\\Program Files\\athm\\athm.exe" aws process example');
  assert.equal(processCommand(["C:\\athm\\athm.exe"], "windows"), "C:\\athm\\athm.exe");
  for (const path of ["C:\\100%\\athm.exe", "C:\\a&b\\athm.exe", 'C:\\a"b']) {
    refused(() => processCommand([path], "windows"));
  }
});

Deno.test("configure: finds the section whose name differs only in case", () => {
  const asks = (profile: string, name: string) =>
    `[profile ${profile}]\ncredential_process = athm aws process ${name}\n`;
  const section = (text: string, name: string) => askingSection(bytesOf(text), path, name);
  assert.equal(
    section(asks("EXAMPLE", "other") + asks("example", "example"), "EXAMPLE"),
    "example",
  );
  assert.equal(section(asks("example", "other") + asks("EXAMPLE", "other"), "EXAMPLE"), "EXAMPLE");
  assert.equal(section(asks("example", "other"), "EXAMPLE"), "example");
  assert.equal(section("[profile example]\ncredential_process = op aws\n", "example"), undefined);
});

Deno.test("configure: recognizes athm's own command, with and without aws", () => {
  const own = [
    "athm aws process a",
    "/x/athm process a.b",
    "'/x y/athm' process a",
    "dn athm.exe process a",
  ];
  const others = ["tool process a", "athm aws export a", "athm process", "athm process a --x"];
  assert.deepEqual([...own, ...others].filter(isOwnCommand), own);
});
