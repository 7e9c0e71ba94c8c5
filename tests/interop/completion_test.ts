// Completion in real shells on a real terminal: what a user types before Tab, and the result.

import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { missing, noTerminal, unless } from "../support/programs.ts";
import { type TypedLine, typeLines, type TypingShell } from "../support/shell_typing.ts";
import { findPty } from "../support/terminal_session.ts";

const shells: readonly TypingShell[] = [
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

/**
 * Types into a shell that has two profiles with kept sessions, another program, and a file; returns
 * the screen, and the files that are there then.
 */
async function typed(
  shell: TypingShell,
  lines: readonly TypedLine[],
  more: Readonly<Record<string, string>> = {},
) {
  await using aws = await startFakeAws();
  await using home = await athmHome();
  const user = aws.addUser({});
  const keys = {
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  };
  for (const name of ["alpha", "beta@work"]) {
    const line = `athm --no-prompt aws add ${name} --from-env --endpoint-url ${aws.url}`;
    assert.equal((await home.run(line, { ...keys, ...more })).exit, 0);
  }
  await Deno.writeTextFile(`${home.folder}/some-file.txt`, "");
  await Deno.mkdir(`${home.folder}/bin`);
  const program = '#!/bin/sh\necho "ran with <$*>"\n';
  await Deno.writeTextFile(`${home.folder}/bin/zz-program`, program, { mode: 0o755 });
  const { screen } = await typeLines(pty!, home, shell, lines);
  return { screen, files: [...Deno.readDirSync(home.folder)].map(({ name }) => name) };
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
