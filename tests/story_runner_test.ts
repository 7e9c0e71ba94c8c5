/**
 * The story runner itself: a correct story passes, and every kind of expectation can fail.
 *
 * The `athm` of these stories is a shell script: `say TEXT`, `warn TEXT`, `call`, `code N`, `echo-env NAME`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { unless } from "./support/programs.ts";
import { lookAhead, parseStory, runStory, StoryFailure } from "./support/story.ts";
import type { StoryOptions, StoryResult } from "./support/story.ts";
import { makePrograms } from "./support/story_shim.ts";
import { secretForms } from "./support/story_secrets.ts";
import { globPattern } from "./support/story_files.ts";
import { callProblems, someCallProblems } from "./support/story_check.ts";
import { findPty } from "./support/terminal_session.ts";
import { startFakeAws } from "./support/fake_aws.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const standIn = `#!/bin/sh
[ -z "$ATHM_DEBUG" ] || echo "athm: debug: $*" >&2
case $1 in
  say) shift; printf '%s\\n' "$*" ;;
  warn) shift; printf '%s\\n' "$*" >&2 ;;
  argue) /bin/sh -c 'sleep 1; :' "$(cat "$2")" ;;
  code) exit "$2" ;;
  ask) printf 'Secret: '; stty -echo; read -r answer; stty echo; echo; echo "got \${#answer}" ;;
  *) exit 2 ;;
esac
`;

const posix = Deno.build.os === "windows" ? "stories are written for /bin/sh" : undefined;

/** Runs a story text with the stand-in. */
async function run(
  text: string,
  options: Partial<StoryOptions> = {},
): Promise<StoryResult> {
  const programs = await makePrograms(standIn);
  try {
    const story = parseStory(text, "x.txt");
    return await runStory(story, { programs, pty: undefined, ...options });
  } finally {
    await Deno.remove(programs, { recursive: true });
  }
}

function test(name: string, fn: () => Promise<void>, skipped?: string): void {
  Deno.test({ ...unless(posix ?? skipped, `story runner: ${name}`), fn });
}

/** The story must fail, and the message must match. */
function fails(
  name: string,
  text: string,
  message: RegExp,
  options?: Partial<StoryOptions>,
  skipped?: string,
): void {
  test(`fails for ${name}`, async () => {
    await assert.rejects(run(`# ${name}\n${text}`, options), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, message);
      assert.match(error.message, /^x\.txt:\d+: /);
      assert.ok(!error.message.includes("hunter2-secret"), "the secret is in the message");
      return true;
    });
  }, skipped);
}

const good = `# A good story
user alice account=111122223333
secret hunter2-secret
env GREETING=hi $ALICE_ARN
file notes/a.txt mode=0640
| one
|
| three $ALICE_KEY_ID
secret-file keys
role arn:aws:iam::123456789012:role/dev trusts=$ALICE_ARN max-duration=7200

$ athm say "$GREETING"; athm warn careful
out| hi arn:aws:iam::111122223333:user/alice
err| careful
calls none
has-file notes/a.txt mode=0640
no-file **/*.tmp
same-files **

$ cat; cat notes/a.txt | \\
  grep three; exit 3
< a line
<  with a space
exit 3
out~ ^a line$
out~ ^three $ALICE_KEY_ID$
out!~ one
err!~ .

$ echo $ALICE_SECRET | tee keys
secret-ok out
out~ .

$ echo "$CI$USER$AWS_REGION|$PATH|$(pwd)" > env; grep -q /home env
out*
has-file env

$ kill -9 $$
exit 137

$ : > /dev/tty
exit 2
err~ tty
`;

test("a good story passes", async () => {
  assert.deepEqual(await run(good), { traceLines: 0 });
});

test("a good story passes with a trace, which is counted but not compared", async () => {
  assert.deepEqual(await run(good, { trace: true }), { traceLines: 2 });
});

