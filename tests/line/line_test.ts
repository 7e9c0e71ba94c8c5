import assert from "node:assert/strict";
import fc from "fast-check";
import { entries } from "../../src/commands/all_commands.ts";
import { mostUsed } from "../../src/commands/most_used.ts";
import { type Command, type Entry, hasBelow, pathWith } from "../../src/line/command.ts";
import { type Reading, readLine } from "../../src/line/read.ts";
import { anyCharacter } from "../support/any_character.ts";
import { runs } from "../support/store_samples.ts";

const tool: Command = {
  count: [1, 2],
  options: [
    { name: "name", value: "TEXT", help: "a text" },
    { name: "tag", value: "K=V", repeat: true, help: "a tag" },
    { name: "color", value: "C", choices: ["red", "green"], help: "one of two" },
    { name: "force", short: "f", help: "a switch" },
    { name: "wait", value: "TIME", implied: "15m", help: "a time that may be omitted" },
  ],
  work: () => Promise.resolve(0),
};
const runner: Command = { ...tool, count: [0, 1], runsProgram: true };

const table: readonly Entry[] = [
  entry("box open", tool),
  entry("box run", runner),
  entry("doctor", { ...tool, count: [0, 0], options: [] }),
];

function entry(words: string, command: Command): Entry {
  const load = () => Promise.resolve({ command });
  return { path: words.split(" "), summary: words, operands: "A [B]", load };
}

async function read(...args: string[]): Promise<Reading> {
  return await readLine(args, table);
}

/** Parses `box open` with these arguments, which must be valid. */
async function line(...args: string[]) {
  const { line, problem } = await read("box", "open", ...args);
  assert.equal(problem, undefined);
  return line ?? assert.fail();
}

/** The error of a line, which must be a usage error. */
async function wrong(args: readonly string[], says: RegExp, hint = /(?:)/): Promise<void> {
  const { problem } = await readLine(args, table);
  assert.equal(problem?.code, "usage", args.join(" "));
  assert.match(problem.message, says);
  assert.match(problem.hint ?? "", hint);
}

Deno.test("line: a value that may be omitted is the next word only if that begins with a digit", async () => {
  const implied = "15m";
  const readings: readonly (readonly [args: string[], operands: string[], value: string])[] = [
    [["one", "--wait"], ["one"], implied],
    [["--wait", "one"], ["one"], implied],
    [["--wait", "1h", "one"], ["one"], "1h"],
    [["--wait", "0", "one", "two"], ["one", "two"], "0"],
    [["one", "--wait", "--force"], ["one"], implied],
    [["--wait=soon", "one"], ["one"], "soon"],
    [["--wait", "--", "one"], ["one"], implied],
  ];
  for (const [args, operands, value] of readings) {
    const read = await line(...args);
    assert.deepEqual(read.operands, operands, args.join(" "));
    assert.equal(read.values.text("wait"), value, args.join(" "));
  }
  await wrong(["box", "open", "one", "--wait", "--wait"], /--wait is given twice/);
});

Deno.test("line: accepts options before, between and after operands", async () => {
  for (
    const args of [
      ["--name", "x", "--force", "one", "two"],
      ["one", "--name", "x", "--force", "two"],
      ["one", "two", "--name=x", "-f"],
    ]
  ) {
    const { operands, values } = await line(...args);
    assert.deepEqual(operands, ["one", "two"]);
    assert.equal(values.text("name"), "x");
    assert.ok(values.has("force"));
    assert.deepEqual(values.all("tag"), []);
  }
});

Deno.test("line: --x=v keeps everything after the first equals sign, even nothing", async () => {
  assert.equal((await line("a", "--name=k=v=w")).values.text("name"), "k=v=w");
  assert.equal((await line("a", "--name=--force")).values.text("name"), "--force");
  const { values } = await line("a", "--name=");
  assert.equal(values.text("name"), "");
  assert.ok(values.has("name"));
});

