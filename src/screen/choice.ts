import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import type { TerminalSize } from "../system/terminal.ts";
import { printable, shortened, widthOf } from "./width.ts";

export interface Item {
  readonly name: string;
  /** The line to show; must fit the terminal. */
  readonly line: string;
  /** The words to match; default: the name. */
  readonly search?: string;
}

export interface ChoiceState {
  readonly items: readonly Item[];
  readonly typed: string;
  /** Index of the selected entry in `matching`. */
  readonly at: number;
}

/** How many entries fit beside the title, the line about the others and the shell's next line. */
export function roomIn({ rows }: TerminalSize): number {
  return Math.max(1, rows - 3);
}

/** Entries that contain every typed word: first an exact name, then names that match. */
export function matching({ items, typed }: ChoiceState): readonly Item[] {
  const text = typed.trim().toLowerCase();
  if (text === "") return items;
  const words = text.split(/\s+/);
  const whole = (within: string) => words.every((word) => within.toLowerCase().includes(word));
  const rank = ({ name }: Item) => name.toLowerCase() === text ? 0 : whole(name) ? 1 : 2;
  return items.filter(({ name, search = name }) => whole(search))
    .toSorted((a, b) => rank(a) - rank(b));
}

type TypedKey = "up" | "down" | "page-up" | "page-down" | "back" | "clear";