fails("the wrong exit code", "$ athm code 3\nexit 4\n", /expected exit 4, got 3/);
fails("an unexpected exit code", "$ athm code 3\n", /expected exit 0, got 3/);
fails("unexpected output", "$ athm say x\n", /expected no more lines\n.*got {6}"x"/);
fails("unexpected errors", "$ athm warn x\n", /err, line 1/);
fails("one line too many", "$ athm say x; athm say y\nout| x\n", /out, line 2/);
fails("a line that is missing", "$ athm warn x\nerr| x\nerr| y\n", /x\.txt:4: err, line 2/);
fails("a last line without an end", "$ printf x\nout| x\n", /no newline at the end/);
fails("no match", "$ athm say x\nout~ y\n", /no line of out matches y/);
fails("an unwanted match", "$ athm warn xy\nerr!~ y\n", /err must not match y: "xy"/);
fails(
  "a secret in stdout",
  "secret hunter2-secret\n$ athm say 1hunter2-secret1\nout*\nexit 0\n",
  /in out/,
);
fails(
  "a secret in stderr",
  "secret hunter2-secret\n$ athm warn hunter2-secret\nerr~ .\n",
  /in err/,
);
fails(
  "a secret in the trace",
  "secret hunter2-secret\n$ athm say hunter2-secret\nout*\nsecret-ok out\nexit 0\n",
  /a secret in err/,
  { trace: true },
);
fails(
  "a secret in a file",
  "secret hunter2-secret\n$ echo a hunter2-secret > f\n",
  /in the file f/,
);
fails(
  "a secret in an argument list",
  "secret hunter2-secret\nfile note\n| hunter2-secret\nsecret-file note\n\n$ athm argue note\n",
  /there is a secret in the arguments of \/bin\/sh/,
  {},
  Deno.build.os === "linux" ? undefined : "argument lists are read from Linux's /proc",
);
fails("a secret in a file's name", "secret hunter2-secret\n$ : > hunter2-secret\n", /in the name/);
fails("a secret in a link", "secret hunter2-secret\n$ ln -s /hunter2-secret f\n", /in the file f/);
fails(
  "a secret of the fake AWS in base64",
  "user alice\n$ printf 'x:%s' $ALICE_SECRET | base64 -w0 > f\n",
  /in the file f/,
);
fails(
  "a missing call",
  "$ true\ncalls| GetSessionToken\n",
  /expected GetSessionToken, got no/,
);
fails("a call that isn't among them", "$ true\ncalls~ AssumeRole\n", /no call is AssumeRole/);
fails(
  "a stack trace",
  "$ printf 'x\\n    at f (a.ts:1:2)\\n' >&2\nerr*\nexit 0\n",
  /a stack trace/,
);
fails("a leftover file", "$ : > f\nno-file *\n", /there must be no f/);
fails("a missing file", "$ true\nhas-file f\n", /there is no f/);
fails("a wrong mode", "file f mode=0644\n$ true\nhas-file f mode=0600\n", /mode 0644, not 0600/);
fails("a changed file", "file f\n| a\n$ echo b > f\nsame-files *\n", /f was changed/);
fails("a leftover temporary file", "$ mktemp\nout*\nexit 0\n", /left in TMPDIR/);
fails("a leftover process", "$ sleep 20 >/dev/null 2>&1 &\n", /left running: sleep/);
fails("a step without end", "$ sleep 20\n", /did not end in time/, { limit: 200 });
fails("an unset of nothing", "unset NOTHING\n$ true\n", /NOTHING is not set/);

fails("an unknown word", "frobnicate\n$ true\n", /"frobnicate" is unknown here/);
fails("an unknown word under a step", "$ true\nexpect x\n", /not understood: "expect x"/);
fails("an unknown option", "user alice color=red\n$ true\n", /unknown: "color"/);
fails("an unknown trouble", "aws tired\n$ true\n", /unknown: "aws tired"/);
fails("an unknown key", "$tty true\nkey| any\n", /key\| takes one of/);
fails("no step", "user alice\n", /the story has no step/);
fails("no check", "$ true\nout*\nerr*\n", /expects nothing that it could fail on/);
fails("no check at a terminal", "$tty true\ntype| x\n", /expects nothing/);
fails("a pattern that matches all", "$ true\nout~ .*\n", /everything matches/);
fails("a broken pattern", "$ true\nout~ (\n", /Invalid regular expression/);
fails("exact and loose lines at once", "$ true\nout| x\nout~ x\n", /nothing else can be said/);
fails("screen of a plain step", "$ true\nscreen~ x\n", /a \$ step has no screen/);

Deno.test("story runner: a story without a purpose is an error", () => {
  assert.throws(() => parseStory("$ true\n", "x.txt"), /begins with a comment/);
});

test("without a pseudo-terminal, the rest of the story is skipped with a message", async () => {
  const result = await run("# x\n$ true\n$tty athm ask\nsee| Secret\n$ false\n");
  assert.equal(result.skipped, "the steps from x.txt:3 on");
});