Deno.test("line: a value may begin with one dash, and with two after an equals sign", async () => {
  const { values, operands } = await line("a", "--name", "-fx", "--tag", "-");
  assert.deepEqual([values.text("name"), values.text("tag"), operands], ["-fx", "-", ["a"]]);
  assert.ok(!values.has("force"));
  await wrong(["box", "open", "a", "--name", "--force"], /--name requires a value/, /--name=VALUE/);
  await wrong(["box", "open", "a", "--name", "--", "b"], /--name requires a value/);
});

Deno.test("line: rejects an option at the end of the line without its value", async () => {
  await wrong(["box", "open", "a", "--name"], /^--name requires a value: --name TEXT$/);
});

Deno.test("line: rejects a value for a switch, global ones included", async () => {
  await wrong(["box", "open", "a", "--force=yes"], /^--force does not accept a value$/);
  await wrong(["box", "open", "a", "--no-prompt=false"], /^--no-prompt does not accept a value$/);
  await wrong(["--debug=0", "doctor"], /^--debug does not accept a value$/);
});

Deno.test("line: rejects an option given twice, accepts a switch given twice", async () => {
  await wrong(["box", "open", "a", "--name", "x", "--name=x"], /^--name is given twice$/);
  assert.ok((await line("a", "-f", "--force")).values.has("force"));
});

Deno.test("line: a repeatable option keeps its values in order", async () => {
  const { values } = await line("--tag", "b=2", "a", "--tag=a=1", "--tag", "b=2");
  assert.deepEqual(values.all("tag"), ["b=2", "a=1", "b=2"]);
  assert.deepEqual(values.given, ["tag"]);
});

Deno.test("line: accepts only the listed choices and suggests the nearest", async () => {
  assert.equal((await line("a", "--color", "red")).values.text("color"), "red");
  await wrong(
    ["box", "open", "a", "--color", "gren"],
    /--color does not accept "gren" \(did you mean "green"\?\)/,
    /red, green/,
  );
});

Deno.test("line: rejects an unknown option and suggests the nearest", async () => {
  await wrong(
    ["box", "open", "a", "--forse"],
    /unknown option --forse \(did you mean "--force"\?\)/,
  );
  await wrong(["box", "open", "a", "--no-promt"], /did you mean "--no-prompt"\?/);
  await wrong(["box", "open", "a", "-x"], /^unknown option -x$/, /athm box open --help/);
  await wrong(["--force", "box", "open", "a"], /unknown option --force/);
  await wrong(["box", "open", "a", "--secret-key", "x"], /unknown option --secret-key/, /--stdin/);
});

Deno.test("line: rejects an unknown command and suggests the nearest", async () => {
  await wrong(
    ["box", "opne"],
    /unknown command "athm box opne" \(did you mean "athm box open"\?\)/,
  );
  await wrong(["bxo"], /unknown command "athm bxo" \(did you mean "athm box"\?\)/, /^athm --help/);
  await wrong(["run", "x"], /\(did you mean "athm box run"\?\)/);
  await wrong(["quite-other"], /^unknown command "athm quite-other"$/);
});

Deno.test("line: a command of aws needs no aws before it, but keeps its long name", async () => {
  const words = async (line: string) => {
    const { path, line: read, problem } = await readLine(line.split(" "), entries);
    assert.equal(problem, undefined, line);
    return [path.join(" "), read?.entry.path.join(" "), read?.operands.join(" ")];
  };
  assert.deepEqual(await words("exec a -- true"), ["aws exec", "aws exec", "a"]);
  assert.deepEqual(await words("--debug ls"), ["aws ls", "aws ls", ""]);
  assert.deepEqual(await words("sso ls https://x"), ["aws sso ls", "aws sso ls", "https://x"]);
  assert.deepEqual(await words("token web"), ["aws token web", "aws token web", ""]);
  // What stands at the top keeps its meaning.
  assert.deepEqual(await words("policy ls"), ["policy ls", "policy ls", ""]);
  const tops = new Set(entries.map(({ path: [first] }) => first ?? ""));
  for (const top of tops) assert.deepEqual((await readLine([top], entries)).path, [top]);
});

