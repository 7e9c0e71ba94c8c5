import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import type { TerminalSize } from "../system/terminal.ts";
import { printable, shortened, widthOf } from "./width.ts";

export interface Item {
  readonly name: string;
  /** The line to show; must fit the terminal. */
  readonly line: string;
}

export interface ChoiceState {
  readonly items: readonly Item[];
  readonly typed: string;
  /** Index of the selected entry in `matching`. */
  readonly at: number;
}

const mostRows = 10;

export function matching({ items, typed }: ChoiceState): readonly Item[] {
  const filter = typed.toLowerCase();
  return items.filter(({ name }) => name.toLowerCase().includes(filter));
}

type TypedKey = "up" | "down" | "page-up" | "page-down" | "back" | "clear";

/** Key sequences: ECMA-48 as sent by xterm, and readline's key bindings. */
const keys: Readonly<Record<string, TypedKey | "enter" | "cancel">> = {
  "\r": "enter",
  "\n": "enter",
  "\x03": "cancel",
  "\x04": "cancel",
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

/** The state after a key press or typed text. */
export function pressed(state: ChoiceState, input: string): ChoiceState | "enter" | "cancel" {
  const key = keys[input];
  if (key === "enter") return matching(state).length ? key : state;
  if (key === "cancel") return key;
  const move = { up: -1, down: 1, "page-up": -mostRows, "page-down": mostRows };
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
  { columns, rows }: TerminalSize,
): readonly string[] {
  const fit = (line: string) => shortened(line, columns - 1);
  const found = matching(state);
  const room = Math.max(1, Math.min(mostRows, rows - 3));
  const first = Math.max(0, Math.min(state.at - Math.floor(room / 2), found.length - room));
  const shown = found.slice(first, first + room);
  const more = found.length - shown.length;
  return [
    fit(`${title} ${printable(state.typed)}`),
    ...shown.map(({ line }, at) => fit(`${first + at === state.at ? ">" : " "} ${line}`)),
    ...found.length ? [] : [fit("  no matches")],
    ...more ? [fit(`  … ${more} more; type to filter`)] : [],
  ];
}

/** Redraws in place: the cursor stays in the first line, where the next drawing starts. */
function drawn(lines: readonly string[]): string {
  const back = lines.length > 1 ? `\x1b[${lines.length - 1}A` : "";
  const right = widthOf(lines[0] ?? "");
  return `\r\x1b[J${lines.join("\r\n")}${back}\r${right ? `\x1b[${right}C` : ""}`;
}

/**
 * Prompts the user to choose one: arrows move, typing filters, Enter selects. Draws on the terminal,
 * clears the list afterwards and always leaves raw mode.
 *
 * @throws {Failure} `cancelled` on Ctrl-C, end of input, SIGTERM or SIGHUP; `needs-person` without a
 * terminal
 */
export async function choose(
  { terminal, children }: Pick<System, "terminal" | "children">,
  title: string,
  itemsFor: (size: TerminalSize) => readonly Item[],
): Promise<string> {
  const device = terminal.open();
  if (!device) throw new Failure("needs-person", "cannot prompt for a choice: no terminal");
  const size = terminal.size() ?? { columns: 80, rows: 24 };
  let state: ChoiceState = { items: itemsFor(size), typed: "", at: 0 };
  const stop = Promise.withResolvers<null>();
  const off = (["SIGTERM", "SIGHUP"] as const).map((signal) =>
    children.onSignal(signal, () => stop.resolve(null))
  );
  const draw = () => device.write(drawn(choiceLines(state, title, terminal.size() ?? size)));
  try {
    device.setRaw(true);
    draw();
    for await (
      const input of inputs((buffer) => Promise.race([device.read(buffer), stop.promise]))
    ) {
      const next = pressed(state, input);
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

/** Whole keys and characters, read byte by byte: type-ahead stays for the program started next. */
export async function* inputs(
  read: (buffer: Uint8Array) => Promise<number | null>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1);
  let sequence = "";
  while (await read(buffer) !== null) {
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