for (const program of ["script", "python3"]) {
  const pty = posix ? undefined : await findPty((name) => name === program);
  const terminal = (name: string, text: string, expected?: RegExp) =>
    Deno.test({
      ...unless(
        posix ?? (pty ? undefined : `${program} is not installed, or too old`),
        `story runner: a terminal by ${program}: ${name}`,
      ),
      async fn() {
        const story = run(`# ${name}\nsecret hunter2-secret\n${text}`, { pty });
        if (expected === undefined) return void await story;
        await assert.rejects(story, (error) => {
          assert.ok(error instanceof StoryFailure);
          assert.match(error.message, expected);
          return true;
        });
      },
    });
  const ask = "$tty athm ask; exit 5\nsee| Secret: \ntype| hunter2-secret\nsee| got 14\nexit 5\n";
  terminal("asked, answered", `env SHELL=/bin/"odd's\n${ask}screen!~ hunter\n`);
  terminal("Ctrl-C", "$tty echo up; sleep 20\nsee| up\nkey| ctrl-c\nexit 130\n");
  terminal("wrong exit", ask.replace("exit 5\n", "exit 6\n"), /expected exit 5, got 6/);
  terminal("echoed", "$tty read x\ntype| hunter2-secret\nexit 0\n", /a secret in screen/);
  terminal("never seen", "$tty echo b\nsee| a\n", /x\.txt:4: never seen: a/);
  terminal("not on the screen", "$tty echo b\nscreen~ a\n", /no line of screen matches a/);
  terminal("a size", "$tty stty size\nscreen| 30 100\n");
}

test("calls are compared in order, with parameters, region and status", async () => {
  await using aws = await startFakeAws();
  await (await fetch(`${aws.url}/?Action=GetCallerIdentity&Version=2011-06-15`)).body?.cancel();
  const check = (...texts: string[]) =>
    callProblems(texts.map((text) => ({ line: 1, text })), aws.calls, new Map(), 1)
      .map((problem) => problem.text).join();
  assert.equal(check("GetCallerIdentity"), "");
  assert.match(check("GetCallerIdentity status=200"), /expected status=200, got status=40\d/);
  assert.match(check("GetCallerIdentity RoleArn=x"), /expected RoleArn=x, got none/);
  assert.match(check("GetSessionToken"), /expected GetSessionToken, got GetCallerIdentity/);
  assert.match(check("GetCallerIdentity", "GetCallerIdentity"), /got no more/);
  const some = (text: string, wanted: boolean) =>
    someCallProblems([{ line: 1, text, wanted }], aws.calls, new Map()).length;
  assert.deepEqual([some("GetCallerIdentity !RoleArn", true), some("Other", false)], [0, 0]);
  assert.deepEqual([some("GetCallerIdentity", false), some("Other", true)], [1, 1]);
  assert.match(check(), /expected no more, got GetCallerIdentity/);
});

Deno.test("secretForms() holds the base64 of any longer text with the secret in it", () => {
  const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY";
  for (const before of ["", "a", "ab", "abc"]) {
    const text = new TextEncoder().encode(`${before}${secret}z`).toBase64();
    assert.ok(secretForms(secret).some((form) => text.includes(form)), before);
  }
  const token = crypto.getRandomValues(new Uint8Array(300)).toBase64();
  assert.ok(secretForms(token).some((form) => token.slice(0, 60).includes(form)), "cut");
});

Deno.test("globPattern() keeps * within a folder and lets ** cross", () => {
  const names = ["a.txt", "b/a.txt", "b/c/a.txt", "aXtxt"];
  const of = (glob: string) => names.filter((name) => globPattern(glob).test(name));
  assert.deepEqual(of("*.txt"), ["a.txt"]);
  assert.deepEqual(of("**/*.txt"), ["a.txt", "b/a.txt", "b/c/a.txt"]);
  assert.deepEqual(of("b/**"), ["b/a.txt", "b/c/a.txt"]);
});

Deno.test("lookAhead() starts nothing before the first request, and never too many at a time", async () => {
  let [running, most, all] = [0, 0, 0];
  const tasks = Array.from({ length: 7 }, (_, index) => async () => {
    all += 1;
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 5));
    running -= 1;
    return index;
  });
  const pool = lookAhead(tasks, 3);
  assert.equal(all, 0);
  for (const index of tasks.keys()) assert.equal(await pool.get(index), index);
  await pool.drain();
  assert.deepEqual([most, all, running], [3, 7, 0]);
});
