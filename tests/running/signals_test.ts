/** Signals and streams: athm is transparent between the user and the command. */
import assert from "node:assert/strict";
import { type AthmProcess, execTest, type ExecWorld, pause, timed } from "../support/exec_world.ts";
import { noTerminal } from "../support/programs.ts";
import { findPty, type Move, runAtTerminal } from "../support/terminal_session.ts";

/** Counts each signal, takes a second to clean up after the first, and reports what it received. */
const counting = `
hup=0 term=0 over=
trap 'hup=$((hup + 1)); over=1' HUP
trap 'term=$((term + 1)); over=1' TERM
echo "child $$ ready"
while [ -z "$over" ]; do sleep 0.05; done
for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done
echo "HUP $hup TERM $term"
exit 7
`;

const modes = [[], ["--server"]] as const;

function startCounting(world: ExecWorld, options: readonly string[]): AthmProcess {
  const program = ["--", "/bin/sh", "-c", counting];
  return world.start(["aws", "exec", "example", ...options, ...program]);
}

for (const options of modes) {
  const mode = options.length ? ", with a server" : "";
  for (const [signal, got] of [["SIGTERM", "HUP 0 TERM 1"], ["SIGHUP", "HUP 1 TERM 0"]] as const) {
    execTest(`signals: ${signal} to athm alone reaches the child once${mode}`, async (world) => {
      const athm = startCounting(world, options);
      await athm.sees(/ready/);
      athm.signal(signal);
      assert.equal(await athm.ended, 7);
      assert.match(athm.out(), new RegExp(`ready\\n${got}\\n$`));
      assert.equal(athm.said(), "");
      assert.deepEqual(world.leftovers(), []);
    });
  }

  execTest(`signals: each of several reaches the child${mode}`, async (world) => {
    const athm = startCounting(world, options);
    await athm.sees(/ready/);
    for (const signal of ["SIGTERM", "SIGHUP", "SIGTERM"] as const) {
      athm.signal(signal);
      await pause(250);
    }
    assert.equal(await athm.ended, 7);
    assert.match(athm.out(), /HUP 1 TERM 2\n$/);
  });

  execTest(`signals: a child that dies of SIGTERM gives 143${mode}`, async (world) => {
    const program = ["--", "/bin/sh", "-c", "echo ready; exec sleep 30"];
    const athm = world.start(["aws", "exec", "example", ...options, ...program]);
    await athm.sees(/ready/);
    athm.signal("SIGTERM");
    const { value, took } = await timed(athm.ended);
    assert.equal(value, 143);
    assert.ok(took < 3000, `${took} ms`);
  });

  execTest(`signals: SIGINT and SIGQUIT to athm alone do not end it${mode}`, async (world) => {
    const program = ["--", "/bin/sh", "-c", "echo ready; read -r line; exit 5"];
    const athm = world.start(["aws", "exec", "example", ...options, ...program], {
      stdin: "piped",
    });
    await athm.sees(/ready/);
    athm.signal("SIGINT");
    athm.signal("SIGQUIT");
    await pause(300);
    const writer = athm.stdin.getWriter();
    await writer.write(new TextEncoder().encode("go\n"));
    await writer.close();
    assert.equal(await athm.ended, 5);
  });
}

execTest("signals: a killed athm leaves no server and no lock", async (world) => {
  world.lifetime = 8;
  await world.add("short");
  world.aws.behave({ kind: "slow", ms: 60_000 }, Infinity);
  // A renewal starts at half of its lifetime, and holds its lock when athm is killed.
  const line = 'echo "at $$ $AWS_CONTAINER_CREDENTIALS_FULL_URI ."; exec sleep 60';
  const athm = world.start([
    ...["--debug", "aws", "exec", "short", "--min-ttl", "1s", "--server"],
    ...["--", "/bin/sh", "-c", line],
  ]);
  const [, child = "", port = ""] = await athm.sees(/at (\d+) http:\/\/127\.0\.0\.1:(\d+)\/\S+ \./);
  try {
    await athm.sees(/sign-in/);
    const place = { hostname: "127.0.0.1", port: Number(port) };
    (await Deno.connect(place)).close();
    athm.signal("SIGKILL");
    await pause(200);
    await assert.rejects(Deno.connect(place), Deno.errors.ConnectionRefused);
    world.aws.clearBehaviors();
    world.lifetime = 3600;
    const next = world.start(["aws", "exec", "short", "--rotate", "--", "true"]);
    const { value, took } = await timed(next.ended);
    assert.equal(value, 0, next.said());
    assert.doesNotMatch(next.said(), /waiting/);
    assert.ok(took < 5000, `${took} ms`);
  } finally {
    Deno.kill(Number(child), "SIGKILL"); // it keeps running, as the child of a killed program does
    await athm.ended;
  }
});

