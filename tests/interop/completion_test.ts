// Completion in real shells on a real terminal: what a user types before Tab, and the result.

import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { missing, noTerminal, unless } from "../support/programs.ts";
import { findPty, type Move, runAtTerminal } from "../support/terminal_session.ts";

interface Shell {
  readonly name: string;
  /** Starts it interactively with completion loaded. */
  readonly start: string;
  /** The content of its startup file. */
  readonly load: string;
}

const shells: readonly Shell[] = [
  {
    name: "bash",
    start: "exec bash --noprofile --rcfile rc-bash -i",
    load: "PS1='ready> '; source <(athm completions bash)",
  },
  {
    name: "zsh",
    start: "ZDOTDIR=$HOME exec zsh -i",
    load:
      "PS1='ready> '; autoload -Uz compinit; compinit -u -d $HOME/.dump; source <(athm completions zsh)",
  },
  {
    name: "fish",
    start: "exec fish --no-config -i -C 'source rc-fish'",
    load: "function fish_prompt; echo -n 'ready> '; end; athm completions fish | source",
  },
];

const pty = Deno.build.os === "windows" ? undefined : await findPty();

/** Two profiles with kept sessions, another program, and a file. */
async function shellHome(shell: Shell, aws: FakeAws, more: Readonly<Record<string, string>>) {
  const home = await athmHome();
  const user = aws.addUser({});
  const keys = {
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  };
  for (const name of ["alpha", "beta@work"]) {
    const line = `athm --no-prompt aws add ${name} --from-env --endpoint-url ${aws.url}`;
    assert.equal((await home.run(line, { ...keys, ...more })).exit, 0);
  }
  const write = (path: string, text: string, mode = 0o600) =>
    Deno.writeTextFile(`${home.folder}/${path}`, text, { mode });
  await write(`rc-${shell.name}`, shell.load + "\n");
  await write(".zshrc", shell.load + "\n");
  await write("some-file.txt", "");
  await Deno.mkdir(`${home.folder}/bin`);
  await write("bin/zz-program", '#!/bin/sh\necho "ran with <$*>"\n', 0o755);
  home.env.set("PATH", `${home.folder}/bin:${home.env.get("PATH")}`);
  return home;
}

/** Types each line, pressing Tab for `<TAB>` and Ctrl-C for `<INT>`, and waits for the result. */
async function typed(
  shell: Shell,
  steps: readonly (readonly [keys: string, sees?: RegExp])[],
  more: Readonly<Record<string, string>> = {},
) {
  await using aws = await startFakeAws();
  await using home = await shellHome(shell, aws, more);
  const moves: Move[] = [{ kind: "see", pattern: /ready> /, line: 0 }];
  for (const [at, [keys, sees]] of steps.entries()) {
    const line = at + 1;
    for (const text of keys.split(/(?<=<TAB>)/)) {
      const plain = text.replace("<TAB>", "\t").replace("<INT>", "\x03");
      moves.push({ kind: "send", text: plain, line });
      // A shell discards input while it completes, so wait as a user would.
      if (text.endsWith("<TAB>")) moves.push({ kind: "wait", milliseconds: 500, line });
    }
    if (keys.endsWith("<INT>")) {
      // On a busy machine, the first one may only have ended the completion.
      moves.push({ kind: "wait", milliseconds: 1000, line }, { kind: "send", text: "\x03", line });
    } else moves.push({ kind: "send", text: "\r", line });
    if (sees) moves.push({ kind: "see", pattern: sees, line });
    moves.push({ kind: "see", pattern: /ready> /, line });
  }
  moves.push({ kind: "type", text: "exit", line: steps.length + 1 });
  const place = { cwd: home.folder, env: home.env, limit: 120_000 };
  const watched = await runAtTerminal(pty!, shell.start, moves, place);
  assert.equal(watched.stuck, undefined, JSON.stringify(watched.stuck) + "\n" + watched.screen);
  return { ...watched, files: [...Deno.readDirSync(home.folder)].map(({ name }) => name) };
}

for (const shell of shells) {
  const reason = missing(shell.name) ?? noTerminal(pty);
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...unless(reason, `completion in ${shell.name}: ${name}`), fn });

  test("completes commands, options, values and profile names", async () => {
    await typed(shell, [
      ["athm aws sho<TAB>alp<TAB>", /^name +alpha$/m],
      ["athm aws show beta@w<TAB>", /^name +beta@work$/m],
      ["athm sho<TAB>beta@w<TAB>", /^name +beta@work$/m],
      ["athm aws show alpha --js<TAB>", /"name": "alpha"/],
      ["athm completions --no-pr<TAB>powers<TAB>| head -n 1", /^# Completion of athm for PowerSh/m],
      [
        "athm aws export alpha --unset --format=js<TAB>",
        /--unset is not allowed with --format json/,
      ],
      [
        "athm aws export alpha --unset --format js<TAB>",
        /--unset is not allowed with --format json/,
      ],
      ["athm store restore some-f<TAB>", /some-file\.txt/],
    ]);
  });

  test("completes exec's command and arguments as the shell does", async () => {
    await typed(shell, [
      ["athm aws exec alpha zz-progr<TAB>some-fi<TAB>", /^ran with <some-file\.txt>$/m],
      ["athm aws exec --rotate beta@work -- zz-progr<TAB>x", /^ran with <x>$/m],
    ]);
  });

  test("never evaluates what was typed", async () => {
    const { files } = await typed(shell, [
      ["athm aws show $(touch evaluated) al<TAB><INT>"],
      ["athm aws show '$(touch evaluated)' --js<TAB><INT>"],
      ['athm aws show "$(touch evaluated)" --fo<TAB><INT>'],
      ["athm aws exec '`touch evaluated`' zz-pr<TAB><INT>"],
    ]);
    assert.ok(!files.includes("evaluated"));
  });

  test("neither prompts nor completes names for a store with a passphrase", async () => {
    const passphrase = { ATHM_PASSPHRASE: "correct horse battery" };
    const { screen } = await typed(
      shell,
      [["athm aws mv al<TAB>", /requires OLD NEW/]],
      passphrase,
    );
    assert.doesNotMatch(screen, /Passphrase/i);
  });
}
