import { Failure } from "../model/failure.ts";

/** The person, if there is one. */
export interface Terminal {
  /** True when a question can be asked now: a terminal, and nobody has said `--no-prompt`. */
  readonly canAsk: boolean;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal that stdout is on, when it is one. */
  width(): number | undefined;
  /** Columns and rows of the terminal that any of the three standard streams is on. */
  size(): TerminalSize | undefined;
  /**
   * The terminal, to read keys from and to draw on by way of standard error; nothing when nobody
   * can be asked. Whoever opens it closes it.
   */
  open(): TerminalDevice | undefined;
  /** Writes to standard error as it is, for what is drawn on a terminal and taken away again. */
  draw(text: string): void;
  /**
   * Asks on standard error, reads from the terminal.
   *
   * @throws {Failure} `cancelled` on Ctrl-C or end of input.
   */
  ask(question: string): Promise<string>;
  /** The same without showing what is typed; spaces at its ends stay. */
  askSecret(question: string): Promise<string>;
  /**
   * Shows lines to the person, also where standard error is captured, as an SDK does with the
   * credential_process that it runs.
   */
  tell(text: string): Promise<void>;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The same terminal where nobody may be asked: a CI job, `--no-prompt`. */
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

/** What a conversation needs of the terminal it is held on. */
export interface TerminalDevice {
  /** Bytes typed, or nothing at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Raw: no echo, and Ctrl-C comes as a byte. */
  setRaw(raw: boolean): void;
  write(text: string): void;
  close(): void;
}

const key = { ctrlC: 3, ctrlD: 4, backspace: 8, newline: 10, enter: 13, ctrlU: 21, delete: 127 };
const lineLimit = 64 * 1024;

/**
 * Asks one question and reads one line. What is not to be seen is read in raw mode, without echo and
 * without the 4,096 bytes at which a terminal's own line ends (a session token may be longer).
 * Else the terminal edits the line, and Ctrl-C ends athm as it ends any program.
 *
 * @param stop resolves when a signal tells athm to end, which must not leave the terminal raw
 * @throws {Failure} `needs-person` without a terminal, `cancelled` on Ctrl-C, end of input or `stop`.
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
  // One byte at a time: what was typed ahead stays in the terminal for the next question.
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

/** A character in UTF-8 is its first byte and all that continue it (`10xxxxxx`). */
function dropCharacter(typed: number[]): void {
  while (((typed.pop() ?? 0) & 0xc0) === 0x80) continue;
}

function cancelled(): Failure {
  return new Failure("cancelled", "cancelled");
}