/** Key sequences: ECMA-48 as sent by xterm, and readline's key bindings. */
const keys: Readonly<Record<string, TypedKey | "enter" | "cancel">> = {
  "\r": "enter",
  "\n": "enter",
  "\x03": "cancel",
  "\x04": "cancel",
  "\x1b": "cancel",
  "\x1b\x1b": "cancel",
  "\x10": "up",
  "\x0e": "down",
  "\t": "down",
  "\x7f": "back",
  "\b": "back",
  "\x15": "clear",
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[Z": "up",
  "\x1b[5~": "page-up",
  "\x1b[6~": "page-down",
};

/** The state after a key press or typed text; `page` is the number of entries on the screen. */
export function pressed(
  state: ChoiceState,
  input: string,
  page: number,
): ChoiceState | "enter" | "cancel" {
  const key = keys[input];
  if (key === "enter") return matching(state).length ? key : state;
  if (key === "cancel") return key;
  const move = { up: -1, down: 1, "page-up": -page, "page-down": page };
  if (key === "back") return { ...state, typed: [...state.typed].slice(0, -1).join(""), at: 0 };
  if (key === "clear") return { ...state, typed: "", at: 0 };
  if (key) {
    const last = Math.max(0, matching(state).length - 1);
    return { ...state, at: Math.min(last, Math.max(0, state.at + move[key])) };
  }
  if (/[\p{Cc}]/u.test(input) || state.typed.length >= 64) return state;
  return { ...state, typed: state.typed + input, at: 0 };
}

/** The lines to draw; the cursor goes to the end of the first one. */
export function choiceLines(
  state: ChoiceState,
  title: string,
  size: TerminalSize,
): readonly string[] {
  const fit = (line: string) => shortened(line, size.columns - 1);
  const found = matching(state);
  const room = roomIn(size);
  const first = Math.max(0, Math.min(state.at - Math.floor(room / 2), found.length - room));
  const shown = found.slice(first, first + room);
  const more = found.length - shown.length;
  return [
    fit(`${title} ${printable(state.typed)}`),
    ...shown.map(({ line }, at) => fit(`${first + at === state.at ? ">" : " "} ${line}`)),
    ...found.length ? [] : [fit("  no matches")],
    ...more ? [fit(`  … ${more} more; type to filter, Esc to leave`)] : [],
  ];
}

/** Redraws in place: the cursor stays in the first line, where the next drawing starts. */
function drawn(lines: readonly string[]): string {
  const back = lines.length > 1 ? `\x1b[${lines.length - 1}A` : "";
  const right = widthOf(lines[0] ?? "");
  return `\r\x1b[J${lines.join("\r\n")}${back}\r${right ? `\x1b[${right}C` : ""}`;
}

/**
 * Prompts the user to choose one: arrows move, typing filters, Enter selects, Esc leaves. Draws on the
 * terminal, clears the list afterward and always leaves raw mode.
 *
 * @param start the name of the entry to mark first
 * @throws {Failure} `cancelled` on Esc, Ctrl-C, end of input, SIGTERM or SIGHUP; `needs-person`
 * without a terminal
 */
export async function choose(
  { terminal, children, sleep }: Pick<System, "terminal" | "children" | "sleep">,
  title: string,
  itemsFor: (size: TerminalSize) => readonly Item[],
  start?: string,
): Promise<string> {
  const device = terminal.open();
  if (!device) throw new Failure("needs-person", "cannot prompt for a choice: no terminal");
  let size = terminal.size() ?? { columns: 80, rows: 24 };
  const items = itemsFor(size);
  const at = Math.max(0, items.findIndex(({ name }) => name === start));
  let state: ChoiceState = { items, typed: "", at };
  const draw = () => {
    const now = terminal.size() ?? size;
    if (now.columns !== size.columns || now.rows !== size.rows) {
      size = now;
      state = { ...state, items: itemsFor(size) };
    }
    device.write(drawn(choiceLines(state, title, size)));
  };
  const stop = Promise.withResolvers<null>();
  const off = (["SIGTERM", "SIGHUP"] as const).map((signal) =>
    children.onSignal(signal, () => stop.resolve(null))
  );
  try {
    device.setRaw(true);
    draw();
    off.push(children.onSignal("SIGWINCH", draw));
    const typing = inputs(
      (buffer) => Promise.race([device.read(buffer), stop.promise]),
      (signal) => sleep(escapeTime, signal),
    );
    for await (const input of typing) {
      const next = pressed(state, input, roomIn(size));
      if (next === "cancel") break;
      const [chosen] = next === "enter" ? matching(state).slice(state.at) : [];
      if (chosen) return chosen.name;
      if (typeof next === "object") state = next;
      draw();
    }
    throw new Failure("cancelled", "cancelled");
  } finally {
    for (const each of off) each();
    try {
      device.write("\r\x1b[J");
    } finally {
      try {
        device.setRaw(false);
      } finally {
        device.close();
      }
    }
  }
}

/** Milliseconds after which an escape character is the Esc key, not the beginning of another key. */
const escapeTime = 100;

/**
 * Yields each key or character whole, including escape sequences and multibyte characters. Reads byte
 * by byte, so that type-ahead remains for the program that athm starts next.
 *
 * @param pause resolves when no more of an escape sequence can be expected
 */
export async function* inputs(
  read: (buffer: Uint8Array) => Promise<number | null>,
  pause: (signal: AbortSignal) => Promise<void>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1);
  let sequence = "";
  for (;;) {
    const reading = read(buffer);
    if (sequence === "\x1b" && !await isSoon(reading, pause)) {
      yield sequence;
      sequence = "";
    }
    if (await reading === null) return;
    const text = decoder.decode(buffer, { stream: true });
    if (text === "") continue;
    if (sequence === "" && text !== "\x1b") {
      yield text;
      continue;
    }
    // Ctrl-C must also work inside an unterminated sequence.
    if (text === "\x03") yield text;
    sequence += text;
    // ESC and one character, or CSI or SS3 up to its final byte (ECMA-48, 5.4).
    if (/^(?:[^[O]|\[[^@-~]*[@-~]|O.)$/s.test(sequence.slice(1)) || sequence.length > 16) {
      yield sequence;
      sequence = "";
    }
  }
}

async function isSoon(
  reading: Promise<unknown>,
  pause: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const done = new AbortController();
  const late = pause(done.signal).then(() => false, () => true);
  const soon = await Promise.race([reading.then(() => true), late]);
  done.abort();
  return soon;
}
