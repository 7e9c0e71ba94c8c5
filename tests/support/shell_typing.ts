/**
 * Lines that a person types into an interactive shell on a terminal, with Tab and Ctrl-C.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AthmHome } from "./athm_home.ts";
import { type Move, type PtyTool, runAtTerminal, type Watched } from "./terminal_session.ts";

export interface TypingShell {
  readonly name: string;
  /** Starts it interactively; it reads the file `rc-NAME` or `.zshrc`. */
  readonly start: string;
  /** The content of that file; the prompt must be `ready> `. */
  readonly load: string;
}

/** What is typed: `<TAB>` is that key, `<INT>` at the end Ctrl-C instead of Enter. */
export type TypedLine = readonly [keys: string, sees?: RegExp];

/** The shell's program: names may have more words. */
export const programOf = ({ name }: TypingShell): string => name.split(" ")[0]!;

/** Types each line and waits for what must be seen, and for the next prompt. */
export async function typeLines(
  pty: PtyTool,
  home: AthmHome,
  shell: TypingShell,
  lines: readonly TypedLine[],
): Promise<Watched> {
  for (const file of [`rc-${programOf(shell)}`, ".zshrc"]) {
    await Deno.writeTextFile(`${home.folder}/${file}`, shell.load + "\n");
  }
  const completed = await countCompletions(home);
  const moves: Move[] = [{ kind: "see", pattern: /ready> /, line: 0 }];
  for (const [at, [keys, sees]] of lines.entries()) {
    const line = at + 1;
    for (const text of keys.split(/(?<=<TAB>)/)) {
      const plain = text.replace("<TAB>", "\t").replace("<INT>", "\x03");
      moves.push({ kind: "send", text: plain, line });
      // A shell discards input while it completes.
      if (text.endsWith("<TAB>")) moves.push({ kind: "quiet", once: completed, line });
    }
    if (keys.endsWith("<INT>")) {
      // The first one may only have ended the completion. A redrawn prompt proves nothing, an echo
      // that ran does; the shell may discard what it begins with.
      moves.push(
        { kind: "wait", milliseconds: 300, line },
        { kind: "send", text: "\x03", line },
        { kind: "wait", milliseconds: 100, line },
        { kind: "send", text: `${" ".repeat(20)}echo "[after ${line}]"\r`, line },
        { kind: "see", pattern: new RegExp(`^\\[after ${line}\\]$`, "m"), line },
      );
    } else moves.push({ kind: "send", text: "\r", line });
    if (sees) moves.push({ kind: "see", pattern: sees, line });
    moves.push({ kind: "see", pattern: /ready> /, line });
  }
  moves.push({ kind: "type", text: "exit", line: lines.length + 1 });
  const place = { cwd: home.folder, env: home.env, limit: 180_000 };
  const watched = await runAtTerminal(pty, shell.start, moves, place);
  assert.equal(watched.stuck, undefined, JSON.stringify(watched.stuck) + "\n" + watched.screen);
  return watched;
}

/** Makes athm record the end of each completion; the result is true once for each. */
async function countCompletions(home: AthmHome): Promise<() => Promise<boolean>> {
  const record = `${home.folder}/completed`;
  await Deno.mkdir(`${home.folder}/bin`, { recursive: true });
  await Deno.writeTextFile(
    `${home.folder}/bin/athm`,
    `#!/bin/sh\n'${home.athm}' "$@"\ncode=$?\n` +
      `case "$1 $3" in "completions --") echo >> '${record}' ;; esac\nexit $code\n`,
    { mode: 0o755 },
  );
  home.env.set("PATH", `${home.folder}/bin:${home.env.get("PATH")}`);
  let seen = 0;
  return async () => {
    const size = await Deno.stat(record).then((info) => info.size, () => 0);
    if (size === seen) return false;
    seen = size;
    return true;
  };
}
