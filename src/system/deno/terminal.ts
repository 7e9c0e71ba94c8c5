import type { Guard, Terminal, TerminalDevice, TerminalSize } from "../terminal.ts";
import { children } from "./children.ts";
import { writeAll } from "./output.ts";
import { platform } from "./platform.ts";

export const terminal: Terminal = {
  get canAsk() {
    const device = openTerminalDevice();
    device?.close();
    return device !== undefined;
  },
  get stdinIsTerminal() {
    return Deno.stdin.isTerminal();
  },
  get stdoutIsTerminal() {
    return Deno.stdout.isTerminal();
  },
  get stderrIsTerminal() {
    return Deno.stderr.isTerminal();
  },
  width: () => Deno.stdout.isTerminal() ? sizeOfTerminal()?.columns : undefined,
  size: sizeOfTerminal,
  open: openTerminalDevice,
  draw: (text) => writeAll(Deno.stderr, text),
  ask: (question, guard) => onTerminal(question, true, guard),
  askSecret: (question, guard) => onTerminal(question, false, guard),
  tell: (text) => {
    const device = openTerminalDevice();
    if (device) device.write(`${text}\n`);
    else writeAll(Deno.stderr, `${text}\n`);
    device?.close();
    return Promise.resolve();
  },
};

/** Nothing if no stream is a terminal, or it reports no size. */
function sizeOfTerminal(): TerminalSize | undefined {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : undefined;
  } catch {
    return undefined; // ENOTTY
  }
}

/** Signals that end athm; in raw mode the terminal sends none. */
const endings = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"] as const;

async function onTerminal(question: string, echo: boolean, guard?: Guard): Promise<string> {
  const { converse } = await import("../terminal.ts");
  if (echo && !guard) return await converse(openTerminalDevice(), question, echo);
  const stop = Promise.withResolvers<null>();
  const off = endings.map((signal) => children.onSignal(signal, () => stop.resolve(null)));
  try {
    return await converse(openTerminalDevice(), question, echo, stop.promise, guard);
  } finally {
    for (const each of off) each();
  }
}

function openTerminalDevice(): TerminalDevice | undefined {
  if (platform === "windows") {
    if (!Deno.stdin.isTerminal()) return undefined;
    return {
      read: (buffer) => Deno.stdin.read(buffer),
      setRaw: (raw) => Deno.stdin.setRaw(raw),
      write: (text) => writeAll(Deno.stderr, text),
      close: () => {},
    };
  }
  let file: Deno.FsFile;
  try {
    file = Deno.openSync("/dev/tty");
  } catch {
    return undefined; // ENXIO: this process has no controlling terminal.
  }
  return {
    read: (buffer) => file.read(buffer),
    setRaw: (raw) => file.setRaw(raw),
    write: (text) => {
      if (Deno.stderr.isTerminal()) return writeAll(Deno.stderr, text);
      // An SDK captures athm's stderr, which would hide the prompt, and Deno opens /dev/tty for
      // writing only with all permissions, so a shell writes to it. Prompts are not secret.
      const args = ["-c", 'printf %s "$1" >/dev/tty', "sh", text];
      new Deno.Command("/bin/sh", { args, stdin: "null", stdout: "null", stderr: "null" })
        .outputSync();
    },
    close: () => file.close(),
  };
}
