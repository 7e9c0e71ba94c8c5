/**
 * A command on a pseudo-terminal, with its output and input.
 *
 * @module
 */

import { endGroup, killGroup, type Place } from "./story_process.ts";

/** A user's actions, with compiled patterns. */
export type Move =
  | { readonly kind: "see"; readonly pattern: RegExp; readonly line: number }
  | { readonly kind: "type"; readonly text: string; readonly line: number }
  /** The same without Enter. */
  | { readonly kind: "send"; readonly text: string; readonly line: number }
  | { readonly kind: "key"; readonly name: string; readonly line: number }
  /** Types what follows from the screen, and Enter. */
  | {
    readonly kind: "paste";
    readonly text: (screen: string) => Promise<string>;
    readonly line: number;
  }
  | { readonly kind: "wait"; readonly milliseconds: number; readonly line: number }
  /** Waits until this is true, or for 3 seconds, and then until the output pauses. */
  | { readonly kind: "quiet"; readonly once: () => Promise<boolean>; readonly line: number };

/** The outcome. */
export interface Watched {
  /** 128+n after signal n. */
  readonly exit: number;
  /** All output without control sequences; lines end in `\n`. */
  readonly screen: string;
  /** The raw output, with control sequences. */
  readonly raw: string;
  /** The action that was not possible, because the expected output never appeared. */
  readonly stuck: Move | undefined;
  readonly left: readonly string[];
  readonly timedOut: boolean;
}

const keys: Readonly<Record<string, string>> = {
  "ctrl-c": "\x03",
  "ctrl-d": "\x04",
  "ctrl-z": "\x1a",
  "ctrl-backslash": "\x1c",
  "enter": "\r",
  "tab": "\t",
  "esc": "\x1b",
  "backspace": "\x7f",
  "space": " ",
  "up": "\x1b[A",
  "down": "\x1b[B",
};

/** The names for `key|`. */
export const keyNames: readonly string[] = Object.keys(keys);

/** A program that opens a pseudo-terminal and runs a shell command there. */
export interface PtyTool {
  readonly program: string;
  readonly args: (command: string) => readonly string[];
}

const python = [
  "import os, pty, sys",
  'status = pty.spawn(["/bin/sh", "-c", sys.argv[1]])',
  "code = os.waitstatus_to_exitcode(status)",
  "sys.exit(code if code >= 0 else 128 - code)",
].join("\n");

/** The candidates in order, each with a command that must succeed and its expected output. */
const candidates: readonly { probe: readonly string[]; says: RegExp; tool: PtyTool }[] = [
  {
    // BSD's script has other options.
    probe: ["script", "--version"],
    says: /util-linux/,
    tool: { program: "script", args: (command) => ["-qefc", command, "/dev/null"] },
  },
  {
    probe: ["python3", "-c", "import pty, os; print(hasattr(os, 'waitstatus_to_exitcode'))"],
    says: /True/,
    tool: { program: "python3", args: (command) => ["-c", python, command] },
  },
];

