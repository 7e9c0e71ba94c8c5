/** The man pages: complete, and valid roff. */
import assert from "node:assert/strict";
import { manual } from "../../scripts/man.ts";
import { entries } from "../../src/commands/all_commands.ts";
import { globalOptions } from "../../src/line/command.ts";
import { missing, unless } from "../support/programs.ts";

const day = "2026-01-01";

/** The text of a page without roff escapes and requests. */
function plain(text: string): string {
  return text.replaceAll(/^\.(?:BI|BR|RI|B|I|TP|SH|TH|br|nf|fi|nh|ad) ?/gm, "").replaceAll(
    "\\-",
    "-",
  )
    .replaceAll(
      /\\\((aq|ga|ha|ti|dq)/g,
      (_, name) => ({ aq: "'", ga: "`", ha: "^", ti: "~", dq: '"' })[name as "aq"],
    ).replaceAll("\\&...", "…")
    .replaceAll("\\e", "\\").replaceAll(/\s+/g, " ");
}

Deno.test("man: every command has a page with all of its options and values", async () => {
  const pages = new Map((await manual(day)).map(({ file, text }) => [file, text]));
  assert.equal(pages.size, entries.length + 1);
  const main = plain(pages.get("athm.1") ?? "");
  for (const entry of entries) {
    const name = ["athm", ...entry.path];
    assert.ok(main.includes(name.join(" ")), name.join(" "));
    assert.ok(main.includes(entry.summary), entry.summary);
    const page = plain(pages.get(`${name.join("-")}.1`) ?? "");
    const { command } = await entry.load();
    for (const { name, value, implied, help, choices } of [...command.options, ...globalOptions]) {
      const shown = implied === undefined ? value : `[${value}]`;
      const left = shown === undefined ? `--${name} ` : `--${name} " "${shown}"`;
      assert.ok(page.includes(left), `${entry.path.join(" ")}: ${left}`);
      assert.ok(page.includes(help), help);
      for (const choice of choices ?? []) assert.ok(page.includes(choice), choice);
    }
    for (const example of command.examples ?? []) {
      assert.ok(page.includes(example.replaceAll(/\s+/g, " ")), example);
    }
  }
});

/** Variables that athm sets for child processes, and for itself. */
const given = ["ATHM_QUESTION", "ATHM_SIGNING_IN", "ATHM_USE"];

Deno.test("man: athm(1) lists every ATHM variable that athm reads", async () => {
  const [main] = await manual(day);
  const read = new Set(sourceTexts("src/").flatMap((text) => text.match(/"ATHM_[A-Z_]+"/g) ?? []));
  assert.ok(read.size > 8, "the source names them between quotes");
  const told = [...read].map((each) => each.slice(1, -1)).filter((each) => !given.includes(each));
  for (const name of [...told, "BROWSER"]) {
    assert.match(main?.text ?? "", new RegExp(`^\\.B (?:.*, )?${name}(?:,.*)?$`, "m"));
  }
});

function sourceTexts(folder: string): string[] {
  const at = new URL(`../../${folder}`, import.meta.url);
  return [...Deno.readDirSync(at)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? sourceTexts(`${folder}${name}/`)
      : name.endsWith(".ts")
      ? [Deno.readTextFileSync(new URL(name, at))]
      : []
  );
}

Deno.test("man: pages are reproducible, and contain no unknown request", async () => {
  const [one, two] = [await manual(day), await manual(day)];
  assert.deepEqual(one, two);
  for (const { file, text } of one) {
    for (const line of text.split("\n").filter((each) => /^[.']/.test(each))) {
      assert.match(line, /^\.(TH|SH|TP|PP|B|I|BI|BR|RI|br|nf|fi|nh|ad l)\b/, `${file}: ${line}`);
    }
  }
});

/** Each reports problems on stderr or with its exit code. */
const judges: readonly (readonly [program: string, args: (file: string) => readonly string[]])[] = [
  ["groff", (file) => ["-man", "-Tutf8", "-ww", "-z", "-rCHECKSTYLE=3", file]],
  ["mandoc", (file) => ["-T", "lint", "-W", "warning", file]],
  ["man", (file) => ["--warnings=w", "-E", "UTF-8", "-l", "-Tutf8", file]],
];

for (const [program, args] of judges) {
  const test = unless(missing(program), `man: ${program} accepts every page without warnings`);
  Deno.test(test, async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const { file, text } of await manual(day)) {
        await Deno.writeTextFile(`${folder}/${file}`, text);
        const { success, stderr, stdout } = await new Deno.Command(program, {
          args: [...args(`${folder}/${file}`)],
          env: { LC_ALL: "C.UTF-8", MANWIDTH: "80" },
          stdin: "null",
        }).output();
        const said = new TextDecoder().decode(stderr) +
          (program === "mandoc" ? new TextDecoder().decode(stdout) : "");
        assert.deepEqual([success, said], [true, ""], file);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
