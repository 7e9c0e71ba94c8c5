// `athm use` in real shells on a real terminal, with what people have in their start files.

import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { missing, noTerminal, unless } from "../support/programs.ts";
import { programOf, type TypedLine, typeLines, type TypingShell } from "../support/shell_typing.ts";
import { findPty } from "../support/terminal_session.ts";

/** Its start file has hooks of the user's own. */
interface Shell extends TypingShell {
  /** Prints a variable between brackets. */
  readonly show: (variable: string) => string;
  readonly status: string;
  /** Makes the prompt renew at once. */
  readonly due: string;
}

const posix = {
  show: (variable: string) => `echo "[\${${variable}-none}]"`,
  status: 'echo "[$?]"',
  due: 'export ATHM_USE="1 ${ATHM_USE#* }"',
};

const shells: readonly Shell[] = [
  {
    ...posix,
    name: "bash",
    start: "exec bash --noprofile --rcfile rc-bash -i",
    load: "set -u -o noclobber; PS1='ready> '; PROMPT_COMMAND='last=$?; hooked=yes'\n" +
      'eval "$(athm shell-init bash)"; eval "$(athm shell-init bash)"',
  },
  {
    ...posix,
    name: "bash with an array",
    start: "exec bash --noprofile --rcfile rc-bash -i",
    load: "PS1='ready> '; PROMPT_COMMAND=('last=$?' 'hooked=yes')\n" +
      'eval "$(athm shell-init bash)"',
  },
  {
    ...posix,
    name: "zsh",
    start: "ZDOTDIR=$HOME exec zsh -i",
    load: "setopt nounset noclobber; PS1='ready> '; precmd() { last=$?; hooked=yes }\n" +
      "autoload -Uz compinit; compinit -u -d $HOME/.dump\n" +
      'eval "$(athm shell-init zsh)"; eval "$(athm shell-init zsh)"',
  },
  {
    ...posix,
    name: "zsh without completion",
    start: "ZDOTDIR=$HOME exec zsh -i",
    load: "PS1='ready> '; precmd_functions=(mine); mine() { last=$?; hooked=yes }\n" +
      'eval "$(athm shell-init zsh)"',
  },
  {
    name: "fish",
    start: "exec fish --no-config -i -C 'source rc-fish'",
    load: "function fish_prompt; set -g last $status; set -g hooked yes; echo -n 'ready> '; end\n" +
      "athm shell-init fish | source",
    show: (variable) => `set -q ${variable}; and echo "[$${variable}]"; or echo "[none]"`,
    status: 'echo "[$status]"',
    due: 'set -gx ATHM_USE "1 "(string split -m 1 " " -- $ATHM_USE)[2]',
  },
];

const pty = Deno.build.os === "windows" ? undefined : await findPty();

/** Types into a shell that has the profiles `alpha` and `beta`; returns the screen. */
async function typed(shell: Shell, lines: readonly TypedLine[]): Promise<string> {
  await using aws = await startFakeAws();
  await using home = await athmHome();
  const user = aws.addUser({});
  const keys = {
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  };
  for (const name of ["alpha --region eu-west-1", "beta"]) {
    const line = `athm --no-prompt aws add ${name} --from-env --endpoint-url ${aws.url}`;
    assert.equal((await home.run(line, keys)).exit, 0);
  }
  return (await typeLines(pty!, home, shell, lines)).screen;
}