for (const options of modes) {
  const mode = options.length ? ", with a server" : "";
  execTest(`streams: a megabyte passes unchanged through both${mode}`, async (world) => {
    const { athm, env, folder } = world.home;
    const bytes = new Uint8Array(2 ** 20);
    for (let at = 0; at < bytes.length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    const child = new Deno.Command(athm, {
      args: ["aws", "exec", "example", ...options, "--", "/bin/sh", "-c", "cat; printf x >&2"],
      clearEnv: true,
      env: Object.fromEntries(env),
      cwd: folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    const writing = writer.write(bytes).then(() => writer.close());
    const { code, stdout, stderr } = await child.output();
    await writing;
    assert.equal(code, 0);
    assert.ok(Uint8Array.from(stdout).every((byte, at) => byte === bytes[at]));
    assert.equal(stdout.length, bytes.length);
    assert.equal(new TextDecoder().decode(stderr), "x");
  });
}

execTest("streams: the child runs with the same streams closed", async (world) => {
  for (const closed of ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]) {
    const ran = await world.home.run(
      `athm aws exec example -- /bin/sh -c 'cat; echo x; echo y >&2; touch ran; exit 3' ${closed}`,
    );
    assert.equal(ran.exit, 3, closed + ran.err);
    await Deno.remove(`${world.home.folder}/ran`);
  }
  // Reading /dev/null ends at once.
  const ran = await world.home.run("athm aws exec example -- cat </dev/null; echo $?");
  assert.equal(ran.out, "0\n");
});

execTest("streams: a closed pipe ends the child without an error", async (world) => {
  const ran = await world.home.run("athm aws exec example -- yes | head -1");
  assert.deepEqual([ran.out, ran.err, ran.exit], ["y\n", "", 0]);
});

const pty = await findPty();
const skipped = noTerminal(pty);

/** Runs a command line on a terminal, with a shell's job control if requested. */
async function atTerminal(world: ExecWorld, line: string, moves: readonly Omit<Move, "line">[]) {
  const tool = pty ?? assert.fail("no pseudo-terminal");
  const place = { cwd: world.home.folder, env: world.home.env, limit: 40_000 };
  const numbered = moves.map((move) => ({ ...move, line: 0 }) as Move);
  const watched = await runAtTerminal(tool, line, numbered, place);
  assert.deepEqual(
    [watched.stuck, watched.left, watched.timedOut],
    [undefined, [], false],
    watched.screen,
  );
  return watched;
}

const see = (pattern: RegExp) => ({ kind: "see", pattern }) as const;
const key = (name: string) => ({ kind: "key", name }) as const;
const type = (text: string) => ({ kind: "type", text }) as const;

const careful = (signal: string) =>
  `'trap "echo caught; sleep 2; echo cleaned; exit 9" ${signal}; echo up; while :; do sleep 0.1; done'`;

for (const options of ["", " --server"]) {
  for (const [name, signal] of [["ctrl-c", "INT"], ["ctrl-backslash", "QUIT"]] as const) {
    execTest(`terminal: ${name} is the command's, and athm waits${options}`, async (world) => {
      const line = `athm aws exec example${options} -- /bin/sh -c ${careful(signal)}`;
      const { exit, screen } = await atTerminal(world, line, [
        see(/^up$/m),
        key(name),
        see(/caught/),
        see(/cleaned/),
      ]);
      assert.equal(exit, 9, screen);
      assert.equal(screen.match(/caught/g)?.length, 1, screen);
      assert.deepEqual(world.leftovers(), []);
    }, { skipped });
  }

  execTest(`terminal: ctrl-z stops both, fg continues both${options}`, async (world) => {
    const stubborn =
      `'trap "echo back" CONT; echo up; until read -r line; do :; done; echo "got $line"; exit 6'`;
    const { exit, screen } = await atTerminal(world, "PS1='prompt> ' sh -i", [
      see(/prompt> /),
      type(`athm aws exec example${options} -- /bin/sh -c ${stubborn}`),
      see(/^up$/m),
      key("ctrl-z"),
      see(/Stopped/),
      see(/prompt> /),
      type("echo still $((1 + 1))"),
      see(/still 2/),
      type("fg"),
      see(/back/),
      type("word"),
      see(/got word/),
      see(/prompt> /),
      type("exit $?"),
    ]);
    assert.equal(exit, 6, screen);
  }, { skipped });
}

execTest(
  "terminal: ctrl-c ends a command without a trap as it does without athm",
  async (world) => {
    const line = "athm aws exec example -- sh -c 'echo up; exec sleep 20'";
    const { exit } = await atTerminal(world, line, [see(/^up$/m), key("ctrl-c")]);
    assert.equal(exit, 130);
  },
  { skipped },
);

for (const signal of ["TERM", "HUP", "INT", "QUIT"] as const) {
  execTest(`terminal: SIG${signal} at a secret question leaves it as it was`, async (world) => {
    const line = "stty -g >before; athm store custody passphrase & pid=$!; " +
      "until stty -a | grep -q -e -icanon; do sleep 0.1; done; " +
      `kill -${signal} $pid; wait $pid; echo "code $?"; stty -g | cmp before - && echo same`;
    const { screen } = await atTerminal(world, line, [see(/(?i:passphrase)/), see(/code \d+/)]);
    assert.match(screen, /\ncode 130\nsame\n/);
  }, { skipped });
}

execTest("terminal: the child sees the same terminal, its size and its mode", async (world) => {
  const script =
    "tty; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo three; stty size; stty -g; ps -o tpgid= -o pgid= -p $$";
  await Deno.writeTextFile(`${world.home.folder}/look`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const line =
    "./look; echo ---; athm aws exec example -- ./look; echo ---; athm aws exec example --server -- ./look";
  const { screen, exit } = await atTerminal(world, line, []);
  assert.equal(exit, 0);
  const [plain = "", keys, server] = screen.split("---\n").map((part) =>
    part.split("\n").slice(0, 4)
  );
  assert.match(plain[1] ?? "", /three/);
  assert.match(plain[2] ?? "", /^30 100$/);
  assert.deepEqual(keys, plain);
  assert.deepEqual(server, plain);
}, { skipped });