Deno.test("line: help and version are words too, and only before a command", async () => {
  const flags = async (line: string) => {
    const { path, globals } = await readLine(line.split(" "), entries);
    return [path.join(" "), ...globals];
  };
  assert.deepEqual(await flags("help"), ["", "help"]);
  assert.deepEqual(await flags("help exec"), ["aws exec", "help"]);
  assert.deepEqual(await flags("help aws exec"), ["aws exec", "help"]);
  assert.deepEqual(await flags("aws help"), ["aws", "help"]);
  assert.deepEqual(await flags("--debug help store"), ["store", "debug", "help"]);
  assert.deepEqual(await flags("version"), ["", "version"]);
  assert.deepEqual(await flags("exec help version"), ["aws exec"]);
  assert.deepEqual(await flags("help frobnicate"), ["frobnicate"]);
  assert.deepEqual(await flags("--help frobnicate"), ["frobnicate"]);
});

Deno.test("line: rejects too few and too many operands", async () => {
  await wrong(["box", "open"], /^athm box open requires A \[B\]$/);
  await wrong(["box", "open", "1", "2", "3"], /unexpected argument "3"/);
  await wrong(["doctor", "x"], /^unexpected argument "x"$/);
});

Deno.test("line: a command may be a group too; -- makes its words operands", async () => {
  const read = async (...args: string[]) => {
    const { path, line, problem } = await readLine(args, entries);
    return [path.join(" "), line?.operands, problem?.message];
  };
  assert.deepEqual(await read("serve", "one", "token"), ["serve", ["one", "token"], undefined]);
  assert.deepEqual(await read("serve", "--", "token"), ["serve", ["token"], undefined]);
  assert.deepEqual(await read("serve", "--port", "1", "token"), ["serve", ["token"], undefined]);
  assert.deepEqual(await read("serve", "token"), ["serve token", undefined, undefined]);
  assert.deepEqual(await read("serve", "token", "rm", "a"), ["serve token rm", ["a"], undefined]);
  const [, , unknown] = await read("serve", "token", "list");
  assert.match(`${unknown}`, /unknown command "athm serve token list"/);
});

Deno.test("line: a group alone returns its path", async () => {
  assert.deepEqual(await read("box"), {
    path: ["box"],
    globals: new Set(),
    line: undefined,
    problem: undefined,
  });
});

Deno.test("line: after --, nothing is an option in a command that runs no program", async () => {
  const { operands, values } = await line("--force", "--", "--name", "-f");
  assert.deepEqual(operands, ["--name", "-f"]);
  assert.deepEqual(values.given, ["force"]);
});

Deno.test("line: -- in place of an operand starts the program, so that NAME can be omitted", async () => {
  const { line } = await read("box", "run", "--force", "--", "name", "--", "--force");
  assert.deepEqual(line?.operands, []);
  assert.deepEqual(line?.program, ["name", "--", "--force"]);
  assert.deepEqual((await read("box", "run", "name", "--")).line?.program, []);
});

Deno.test("line: --help and --version work although something else is wrong", async () => {
  const { globals, problem, line } = await read("box", "open", "--nonsense", "-h");
  assert.deepEqual([...globals], ["help"]);
  assert.equal(problem?.code, "usage");
  assert.equal(line?.entry, table[0]);
  assert.deepEqual([...(await read("-V")).globals], ["version"]);
});

Deno.test("line: accepts --debug and --no-prompt anywhere before the program", async () => {
  const words = ["box", "run", "name", "--force"];
  for (let at = 0; at <= words.length; at++) {
    const args = [...words.slice(0, at), "--debug", "--no-prompt", ...words.slice(at), "cmd"];
    const { globals, problem, line } = await read(...args, "--help", "--no-prompt=x");
    assert.equal(problem, undefined);
    assert.deepEqual([...globals], ["debug", "no-prompt"]);
    assert.deepEqual(line?.program, ["cmd", "--help", "--no-prompt=x"]);
    assert.deepEqual(line?.operands, ["name"]);
  }
});