for (const shell of shells) {
  const reason = missing(programOf(shell)) ?? noTerminal(pty);
  const { show, status, due } = shell;
  const test = (name: string, fn: () => Promise<unknown>) =>
    Deno.test({
      ...unless(reason, `use in ${shell.name}: ${name}`),
      fn: () => fn().then(() => {}),
    });

  test("loads a profile, the one before, and none", () =>
    typed(shell, [
      ["athm use alpha", /athm: alpha: credentials in this shell for \d+/],
      [show("ATHM_PROFILE"), /^\[alpha\]$/m],
      [show("AWS_REGION"), /^\[eu-west-1\]$/m],
      ["athm aws exec -- sh -c 'echo as $ATHM_PROFILE'", /^as alpha$/m],
      ["athm use beta", /athm: beta: credentials/],
      [show("ATHM_PROFILE"), /^\[beta\]$/m],
      [show("AWS_REGION"), /^\[none\]$/m],
      ["athm use -", /athm: alpha: credentials/],
      [show("AWS_REGION"), /^\[eu-west-1\]$/m],
      ["athm use --off"],
      [show("AWS_ACCESS_KEY_ID"), /^\[none\]$/m],
      [show("ATHM_PROFILE"), /^\[none\]$/m],
      ["athm use -", /athm: alpha: credentials/],
      ["athm aws prompt", /^alpha \d+/m],
    ]));

  test("a failed switch changes nothing and returns athm's exit code", () =>
    typed(shell, [
      ["athm use alpha", /athm: alpha: credentials/],
      ["athm use gone", /profile "gone" not found/],
      [status, /^\[1\]$/m],
      [show("ATHM_PROFILE"), /^\[alpha\]$/m],
      ["athm use alpha --no-such", /unknown option --no-such/],
      [status, /^\[2\]$/m],
      ["athm aws exec alpha -- sh -c 'exit 7'"],
      [status, /^\[7\]$/m],
      ["athm --no-prompt use beta", /athm: beta: credentials/],
      [show("ATHM_PROFILE"), /^\[beta\]$/m],
      ["athm use --help", /^Usage: athm use/m],
      ["echo piped | athm aws exec alpha cat", /^piped$/m],
    ]));

  test("renews before the prompt, and keeps the status and the user's own hooks", async () => {
    const rotate = "athm aws exec alpha --rotate";
    const screen = await typed(shell, [
      ["athm use alpha", /athm: alpha: credentials/],
      [rotate.replace("exec", "show").replace(" --rotate", ""), /^name +alpha$/m],
      [rotate, /new session until/],
      ["athm aws export alpha --format json | grep -o 'ASIA[A-Z0-9]*'", /^ASIA/m],
      [show("AWS_ACCESS_KEY_ID"), /^\[ASIA/m],
      [due],
      [show("AWS_ACCESS_KEY_ID"), /^\[ASIA/m],
      ["sh -c 'exit 3'"],
      [show("last"), /^\[3\]$/m],
      [show("hooked"), /^\[yes\]$/m],
    ]);
    const [kept] = /^ASIA\w+$/m.exec(screen) ?? [];
    const shown = Array.from(screen.matchAll(/^\[(ASIA\w+)\]$/gm), ([, key]) => key);
    assert.equal(shown.length, 2, screen);
    assert.notEqual(shown[0], kept);
    assert.equal(shown[1], kept);
  });

  if (!shell.name.endsWith("completion")) {
    test("completes names and options", () =>
      typed(shell, [
        ["athm use alp<TAB>", /athm: alpha: credentials/],
        ["athm use --of<TAB>"],
        [show("ATHM_PROFILE"), /^\[none\]$/m],
      ]));
  }
}

/** In a script, without a terminal. */
async function scripted(program: string, script: string) {
  await using aws = await startFakeAws();
  await using home = await athmHome();
  const user = aws.addUser({});
  const keys = {
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  };
  const line = `athm aws add alpha --from-env --endpoint-url ${aws.url}`;
  assert.equal((await home.run(line, keys)).exit, 0);
  // Counts the starts of athm.
  await Deno.mkdir(`${home.folder}/bin`);
  await Deno.writeTextFile(
    `${home.folder}/bin/athm`,
    `#!/bin/sh\necho "$*" >> "${home.folder}/starts"\nexec '${home.athm}' "$@"\n`,
    { mode: 0o755 },
  );
  home.env.set("PATH", `${home.folder}/bin:${home.env.get("PATH")}`);
  await Deno.writeTextFile(`${home.folder}/script`, script);
  const ran = await home.run(`${program} script`);
  const starts = await Deno.readTextFile(`${home.folder}/starts`);
  return { ...ran, starts: starts.trim().split("\n") };
}

for (const shell of ["bash", "zsh"]) {
  const test = (name: string, fn: () => Promise<unknown>) =>
    Deno.test({
      ...unless(missing(shell), `use in a ${shell} script: ${name}`),
      fn: () => fn().then(() => {}),
    });

  test("works with strict options, and defines no hook", async () => {
    const { exit, out, err, starts } = await scripted(
      `${shell} -eu`,
      [
        "set -o noclobber -o pipefail",
        `eval "$(athm shell-init ${shell})"`,
        'athm use alpha; echo "$ATHM_PROFILE"',
        'athm use gone || echo "code $?"',
        'echo "$ATHM_PROFILE ${PROMPT_COMMAND-} ${precmd_functions-}"',
        "athm aws exec -- true && athm use --off",
        'echo "${ATHM_PROFILE-none}"',
        "athm use gone",
        "echo not reached",
      ].join("\n"),
    );
    assert.deepEqual([exit, out], [1, "alpha\ncode 1\nalpha  \nnone\n"], err);
    assert.equal(starts.length, 6);
  });

  test("changes nothing if a variable is read-only", async () => {
    const { exit, out, err } = await scripted(
      shell,
      `eval "$(athm shell-init ${shell})"; export AWS_ACCESS_KEY_ID=mine; readonly AWS_PROFILE=x\n` +
        'athm use alpha; echo "$? $AWS_ACCESS_KEY_ID ${ATHM_PROFILE-none} ${ATHM_USE-none}"\n',
    );
    assert.deepEqual([exit, out], [0, "1 mine none none\n"]);
    assert.match(err, /^athm: error: a variable of the session is read-only in this shell$/m);
  });
}

Deno.test({
  ...unless(missing("fish"), "use in a fish script: works, and returns athm's exit code"),
  fn: async () => {
    const { out, err, starts } = await scripted(
      "fish --no-config",
      [
        "athm shell-init fish | source",
        "athm use alpha; echo $status $ATHM_PROFILE",
        "athm use gone; echo $status $ATHM_PROFILE",
        "athm use --off; echo $status $ATHM_PROFILE",
      ].join("\n"),
    );
    assert.equal(out, "0 alpha\n1 alpha\n0\n", err);
    assert.equal(starts.length, 4);
  },
});

Deno.test({
  ...unless(missing("pwsh"), "use in a PowerShell script: works, and passes arguments as typed"),
  fn: async () => {
    const { out, err } = await scripted(
      "pwsh -NoProfile -NonInteractive -File",
      [
        "athm shell-init powershell | Out-String | Invoke-Expression",
        'athm use alpha; "$LASTEXITCODE $Env:ATHM_PROFILE"',
        'athm use gone; "$LASTEXITCODE $Env:ATHM_PROFILE"',
        "athm aws exec -- printf '[%s]' 012345678901 -- x",
        'athm use --off; "[$Env:ATHM_PROFILE]"',
      ].join("\n"),
    );
    assert.equal(out, "0 alpha\n1 alpha\n[012345678901][--][x][]\n", err);
  },
});

for (
  const [program, command] of [["bash", "bash --rcfile rc -i"], ["zsh", "ZDOTDIR=$PWD zsh -i"]]
) {
  Deno.test({
    ...unless(missing(program!), `use in ${program}: its hook does not end a shell with errexit`),
    fn: async () => {
      const { out } = await scripted(
        "sh",
        `echo 'set -e; eval "$(athm shell-init ${program})"' > rc; cp rc .zshrc\n` +
          `printf '! true\\necho went on\\n' | ${command} 2>/dev/null`,
      );
      assert.match(out, /went on$/m);
    },
  });
}

const interactive: readonly (readonly [program: string, command: string])[] = [
  ["bash", "bash --noprofile --rcfile rc -i"],
  ["zsh", "ZDOTDIR=$PWD zsh -i"],
  ["fish", "fish --no-config -i -C 'source rc'"],
];

for (const [program, command] of interactive) {
  Deno.test({
    ...unless(missing(program), `use in ${program}: costs one start of athm until it is used`),
    fn: async () => {
      const load = program === "fish"
        ? "athm shell-init fish | source"
        : `eval "$(athm shell-init ${program})"`;
      const { starts } = await scripted(
        "sh",
        `echo '${load}' > rc; cp rc .zshrc; printf ':\\n:\\n:\\n' | ${command} >/dev/null 2>&1`,
      );
      assert.deepEqual(starts, [`shell-init ${program}`]);
    },
  });
}