/** A pseudo-terminal program on this machine, or `undefined`. `PATH` is that of stories. */
export async function findPty(
  only: (program: string) => boolean = () => true,
): Promise<PtyTool | undefined> {
  for (const { probe, says, tool } of candidates) {
    if (!only(tool.program)) continue;
    const env = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" };
    try {
      const [program = "", ...args] = probe;
      const path = await programPath(program);
      const { stdout } = await new Deno.Command(path, { args, env, clearEnv: true }).output();
      if (says.test(new TextDecoder().decode(stdout))) return { ...tool, program: path };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

async function programPath(program: string): Promise<string> {
  for (const folder of ["/usr/bin", "/bin", "/usr/local/bin"]) {
    const path = `${folder}/${program}`;
    if (await Deno.stat(path).then((info) => info.isFile, () => false)) return path;
  }
  throw new Deno.errors.NotFound(program);
}

/** The text on the screen, without colors, cursor movements and carriage returns. */
export function plainScreen(raw: string): string {
  return raw
    // deno-lint-ignore no-control-regex
    .replace(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_=>78]/g, "")
    .replace(/\r+\n/g, "\n").replace(/\r/g, "\n");
}

/** Timeout of `see` in milliseconds. */
const patience = 60_000;

/** Runs a command on a pseudo-terminal of 100 by 30 characters and performs the actions in order. */
export async function runAtTerminal(
  tool: PtyTool,
  command: string,
  moves: readonly Move[],
  place: Place,
): Promise<Watched> {
  const env = new Map([["TERM", "xterm-256color"], ...place.env]);
  // `script` runs its command with $SHELL, which must be ours; the story's applies only inside.
  const shell = env.get("SHELL");
  env.delete("SHELL");
  // A shell dies of a Ctrl-C that its command handled, unless it has its own trap.
  const begin = "trap : INT QUIT; stty rows 30 cols 100; " +
    (shell === undefined ? "" : `export SHELL='${shell.replaceAll("'", "'\\''")}'; `);
  const child = new Deno.Command(tool.program, {
    args: [...tool.args(begin + command)],
    cwd: place.cwd,
    clearEnv: true,
    env: Object.fromEntries(env),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, place.limit);
  const screen = watch(child.stdout);
  const writer = child.stdin.getWriter();
  const stuck = await makeMoves(moves, screen, writer);
  if (stuck) killGroup(child.pid);
  const status = await child.status;
  clearTimeout(timer);
  await writer.close().catch(() => {});
  const left = await endGroup(child.pid);
  await screen.ended;
  return { exit: status.code, screen: screen.shown(), raw: screen.raw(), stuck, left, timedOut };
}

interface Screen {
  shown(): string;
  raw(): string;
  /**
   * Where the pattern ends on the screen, once it appears after `from`; `undefined`: it never did.
   */
  see(pattern: RegExp, from: number): Promise<number | undefined>;
  readonly ended: Promise<void>;
}

/** Reads a terminal to its end; others can wait for its output. */
function watch(stream: ReadableStream<Uint8Array>): Screen {
  let raw = "";
  let open = true;
  let wake = () => {};
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      raw += decoder.decode(bytes, { stream: true });
      wake();
    }
    open = false;
    wake();
  })();
  const shown = () => plainScreen(raw);
  return {
    shown,
    raw: () => raw,
    ended,
    async see(pattern, from) {
      const until = Date.now() + patience;
      while (true) {
        const match = pattern.exec(shown().slice(from));
        if (match) return from + match.index + match[0].length;
        const rest = until - Date.now();
        if (!open || rest <= 0) return undefined;
        let timer: ReturnType<typeof setTimeout> | undefined;
        await new Promise<void>((done) => {
          wake = done;
          timer = setTimeout(done, rest);
        });
        clearTimeout(timer);
      }
    },
  };
}

/**
 * Milliseconds between a prompt and the answer: programs print the prompt before they turn echo
 * off.
 */
const reaction = 50;

/** Milliseconds without output after which a shell waits for input. */
const silence = 150;

async function fallsQuiet(screen: Screen, once: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 3000;
  while (!await once() && Date.now() < until) await new Promise((done) => setTimeout(done, 10));
  for (let before = -1; before !== screen.raw().length;) {
    before = screen.raw().length;
    await new Promise((done) => setTimeout(done, silence));
  }
}

async function makeMoves(
  moves: readonly Move[],
  screen: Screen,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<Move | undefined> {
  const bytes = new TextEncoder();
  let seen = 0;
  for (const move of moves) {
    if (move.kind === "see") {
      const next = await screen.see(move.pattern, seen);
      if (next === undefined) return move;
      seen = next;
      await new Promise((done) => setTimeout(done, reaction));
    } else if (move.kind === "quiet") {
      await fallsQuiet(screen, move.once);
    } else if (move.kind === "wait") {
      await new Promise((done) => setTimeout(done, move.milliseconds));
    } else {
      const text = move.kind === "type"
        ? move.text + "\r"
        : move.kind === "paste"
        ? await move.text(screen.shown()) + "\r"
        : move.kind === "send"
        ? move.text
        : keys[move.name] ?? "";
      const written = await writer.write(bytes.encode(text)).then(() => true, () => false);
      if (!written) return move;
    }
  }
  return undefined;
}
