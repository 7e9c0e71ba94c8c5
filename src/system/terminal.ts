import { Failure } from "../model/failure.ts";

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
  ask(question: string): Promise<string>;
  /** The same without echo; keeps leading and trailing spaces. */
  askSecret(question: string): Promise<string>;
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

const key = { ctrlC: 3, ctrlD: 4, backspace: 8, newline: 10, enter: 13, ctrlU: 21, delete: 127 };
const lineLimit = 64 * 1024;

/**
 * Hidden input is read in raw mode, without echo and without the 4,096-byte limit of a terminal's
 * line (session tokens may be longer). Otherwise the terminal edits the line, and Ctrl-C ends athm.
 * @param stop resolves when a signal ends athm, which must not leave the terminal raw
 * @throws {Failure} `needs-person` without a terminal, `cancelled`
 */
export async function converse(
  device: TerminalDevice | undefined,
  question: string,
  echo: boolean,
  stop?: Promise<null>,
): Promise<string> {
  if (!device) throw new Failure("needs-person", "no terminal to prompt on");
  const raw = !echo;
  try {
    if (raw) device.setRaw(true);
    device.write(question);
    const read: TerminalDevice["read"] = (buffer) =>
      stop ? Promise.race([device.read(buffer), stop]) : device.read(buffer);
    const line = await readLine(read);
    return echo ? line.trim() : line;
  } finally {
    try {
      if (raw) {
        device.setRaw(false);
        device.write("\n");
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

/** Removes the last UTF-8 character: its first byte and continuation bytes (`10xxxxxx`). */
function dropCharacter(typed: number[]): void {
  while (((typed.pop() ?? 0) & 0xc0) === 0x80) continue;
}

function cancelled(): Failure {
  return new Failure("cancelled", "cancelled");
}
