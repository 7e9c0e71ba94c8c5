import { Failure } from "../model/failure.ts";

/** How to read an answer that may be a secret, or a paste of several lines. */
export interface Guard {
  /** Whether to show what is typed so far; default: never. What was shown is erased then. */
  readonly shows?: (text: string) => boolean;
  /** Whether Enter continues the answer; an empty line ends it. */
  readonly isUnfinished?: (text: string) => boolean;
}

export interface Terminal {
  /** True on a terminal without `--no-prompt`. */
  readonly canAsk: boolean;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  width(): number | undefined;
  size(): TerminalSize | undefined;
  /** For reading keys and drawing; nothing if prompts are disabled. The caller closes it. */
  open(): TerminalDevice | undefined;
  /** Writes to stderr unchanged, for temporary drawings. */
  draw(text: string): void;
  /** Prompts on stderr, reads from the terminal. @throws {Failure} `cancelled` */
  ask(question: string, guard?: Guard): Promise<string>;
  /** The same without echo; keeps leading and trailing spaces. */
  askSecret(question: string, guard?: Guard): Promise<string>;
  /** Reaches the person even if stderr is captured, as by an SDK's credential_process. */
  tell(text: string): Promise<void>;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal with prompts disabled: a CI job, `--no-prompt`. */
export function withoutQuestions(terminal: Terminal): Terminal {
  const refuse = (question: string) =>
    Promise.reject(new Failure("needs-person", `cannot prompt for: ${question}`));
  return Object.create(terminal, {
    canAsk: { value: false },
    open: { value: () => undefined },
    ask: { value: refuse },
    askSecret: { value: refuse },
  });
}

export interface TerminalDevice {
  /** The number of bytes typed, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Raw mode: no echo, and Ctrl-C comes as a byte. */
  setRaw(raw: boolean): void;
  write(text: string): void;
  close(): void;
}

const key = {
  ctrlC: 3,
  ctrlD: 4,
  backspace: 8,
  tab: 9,
  newline: 10,
  enter: 13,
  ctrlU: 21,
  escape: 27,
  delete: 127,
};
const lineLimit = 64 * 1024;

/** Asks the terminal to mark what is pasted, so that it is taken whole. */
const bracketedPaste = { on: "\x1b[?2004h", off: "\x1b[?2004l" };
/** More shown characters than this before a secret is recognized are worth a warning. */
const fewShown = 8;

/**
 * Hidden input is read in raw mode, without echo and without the 4,096-byte limit of a terminal's
 * line (session tokens may be longer). Otherwise the terminal edits the line, and Ctrl-C ends athm.
 * With a guard, athm reads raw and shows what may be shown.
 *
 * @param stop resolves when a signal ends athm, which must not leave the terminal raw
 * @throws {Failure} `needs-person` without a terminal, `cancelled`
 */
export async function converse(
  device: TerminalDevice | undefined,
  question: string,
  echo: boolean,
  stop?: Promise<null>,
  guard?: Guard,
): Promise<string> {
  if (!device) throw new Failure("needs-person", "no terminal to prompt on");
  const raw = !echo || guard !== undefined;
  try {
    if (raw) device.setRaw(true);
    device.write(guard ? bracketedPaste.on + question : question);
    const read: TerminalDevice["read"] = (buffer) =>
      stop ? Promise.race([device.read(buffer), stop]) : device.read(buffer);
    const line = guard
      ? await readGuarded(read, (text) => device.write(text), guard)
      : await readLine(read);
    return echo ? line.trim() : line;
  } finally {
    try {
      if (raw) {
        device.setRaw(false);
        device.write(guard ? `${bracketedPaste.off}\n` : "\n");
      }
    } finally {
      device.close();
    }
  }
}

async function readLine(read: TerminalDevice["read"]): Promise<string> {
  const typed: number[] = [];
  // Byte by byte, so that further input stays for the next prompt.
  const buffer = new Uint8Array(1);
  for (;;) {
    const count = await read(buffer);
    const byte = buffer[0];
    if (count === null || byte === undefined || byte === key.ctrlC) throw cancelled();
    if (byte === key.enter || byte === key.newline) break;
    if (byte === key.ctrlD && typed.length === 0) throw cancelled();
    if (byte === key.ctrlU) typed.length = 0;
    else if (byte === key.backspace || byte === key.delete) dropCharacter(typed);
    else if (byte >= 0x20 && typed.length < lineLimit) typed.push(byte);
  }
  return new TextDecoder().decode(new Uint8Array(typed));
}

/**
 * Byte by byte too. Without marks around a paste, its first characters are shown until they look
 * like a secret, and are then erased.
 */
async function readGuarded(
  read: TerminalDevice["read"],
  write: (text: string) => void,
  { shows, isUnfinished = () => false }: Guard,
): Promise<string> {
  const typed: number[] = [];
  const text = () => new TextDecoder().decode(new Uint8Array(typed)).replace(/\uFFFD$/, "");
  let shown = "";
  let hidden = false;
  let pasting = false;
  /** What follows a paste of lines without marks must not answer the next prompt. */
  let isOpen = false;
  let most = 0;
  const show = () => {
    if (typed.length === 0) hidden = false;
    const hides = !hidden && !shows?.(text());
    if (hides) [hidden, most] = [true, Math.max(most, shown.length)];
    const next = hidden ? "" : text();
    let same = 0;
    while (same < next.length && next[same] === shown[same]) same++;
    const note = hides && shows && typed.length ? "(not shown) " : "";
    write("\b \b".repeat(shown.length - same) + next.slice(same) + note);
    shown = next;
  };
  const buffer = new Uint8Array(1);
  const next = async () => {
    const count = await read(buffer);
    const byte = buffer[0];
    if (count === null || byte === undefined || byte === key.ctrlC) throw cancelled();
    return byte;
  };
  for (;;) {
    const byte = await next();
    const isEnter = byte === key.enter || byte === key.newline;
    if (byte === key.escape) {
      const mark = await controlSequence(next);
      if (mark === "200~") pasting = true;
      if (mark === "201~") {
        pasting = false;
        show();
      }
    } else if (pasting || isEnter) {
      const isBlank = /(^|\n)$/.test(text());
      if (!pasting && (isBlank || !(isOpen || isUnfinished(text())))) break;
      if (!pasting && !isOpen) {
        isOpen = true;
        write("(an empty line ends it) ");
      }
      if (byte >= 0x20 || isEnter || byte === key.tab) push(typed, isEnter ? key.newline : byte);
      if (!pasting) show();
    } else {
      if (byte === key.ctrlD && typed.length === 0) throw cancelled();
      if (byte === key.ctrlD) break;
      if (byte === key.ctrlU) typed.length = 0;
      else if (byte === key.backspace || byte === key.delete) dropCharacter(typed);
      else if (byte >= 0x20) push(typed, byte);
      show();
    }
  }
  if (most > fewShown) {
    write(`\nathm: warning: the first ${most} characters of a possible secret were on the screen`);
  }
  return text();
}

function push(typed: number[], byte: number): void {
  if (typed.length < lineLimit) typed.push(byte);
}

/** What follows an escape character, up to its final letter or tilde. */
async function controlSequence(next: () => Promise<number>): Promise<string> {
  const longest = 16;
  const first = await next();
  if (first !== 0x5b && first !== 0x4f) return "";
  let sequence = "";
  while (sequence.length < longest) {
    const byte = await next();
    sequence += String.fromCharCode(byte);
    if (byte >= 0x40 && byte <= 0x7e) break;
  }
  return sequence;
}

/** Removes the last UTF-8 character: its first byte and continuation bytes (`10xxxxxx`). */
function dropCharacter(typed: number[]): void {
  while (((typed.pop() ?? 0) & 0xc0) === 0x80) continue;
}

function cancelled(): Failure {
  return new Failure("cancelled", "cancelled");
}