Deno.test("line: a word that begins with a space is no option", async () => {
  const { line: run, problem } = await read("box", "run", "name", " --x=1", "--help");
  assert.equal(problem, undefined);
  assert.deepEqual(run?.program, [" --x=1", "--help"]);
});

Deno.test("line: numbers stay text", async () => {
  const { operands, values } = await line("012345678901", "1e3", "--name", "007", "--tag=0x10=1.0");
  assert.deepEqual(operands, ["012345678901", "1e3"]);
  assert.deepEqual([values.text("name"), values.text("tag")], ["007", "0x10=1.0"]);
  const { line: run } = await read("box", "run", "012345678901", "007", "1.0");
  assert.deepEqual([run?.operands, run?.program], [["012345678901"], ["007", "1.0"]]);
});

Deno.test("line: reading an undeclared option is an internal error", async () => {
  const { values } = await line("a");
  assert.throws(() => values.has("no-such"), /this command has no option --no-such/);
});

const dashes = fc.constantFrom(
  ...["--", "-", "-h", "--help", "--debug", "--no-prompt", "--region", "--rotate", "--rotate=x"],
  ...["-hV", "--nonsense", "--min-ttl=1h", "aws", "exec", "", "=", "-=", "--=x", "012345678901"],
);
const anyArgument = fc.oneof(dashes, fc.string(), fc.string({ unit: anyCharacter }));
const anyHead = fc.subarray(["--rotate", "--region=eu-west-1", "--debug", "--explain"]);

Deno.test("line: never parses a program's arguments", async () => {
  const command = anyArgument.filter((word) => !word.startsWith("-") || word === "-");
  await fc.assert(
    fc.asyncProperty(
      anyHead,
      anyHead,
      command,
      fc.array(anyArgument),
      async (before, after, command, rest) => {
        const head = ["aws", "exec", ...before, "example", ...after];
        const plain = await readLine([...head, command, ...rest], entries);
        assert.equal(plain.problem?.message, twice(before, after));
        assert.deepEqual(plain.line?.program, [command, ...rest]);
        assert.deepEqual(plain.line?.operands, ["example"]);
        assert.ok(!plain.globals.has("help") && !plain.globals.has("no-prompt"));
      },
    ),
    runs(300),
  );
});

Deno.test("line: after --, the program may begin with anything", async () => {
  await fc.assert(
    fc.asyncProperty(anyHead, fc.boolean(), fc.array(anyArgument), async (head, named, rest) => {
      const args = ["aws", "exec", ...named ? ["example"] : [], ...head, "--", ...rest];
      const { line, problem, globals } = await readLine(args, entries);
      assert.equal(problem, undefined);
      assert.deepEqual(line?.program, rest);
      assert.deepEqual(line?.operands, named ? ["example"] : []);
      assert.deepEqual(new Set(line?.values.given), new Set(head.flatMap(nameOf)));
      assert.deepEqual([...globals], head.filter((word) => word === "--debug").map(() => "debug"));
    }),
    runs(300),
  );
});

Deno.test("the most used commands are read the same without the table of all", () => {
  for (const each of mostUsed) {
    const [, first = ""] = each.path;
    assert.deepEqual(pathWith([], first, entries), ["aws", first]);
    assert.deepEqual(pathWith([], first, [each]), ["aws", first]);
    const others = entries.filter((other) => other !== each);
    assert.equal(others.length, entries.length - 1, "it is in the table");
    assert.equal(hasBelow(others, each.path), false, "no command begins with its name");
  }
});

function nameOf(option: string): string[] {
  return option === "--debug" ? [] : [option.replace(/^--|=.*/g, "")];
}

/** The only possible error before the program: a value given twice. */
function twice(before: readonly string[], after: readonly string[]): string | undefined {
  const region = "--region=eu-west-1";
  return before.includes(region) && after.includes(region) ? "--region is given twice" : undefined;
}
